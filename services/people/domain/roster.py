"""Who works when: shifts by week, and absences. Neither says why somebody is away.

All that a person has planned is decided in one place, so that overlapping shifts are refused
however many plan at once. Weeks are those of ISO 8601, `2026-W31`; a shift belongs to the week in
which it starts, by the account's clock.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from services.people.policy import PeoplePolicy
from shared.contracts.people import (
    PersonAbsenceCancelled,
    PersonAbsencePlanned,
    PersonRostered,
    RosteredShift,
)
from shared.decider import Invalid, Rejected, Unknown, moment

KEPT: Final = timedelta(days=21)
LONGEST_ABSENCE: Final = timedelta(days=366)
WEEK: Final = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """From when to when, which of the account's shifts, and where."""

    starts_at: datetime
    ends_at: datetime
    shift: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Whole days away, by the account's clock; both included."""

    first_on: date
    last_on: date

    def covers(self, day: date) -> bool:
        """Whether the person is away on a day."""
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Plans:
    """What a person has before them; weeks and absences long past are in the history alone."""

    weeks: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanShifts:
    """These shifts in these weeks, all of them; a week without any is free."""

    weeks: Mapping[str, tuple[Shift, ...]]


@dataclass(frozen=True, slots=True)
class PlanAbsence:
    """Away on these days."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class CancelAbsence:
    """Not away after all."""

    first_on: date


def monday(week: str) -> date:
    """The first day of a week.

    Raises:
        Invalid: there is no such week.
    """
    if found := WEEK.fullmatch(week):
        with suppress(ValueError):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    raise Invalid("roster.bad_week", week=week)


def week_of(day: date) -> str:
    """The week that a day is in."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def plan(
    plans: Plans, command: PlanShifts, policy: PeoplePolicy, employed: tuple[date, date | None]
) -> list[PersonRostered]:
    """The weeks that change; `employed` are the first and the last day of work."""
    for week, shifts in command.weeks.items():
        _check_week(plans, monday(week), shifts, policy, employed)
    kept = {**plans.weeks, **command.weeks}
    _refuse_overlaps([shift for shifts in kept.values() for shift in shifts], policy.calendar.zone)
    return [
        PersonRostered(week=week, shifts=tuple(_told(shift) for shift in sorted(shifts)))
        for week, shifts in sorted(command.weeks.items())
        # a week that is free is told as well: it is not one of which nothing is known
        if tuple(sorted(shifts)) != plans.weeks.get(week)
    ]


def _check_week(
    plans: Plans,
    first: date,
    shifts: Sequence[Shift],
    policy: PeoplePolicy,
    employed: tuple[date, date | None],
) -> None:
    starts_on, last_on = employed
    for shift in shifts:
        day = policy.today(shift.starts_at)
        shown = {"starts_at": moment(shift.starts_at, policy.calendar.zone)}
        if shift.ends_at <= shift.starts_at:
            raise Invalid("shift.ends_before_start", **shown)
        if shift.ends_at - shift.starts_at > policy.longest_shift:
            raise Invalid("shift.too_long", **shown, hours=policy.longest_shift_hours)
        if not first <= day < first + timedelta(days=7):
            raise Invalid("shift.other_week", **shown, week=week_of(first))
        if day < starts_on or (last_on is not None and day > last_on):
            raise Rejected("shift.not_employed", **shown)
        if any(absence.covers(day) for absence in plans.absences):
            raise Rejected("shift.absent", **shown)
        policy.check("shifts", (shift.shift,))
        policy.check("channels", (shift.channel,) if shift.channel else ())


def _refuse_overlaps(shifts: Sequence[Shift], zone: tzinfo) -> None:
    for one, other in pairwise(sorted(shifts)):
        if other.starts_at < one.ends_at:
            raise Rejected(
                "shift.overlaps",
                starts_at=moment(other.starts_at, zone),
                other=moment(one.starts_at, zone),
            )


def _told(shift: Shift) -> RosteredShift:
    return RosteredShift(
        starts_at=shift.starts_at, ends_at=shift.ends_at, shift=shift.shift, channel=shift.channel
    )


def plan_absence(plans: Plans, command: PlanAbsence) -> list[PersonAbsencePlanned]:
    """Days away; they stand above the shifts that were planned before."""
    first, last = command.first_on, command.last_on
    if not first <= last <= first + LONGEST_ABSENCE:
        raise Invalid("absence.bad_days", first_on=first.isoformat(), last_on=last.isoformat())
    if Absence(first, last) in plans.absences:
        return []
    for known in plans.absences:
        if known.first_on <= last and first <= known.last_on:
            raise Rejected("absence.overlaps", first_on=known.first_on.isoformat())
    return [PersonAbsencePlanned(first_on=first, last_on=last)]


def cancel_absence(plans: Plans, command: CancelAbsence) -> list[PersonAbsenceCancelled]:
    """Take days away back."""
    if all(known.first_on != command.first_on for known in plans.absences):
        raise Unknown("absence.unknown", first_on=command.first_on.isoformat())
    return [PersonAbsenceCancelled(first_on=command.first_on)]


Planned = PersonRostered | PersonAbsencePlanned | PersonAbsenceCancelled


def planned(plans: Plans, event: Planned, at: datetime) -> Plans:
    """The plans after one of their events, without what was over three weeks before it."""
    oldest = (at - KEPT).date()
    weeks = {week: known for week, known in plans.weeks.items() if monday(week) >= oldest}
    absences = tuple(known for known in plans.absences if known.last_on >= oldest)
    match event:
        case PersonRostered():
            shifts = (Shift(s.starts_at, s.ends_at, s.shift, s.channel) for s in event.shifts)
            weeks[event.week] = tuple(shifts)
        case PersonAbsencePlanned():
            absences = (*absences, Absence(event.first_on, event.last_on))
        case PersonAbsenceCancelled():
            absences = tuple(one for one in absences if one.first_on != event.first_on)
    return Plans(weeks, absences)
