"""Consultations that come by mail, and what is written back."""

from dataclasses import dataclass
from typing import ClassVar

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.domain import Consultation, model
from services.intake.letterbox.desks import Incoming
from services.intake.policy import IntakePolicy
from services.intake.private import USER, Contact, Private
from shared.contracts.consultations import TextRef
from shared.service import Workshop
from shared.store import Cases, Cause


@dataclass(frozen=True)
class ConsultationMail:
    """Takes messages as consultations."""

    workshop: Workshop
    kind: ClassVar[str] = CONSULTATION.stream

    @property
    def _cases(self) -> Cases[Consultation]:
        return self.workshop.of(CONSULTATION)

    @property
    def _private(self) -> Private:
        return Private(self.workshop.database)

    async def open(self, incoming: Incoming) -> None:
        tenant, at = incoming.mail.tenant, incoming.mail.received_at
        policy: IntakePolicy = self.workshop.policy(tenant)
        rules = policy.consultations
        said = incoming.read
        contact = Contact(said.sender_name, said.sender)
        await self._private.keep_contact(tenant, incoming.case_id, contact)
        code = await self.workshop.codes.next(tenant, rules.section.series, rules.year(at))
        command = model.Receive(
            code=code,
            channel=incoming.place.box.way,
            text=await self._words(incoming),
            enclosures=incoming.enclosures,
        )
        await self._cases.create(incoming.case_id, command, incoming.cause)

    async def add(self, incoming: Incoming) -> None:
        command = model.Write(await self._words(incoming), incoming.enclosures)
        await self._cases.handle(incoming.case_id, command, incoming.cause)

    async def bounced(self, case_id: str, status: str, cause: Cause) -> None:
        await self._cases.handle(case_id, model.Bounce(status), cause)

    async def by_code(self, tenant: str, code: str, sender: str) -> str:
        for one in await self._cases.find(tenant, {"state.code": code}, limit=1):
            contact = await self._private.contact(tenant, one.id)
            if contact.email.lower() == sender:
                return one.id
        return ""

    async def _words(self, incoming: Incoming) -> TextRef:
        said, mail = incoming.read, incoming.mail
        return await self._private.keep(
            mail.tenant,
            incoming.case_id,
            USER,
            said.words,
            mail.received_at,
            subject=said.subject,
        )
