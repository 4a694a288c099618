"""One promise to the public: its date, its warnings, and how it ended."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from shared.clock import DUE, Change, Plan, replay, start
from shared.contracts import EventBody
from shared.contracts.stages import StageDeadline, Warn
from shared.contracts.terms import DeadlineStep

# the due second itself is still in time
BROKEN_AFTER: Final = timedelta(seconds=1)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Sorts a case without an open promise behind all that have one."""
USER_WAIT: Final = "a la espera de la persona usuaria"
NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


Waits = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised; `told` are the shares of its budget that were announced, 100 the breach.

    It is over when `finished_at` is there; `on_time` says how. `paused_at` is since when it stands
    still because the user has it, `waits` when it did before.
    """

    stage: str
    due_at: datetime
    effective_at: datetime
    policy: str = ""
    warnings: tuple[tuple[int, datetime], ...] = ()
    told: tuple[int, ...] = ()
    finished_at: datetime | None = None
    on_time: bool | None = None
    paused_at: datetime | None = None
    waits: Waits = ()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be kept and does not stand still."""
        return self.finished_at is None and self.paused_at is None

    @property
    def state(self) -> str:
        """`running`, `paused`, `met`, `breached`, or `cancelled` when it ended unjudged."""
        if self.on_time is not None:
            return "met" if self.on_time else "breached"
        if self.finished_at is not None:
            return "cancelled"
        if DUE in self.told:
            return "breached"
        return "running" if self.paused_at is None else "paused"


@dataclass(frozen=True, slots=True)
class Owed:
    """A case that something may be promised of; `due_at` sorts its queue.

    `told_at` is when a warning or the breach was announced last.
    """

    promise: Promise | None = None
    due_at: datetime = NEVER
    told_at: datetime | None = None


C = TypeVar("C", bound=Owed)


@dataclass(frozen=True, slots=True)
class Reached:
    """A share of the budget that is used up, at 100 all of it."""

    share: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """The events in which a kind of case tells what its promise has reached."""

    warned: Callable[..., EventBody]
    breached: Callable[..., EventBody]


def deadline(plan: Plan, term: str, at: datetime, waits: Waits = ()) -> StageDeadline:
    """The date that a plan of one target promises to what arrives then, with its reasons.

    `waits` are when the user had it since: that time is not counted.
    """
    (promised,) = replay(start(plan, at), _changes(at, waits), plan).promises
    return StageDeadline(
        stage=promised.target,
        due_at=promised.due_at,
        effective_at=promised.effective_at,
        policy=plan.version,
        steps=tuple(DeadlineStep(code=one.code, params=one.params) for one in promised.steps),
        term=term,
        amount=plan.targets[0].term.amount,
        earliest_at=promised.earliest_at,
        warnings=tuple(Warn(share=share, at=moment) for share, moment in promised.warnings),
    )


def _changes(at: datetime, waits: Waits) -> Iterator[Change]:
    # mail is received when it comes and read later, and what comes at night begins in the morning
    last = at
    for begun, ended in waits:
        begins = max(last, begun)
        last = max(begins, ended)
        yield Change("pause", begins, USER_WAIT)
        yield Change("resume", last, USER_WAIT)


def promised(made: StageDeadline) -> Promise:
    """The promise that a deadline opens."""
    return Promise(
        stage=made.stage,
        due_at=made.due_at,
        effective_at=made.effective_at,
        policy=made.policy,
        warnings=tuple((one.share, one.at) for one in made.warnings),
    )


def finished(promise: Promise | None, at: datetime, *, judged: bool = True) -> Promise | None:
    """Ended; the due second itself is in time. Unjudged, a breach that was told stays one."""
    if promise is None or promise.finished_at is not None:
        return promise
    in_time: bool | None = kept(promise, at)
    if not judged:
        in_time = False if DUE in promise.told else None
    return replace(promise, finished_at=at, on_time=in_time)


def kept(promise: Promise | None, at: datetime) -> bool:
    """Whether what is done now is in time, as all is that was not promised.

    While it stood still its date did not come nearer.
    """
    return promise is None or min(at, promise.paused_at or at) < promise.due_at + BROKEN_AFTER


def runs(promise: Promise | None, at: datetime) -> bool:
    """Whether its time still runs, so that a wait for the user can make it stand still."""
    return promise is not None and promise.state == "running" and kept(promise, at)


def paused(promise: Promise | None, at: datetime) -> Promise | None:
    """It stands still: the user has it."""
    return None if promise is None else replace(promise, paused_at=at)


def waited(promise: Promise, at: datetime) -> Waits:
    """When the user had it, up to now."""
    begun = promise.paused_at
    return promise.waits if begun is None else (*promise.waits, (begun, max(begun, at)))


def redated(promise: Promise | None, made: StageDeadline, at: datetime) -> Promise:
    """To be kept by a new date, since the user has done his part; what was told stays told."""
    if promise is None:
        return promised(made)
    return replace(promised(made), told=promise.told, waits=waited(promise, at))


def resumed(promise: Promise | None) -> Promise | None:
    """To be kept again, by its first date."""
    if promise is None:
        return None
    return replace(promise, finished_at=None, on_time=None, paused_at=None)


def next_reached(promise: Promise | None) -> Reached | None:
    """The next warning or breach of a promise that is still to be kept and does not stand still."""
    if promise is None or not promise.is_open:
        return None
    ahead = [*promise.warnings, (DUE, promise.due_at + BROKEN_AFTER)]
    left = [Reached(share, at) for share, at in ahead if share not in promise.told]
    return min(left, key=lambda one: (one.at, one.share), default=None)


def next_due(promise: Promise | None) -> datetime | None:
    """When its next warning or breach comes."""
    reached = next_reached(promise)
    return None if reached is None else reached.at


def passed(
    promise: Promise | None,
    due_at: datetime,
    holder: str,
    notified: Callable[[int], tuple[str, ...]],
    say: Told,
) -> Sequence[EventBody]:
    """What a deadline that came tells; nothing when it is told already."""
    reached = next_reached(promise)
    if promise is None or reached is None or reached.at > due_at:
        return []
    facts = {"due_at": promise.due_at, "holder": holder, "notify": notified(reached.share)}
    if reached.share == DUE:
        return [say.breached(**facts)]
    return [say.warned(share=reached.share, **facts)]


def announced(case: C, share: int, at: datetime) -> C:
    """Its promise has reached that share, and it was told; a breach takes the warnings along."""
    promise = case.promise
    if promise is not None:
        passed = {known for known, _ in promise.warnings if share == DUE} | {share}
        promise = replace(promise, told=tuple(sorted({*promise.told, *passed})))
    return replace(case, promise=promise, told_at=at)


def sorted_in(case: C) -> C:
    """At its place in the queue: behind all others when nothing is to be kept, or it waits."""
    promise = case.promise
    return replace(case, due_at=promise.due_at if promise and promise.is_open else NEVER)
