"""The promises of an incident, each with a clock of its own, kept as facts and told as changes.

A stage remembers when it began and what happened to its clock; the clock itself is made of that
whenever it is needed. Every event says what it does to which clocks, so that what runs is read from
the history and never from a rule that may have changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.incidents.policy import IncidentPolicy
from shared.clock import DUE, Change, Plan, Side, SlaClock, replay, start
from shared.contracts.stages import ClockChange, ClockVerb, StageDeadline, Warn
from shared.contracts.terms import DeadlineStep

# the due second itself is still in time
BROKEN_AFTER: Final = timedelta(seconds=1)
PROVIDER_WAIT: Final = "proveedor"


class StageName(StrEnum):
    """What is promised on the way, one running promise of each at a time."""

    FORWARD = "forward"
    RESPOND = "respond"
    ELEVATE = "elevate"
    SOLVE_L2 = "solve_l2"
    SOLVE_L3 = "solve_l3"
    VALIDATE = "validate_l2"
    REPLY = "reply"
    EXTENSION = "extension"


class Standing(StrEnum):
    """How a promise stands; `waiting` is deferred or paused, `dropped` is not judged."""

    RUNNING = "running"
    WAITING = "waiting"
    MET = "met"
    BREACHED = "breached"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Mark:
    """One change of a clock, as it happened."""

    change: ClockVerb
    at: datetime


@dataclass(frozen=True, slots=True)
class Stage:
    """One promise and the life of its clock.

    `told` are the shares announced of the date that holds, `announced` those of any date so far;
    `broken` is whether a breach ever was. `deferred` is when the contractual time begins only at a
    provider's answer.
    """

    name: StageName
    since: datetime
    term: str
    amount: int
    due_at: datetime
    effective_at: datetime
    policy: str
    earliest_at: datetime | None = None
    warnings: tuple[tuple[int, datetime], ...] = ()
    deferred: bool = False
    marks: tuple[Mark, ...] = ()
    told: tuple[int, ...] = ()
    announced: tuple[tuple[int, datetime], ...] = ()
    broken: bool = False
    standing: Standing = Standing.RUNNING
    finished_at: datetime | None = None
    too_fast: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes it, running or waiting."""
        return self.standing in (Standing.RUNNING, Standing.WAITING)


@dataclass(frozen=True, slots=True)
class Reached:
    """A warning at a share of a stage's budget, or at 100 its breach."""

    stage: StageName
    share: int
    at: datetime
    due_at: datetime


def clock_of(stage: Stage, policy: IncidentPolicy) -> SlaClock:
    """The clock that a stage's facts make."""
    plan = policy.plan(stage.name, stage.term, stage.amount)
    clock = start(
        plan,
        stage.since,
        deferred=stage.deferred,
        reason=PROVIDER_WAIT if stage.deferred else "",
    )
    return replay(clock, _changes(stage), plan)


def _changes(stage: Stage) -> Iterable[Change]:
    # two processes' clocks may differ by milliseconds: the order is the history's
    last = stage.since
    for mark in stage.marks:
        last = max(last, mark.at)
        yield Change(mark.change, last, PROVIDER_WAIT, Side.THIRD_PARTY)


def started(name: StageName, term: str, at: datetime, policy: IncidentPolicy) -> ClockChange:
    """A new promise."""
    plan = policy.plan(name, term)
    return ClockChange(
        stage=name, change=ClockVerb.START, deadline=_deadline(start(plan, at), plan, term)
    )


def moved(stage: Stage, verb: ClockVerb, at: datetime, policy: IncidentPolicy) -> ClockChange:
    """A change of a running promise that brings it a new date: begin, resume or reopen."""
    after = replace(stage, marks=(*stage.marks, Mark(verb, at)))
    return _redated(after, verb, policy)


def retimed(
    stage: Stage, policy: IncidentPolicy, *, term: str | None = None, amount: int | None = None
) -> ClockChange:
    """The same facts under another term, or with another number of days."""
    new_term = stage.term if term is None else term
    days = policy.tenant.term(new_term).amount if amount is None else amount
    return _redated(replace(stage, term=new_term, amount=days), ClockVerb.RETIME, policy)


def _redated(stage: Stage, verb: ClockVerb, policy: IncidentPolicy) -> ClockChange:
    plan = policy.plan(stage.name, stage.term, stage.amount)
    clock = clock_of(stage, policy)
    deadline = _deadline(clock, plan, stage.term) if clock.promises else None
    return ClockChange(stage=stage.name, change=verb, deadline=deadline)


def stopped(stage: Stage, at: datetime) -> ClockChange:
    """The work is done, in time or not, or faster than is plausible."""
    early = stage.earliest_at is not None and at < stage.earliest_at
    in_time = not stage.broken and at < stage.due_at + BROKEN_AFTER
    return ClockChange(stage=stage.name, change=ClockVerb.STOP, met=in_time, too_fast=early)


