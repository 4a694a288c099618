"""SLA clocks: what a case has promised, how its time has run, and what falls due next.

The state is a frozen, serialisable value. Changes are pure functions of the state, an instant and a
`Plan`; `replay` makes the same state from a case's list of changes. A corrected calendar or a new
policy is applied to open cases with `recompute`; what a clock had promised when it stopped is kept
in `closings` and never rewritten.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .calendar import Calendar
from .errors import IllegalChange, InvalidField, TimeReversed
from .instants import seconds_of
from .promises import DUE, Closing, Hold, HoldKind, Milestone, Promised, Side, close, promise_all
from .terms import Term


class State(StrEnum):
    """What a clock is doing."""

    DEFERRED = "deferred"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Target:
    """One promise of a clock: a name, its term, and warnings at percents of the budget."""

    name: str
    term: Term
    warnings: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        ascending = tuple(sorted(set(self.warnings)))
        if self.warnings != ascending or not all(0 < share < DUE for share in ascending):
            raise InvalidField("warnings", value=self.warnings, expected="50, 80")


@dataclass(frozen=True, slots=True)
class Plan:
    """The policy a clock runs under: whose calendar counts, what is promised, which version."""

    calendar: Calendar
    targets: tuple[Target, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class SlaClock:
    """The state of one clock. `begun_at` is None while contractual time hasn't begun.

    `side` is who the time belongs to while the clock runs. `holds` are all waits so far, open ones
    without an end. While a hold is open the dates in `promises` are those of the moment it opened.
    `passed` are the milestones already announced, as (target, share).
    """

    received_at: datetime
    begun_at: datetime | None
    last_at: datetime
    side: Side = Side.PROVIDER
    holds: tuple[Hold, ...] = ()
    promises: tuple[Promised, ...] = ()
    passed: tuple[tuple[str, int], ...] = ()
    closings: tuple[Closing, ...] = ()
    version: str = ""

    @property
    def state(self) -> State:
        """Deferred and stopped are stronger than paused."""
        open_kinds = {hold.kind for hold in self.holds if hold.end is None}
        for kind, state in _STATES:
            if kind in open_kinds:
                return state
        return State.RUNNING


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a case that moves its clock; `replay` folds them."""

    kind: str
    at: datetime
    reason: str = ""
    side: Side = Side.CLIENT


def start(
    plan: Plan,
    received_at: datetime,
    *,
    side: Side = Side.PROVIDER,
    deferred: bool = False,
    reason: str = "",
    waiting_for: Side = Side.THIRD_PARTY,
) -> SlaClock:
    """A new clock. With `deferred`, raw time runs but nothing is promised until `begin`.

    While deferred the time is on the side of `waiting_for`.
    """
    seconds_of(received_at, "received_at")
    if deferred:
        hold = Hold(HoldKind.DEFERRED, received_at, None, reason, waiting_for)
        return SlaClock(received_at, None, received_at, side, (hold,), version=plan.version)
    promises = promise_all(_wanted(plan), received_at, (), plan.calendar)
    return SlaClock(
        received_at, received_at, received_at, side, promises=promises, version=plan.version
    )


def begin(clock: SlaClock, at: datetime, plan: Plan) -> SlaClock:
    """End a deferral: the contractual time begins now, the raw time has run since the reception."""
    _require(clock, "begin", State.DEFERRED)
    clock = _at(clock, at)
    return _retimed(replace(_ended(clock, at, HoldKind.DEFERRED), begun_at=at), plan)


def pause(clock: SlaClock, at: datetime, reason: str, side: Side = Side.CLIENT) -> SlaClock:
    """Wait for someone. Pauses for different reasons may overlap; time is lost only once."""
    _require(clock, "pause", State.RUNNING, State.PAUSED, State.DEFERRED)
    if _open(clock, reason):
        raise IllegalChange("reason", change="pause", state=f"paused: {reason}")
    clock = _at(clock, at)
    return replace(clock, holds=(*clock.holds, Hold(HoldKind.PAUSED, at, None, reason, side)))


def resume(clock: SlaClock, at: datetime, reason: str, plan: Plan) -> SlaClock:
    """End the pause of a reason; the clock runs again when no pause is left open."""
    if not _open(clock, reason):
        raise IllegalChange("reason", change="resume", state=clock.state)
    return _retimed(_ended(_at(clock, at), at, HoldKind.PAUSED, reason), plan)


def stop(clock: SlaClock, at: datetime, plan: Plan) -> SlaClock:
    """The work is done: open waits end, and each target's outcome is written down for good."""
    _require(clock, "stop", State.RUNNING, State.PAUSED, State.DEFERRED)
    clock = _at(clock, at)
    clock = _retimed(_ended(_ended(clock, at, HoldKind.PAUSED), at, HoldKind.DEFERRED), plan)
    stopped = Hold(HoldKind.STOPPED, at, None, "", clock.side)
    closings = tuple(close(promised, at, clock.version) for promised in clock.promises)
    return replace(clock, holds=(*clock.holds, stopped), closings=clock.closings + closings)


