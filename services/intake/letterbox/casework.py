"""What every desk does with a message: keep its words and its sender, and find a case by code."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from services.intake.letterbox.desks import Incoming
from services.intake.policy import IntakePolicy
from services.intake.private import USER, Contact, Private
from services.intake.profiles.meeting import Meeting, Met
from shared.contracts.consultations import TextRef
from shared.service import Workshop
from shared.store import Cases, Kind

S = TypeVar("S")


@dataclass(frozen=True)
class CaseMail(Generic[S]):
    """Takes messages as cases of one kind."""

    workshop: Workshop
    of: Kind[S]

    @property
    def kind(self) -> str:
        return self.of.stream

    @property
    def cases(self) -> Cases[S]:
        return self.workshop.of(self.of)

    @property
    def private(self) -> Private:
        return Private(self.workshop.database)

    def policy(self, tenant: str) -> IntakePolicy:
        policy: IntakePolicy = self.workshop.policy(tenant)
        return policy

    async def by_code(self, tenant: str, code: str) -> str:
        """The case of that code; empty when there is none."""
        found = await self.cases.find(tenant, {"state.code": code}, limit=1)
        return found[0].id if found else ""

    async def is_of(self, tenant: str, case_id: str, sender: str) -> bool:
        """Whether this sender is the case's user."""
        return (await self.private.contact(tenant, case_id)).email.lower() == sender

    async def sender(self, incoming: Incoming) -> Met:
        """Keep who wrote a message that opens a case, and find his profile."""
        contact = Contact(incoming.read.sender_name, incoming.read.sender)
        tenant = incoming.mail.tenant
        await self.private.keep_contact(tenant, incoming.case_id, contact)
        return await Meeting(self.workshop).meet(tenant, contact, incoming.cause.actor)

    async def words(self, incoming: Incoming) -> TextRef:
        """Keep what it says."""
        said, mail = incoming.read, incoming.mail
        return await self.private.keep(
            mail.tenant,
            incoming.case_id,
            USER,
            said.words,
            mail.received_at,
            subject=said.subject,
        )
