"""Where a suggestion or a claim may go (B:L1393-1412)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.intake.rules.table import Table, table
from services.intake.voices.policy import VoiceKind


class VoiceStatus(StrEnum):
    """Where it stands."""

    NEW = "new"
    RECEIVED = "received"
    REFERRED = "referred"
    EVALUATED = "evaluated"
    INFORMED = "informed"
    DISMISSED = "dismissed"


Status = VoiceStatus


class Action(StrEnum):
    """What moves it."""

    RECEIVE = "receive"
    REFER = "refer"
    EVALUATE = "evaluate"
    INFORM = "inform"
    IMPLEMENT = "implement"
    DISMISS = "dismiss"
    ADD = "add"
    HEED = "heed"
    BOUNCE = "bounce"


class Holder(StrEnum):
    """Who has it now."""

    NOBODY = "none"
    OFFICER = "officer"
    UNIT = "unit"


_ENDED: Final = (Status.INFORMED, Status.DISMISSED)
_KNOWN: Final = tuple(one for one in Status if one is not Status.NEW)


def _table(kind: VoiceKind) -> Table[Status, Action]:
    return table(
        f"{kind.value}.illegal_transition",
        (
            ((Status.NEW,), Action.RECEIVE, Status.RECEIVED),
            ((Status.RECEIVED, Status.REFERRED), Action.REFER, Status.REFERRED),
            ((Status.REFERRED, Status.EVALUATED), Action.EVALUATE, Status.EVALUATED),
            ((Status.EVALUATED,), Action.INFORM, Status.INFORMED),
            ((Status.EVALUATED, Status.INFORMED), Action.IMPLEMENT, None),
            ((Status.RECEIVED, Status.REFERRED), Action.DISMISS, Status.DISMISSED),
            (_KNOWN, Action.ADD, None),
            # only where the user said more after the end
            (_ENDED, Action.HEED, None),
            (_KNOWN, Action.BOUNCE, None),
        ),
    )


LIFECYCLES: Final[Mapping[VoiceKind, Table[Status, Action]]] = {
    kind: _table(kind) for kind in VoiceKind
}
LIFECYCLE: Final = LIFECYCLES[VoiceKind.SUGGESTION]
"""Both have the same; only the refusals are called differently."""

HOLDER: Final[Mapping[Status, Holder]] = {
    Status.NEW: Holder.NOBODY,
    Status.RECEIVED: Holder.OFFICER,
    Status.REFERRED: Holder.UNIT,
    Status.EVALUATED: Holder.OFFICER,
    Status.INFORMED: Holder.NOBODY,
    Status.DISMISSED: Holder.NOBODY,
}
