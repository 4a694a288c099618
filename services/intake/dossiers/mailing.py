"""What comes by mail for the documents desk: files, additions, and replies that prove a notice."""

from typing import Final

from services.intake.correspondence import letter_id
from services.intake.dossiers.cases import DOSSIER
from services.intake.dossiers.domain import Dossier, Status, model
from services.intake.dossiers.policy import REPLY
from services.intake.letterbox.casework import CaseMail
from services.intake.letterbox.desks import Incoming
from shared.contracts.dossiers import DossierNotified
from shared.service import Workshop
from shared.store import Cause
from shared.store.cases import MAX_HISTORY

MAIL: Final = "mail"


class DossierMail(CaseMail[Dossier]):
    """Takes messages as files; the box's `way` is the service of the catalogue."""

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop, DOSSIER)

    async def open(self, incoming: Incoming) -> None:
        tenant, at = incoming.mail.tenant, incoming.mail.received_at
        rules = self.policy(tenant).public.documents
        met = await self.sender(incoming)
        command = model.Present(
            code=await self.workshop.codes.next(tenant, rules.section.series, rules.year(at)),
            service=incoming.place.box.way,
            text=await self.words(incoming),
            documents=incoming.enclosures,
            profile_id=met.profile_id,
            preferential=met.preferential,
            channel=MAIL,
        )
        await self.cases.create(incoming.case_id, command, incoming.cause)

    async def add(self, incoming: Incoming) -> None:
        """More for the file; to answer the notice is the person's own word that it arrived."""
        state = (await self.cases.get(incoming.case_id, incoming.mail.tenant)).state
        words = await self.words(incoming)
        command: model.Command = model.Add(words, incoming.enclosures)
        number = await self._notification(incoming) if state.status is Status.NOTIFYING else None
        if number is not None:
            at = incoming.mail.received_at
            command = model.Acknowledge(REPLY, state.code, at, words, number)
        await self.cases.handle(incoming.case_id, command, incoming.cause)

    async def _notification(self, incoming: Incoming) -> int | None:
        """Which notice it answers, by the letter that carried it; None when it answers none."""
        case_id, tenant = incoming.case_id, incoming.mail.tenant
        history = await self.cases.history(case_id, tenant, 0, MAX_HISTORY)
        notices = (one for one in history if one["type"] == DossierNotified.event_type)
        answered = (one for one in notices if letter_id(case_id, one["seq"]) == incoming.answers)
        return next((one["data"]["number"] for one in answered), None)

    async def bounced(self, case_id: str, status: str, cause: Cause) -> None:
        """The notice did not arrive: it stays unproved, and says why."""
        await self.cases.handle(case_id, model.Bounce(status), cause)
