"""What people did with a message that became no case: who, when, and why."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.store.group import Document

MAX_KEPT: Final = 100


class Step(StrEnum):
    """What was done with it."""

    READ_AGAIN = "read_again"
    PUT_AWAY = "put_away"


@dataclass(frozen=True, slots=True)
class Handling:
    """One step; `id` is its cause's, so that it is done once, whoever repeats it."""

    id: str
    step: Step
    by: str
    at: datetime
    reason: str = ""


def pushed(handling: Handling) -> Document:
    """The step behind those before it, as MongoDB adds it."""
    return {"handled": {"$each": [asdict(handling)], "$slice": -MAX_KEPT}}


def handled(found: Document) -> tuple[Handling, ...]:
    """The steps of a message as it is kept, oldest first."""
    return tuple(
        Handling(one["id"], Step(one["step"]), one["by"], one["at"], one["reason"])
        for one in found.get("handled", ())
    )


def done(handling: Handling, before: Iterable[Handling]) -> bool:
    """Whether the step is among these."""
    return handling.id in {one.id for one in before}
