"""What is known of a consultation, what it can be told, and what each event changes."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from services.intake.consultations.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status
from services.intake.rules import promise as promises
from services.intake.rules.promise import NO_TIME, Owed
from shared.clock import DUE
from shared.contracts import EventBody
from shared.contracts import consultations as told
from shared.contracts.consultations import EnclosureRef, TextRef
from shared.decider import Stamp


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer that left, and how it was judged."""

    draft: str
    digest: str
    drafted_by: str
    answered_at: datetime | None
    on_time: bool | None


@dataclass(frozen=True, slots=True)
class Consultation(Owed):
    """A consultation; `review` until the coordinator puts it into a folder that asks for none.

    `incident_id` is the incident that it became last; `earlier` the answer that it had when the
    user wrote again, while his words are all that brought it back.
    """

    status: Status = Status.NEW
    code: str = ""
    channel: str = ""
    folder: str = ""
    review: bool = True
    labels: tuple[str, ...] = ()
    received_at: datetime = NO_TIME
    effective_received_at: datetime = NO_TIME
    profile_id: str = ""
    anonymous: bool = False
    preferential: str = ""
    draft: str = ""
    digest: str = ""
    drafted_by: str = ""
    unit: str = ""
    incident_id: str = ""
    observation: str = ""
    answered_at: datetime | None = None
    answered_by: str = ""
    on_time: bool | None = None
    undelivered: str = ""
    forwarded_to: str = ""
    forwarded_case: str = ""
    enclosures: tuple[EnclosureRef, ...] = ()
    earlier: Sent | None = None

    @property
    def holder(self) -> str:
        return HOLDER[self.status].value

    @property
    def attended_by(self) -> str:
        return self.answered_by


