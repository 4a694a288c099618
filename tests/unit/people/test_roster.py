"""Who works when: no overlap, no shift of who is away, the seats of document A."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.people.domain.person import Leave, Person, Status, decide, evolve
from services.people.domain.roster import (
    Absence,
    CancelAbsence,
    PlanAbsence,
    Plans,
    PlanShifts,
    Shift,
    monday,
    week_of,
)
from services.people.rosters_api import _posts, _roster
from shared.contracts import EventBody
from shared.decider import Given, Invalid, Rejected, Stamp, Unknown
from shared.store import Outcome
from tests.unit.people.test_people import POLICY, given

WEEK, NEXT = "2026-W32", "2026-W33"
MONDAY = date(2026, 8, 3)
NOW = datetime(2026, 7, 31, 15, 0, tzinfo=UTC)
EMPLOYED = Person(Status.ACTIVE, ("adviser",), date(2026, 8, 3), channel="telephone")


def shift(day: int, start: int, hours: int = 8, kind: str = "day") -> Shift:
    """A shift by the clock of Lima, five hours behind."""
    local = datetime(2026, 8, 3, tzinfo=UTC) + timedelta(days=day, hours=start + 5)
    return Shift(local, local + timedelta(hours=hours), kind, "telephone")


def asked() -> Given[Any]:
    return replace(given(), at=NOW)


def after(person: Person, *commands: Any) -> Person:
    for command in commands:
        for event in decide(person, command, asked()):
            person = evolve(person, event, Stamp(NOW, "person:ana", 1))
    return person


def planned(*shifts: Shift, week: str = WEEK) -> PlanShifts:
    return PlanShifts({week: shifts})


def test_a_week_is_planned_as_a_whole_and_told_in_order() -> None:
    late, early = shift(1, 8), shift(0, 8)
    (event,) = decide(EMPLOYED, planned(late, early), asked())
    told: EventBody = event
    assert told.model_dump()["week"] == WEEK
    person = after(EMPLOYED, planned(late, early))
    assert person.plans.weeks == {WEEK: (early, late)}
    assert decide(person, planned(late, early), asked()) == []
    free = after(person, planned())
    assert free.plans.weeks == {WEEK: ()}
    assert decide(free, planned(), asked()) == []
    # a free week is told: it is not one of which nothing is known
    assert len(decide(EMPLOYED, planned(), asked())) == 1


# document A: two by telephone around the clock, from 18:00 to 8:00 on working days
NIGHT = shift(6, 18, 14, "24x7")


@pytest.mark.parametrize(
    ("shifts", "week", "error", "code"),
    [
        ((shift(0, 8), shift(0, 15)), WEEK, Rejected, "shift.overlaps"),
        ((shift(0, 8), shift(0, 8)), WEEK, Rejected, "shift.overlaps"),
        ((shift(7, 7),), NEXT, Rejected, "shift.overlaps"),
        ((shift(0, 8, 0),), WEEK, Invalid, "shift.ends_before_start"),
        ((shift(0, 8, 15),), WEEK, Invalid, "shift.too_long"),
        ((shift(7, 8),), WEEK, Invalid, "shift.other_week"),
        ((shift(-1, 23),), WEEK, Invalid, "shift.other_week"),
        ((shift(0, 8, kind="night"),), WEEK, Invalid, "person.unknown_value"),
        ((shift(2, 8),), WEEK, Rejected, "shift.absent"),
        ((shift(21, 8),), "2026-W35", Rejected, "shift.not_employed"),
        ((), "2026-W54", Invalid, "roster.bad_week"),
        ((), "2026-31", Invalid, "roster.bad_week"),
    ],
)
def test_what_is_no_roster(
    shifts: tuple[Shift, ...], week: str, error: type[Rejected], code: str
) -> None:
    person = after(EMPLOYED, planned(NIGHT), PlanAbsence(date(2026, 8, 5), date(2026, 8, 5)))
    person = after(person, Leave(date(2026, 8, 20), "x"))
    with pytest.raises(error) as refused:
        decide(person, planned(*shifts, week=week), asked())
    assert refused.value.code == code


def test_a_week_is_written_in_one_way() -> None:
    with pytest.raises(Invalid, match=r"roster\.bad_week"):
        monday("\uff12\uff10\uff12\uff16-W32")


def test_one_shift_may_begin_when_the_other_ends_also_across_weeks() -> None:
    person = after(EMPLOYED, planned(shift(0, 0), shift(0, 8), NIGHT))
    assert after(person, planned(shift(7, 8), week=NEXT)).plans.weeks.keys() == {WEEK, NEXT}


STARTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(1, 14)), max_size=6)


@over(STARTS, STARTS)
def test_nobody_is_ever_in_two_places(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    person = EMPLOYED
    for week, starts, days in ((WEEK, first, 0), (NEXT, second, 7)):
        wanted = planned(*(shift(day + days, at, hours) for day, at, hours in starts), week=week)
        with suppress(Rejected):
            person = after(person, wanted)
    kept = sorted(one for shifts in person.plans.weeks.values() for one in shifts)
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(kept))


def test_absences_are_whole_days_and_do_not_overlap() -> None:
    person = after(EMPLOYED, PlanAbsence(MONDAY, date(2026, 8, 14)))
    assert person.plans.absences == (Absence(MONDAY, date(2026, 8, 14)),)
    assert decide(person, PlanAbsence(MONDAY, date(2026, 8, 14)), asked()) == []
    with pytest.raises(Rejected, match=r"absence\.overlaps"):
        decide(person, PlanAbsence(date(2026, 8, 14), date(2026, 8, 20)), asked())
    for first, last in ((date(2026, 9, 2), date(2026, 9, 1)), (MONDAY, date(2028, 1, 1))):
        with pytest.raises(Invalid, match=r"absence\.bad_days"):
            decide(person, PlanAbsence(first, last), asked())
    with pytest.raises(Unknown, match=r"absence\.unknown"):
        decide(person, CancelAbsence(date(2026, 8, 4)), asked())
    assert after(person, CancelAbsence(MONDAY)).plans == Plans()


def test_what_was_over_three_weeks_ago_is_in_the_history_alone() -> None:
    person = after(EMPLOYED, planned(shift(0, 8)), PlanAbsence(date(2026, 8, 5), date(2026, 8, 5)))
    (event,) = decide(person, planned(shift(42, 8), week=week_of(date(2026, 9, 14))), asked())
    later = evolve(person, event, Stamp(datetime(2026, 9, 10, tzinfo=UTC), "person:ana", 9))
    assert later.plans == Plans({"2026-W38": (shift(42, 8),)})


@over(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_in_its_week(day: date) -> None:
    assert timedelta() <= day - monday(week_of(day)) < timedelta(days=7)


def test_the_seats_of_the_contract_and_who_fills_them() -> None:
    """A:L358-412: 18 by telephone, 2 around the clock, 8 virtual; who is away fills none."""
    works = after(EMPLOYED, planned(shift(0, 8), shift(1, 8)))
    nights = after(EMPLOYED, planned(NIGHT))
    away = after(works, PlanAbsence(MONDAY, date(2026, 8, 9)))
    left = after(works, Leave(MONDAY, "x"))
    rosters = [
        _roster(Outcome(str(number), person, 1), WEEK, POLICY)
        for number, person in enumerate((works, nights, away, left))
    ]
    assert [one.absent for one in rosters[3].shifts] == [False, True]
    posts = {one.post: (one.seats, one.planned) for one in _posts(WEEK, rosters, POLICY).posts}
    assert posts == {"telephone": (18, 2), "telephone-24x7": (2, 1), "virtual": (8, 0)}
