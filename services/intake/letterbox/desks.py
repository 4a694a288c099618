"""How a desk takes a message: as a new case, or as more of one that is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.intake.letterbox.mails import Mail
from services.intake.letterbox.policy import DeskName, Place
from services.intake.letterbox.reading import Read
from shared.contracts.consultations import EnclosureRef
from shared.store import Cause


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that somebody wrote, ready to become something.

    `answers` is the id of our letter that it answers, if it answers one.
    """

    mail: Mail
    place: Place
    read: Read
    case_id: str
    enclosures: tuple[EnclosureRef, ...]
    cause: Cause
    answers: str = ""


class TakesMail(Protocol):
    """A desk."""

    @property
    def kind(self) -> str:
        """How the stream of its cases is called."""
        ...

    async def open(self, incoming: Incoming) -> None:
        """Make a case of it; again, nothing more happens."""
        ...

    async def add(self, incoming: Incoming) -> None:
        """Add it to its case; again, nothing more happens."""
        ...

    async def bounced(self, case_id: str, status: str, cause: Cause) -> None:
        """What the desk sent did not arrive."""
        ...

    async def by_code(self, tenant: str, code: str) -> str:
        """The case of that code; empty when there is none."""
        ...

    async def is_of(self, tenant: str, case_id: str, sender: str) -> bool:
        """Whether this sender is the case's user."""
        ...


Desks = Mapping[DeskName, TakesMail]