def plain(stage: Stage, verb: ClockVerb) -> ClockChange:
    """A change that brings no date: defer, pause or drop."""
    return ClockChange(stage=stage.name, change=verb)


def next_of(stage: Stage) -> Reached | None:
    """The next warning or breach of a running promise."""
    pending = [found for found in milestones(stage) if found.share not in stage.told]
    return min(pending, key=lambda found: (found.at, found.share), default=None)


def milestones(stage: Stage) -> list[Reached]:
    """All that a running promise will announce; nothing while it waits or is over."""
    if stage.standing is not Standing.RUNNING:
        return []
    broken = (DUE, stage.due_at + BROKEN_AFTER)
    return [Reached(stage.name, share, at, stage.due_at) for share, at in (*stage.warnings, broken)]


def applied(stages: tuple[Stage, ...], change: ClockChange, at: datetime) -> tuple[Stage, ...]:
    """The stages after one change."""
    if change.change == ClockVerb.START:
        return (*stages, _new(change, at))
    position = _position(stages, change.stage)
    return (*stages[:position], _changed(stages[position], change, at), *stages[position + 1 :])


def told(stages: tuple[Stage, ...], name: str, share: int) -> tuple[Stage, ...]:
    """The stages after an announcement; a breach takes the warnings before it along."""
    position = _position(stages, name)
    stage = stages[position]
    passed = [known for known, _ in stage.warnings if share == DUE] + [share]
    marked = replace(
        stage,
        told=tuple(sorted({*stage.told, *passed})),
        announced=(*stage.announced, *((one, stage.due_at) for one in passed)),
        broken=stage.broken or share == DUE,
    )
    return (*stages[:position], marked, *stages[position + 1 :])


def _position(stages: tuple[Stage, ...], name: str) -> int:
    """The newest stage of that name: the only one that can change."""
    return max(index for index, stage in enumerate(stages) if stage.name == name)


def _new(change: ClockChange, at: datetime) -> Stage:
    if change.deadline is None:
        raise ValueError(f"{change.stage} begins without a date")
    deadline = change.deadline
    return Stage(
        name=StageName(change.stage),
        since=at,
        term=deadline.term,
        amount=deadline.amount,
        due_at=deadline.due_at,
        effective_at=deadline.effective_at,
        policy=deadline.policy,
        earliest_at=deadline.earliest_at,
        warnings=tuple((warning.share, warning.at) for warning in deadline.warnings),
    )


def _changed(stage: Stage, change: ClockChange, at: datetime) -> Stage:
    match change.change:
        case ClockVerb.DROP:
            # kept as a stop, so that its time is known and it may go on later
            marks = (*stage.marks, Mark(ClockVerb.STOP, at))
            return replace(stage, marks=marks, standing=Standing.DROPPED, finished_at=at)
        case ClockVerb.STOP:
            standing = Standing.MET if change.met else Standing.BREACHED
            return replace(
                stage,
                marks=(*stage.marks, Mark(ClockVerb.STOP, at)),
                standing=standing,
                broken=not change.met,
                finished_at=at,
                too_fast=change.too_fast,
            )
        case ClockVerb.DEFER:
            return replace(stage, deferred=True, standing=Standing.WAITING)
        case ClockVerb.PAUSE:
            marks = (*stage.marks, Mark(ClockVerb.PAUSE, at))
            return replace(stage, marks=marks, standing=Standing.WAITING)
        case ClockVerb.RETIME:
            return _dated(stage, change, at)
        case verb:
            running = replace(
                stage,
                marks=(*stage.marks, Mark(verb, at)),
                standing=Standing.RUNNING,
                finished_at=None,
                too_fast=False,
            )
            return _dated(running, change, at)


def _dated(stage: Stage, change: ClockChange, at: datetime) -> Stage:
    deadline = change.deadline
    if deadline is None:
        return stage
    dated = replace(
        stage,
        term=deadline.term,
        amount=deadline.amount,
        due_at=deadline.due_at,
        effective_at=deadline.effective_at,
        policy=deadline.policy,
        earliest_at=deadline.earliest_at,
        warnings=tuple((warning.share, warning.at) for warning in deadline.warnings),
    )
    # what a later date puts off will be announced again, unless that date was announced before
    ahead = {found.share for found in milestones(dated) if found.at > at}
    before = {share for share, due_at in stage.announced if due_at == dated.due_at}
    kept = {share for share in stage.told if share not in ahead}
    return replace(dated, told=tuple(sorted(kept | before)))


def _deadline(clock: SlaClock, plan: Plan, term: str) -> StageDeadline:
    (promised,) = clock.promises
    return StageDeadline(
        stage=promised.target,
        due_at=promised.due_at,
        effective_at=promised.effective_at,
        policy=clock.version,
        steps=tuple(DeadlineStep(code=step.code, params=step.params) for step in promised.steps),
        term=term,
        amount=plan.targets[0].term.amount,
        earliest_at=promised.earliest_at,
        warnings=tuple(Warn(share=share, at=at) for share, at in promised.warnings),
    )