def reopen(clock: SlaClock, at: datetime, plan: Plan) -> SlaClock:
    """The work wasn't done: what is left of each budget runs on, the time stopped doesn't count."""
    _require(clock, "reopen", State.STOPPED)
    clock = _ended(_at(clock, at), at, HoldKind.STOPPED)
    if clock.begun_at is None:
        # stopped before the contractual time began: it goes on waiting for what it waited for
        deferred = next(hold for hold in clock.holds if hold.kind is HoldKind.DEFERRED)
        clock = replace(clock, holds=(*clock.holds, replace(deferred, start=at, end=None)))
    return _retimed(clock, plan)


def apply(clock: SlaClock, change: Change, plan: Plan) -> SlaClock:
    """One change by its name: `begin`, `pause`, `resume`, `stop` or `reopen`."""
    match change.kind:
        case "begin":
            return begin(clock, change.at, plan)
        case "pause":
            return pause(clock, change.at, change.reason, change.side)
        case "resume":
            return resume(clock, change.at, change.reason, plan)
        case "stop":
            return stop(clock, change.at, plan)
        case "reopen":
            return reopen(clock, change.at, plan)
    raise IllegalChange("kind", change=change.kind, state=clock.state)


def replay(clock: SlaClock, changes: Iterable[Change], plan: Plan) -> SlaClock:
    """A started clock after all its changes."""
    for change in changes:
        clock = apply(clock, change, plan)
    return clock


def recompute(clock: SlaClock, at: datetime, plan: Plan) -> SlaClock:
    """The same facts under another plan; a stopped clock is returned as it is.

    A milestone announced under the old plan that now lies after `at` will be announced again.
    """
    if clock.state is State.STOPPED:
        return clock
    clock = _retimed(replace(clock, version=plan.version), plan)
    due = {key for key, milestone in _milestones(clock) if milestone.at <= at}
    return replace(clock, passed=tuple(key for key in clock.passed if key in due))


def next_due(clock: SlaClock) -> Milestone | None:
    """The next warning or due date not yet announced; None while the clock isn't running."""
    if clock.state is not State.RUNNING:
        return None
    pending = [found for key, found in _milestones(clock) if key not in clock.passed]
    return min(pending, key=lambda found: found.at, default=None)


def advance(clock: SlaClock, at: datetime) -> tuple[SlaClock, tuple[Milestone, ...]]:
    """Announce all milestones up to `at`, in order, each exactly once.

    A warning whose due date has passed as well comes with `superseded`, so that an outage ends with
    one message and not with a flood.
    """
    if clock.state is not State.RUNNING:
        return clock, ()
    reached = [
        (key, found)
        for key, found in _milestones(clock)
        if found.at <= at and key not in clock.passed
    ]
    breached = {found.target for _, found in _milestones(clock) if found.is_due and found.at <= at}
    milestones = tuple(
        replace(found, superseded=not found.is_due and found.target in breached)
        for _, found in sorted(reached, key=lambda pair: (pair[1].at, pair[1].share))
    )
    return replace(clock, passed=clock.passed + tuple(key for key, _ in reached)), milestones


def _milestones(clock: SlaClock) -> list[tuple[tuple[str, int], Milestone]]:
    return [
        ((promised.target, share), Milestone(promised.target, share, moment))
        for promised in clock.promises
        for share, moment in (*promised.warnings, (DUE, promised.due_at))
    ]


def _retimed(clock: SlaClock, plan: Plan) -> SlaClock:
    if clock.begun_at is None:
        return clock
    promises = promise_all(_wanted(plan), clock.begun_at, clock.holds, plan.calendar)
    return replace(clock, promises=promises, version=plan.version)


def _wanted(plan: Plan) -> list[tuple[str, Term, tuple[int, ...]]]:
    return [(target.name, target.term, target.warnings) for target in plan.targets]


def _ended(clock: SlaClock, at: datetime, kind: HoldKind, reason: str | None = None) -> SlaClock:
    holds = tuple(
        replace(hold, end=at)
        if hold.end is None and hold.kind is kind and reason in (None, hold.reason)
        else hold
        for hold in clock.holds
    )
    return replace(clock, holds=holds)


def _open(clock: SlaClock, reason: str) -> bool:
    return any(
        hold.end is None and hold.kind is HoldKind.PAUSED and hold.reason == reason
        for hold in clock.holds
    )


def _at(clock: SlaClock, at: datetime) -> SlaClock:
    seconds_of(at, "at")
    if at < clock.last_at:
        raise TimeReversed("at", at=at.isoformat(), last=clock.last_at.isoformat())
    return replace(clock, last_at=at)


def _require(clock: SlaClock, change: str, *states: State) -> None:
    if clock.state not in states:
        raise IllegalChange("state", change=change, state=clock.state)


_STATES = (
    (HoldKind.STOPPED, State.STOPPED),
    (HoldKind.DEFERRED, State.DEFERRED),
    (HoldKind.PAUSED, State.PAUSED),
)
