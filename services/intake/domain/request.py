"""What the registry keeps of a request, and what it can be told."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from services.intake.domain.lifecycle import Action, Holder, Status
from services.intake.domain.stages import Stages
from services.intake.domain.verbal import UNASKED, Confirmation
from services.intake.rules.promise import NEVER
from shared.contracts.intake import ReplacingRequest, RequestImported
from shared.contracts.terms import Deadline

NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of those who are to be trained have signed, or are exempt with a reason."""

    signed: int = 0
    exempt: int = 0
    eligible: int = 0

    @property
    def percent(self) -> float:
        """Signed or exempt of all eligible, to two decimals; 0 while nobody is."""
        if not self.eligible:
            return 0.0
        return round(100 * (self.signed + self.exempt) / self.eligible, 2)


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the request; its content lies in the file store."""

    id: str
    name: str
    size: int
    sha256: str


class Relation(StrEnum):
    """How another request may contradict this one."""

    IN_COURSE = "in_course"
    NEWER_RULE = "newer_rule"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another request that touches the same procedures, or has the same topic."""

    request_id: str
    code: str
    touches: tuple[str, ...]
    topic: str = ""
    relation: str = Relation.IN_COURSE


@dataclass(frozen=True, slots=True)
class Link:
    """The request that this one replaces, or that replaced it."""

    request_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the registry shows it; `due_at` is its tightest open promise.

    While the client has the query `query_id` about what was approved, `next_holder` is who goes on
    when he has answered, and the stages `paused` stand still. It is found by its `words`,
    and by what `touches` have in common however they are written, `touched`.
    """

    status: Status = Status.NEW
    holder: str = Holder.NOBODY
    code: str = ""
    request_type: str = ""
    topic: str = ""
    title: str = ""
    description: str = ""
    area: str = ""
    channel: str = ""
    effective_on: date | None = None
    verbal: bool = False
    touches: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    received_at: datetime = NO_TIME
    effective_received_at: datetime = NO_TIME
    stages: Stages = ()
    due_at: datetime = NEVER
    coverage: Coverage = Coverage()
    late: bool = False
    outcome: str = ""
    reason: str = ""
    closed_at: datetime | None = None
    on_time: bool | None = None
    source: str = ""
    confirmation: Confirmation = UNASKED
    documents: tuple[Document, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    replaces: Link | None = None
    replaced_by: Link | None = None
    query_id: str = ""
    next_holder: str = ""
    paused: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    incident_id: str = ""


@dataclass(frozen=True, slots=True)
class Receive:
    """The client asks for something; the code has been drawn for it."""

    code: str
    request_type: str
    topic: str
    title: str
    description: str
    area: str = ""
    channel: str = "api"
    effective_on: date | None = None
    verbal: bool = False
    touches: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    replaces: Link | None = None
    incident_id: str = ""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A request of an older register is entered as it was."""

    imported: RequestImported


@dataclass(frozen=True, slots=True)
class Advance:
    """What another service told of the request, and when it happened there."""

    action: Action
    occurred_at: datetime
    reason: str = ""
    deadline: Deadline | None = None
    coverage: Coverage | None = None
    replicated: bool = True
    query_id: str = ""


@dataclass(frozen=True, slots=True)
class Complete:
    """What is not replicated is done: access given, system changed."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Attach:
    """A document has arrived."""

    document: Document


@dataclass(frozen=True, slots=True)
class Confirm:
    """The client confirms in writing what was said by word of mouth."""

    remark: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The client takes the request back."""

    reason: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The client asks for something else instead; `by` is that, with its code drawn."""

    by: ReplacingRequest
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Contradict:
    """Something newer is in force that touches the same."""

    by: tuple[Overlap, ...]


@dataclass(frozen=True, slots=True)
class PassDeadline:
    """A promised instant has come."""

    due_at: datetime


Command = (
    Receive
    | TakeOver
    | Advance
    | Complete
    | Confirm
    | Attach
    | Withdraw
    | Replace
    | Contradict
    | PassDeadline
)
