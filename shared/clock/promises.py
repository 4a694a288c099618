"""What a clock promises once its waits are taken out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from .calendar import Calendar
from .instants import instant_of, seconds_of
from .steps import Step, local
from .terms import Promise, Term
from .timeline import Spans

DUE = 100
"""The percent of a budget at which a target is due; warnings come at less."""


class Side(StrEnum):
    """Whom the time belongs to."""

    CLIENT = "client"
    PROVIDER = "provider"
    THIRD_PARTY = "third_party"


class HoldKind(StrEnum):
    """Why the contractual time doesn't run."""

    DEFERRED = "deferred"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Hold:
    """A wait, on somebody's side, for a reason; open while `end` is None."""

    kind: HoldKind
    start: datetime
    end: datetime | None
    reason: str
    side: Side


@dataclass(frozen=True, slots=True)
class Promised:
    """One target with its waits taken out. `warnings` are (percent of the budget, instant)."""

    target: str
    budget: int
    runs_always: bool
    effective_at: datetime
    due_at: datetime
    earliest_at: datetime | None
    warnings: tuple[tuple[int, datetime], ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A warning at a share of a target's budget, or at 100 the due date itself."""

    target: str
    share: int
    at: datetime
    superseded: bool = False

    @property
    def is_due(self) -> bool:
        """Whether this is the due date and not a warning before it."""
        return self.share == DUE


@dataclass(frozen=True, slots=True)
class Closing:
    """The outcome of a target when its clock stopped, under the policy of that moment."""

    target: str
    at: datetime
    due_at: datetime
    met: bool
    too_fast: bool
    version: str


def promise_all(
    wanted: Sequence[tuple[str, Term, tuple[int, ...]]],
    begun_at: datetime,
    holds: Sequence[Hold],
    calendar: Calendar,
) -> tuple[Promised, ...]:
    """The promises of (name, term, warnings) for a clock that began at `begun_at`."""
    closed = [hold for hold in holds if hold.end is not None]
    if not closed:
        begun = seconds_of(begun_at, "begun_at")
        return tuple(_unheld(*one, begun, calendar) for one in wanted)
    return tuple(
        _promise(name, term, warnings, term.promise(begun_at, calendar), closed, calendar)
        for name, term, warnings in wanted
    )


def close(promised: Promised, at: datetime, version: str) -> Closing:
    """The outcome of a target that is done at `at`; the due second itself is in time."""
    done = seconds_of(at, "at")
    earliest = promised.earliest_at
    return Closing(
        target=promised.target,
        at=at,
        due_at=promised.due_at,
        met=done <= seconds_of(promised.due_at, "due_at"),
        too_fast=earliest is not None and done < seconds_of(earliest, "earliest_at"),
        version=version,
    )


def hold_spans(holds: Iterable[Hold], until: datetime | None = None) -> list[tuple[int, int]]:
    """Holds as sorted seconds without overlaps; open ones end at `until` or are left out."""
    merged: list[tuple[int, int]] = []
    ends = ((hold.start, hold.end or until) for hold in holds)
    spans = sorted((seconds_of(a, "start"), seconds_of(b, "end")) for a, b in ends if b is not None)
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def running_time_outside(start: int, end: int, spans: Spans) -> int:
    """Seconds of any kind in `[start, end)` outside the spans."""
    lost = sum(max(0, min(b, end) - max(a, start)) for a, b in spans)
    return max(0, end - start) - lost


# many cases of a burst have begun in the same second, and so have the same dates
@lru_cache(maxsize=1_024)
def _unheld(
    name: str, term: Term, warnings: tuple[int, ...], begun: int, calendar: Calendar
) -> Promised:
    plain = term.promise(instant_of(begun), calendar)
    return _promise(name, term, warnings, plain, (), calendar)


def _promise(
    name: str,
    term: Term,
    warnings: tuple[int, ...],
    plain: Promise,
    holds: Sequence[Hold],
    calendar: Calendar,
) -> Promised:
    spans = hold_spans(holds)
    effective = seconds_of(plain.effective_at, "effective_at")
    always = term.unit.runs_always

    def after(amount: int) -> int:
        if not always:
            return calendar.after_outside(effective, amount, spans)
        at = effective + amount
        for start, end in spans:
            if start < at:
                at += max(0, end - max(start, effective))
        return at

    def moved(at: datetime) -> datetime:
        second = seconds_of(at, "at")
        used = second - effective if always else calendar.between(effective, second)
        # a promise at an opening has no working time since the last close: never go back there
        return max(at, instant_of(after(used)))

    due, earliest = plain.due_at, plain.earliest_at
    if spans:
        due, earliest = moved(due), None if earliest is None else moved(earliest)
    return Promised(
        target=name,
        budget=plain.budget,
        runs_always=always,
        effective_at=plain.effective_at,
        due_at=due,
        earliest_at=earliest,
        warnings=tuple(
            (share, min(due, instant_of(after(-(-plain.budget * share // DUE)))))
            for share in warnings
        ),
        steps=_with_holds(plain, holds, due, calendar) if holds else plain.steps,
    )


def _with_holds(
    plain: Promise, holds: Sequence[Hold], due: datetime, calendar: Calendar
) -> tuple[Step, ...]:
    deferrals = [hold for hold in holds if hold.kind is HoldKind.DEFERRED]
    waits = tuple(_wait(hold, calendar) for hold in holds if hold not in deferrals)
    steps: list[Step] = []
    for step in plain.steps:
        if step.code == "received" and deferrals:
            steps.append(Step("received", {"at": local(deferrals[0].start, calendar.zone)}))
            steps += [_wait(deferral, calendar) for deferral in deferrals]
        elif step.code == "due" and due != plain.due_at:
            steps += [Step("due_before_waits", step.params), *waits]
            steps.append(Step("due", {"at": local(due, calendar.zone)}))
        else:
            steps.append(step)
    return tuple(steps)


def _wait(hold: Hold, calendar: Calendar) -> Step:
    end = hold.end or hold.start
    return Step(
        f"wait_{hold.kind}",
        {
            "from": local(hold.start, calendar.zone),
            "to": local(end, calendar.zone),
            "reason": hold.reason,
            "side": hold.side.value,
            "seconds": calendar.elapsed_business_time(hold.start, end),
        },
    )
