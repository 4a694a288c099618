"""Suggestions and claims that come by mail."""

from services.intake.letterbox.casework import CaseMail
from services.intake.letterbox.desks import Incoming
from services.intake.voices.cases import VOICES
from services.intake.voices.domain import Voice, model
from services.intake.voices.policy import VoiceKind
from shared.service import Workshop
from shared.store import Cause


class VoiceMail(CaseMail[Voice]):
    """Takes messages as one of the two."""

    def __init__(self, workshop: Workshop, which: VoiceKind) -> None:
        super().__init__(workshop, VOICES[which])
        self._which = which

    async def open(self, incoming: Incoming) -> None:
        tenant, at = incoming.mail.tenant, incoming.mail.received_at
        rules = self.policy(tenant).public.voice(self._which)
        met = await self.sender(incoming)
        command = model.Receive(
            code=await self.workshop.codes.next(tenant, rules.section.series, rules.year(at)),
            channel=incoming.place.box.way,
            text=await self.words(incoming),
            enclosures=incoming.enclosures,
            profile_id=met.profile_id,
            preferential=met.preferential,
        )
        await self.cases.create(incoming.case_id, command, incoming.cause)

    async def add(self, incoming: Incoming) -> None:
        command = model.Add(await self.words(incoming), incoming.enclosures)
        await self.cases.handle(incoming.case_id, command, incoming.cause)

    async def bounced(self, case_id: str, status: str, cause: Cause) -> None:
        await self.cases.handle(case_id, model.Bounce(status), cause)