@dataclass(frozen=True, slots=True)
class Receive:
    """Somebody asks something; `at` is when a mail arrived, if that was before now."""

    code: str
    channel: str
    text: TextRef
    profile_id: str = ""
    anonymous: bool = False
    preferential: str = ""
    enclosures: tuple[EnclosureRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Distribute:
    folder: str


@dataclass(frozen=True, slots=True)
class Label:
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    text: TextRef


@dataclass(frozen=True, slots=True)
class Escalate:
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Return:
    text: TextRef


@dataclass(frozen=True, slots=True)
class Channel:
    """It reports an incident, under an id of its own; said so that nobody is named."""

    summary: str
    description: str
    area: str
    origin: str
    incident_id: str


@dataclass(frozen=True, slots=True)
class Resume:
    """An incident has ended, as its service tells; `text` is the tiers' answer, by whom."""

    outcome: str
    incident_id: str
    text: TextRef | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """No news of its incident is waited for any longer."""


@dataclass(frozen=True, slots=True)
class Submit:
    """The draft is ready to be judged."""


@dataclass(frozen=True, slots=True)
class Approve:
    """The draft may leave."""


@dataclass(frozen=True, slots=True)
class Observe:
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """The draft leaves; `checks` are what was looked at last."""

    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discard:
    """It is none; `forwarded_case` is how a case of the way in that it belongs to is called.

    `service` is what it asks of the documents desk, if it belongs there.
    """

    reason: str
    forwarded_to: str = ""
    forwarded_case: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """The user says more."""

    text: TextRef
    enclosures: tuple[EnclosureRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Heed:
    """What the user said after the answer was read, and nothing more is to be done."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What was sent came back."""

    reason: str


@dataclass(frozen=True, slots=True)
class PassDeadline:
    due_at: datetime


Command = (
    Receive
    | Distribute
    | Label
    | Draft
    | Escalate
    | Return
    | Channel
    | Resume
    | TakeBack
    | Submit
    | Approve
    | Observe
    | Send
    | Discard
    | Write
    | Heed
    | Bounce
    | PassDeadline
)


def evolve(case: Consultation, event: EventBody, stamp: Stamp) -> Consultation:
    """What an event changes."""
    return promises.sorted_in(_changed(case, event, stamp))


def _changed(  # noqa: C901, PLR0911, PLR0912 - a table of events
    case: Consultation, event: EventBody, stamp: Stamp
) -> Consultation:
    match event:
        case told.ConsultationReceived():
            return _received(event)
        case told.ConsultationDistributed():
            moved = _to(case, Action.DISTRIBUTE)
            return replace(moved, folder=event.folder, review=event.review)
        case told.ConsultationLabelled():
            return replace(case, labels=event.labels)
        case told.ConsultationDrafted(text=text):
            moved = _to(case, Action.DRAFT)
            return _drafted(moved, text, stamp.actor)
        case told.ConsultationEscalated():
            return replace(_to(case, Action.ESCALATE), unit=event.unit)
        case told.ConsultationReturned():
            return _to(case, Action.RETURN)
        case told.ConsultationChannelled(channelled_at=at):
            ended = promises.finished(case.promise, at)
            after = replace(_to(case, Action.CHANNEL), promise=ended, draft="", earlier=None)
            return replace(after, incident_id=event.incident_id)
        case told.ConsultationResumed(deadline=deadline, text=answer):
            moved = replace(_to(case, Action.RESUME), promise=promises.promised(deadline))
            return moved if answer is None else _drafted(moved, answer, event.drafted_by)
        case told.ConsultationSubmitted():
            return replace(_to(case, Action.SUBMIT), observation="")
        case told.ConsultationApproved():
            return _to(case, Action.APPROVE)
        case told.ConsultationObserved():
            return replace(_to(case, Action.OBSERVE), observation=event.reason)
        case told.ConsultationAnswered():
            return replace(
                _to(case, Action.SEND),
                answered_at=event.answered_at,
                answered_by=stamp.actor,
                on_time=event.on_time,
                undelivered="",
                earlier=None,
                promise=promises.finished(case.promise, event.answered_at),
            )
        case told.ConsultationDiscarded():
            ended = promises.finished(case.promise, stamp.at, judged=False)
            to, new = event.forwarded_to, event.forwarded_case
            moved = replace(_to(case, Action.DISCARD), promise=ended, earlier=None)
            return replace(moved, forwarded_to=to, forwarded_case=new)
        case told.ConsultationContinued():
            return _continued(case, event)
        case told.ConsultationHeeded():
            return _heeded(case, stamp.at)
        case told.ConsultationUndelivered():
            return replace(case, undelivered=event.reason)
        case told.ConsultationWarned(share=share):
            return promises.announced(case, share, stamp.at)
        case told.ConsultationDeadlineBreached():
            return promises.announced(case, DUE, stamp.at)
    return case


def _drafted(case: Consultation, text: TextRef, by: str) -> Consultation:
    return replace(case, draft=text.id, digest=text.digest, drafted_by=by)


def _to(case: Consultation, action: Action) -> Consultation:
    return replace(case, status=LIFECYCLE.follow(case.status, action))


def _received(event: told.ConsultationReceived) -> Consultation:
    return Consultation(
        status=Status.RECEIVED,
        code=event.code,
        channel=event.channel,
        received_at=event.received_at,
        effective_received_at=event.effective_received_at,
        promise=promises.promised(event.deadline),
        profile_id=event.profile_id,
        anonymous=event.anonymous,
        preferential=event.preferential,
        enclosures=event.enclosures,
    )


def _continued(case: Consultation, event: told.ConsultationContinued) -> Consultation:
    more = replace(_to(case, Action.WRITE), enclosures=(*case.enclosures, *event.enclosures))
    if case.status is Status.ANSWERED:
        more = replace(more, draft="", earlier=_sent(case))
    if event.deadline is None:
        return more
    return replace(more, promise=promises.promised(event.deadline), on_time=None, answered_at=None)


def _sent(case: Consultation) -> Sent:
    return Sent(case.draft, case.digest, case.drafted_by, case.answered_at, case.on_time)


def _heeded(case: Consultation, at: datetime) -> Consultation:
    """As it was when it was answered; what was begun since goes nowhere."""
    ended = promises.finished(case.promise, at, judged=False)
    moved = replace(_to(case, Action.HEED), promise=ended, observation="", earlier=None)
    return moved if case.earlier is None else replace(moved, **asdict(case.earlier))
