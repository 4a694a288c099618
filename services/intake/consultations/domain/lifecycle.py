"""Where a consultation may go (B:L724-751)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.intake.rules.table import Table, table


class ConsultationStatus(StrEnum):
    """Where a consultation stands."""

    NEW = "new"
    RECEIVED = "received"
    IN_ATTENTION = "in_attention"
    ESCALATED = "escalated"
    CHANNELLED = "channelled"
    IN_REVIEW = "in_review"
    OBSERVED = "observed"
    APPROVED = "approved"
    ANSWERED = "answered"
    DISCARDED = "discarded"


Status = ConsultationStatus


class Action(StrEnum):
    """What moves it: the user's word, the desk's work, the supervisor's judgement."""

    RECEIVE = "receive"
    DISTRIBUTE = "distribute"
    LABEL = "label"
    DRAFT = "draft"
    ESCALATE = "escalate"
    RETURN = "return"
    CHANNEL = "channel"
    RESUME = "resume"
    SUBMIT = "submit"
    APPROVE = "approve"
    OBSERVE = "observe"
    SEND = "send"
    DISCARD = "discard"
    WRITE = "write"
    HEED = "heed"
    BOUNCE = "bounce"


class Holder(StrEnum):
    """Who has it now."""

    NOBODY = "none"
    COORDINATOR = "coordinator"
    ASSISTANT = "assistant"
    SPECIALIST = "specialist"
    INCIDENTS = "incidents"
    SUPERVISOR = "quality_supervisor"


_WRITING: Final = (Status.IN_ATTENTION, Status.OBSERVED, Status.APPROVED)
_OPEN: Final = (
    Status.RECEIVED,
    *_WRITING,
    Status.ESCALATED,
    Status.IN_REVIEW,
    Status.CHANNELLED,
)
ENDED: Final = frozenset({Status.ANSWERED, Status.DISCARDED})

LIFECYCLE: Final[Table[Status, Action]] = table(
    "consultation.illegal_transition",
    (
        ((Status.NEW,), Action.RECEIVE, Status.RECEIVED),
        ((Status.RECEIVED, *_WRITING), Action.DISTRIBUTE, Status.IN_ATTENTION),
        (_OPEN, Action.LABEL, None),
        (_WRITING, Action.DRAFT, Status.IN_ATTENTION),
        ((Status.IN_ATTENTION, Status.OBSERVED), Action.ESCALATE, Status.ESCALATED),
        ((Status.ESCALATED,), Action.RETURN, Status.IN_ATTENTION),
        ((Status.RECEIVED, *_WRITING), Action.CHANNEL, Status.CHANNELLED),
        ((Status.CHANNELLED,), Action.RESUME, Status.IN_ATTENTION),
        ((Status.IN_ATTENTION,), Action.SUBMIT, Status.IN_REVIEW),
        ((Status.IN_REVIEW,), Action.APPROVE, Status.APPROVED),
        ((Status.IN_REVIEW,), Action.OBSERVE, Status.OBSERVED),
        ((Status.IN_ATTENTION, Status.APPROVED), Action.SEND, Status.ANSWERED),
        ((Status.RECEIVED, *_WRITING, Status.ESCALATED), Action.DISCARD, Status.DISCARDED),
        # what is news to the one who drafted needs another look; an unread one stays unread
        ((Status.RECEIVED, Status.ESCALATED, Status.CHANNELLED), Action.WRITE, None),
        ((*_WRITING, Status.IN_REVIEW, Status.ANSWERED), Action.WRITE, Status.IN_ATTENTION),
        ((Status.DISCARDED,), Action.WRITE, Status.RECEIVED),
        # only where the user wrote after an answer
        (_WRITING, Action.HEED, Status.ANSWERED),
        ((*_OPEN, *sorted(ENDED)), Action.BOUNCE, None),
    ),
)

HOLDER: Final[Mapping[Status, Holder]] = {
    Status.NEW: Holder.NOBODY,
    Status.RECEIVED: Holder.COORDINATOR,
    Status.IN_ATTENTION: Holder.ASSISTANT,
    Status.ESCALATED: Holder.SPECIALIST,
    Status.CHANNELLED: Holder.INCIDENTS,
    Status.IN_REVIEW: Holder.SUPERVISOR,
    Status.OBSERVED: Holder.ASSISTANT,
    Status.APPROVED: Holder.ASSISTANT,
    Status.ANSWERED: Holder.NOBODY,
    Status.DISCARDED: Holder.NOBODY,
}
