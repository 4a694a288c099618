"""Where a file of the documents desk may go (B:L764-830)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.intake.rules.table import Table, table


class DossierStatus(StrEnum):
    """Where a file stands."""

    NEW = "new"
    RECEIVED = "received"
    OBSERVED = "observed"
    IN_PROCESS = "in_process"
    REQUIRED = "required"
    RESOLVED = "resolved"
    NOTIFYING = "notifying"
    NOTIFIED = "notified"
    REJECTED = "rejected"


Status = DossierStatus


class Action(StrEnum):
    """What moves it."""

    PRESENT = "present"
    ACCEPT = "accept"
    OBSERVE = "observe"
    REQUIRE = "require"
    ADD = "add"
    REJECT = "reject"
    RESOLVE = "resolve"
    NOTIFY = "notify"
    ACKNOWLEDGE = "acknowledge"
    BOUNCE = "bounce"


class Holder(StrEnum):
    """Who has it now."""

    NOBODY = "none"
    DESK = "documents_desk"
    USER = "user"
    AREA = "area"


_READING: Final = (Status.RECEIVED, Status.IN_PROCESS, Status.RESOLVED, Status.NOTIFYING)
LIFECYCLE: Final[Table[Status, Action]] = table(
    "dossier.illegal_transition",
    (
        ((Status.NEW,), Action.PRESENT, Status.RECEIVED),
        ((Status.RECEIVED,), Action.ACCEPT, Status.IN_PROCESS),
        ((Status.RECEIVED,), Action.OBSERVE, Status.OBSERVED),
        ((Status.IN_PROCESS,), Action.REQUIRE, Status.REQUIRED),
        (_READING, Action.ADD, None),
        ((Status.OBSERVED,), Action.ADD, Status.RECEIVED),
        ((Status.REQUIRED,), Action.ADD, Status.IN_PROCESS),
        # only what came in time and was read after the term was over
        ((Status.REJECTED,), Action.ADD, Status.RECEIVED),
        ((Status.RECEIVED, Status.OBSERVED, Status.REQUIRED), Action.REJECT, Status.REJECTED),
        ((Status.IN_PROCESS, Status.REQUIRED), Action.RESOLVE, Status.RESOLVED),
        ((Status.RESOLVED, Status.NOTIFYING), Action.NOTIFY, Status.NOTIFYING),
        ((Status.NOTIFYING,), Action.ACKNOWLEDGE, Status.NOTIFIED),
        (tuple(one for one in Status if one is not Status.NEW), Action.BOUNCE, None),
    ),
)

HOLDER: Final[Mapping[Status, Holder]] = {
    Status.NEW: Holder.NOBODY,
    Status.RECEIVED: Holder.DESK,
    Status.OBSERVED: Holder.USER,
    Status.IN_PROCESS: Holder.AREA,
    Status.REQUIRED: Holder.USER,
    Status.RESOLVED: Holder.DESK,
    Status.NOTIFYING: Holder.DESK,
    Status.NOTIFIED: Holder.NOBODY,
    Status.REJECTED: Holder.NOBODY,
}
