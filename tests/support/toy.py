"""A service small enough to test the kernel with: counters, and mirrors that hear them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.bus import Heard, Hears, Send
from shared.contracts import EventBody
from shared.decider import Decider, Given, Rejected, Stamp
from shared.service import Service
from shared.store import Kind

TENANT = "acme"


class CounterCounted(EventBody, event_type="toy.counter.counted.v1"):
    by: int


class CounterReminded(EventBody, event_type="toy.counter.reminded.v1"):
    due_at: datetime


class CounterTold(EventBody, event_type="toy.counter.told.v1"):
    due_at: datetime


class MirrorSeen(EventBody, event_type="echo.mirror.seen.v1"):
    sequence: int
    by: int


@dataclass(frozen=True)
class Counter:
    total: int = 0
    due_at: datetime | None = None
    told: tuple[datetime, ...] = ()
    ballast: str = ""


@dataclass(frozen=True)
class Count:
    by: int = 1


@dataclass(frozen=True)
class Remind:
    due_at: datetime


@dataclass(frozen=True)
class Tell:
    due: datetime


@dataclass(frozen=True)
class Break:
    """A bug in the rules."""


def decide(state: Counter, command: object, given: Given[object]) -> Sequence[EventBody]:
    match command:
        case Count(by=0):
            return []
        case Count(by) if by < 0:
            raise Rejected("counter.negative", by=by)
        case Count(by):
            return [CounterCounted(by=by)]
        case Remind(due_at):
            return [CounterReminded(due_at=due_at)]
        case Tell(due) if state.due_at == due and due <= given.at:
            return [CounterTold(due_at=due)]
        case Tell():
            return []
    raise RuntimeError("broken on purpose")


def evolve(state: Counter, event: EventBody, stamp: Stamp) -> Counter:
    match event:
        case CounterCounted(by=by):
            # a heavy state, to be refused by the database
            return replace(state, total=state.total + by, ballast="x" * by if by > 10**6 else "")
        case CounterReminded(due_at=due_at):
            return replace(state, due_at=due_at)
        case CounterTold(due_at=due_at):
            return replace(state, due_at=None, told=(*state.told, due_at))
    raise TypeError(type(event))


COUNTER: Kind[Counter] = Kind(
    "toy",
    "counter",
    Decider(Counter, Counter, decide, evolve, lambda state: state.due_at, Tell),
    indexes=(("state.total",),),
)


@dataclass(frozen=True)
class Mirror:
    seen: tuple[int, ...] = ()
    total: int = 0


@dataclass(frozen=True)
class See:
    sequence: int
    by: int


BROKEN: set[int] = set()
"""Amounts the mirror has a bug with, until it is mended."""


def decide_mirror(state: Mirror, command: See, given: Given[object]) -> Sequence[EventBody]:
    if command.by in BROKEN:
        msg = "broken on purpose"
        raise RuntimeError(msg)
    if command.by == 13:
        raise Rejected("mirror.unlucky", by=command.by)
    return [MirrorSeen(sequence=command.sequence, by=command.by)]


def evolve_mirror(state: Mirror, event: MirrorSeen, stamp: Stamp) -> Mirror:
    return Mirror((*state.seen, event.sequence), state.total + event.by)


MIRROR: Kind[Mirror] = Kind("echo", "mirror", Decider(Mirror, Mirror, decide_mirror, evolve_mirror))
ECHO_HEARS = Hears("echo")


@ECHO_HEARS(CounterCounted)
def on_counted(heard: Heard[CounterCounted]) -> Iterable[Send]:
    see = See(heard.sequence, heard.body.by)
    yield Send(MIRROR.stream, heard.subject, see, create=heard.sequence == 1)


TOY = Service("toy", kinds=(COUNTER,))
ECHO = Service("echo", kinds=(MIRROR,), hears=ECHO_HEARS)
