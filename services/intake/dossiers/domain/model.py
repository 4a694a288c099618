"""What is known of a file, what it can be told, and what each event changes."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.dossiers.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status
from services.intake.rules import promise as promises
from services.intake.rules.promise import NO_TIME, Owed
from shared.clock import DUE
from shared.contracts import EventBody
from shared.contracts import dossiers as told
from shared.contracts.consultations import EnclosureRef, TextRef
from shared.decider import Stamp


@dataclass(frozen=True, slots=True)
class Notification:
    """A try to notify, and what proves that it arrived."""

    number: int
    means: str
    sent_at: datetime
    proof: str = ""
    file_number: str = ""
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dossier(Owed):
    """A file; `correct_by` runs while something observed waits for the user.

    Once that term has ended it, `lapsed_by` is when the term was over.
    """

    status: Status = Status.NEW
    code: str = ""
    service: str = ""
    area: str = ""
    received_at: datetime = NO_TIME
    effective_received_at: datetime = NO_TIME
    correct_by: datetime | None = None
    lapsed_by: datetime | None = None
    profile_id: str = ""
    preferential: str = ""
    for_entity: bool = False
    forwarded_from: str = ""
    documents: tuple[EnclosureRef, ...] = ()
    reason: str = ""
    answer: str = ""
    digest: str = ""
    resolved_at: datetime | None = None
    on_time: bool | None = None
    attended_by: str = ""
    notifications: tuple[Notification, ...] = ()
    undelivered: str = ""

    @property
    def holder(self) -> str:
        return HOLDER[self.status].value


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody presents documents for a service; `channel` where it is not the desk's own."""

    code: str
    service: str
    text: TextRef
    documents: tuple[EnclosureRef, ...] = ()
    profile_id: str = ""
    preferential: str = ""
    for_entity: bool = False
    forwarded_from: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """It meets the requirements; another area than the catalogue's, if named."""

    area: str = ""


@dataclass(frozen=True, slots=True)
class Observe:
    reason: str


@dataclass(frozen=True, slots=True)
class Require:
    reason: str


@dataclass(frozen=True, slots=True)
class Add:
    """More for a file that is open."""

    text: TextRef
    documents: tuple[EnclosureRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class Resolve:
    text: TextRef


@dataclass(frozen=True, slots=True)
class Notify:
    means: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """What proves the reception: kind of proof, number, instant, and who took it.

    `number` is the notification that it proves; without it, the last.
    """

    proof: str
    file_number: str
    at: datetime
    person: TextRef
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Bounce:
    """What was sent came back."""

    reason: str


@dataclass(frozen=True, slots=True)
class PassDeadline:
    due_at: datetime


Command = (
    Present
    | Accept
    | Observe
    | Require
    | Add
    | Reject
    | Resolve
    | Notify
    | Acknowledge
    | Bounce
    | PassDeadline
)


def evolve(case: Dossier, event: EventBody, stamp: Stamp) -> Dossier:
    """What an event changes."""
    return promises.sorted_in(_changed(case, event, stamp))


def _changed(  # noqa: C901, PLR0911 - a table of events
    case: Dossier, event: EventBody, stamp: Stamp
) -> Dossier:
    match event:
        case told.DossierReceived():
            return _received(event)
        case told.DossierAccepted(area=area):
            return replace(_to(case, Action.ACCEPT), area=area, reason="")
        case told.DossierObserved():
            moved = _paused(_to(case, Action.OBSERVE), event, stamp)
            return replace(moved, reason=event.reason, correct_by=event.deadline.due_at)
        case told.DossierRequired():
            return replace(_paused(_to(case, Action.REQUIRE), event, stamp), reason=event.reason)
        case told.DossierAdded():
            return _added(case, event)
        case told.DossierRejected(reason=reason, lapsed=lapsed):
            ended = promises.finished(case.promise, stamp.at, judged=False)
            moved = replace(_to(case, Action.REJECT), reason=reason, correct_by=None)
            return replace(moved, lapsed_by=case.correct_by if lapsed else None, promise=ended)
        case told.DossierResolved():
            return replace(
                _to(case, Action.RESOLVE),
                answer=event.text.id,
                digest=event.text.digest,
                resolved_at=event.resolved_at,
                attended_by=stamp.actor,
                on_time=event.on_time,
                promise=promises.finished(case.promise, event.resolved_at),
            )
        case told.DossierNotified():
            new = Notification(event.number, event.means, event.sent_at)
            moved = replace(_to(case, Action.NOTIFY), undelivered="")
            return replace(moved, notifications=(*case.notifications, new))
        case told.DossierUndelivered():
            return replace(case, undelivered=event.reason)
        case told.DossierAcknowledged():
            return _acknowledged(case, event)
        case told.DossierWarned(share=share):
            return promises.announced(case, share, stamp.at)
        case told.DossierDeadlineBreached():
            return promises.announced(case, DUE, stamp.at)
    return case


def _to(case: Dossier, action: Action) -> Dossier:
    return replace(case, status=LIFECYCLE.follow(case.status, action))


def _received(event: told.DossierReceived) -> Dossier:
    return Dossier(
        status=Status.RECEIVED,
        code=event.code,
        service=event.service,
        area=event.area,
        received_at=event.received_at,
        effective_received_at=event.effective_received_at,
        promise=promises.promised(event.deadline),
        profile_id=event.profile_id,
        preferential=event.preferential,
        for_entity=event.for_entity,
        forwarded_from=event.forwarded_from,
        documents=event.documents,
    )


def _paused(
    case: Dossier, event: told.DossierObserved | told.DossierRequired, stamp: Stamp
) -> Dossier:
    return replace(case, promise=promises.paused(case.promise, stamp.at)) if event.paused else case


def _added(case: Dossier, event: told.DossierAdded) -> Dossier:
    waited = case.status in (Status.OBSERVED, Status.REQUIRED, Status.REJECTED)
    promise = promises.resumed(case.promise) if waited else case.promise
    if event.deadline is not None:
        promise = promises.redated(case.promise, event.deadline, event.received_at)
    return replace(
        _to(case, Action.ADD),
        documents=(*case.documents, *event.documents),
        correct_by=None,
        lapsed_by=None,
        promise=promise,
    )


def _acknowledged(case: Dossier, event: told.DossierAcknowledged) -> Dossier:
    proved = tuple(
        replace(
            one,
            proof=event.proof,
            file_number=event.file_number,
            acknowledged_at=event.acknowledged_at,
        )
        if one.number == event.number
        else one
        for one in case.notifications
    )
    return replace(_to(case, Action.ACKNOWLEDGE), notifications=proved)
