"""Reports that are due: one case a row of the account's schedule, woken by its own deadline. Pure.

A report that fell due while everything was down is due once, for the period that was promised, and
the next one after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.kpi.calendar_pieces import piece_of
from services.kpi.policy import Counting, ReportRow
from shared.contracts import EventBody
from shared.contracts.kpi import ScheduleEnded, SchedulePlanned, ScheduleReached
from shared.decider import Decider, Given, Stamp

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The period whose report comes next, and when; `due_at` is None when none does."""

    name: str = ""
    terms: str = ""
    first: date | None = None
    last: date | None = None
    due_at: datetime | None = None
    made: int = 0


@dataclass(frozen=True, slots=True)
class PlanReport:
    """Follow the row of this name as the policy has it now.

    From the present period on, or from one that is over and whose report is still to come.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The promised instant has come."""

    due: datetime


Command = PlanReport | Reach
Event = SchedulePlanned | ScheduleReached | ScheduleEnded


def decide(state: Schedule, command: Command, given: Given[Counting]) -> Sequence[EventBody]:
    """The events a command leads to; what came too late leads to none."""
    if isinstance(command, PlanReport):
        return _plan(state, command.name, given)
    return _reach(state, given)


def _plan(state: Schedule, name: str, given: Given[Counting]) -> Sequence[EventBody]:
    row = given.policy.reports.get(name)
    if row is None:
        return [] if state.due_at is None else [ScheduleEnded()]
    if state.due_at is not None and state.terms == row.terms:
        return []
    today = given.at.astimezone(given.policy.zone).date()
    start = today
    if state.due_at is not None and state.last is not None:
        # its last day: with other pieces it is the one that ended last, not all the smaller ones
        start = min(today, state.last)
    first, last = piece_of(start, row.every)
    due_at = _due(row, last, given.policy)
    return [
        SchedulePlanned(
            name=name, report=row.report, terms=row.terms, first=first, last=last, due_at=due_at
        )
    ]


def _reach(state: Schedule, given: Given[Counting]) -> Sequence[EventBody]:
    if state.due_at is None or state.due_at > given.at:
        return []
    row = given.policy.reports.get(state.name)
    if row is None or state.first is None or state.last is None:
        return [ScheduleEnded()]
    first, last = piece_of(state.last + _DAY, row.every)
    return [
        ScheduleReached(
            name=state.name,
            report=row.report,
            first=state.first,
            last=state.last,
            due_at=state.due_at,
            to=row.to,
            forms=row.forms,
            language=row.language,
            area=row.area or "",
            next_first=first,
            next_last=last,
            next_at=_due(row, last, given.policy),
        )
    ]


def _due(row: ReportRow, last: date, by: Counting) -> datetime:
    """The n-th business day after the period, or for 0 the next day, at the local time."""
    following = last + _DAY
    day = following if not row.after else by.calendar.add_business_days(following, row.after - 1)
    return datetime.combine(day, row.at, tzinfo=by.zone)


def evolve(state: Schedule, event: Event, stamp: Stamp) -> Schedule:  # noqa: ARG001 - a decider's
    match event:
        case SchedulePlanned():
            return replace(
                state,
                name=event.name,
                terms=event.terms,
                first=event.first,
                last=event.last,
                due_at=event.due_at,
            )
        case ScheduleReached():
            return replace(
                state,
                first=event.next_first,
                last=event.next_last,
                due_at=event.next_at,
                made=state.made + 1,
            )
        case ScheduleEnded():
            return replace(state, due_at=None)


def next_due(state: Schedule) -> datetime | None:
    """When the report of the period is due."""
    return state.due_at


DECIDER: Final[Decider[Schedule, Command, Counting]] = Decider(
    state=Schedule,
    initial=Schedule,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=Reach,
)
