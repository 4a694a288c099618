"""What intake says about a consultation of the public; the subject is its id (B:L711-755).

Who asked and what was written stay in intake: a text travels as its id and its digest.
"""

from datetime import datetime
from operator import not_

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.events import EventBody
from shared.contracts.stages import StageDeadline


class TextRef(BaseModel):
    """A text that intake keeps by itself; `digest` is the SHA-256 of its words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    digest: str


class EnclosureRef(BaseModel):
    """A document that came along; refused ones with the reason. Names are kept by intake."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    size: int
    media_type: str
    sha256: str
    kept: bool = True
    reason: str = ""


class ConsultationReceived(EventBody, event_type="intake.consultation.received.v1"):
    """A consultation came in; `preferential` is `granted` for attention before others (B13)."""

    code: str
    channel: str
    received_at: datetime
    effective_received_at: datetime
    deadline: StageDeadline
    text: TextRef
    profile_id: str = ""
    anonymous: bool = False
    preferential: str = ""
    enclosures: tuple[EnclosureRef, ...] = ()


class ConsultationDistributed(EventBody, event_type="intake.consultation.distributed.v1"):
    """The coordinator put it into a folder; `review` when its answers need the supervisor."""

    folder: str
    review: bool


class ConsultationLabelled(EventBody, event_type="intake.consultation.labelled.v1"):
    """Its labels from now on."""

    labels: tuple[str, ...]


class ConsultationDrafted(EventBody, event_type="intake.consultation.drafted.v1"):
    """An answer was drafted; one before it is superseded, and so is what was said of it."""

    text: TextRef


class ConsultationEscalated(EventBody, event_type="intake.consultation.escalated.v1"):
    """It needs the second level: an organ that knows."""

    unit: str
    reason: str


class ConsultationReturned(EventBody, event_type="intake.consultation.returned.v1"):
    """The organ said what it knows; the first level goes on."""

    unit: str
    text: TextRef


class ConsultationSubmitted(EventBody, event_type="intake.consultation.submitted.v1"):
    """The draft is before the quality supervisor."""

    text: TextRef


class ConsultationApproved(EventBody, event_type="intake.consultation.approved.v1"):
    """The quality supervisor found the draft right; it may leave."""

    text: TextRef


class ConsultationObserved(EventBody, event_type="intake.consultation.observed.v1"):
    """The quality supervisor gave the draft back."""

    reason: str


class ConsultationAnswered(EventBody, event_type="intake.consultation.answered.v1"):
    """The answer left; who signs it is the actor, and `checks` are what he looked at last."""

    text: TextRef
    answered_at: datetime
    on_time: bool
    checks: tuple[str, ...]
    folder: str
    labels: tuple[str, ...] = ()


class ConsultationContinued(EventBody, event_type="intake.consultation.continued.v1"):
    """The user wrote again; with a `deadline` when there was nothing left to answer."""

    text: TextRef
    deadline: StageDeadline | None = None
    enclosures: tuple[EnclosureRef, ...] = ()


class ConsultationHeeded(EventBody, event_type="intake.consultation.heeded.v1"):
    """What the user wrote after the answer was read: nothing more is to be done.

    The answer before it stands as it was judged, and the term that his words began is called off.
    """


class ConsultationChannelled(EventBody, event_type="intake.consultation.channelled.v1"):
    """It reports an incident: the first tier attends it (B:L757-762, L1179).

    What is said here goes to the tiers, so it names nobody; who asked stays in intake. `channel`
    is what the incidents of the account call the way in. `incident_id` is the incident's, a new one
    each time; where it is not said, the consultation's own. `profile_id` and `preferential` are the
    consultation's.
    """

    summary: str
    description: str
    area: str
    origin: str
    channel: str
    channelled_at: datetime
    on_time: bool
    incident_id: str = Field("", exclude_if=not_)
    profile_id: str = Field("", exclude_if=not_)
    preferential: str = Field("", exclude_if=not_)


class ConsultationResumed(EventBody, event_type="intake.consultation.resumed.v1"):
    """The incident it became has ended; the user is still to be told, until the deadline.

    `outcome` is the incident's, or `taken_back` when nobody waits for its end any longer; `text`
    the answer of the tiers, which is a draft here, by who gave it.
    """

    outcome: str
    deadline: StageDeadline
    text: TextRef | None = Field(None, exclude_if=not_)
    drafted_by: str = Field("", exclude_if=not_)


class ConsultationDiscarded(EventBody, event_type="intake.consultation.discarded.v1"):
    """It is not attended here; `forwarded_to` is the way in that it belongs to, if any.

    `forwarded_case` is the case that is opened there from it, in the documents desk for `service`.
    """

    reason: str
    forwarded_to: str = ""
    forwarded_case: str = ""
    service: str = ""


class ConsultationUndelivered(EventBody, event_type="intake.consultation.undelivered.v1"):
    """What was sent to the user came back; `reason` is the server's status, such as 5.1.1."""

    reason: str


class ConsultationWarned(EventBody, event_type="intake.consultation.warned.v1"):
    """This percent of the budget is used up; the roles named are told."""

    warns = True
    share: int
    due_at: datetime
    holder: str
    notify: tuple[str, ...] = ()


class ConsultationDeadlineBreached(
    EventBody, event_type="intake.consultation.deadline_breached.v1"
):
    """The promised instant has passed without an answer."""

    due_at: datetime
    holder: str
    notify: tuple[str, ...] = ()
