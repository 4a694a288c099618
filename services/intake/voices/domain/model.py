"""What is known of a suggestion or a claim, what it can be told, and what each event changes."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.rules import promise as promises
from services.intake.rules.promise import NO_TIME, Owed
from services.intake.voices.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status
from shared.clock import DUE
from shared.contracts import EventBody
from shared.contracts import voices as told
from shared.contracts.consultations import EnclosureRef, TextRef
from shared.decider import Stamp


@dataclass(frozen=True, slots=True)
class Voice(Owed):
    """A suggestion or a claim; `promise` is there where the account promises a term.

    `said_more` is whether the user wrote after its end and nobody has looked at it yet.
    """

    status: Status = Status.NEW
    code: str = ""
    channel: str = ""
    received_at: datetime = NO_TIME
    profile_id: str = ""
    anonymous: bool = False
    preferential: str = ""
    unit: str = ""
    order: str = ""
    outcome: str = ""
    answer: str = ""
    digest: str = ""
    reason: str = ""
    forwarded_to: str = ""
    forwarded_case: str = ""
    forwarded_from: str = ""
    informed_at: datetime | None = None
    on_time: bool | None = None
    attended_by: str = ""
    actions: tuple[str, ...] = ()
    undelivered: str = ""
    said_more: bool = False
    enclosures: tuple[EnclosureRef, ...] = ()

    @property
    def holder(self) -> str:
        return HOLDER[self.status].value


@dataclass(frozen=True, slots=True)
class Receive:
    """Somebody says it."""

    code: str
    channel: str
    text: TextRef
    enclosures: tuple[EnclosureRef, ...] = ()
    profile_id: str = ""
    anonymous: bool = False
    preferential: str = ""
    forwarded_from: str = ""


@dataclass(frozen=True, slots=True)
class Refer:
    """It is one: to which organ, with which order (proveído)."""

    unit: str
    order: str


@dataclass(frozen=True, slots=True)
class Evaluate:
    outcome: str
    text: TextRef


@dataclass(frozen=True, slots=True)
class Inform:
    """Tell the user the result."""


@dataclass(frozen=True, slots=True)
class Implement:
    action: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """It is none; `forwarded_case` is how a case of the way in that it belongs to is called."""

    reason: str
    forwarded_to: str = ""
    forwarded_case: str = ""


@dataclass(frozen=True, slots=True)
class Add:
    """The user says more."""

    text: TextRef
    enclosures: tuple[EnclosureRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Heed:
    """What the user said after the end was read, and nothing more is to be done."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What was sent came back."""

    reason: str


@dataclass(frozen=True, slots=True)
class PassDeadline:
    due_at: datetime


Command = (
    Receive | Refer | Evaluate | Inform | Implement | Dismiss | Add | Heed | Bounce | PassDeadline
)


def evolve(case: Voice, event: EventBody, stamp: Stamp) -> Voice:
    """What an event changes."""
    return promises.sorted_in(_changed(case, event, stamp))


def _changed(  # noqa: C901, PLR0911 - a table of events
    case: Voice, event: EventBody, stamp: Stamp
) -> Voice:
    match event:
        case told.VoiceReceived():
            return _received(event)
        case told.VoiceReferred():
            return replace(_to(case, Action.REFER), unit=event.unit, order=event.order)
        case told.VoiceEvaluated(outcome=outcome, text=text):
            moved = _to(case, Action.EVALUATE)
            return replace(moved, outcome=outcome, answer=text.id, digest=text.digest)
        case told.VoiceInformed():
            return replace(
                _to(case, Action.INFORM),
                informed_at=event.informed_at,
                on_time=event.on_time,
                attended_by=stamp.actor,
                undelivered="",
                promise=promises.finished(case.promise, event.informed_at),
            )
        case told.VoiceImplemented(action=action):
            return replace(case, actions=(*case.actions, action))
        case told.VoiceDismissed():
            ended = promises.finished(case.promise, stamp.at, judged=False)
            moved = replace(_to(case, Action.DISMISS), reason=event.reason, promise=ended)
            to, new = event.forwarded_to, event.forwarded_case
            return replace(moved, forwarded_to=to, forwarded_case=new)
        case told.VoiceAdded():
            more = case.status in (Status.INFORMED, Status.DISMISSED)
            enclosures = (*case.enclosures, *event.enclosures)
            return replace(case, enclosures=enclosures, said_more=more)
        case told.VoiceHeeded():
            return replace(case, said_more=False)
        case told.VoiceUndelivered(reason=reason):
            return replace(case, undelivered=reason)
        case told.VoiceWarned(share=share):
            return promises.announced(case, share, stamp.at)
        case told.VoiceDeadlineBreached():
            return promises.announced(case, DUE, stamp.at)
    return case


def _to(case: Voice, action: Action) -> Voice:
    return replace(case, status=LIFECYCLE.follow(case.status, action))


def _received(event: told.VoiceReceived) -> Voice:
    return Voice(
        status=Status.RECEIVED,
        code=event.code,
        channel=event.channel,
        received_at=event.received_at,
        promise=None if event.deadline is None else promises.promised(event.deadline),
        profile_id=event.profile_id,
        anonymous=event.anonymous,
        preferential=event.preferential,
        forwarded_from=event.forwarded_from,
        enclosures=event.enclosures,
    )
