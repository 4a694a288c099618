"""What intake says about a client's request; the subject is the request's id."""

from datetime import date, datetime
from operator import not_

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.events import EventBody
from shared.contracts.terms import Deadline


class RequestReceived(EventBody, event_type="intake.request.received.v1"):
    """A request entered the registry with its code, its deadlines and its holder (A20, A23)."""

    code: str
    request_type: str
    topic: str
    title: str
    description: str
    received_at: datetime
    effective_received_at: datetime
    deadlines: tuple[Deadline, ...]
    holder: str
    channel: str = "api"
    area: str = ""
    effective_on: date | None = None
    verbal: bool = False
    touches: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    replaces: str = Field("", exclude_if=not_, description="The id of the request that it replaces")
    replaces_code: str = Field("", exclude_if=not_)
    incident_id: str = Field("", exclude_if=not_, description="The incident that it came from")


class RequestProgressed(EventBody, event_type="intake.request.progressed.v1"):
    """The request is in another status, or held by somebody else.

    `occurred_at` is when it happened in the service that told it: a stage ends then, however long
    the news was on its way. The coverage is the last known; it is told once per percent at most.
    `paused` are the stages whose clocks stand still. `gate` is `shut` while the client has the
    query `query_id` about what was approved, and told as `opened` when he has answered (A43).
    """

    status: str
    holder: str
    reason: str = ""
    deadlines: tuple[Deadline, ...] = ()
    coverage_signed: int = 0
    coverage_exempt: int = 0
    coverage_eligible: int = 0
    occurred_at: datetime | None = None
    paused: tuple[str, ...] = Field((), exclude_if=not_)
    gate: str = Field("", exclude_if=not_)
    query_id: str = Field("", exclude_if=not_)


class RequestDeadlineBreached(EventBody, event_type="intake.request.deadline_breached.v1"):
    """A promised instant has passed with its stage unfinished."""

    stage: str
    due_at: datetime
    holder: str


class RequestClosed(EventBody, event_type="intake.request.closed.v1"):
    """The end of a request's life; `outcome` is `deployed`, `not_viable`, `withdrawn`, `replaced`.

    `on_time` is whether every stage ended by its deadline; none for a request that was withdrawn or
    replaced.
    """

    outcome: str
    closed_at: datetime
    on_time: bool | None = None
    reason: str = ""


class RequestImported(EventBody, event_type="intake.request.imported.v1"):
    """A request of an older register, as it was; its dates are the register's own.

    Instants keep the order of the register's wall clock: closed on time is `closed_at <= due_at`.
    """

    code: str
    request_type: str
    topic: str
    title: str
    received_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None
    status: str
    channel: str = ""
    area: str = ""
    source: str
    row: int


class ConfirmationNote(BaseModel):
    """What the client is asked to confirm, in one language of the tenant."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str
    text: str


class RequestConfirmationAsked(EventBody, event_type="intake.request.confirmation_asked.v1"):
    """A verbal instruction was written down and sent back to the client (A25).

    Nothing is deployed until he confirms it, or its term lapses.
    """

    deadline: Deadline
    notes: tuple[ConfirmationNote, ...]


class RequestConfirmed(EventBody, event_type="intake.request.confirmed.v1"):
    """The client confirmed in writing what was said by word of mouth; who did is the actor."""

    confirmed_at: datetime
    remark: str = ""


class RequestConfirmationLapsed(EventBody, event_type="intake.request.confirmation_lapsed.v1"):
    """Nobody confirmed in time. `then` is what the policy says: `proceed` or `withdraw`."""

    due_at: datetime
    then: str


class RequestAttached(EventBody, event_type="intake.request.attached.v1"):
    """A document of the request is here as a whole; its content lies elsewhere (A24)."""

    attachment_id: str
    name: str
    size: int
    sha256: str


class AttachmentDeclared(EventBody, event_type="intake.attachment.declared.v1"):
    """Somebody is about to send a document; the subject is the attachment's id."""

    request_id: str
    name: str
    size: int
    sha256: str
    expires_at: datetime


class AttachmentStored(EventBody, event_type="intake.attachment.stored.v1"):
    """The next part arrived: `size` bytes from `offset` on, kept as a file of that id."""

    offset: int
    size: int
    file_id: str


class AttachmentCompleted(EventBody, event_type="intake.attachment.completed.v1"):
    """All of it arrived, and it is what was declared."""

    request_id: str
    name: str
    size: int
    sha256: str
    media_type: str


class AttachmentRefused(EventBody, event_type="intake.attachment.refused.v1"):
    """It is not kept; `reason` is `sha256`, `type`, `quota` or `abandoned`."""

    reason: str
    found: str = ""


class AttachmentCleared(EventBody, event_type="intake.attachment.cleared.v1"):
    """The parts of what was refused are deleted."""


class SubscriptionOpened(EventBody, event_type="intake.subscription.opened.v1"):
    """A program of the client is told of these occasions; its secret is kept elsewhere."""

    url: str
    occasions: tuple[str, ...]


class SubscriptionClosed(EventBody, event_type="intake.subscription.closed.v1"):
    """It is told of nothing more."""


class DeliveryOpened(EventBody, event_type="intake.delivery.opened.v1"):
    """Something is to be told to a subscriber; the subject is the delivery's id."""

    subscription_id: str
    request_id: str
    sequence: int
    occasion: str
    code: str
    status: str
    coverage_pct: float
    occurred_at: datetime


class DeliveryAttempted(EventBody, event_type="intake.delivery.attempted.v1"):
    """The `number`th try is under way; after `lease_until` it counts as lost."""

    number: int
    lease_until: datetime


class DeliveryAnswered(EventBody, event_type="intake.delivery.answered.v1"):
    """How a try ended: the HTTP status (0 without an answer), or why there was none.

    `next_at` is the next try; without it the delivery ended, `delivered` or failed.
    """

    number: int
    status: int
    error: str = ""
    milliseconds: int = 0
    delivered: bool = False
    next_at: datetime | None = None


class DeliveryReplayed(EventBody, event_type="intake.delivery.replayed.v1"):
    """Somebody asked for it to be told again."""


class OverlappingRequest(BaseModel):
    """A request that touches the same procedures, or has the same topic.

    `relation` is `in_course`, or `newer_rule` for one whose content is in force from a later day.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    request_id: str
    code: str
    touches: tuple[str, ...]
    topic: str = Field("", exclude_if=not_, description="The topic, where that is the same")
    relation: str = Field("in_course", exclude_if="in_course".__eq__)


class RequestOverlapped(EventBody, event_type="intake.request.overlapped.v1"):
    """Others touch the same procedures or topic: they may contradict each other.

    Told on reception, and again when something newer came into force meanwhile.
    """

    others: tuple[OverlappingRequest, ...]


class ReplacingRequest(BaseModel):
    """What the client asks for instead, as it was received."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    code: str
    request_type: str
    topic: str
    title: str
    description: str
    channel: str = "api"
    area: str = ""
    effective_on: date | None = None
    verbal: bool = False
    touches: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


class RequestReplaced(EventBody, event_type="intake.request.replaced.v1"):
    """The client asked for something else instead: this request ends, the other one begins."""

    by: ReplacingRequest
    reason: str = ""
