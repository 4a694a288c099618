"""What training keeps of a person: roles, the days between which they hold, and when they work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import assert_never

from services.training.policy import TrainingPolicy
from shared.contracts import EventBody
from shared.contracts.trainees import (
    DutyHours,
    MemberAbsenceCancelled,
    MemberAbsencePlanned,
    MemberEnlisted,
    MemberLeft,
    MemberRolesChanged,
    MemberRostered,
)
from shared.decider import Given, Stamp

KEPT = timedelta(days=21)

Duty = tuple[datetime, datetime]
"""From when to when somebody is on shift."""


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which somebody is not there, both included, whatever shifts were planned."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Member:
    """The present of one person; its id is the person's. `since` is when the roles were told."""

    roles: tuple[str, ...] = ()
    starts_on: date | None = None
    last_on: date | None = None
    since: datetime | None = None
    weeks: Mapping[str, tuple[Duty, ...]] = field(default_factory=dict)
    away: tuple[Away, ...] = ()

    def is_there(self, day: date) -> bool:
        """Whether the person works on a local date and is not away."""
        gone = any(one.first_on <= day <= one.last_on for one in self.away)
        return self.is_active(day) and not gone

    def is_active(self, today: date) -> bool:
        """Whether the person works here on a local date."""
        started = self.starts_on is not None and self.starts_on <= today
        return started and (self.last_on is None or today <= self.last_on)


@dataclass(frozen=True, slots=True)
class Enlist:
    """The person joined, or came back."""

    roles: tuple[str, ...]
    starts_on: date


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """The roles from now on."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """The last day is known."""

    last_on: date


@dataclass(frozen=True, slots=True)
class Roster:
    """The shifts of a week, all of them."""

    week: str
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class GoAway:
    """Not there on these days."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class ComeBack:
    """There after all."""

    first_on: date


Command = Enlist | ChangeRoles | Leave | Roster | GoAway | ComeBack
Event = (
    MemberEnlisted
    | MemberRolesChanged
    | MemberLeft
    | MemberRostered
    | MemberAbsencePlanned
    | MemberAbsenceCancelled
)


def decide(  # noqa: PLR0911 - one return a command
    state: Member,
    command: Command,
    given: Given[TrainingPolicy],  # noqa: ARG001
) -> Sequence[EventBody]:
    """The events a command leads to; what is known already leads to none."""
    match command:
        case Enlist(roles, starts_on):
            known = state == replace(state, roles=roles, starts_on=starts_on, last_on=None)
            return [] if known else [MemberEnlisted(roles=roles, starts_on=starts_on)]
        case ChangeRoles(roles):
            return [] if roles == state.roles else [MemberRolesChanged(roles=roles)]
        case Leave(last_on):
            return [] if last_on == state.last_on else [MemberLeft(last_on=last_on)]
        case Roster(week, duties):
            known = state.weeks.get(week) == duties
            hours = tuple(DutyHours(starts_at=start, ends_at=end) for start, end in duties)
            return [] if known else [MemberRostered(week=week, duties=hours)]
        case GoAway(first_on, last_on):
            if Away(first_on, last_on) in state.away:
                return []
            return [MemberAbsencePlanned(first_on=first_on, last_on=last_on)]
        case ComeBack(first_on):
            if all(one.first_on != first_on for one in state.away):
                return []
            return [MemberAbsenceCancelled(first_on=first_on)]


def evolve(state: Member, event: Event, stamp: Stamp) -> Member:
    """The member after one of its events."""
    match event:
        case MemberEnlisted():
            return Member(event.roles, event.starts_on, None, stamp.at)
        case MemberRostered() | MemberAbsencePlanned() | MemberAbsenceCancelled():
            return _planned(state, event, stamp.at)
        case MemberRolesChanged():
            return replace(state, roles=event.roles, since=stamp.at)
        case MemberLeft():
            return replace(state, last_on=event.last_on)
        case _:
            assert_never(event)


def _planned(
    state: Member,
    event: MemberRostered | MemberAbsencePlanned | MemberAbsenceCancelled,
    at: datetime,
) -> Member:
    """With what is planned now, without what is long over."""
    oldest = at - KEPT
    weeks = {
        week: duties
        for week, duties in state.weeks.items()
        # by its last day, for a free week has no shift to tell its age by
        if _sunday(week) >= oldest.date()
    }
    away = tuple(one for one in state.away if one.last_on >= oldest.date())
    match event:
        case MemberRostered():
            weeks[event.week] = tuple((duty.starts_at, duty.ends_at) for duty in event.duties)
        case MemberAbsencePlanned():
            away = (*away, Away(event.first_on, event.last_on))
        case MemberAbsenceCancelled():
            away = tuple(one for one in away if one.first_on != event.first_on)
    return replace(state, weeks=weeks, away=away)


def _sunday(week: str) -> date:
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 7)
