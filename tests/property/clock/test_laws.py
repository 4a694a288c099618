"""What must hold for every calendar, zone and instant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import Calendar, CalendarSpec, Window
from shared.clock.errors import BeyondHorizon
from tests.property.clock.oracle import MINUTE, Oracle
from tests.property.clock.strategies import (
    HOUR,
    QUIET_HOURS,
    ZONES,
    amounts,
    calendars,
    instants,
    pauses,
)

SECOND = timedelta(seconds=1)
WEEKDAYS = st.sampled_from((0, 2, 4, 5, 6))
laws = settings(max_examples=75, deadline=None)


@laws
@given(calendars(), instants, amounts)
def test_adding_takes_exactly_the_amount(calendar: Calendar, start: datetime, seconds: int) -> None:
    due = calendar.add_business_time(start, seconds)
    assert due >= start
    assert calendar.elapsed_business_time(start, due) == seconds


@laws
@given(calendars(), instants, amounts.filter(bool))
def test_adding_gives_the_earliest_instant(
    calendar: Calendar, start: datetime, seconds: int
) -> None:
    due = calendar.add_business_time(start, seconds)
    assert calendar.elapsed_business_time(start, due - SECOND) == seconds - 1


@laws
@given(calendars(), instants, amounts.filter(bool))
def test_subtracting_gives_the_latest_instant(
    calendar: Calendar, end: datetime, seconds: int
) -> None:
    start = calendar.subtract_business_time(end, seconds)
    assert calendar.elapsed_business_time(start, end) == seconds
    assert calendar.elapsed_business_time(start + SECOND, end) == seconds - 1


@laws
@given(calendars(), instants)
def test_nothing_to_add_or_subtract_stays(calendar: Calendar, at: datetime) -> None:
    assert calendar.add_business_time(at, 0) == at == calendar.subtract_business_time(at, 0)


@laws
@given(calendars(), st.lists(instants, min_size=3, max_size=3))
def test_elapsed_time_is_additive(calendar: Calendar, ends: list[datetime]) -> None:
    a, b, c = sorted(ends)
    whole = calendar.elapsed_business_time(a, c)
    parts = calendar.elapsed_business_time(a, b) + calendar.elapsed_business_time(b, c)
    assert whole == parts
    assert 0 <= whole <= (c - a).total_seconds()
    assert calendar.elapsed_business_time(c, a) == 0


@laws
@given(calendars(), instants, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(
    calendar: Calendar, start: datetime, first: int, second: int
) -> None:
    halfway = calendar.add_business_time(start, first)
    at_once = calendar.add_business_time(start, first + second)
    assert calendar.add_business_time(halfway, second) == at_once


@laws
@given(calendars(), instants, instants, amounts, amounts)
def test_later_starts_and_larger_amounts_end_no_earlier(
    calendar: Calendar, one: datetime, other: datetime, few: int, many: int
) -> None:
    few, many = sorted((few, many))
    early, late = sorted((one, other))
    assert calendar.add_business_time(early, few) <= calendar.add_business_time(early, many)
    assert calendar.add_business_time(early, many) <= calendar.add_business_time(late, many)


@laws
@given(calendars(), instants)
def test_the_next_opening_is_the_first_open_instant(calendar: Calendar, at: datetime) -> None:
    opening = calendar.is_open(at)
    assert opening.open == (opening.next_open == at)
    assert calendar.elapsed_business_time(at, opening.next_open) == 0
    assert calendar.elapsed_business_time(opening.next_open, opening.next_open + SECOND) == 1
    assert calendar.is_open(opening.next_open).open


@laws
@given(calendars(), instants, amounts, pauses)
def test_a_pause_never_shortens(
    calendar: Calendar, start: datetime, seconds: int, waits: list[tuple[datetime, datetime]]
) -> None:
    dues = [
        calendar.deadline_with_pauses(start, seconds, waits[:count])
        for count in range(len(waits) + 1)
    ]
    assert dues == sorted(dues)
    assert dues[0] == calendar.add_business_time(start, seconds)


@laws
@given(calendars(), instants, amounts, pauses)
def test_a_deadline_with_pauses_leaves_exactly_the_amount(
    calendar: Calendar, start: datetime, seconds: int, waits: list[tuple[datetime, datetime]]
) -> None:
    due = calendar.deadline_with_pauses(start, seconds, waits)
    assert calendar.elapsed_with_pauses(start, due, waits) == seconds
    if seconds:
        assert calendar.elapsed_with_pauses(start, due - SECOND, waits) == seconds - 1


@laws
@given(calendars(), instants, instants, pauses)
def test_overlapping_pauses_count_once(
    calendar: Calendar, one: datetime, other: datetime, waits: list[tuple[datetime, datetime]]
) -> None:
    start, end = sorted((one, other))
    once = calendar.elapsed_with_pauses(start, end, waits)
    assert once == calendar.elapsed_with_pauses(start, end, waits[::-1] + waits)
    assert once <= calendar.elapsed_business_time(start, end)


@laws
@given(calendars(), instants, st.integers(0, 40))
def test_business_days_count_back_and_forth(calendar: Calendar, at: datetime, days: int) -> None:
    if not any(calendar.spec.weekly):
        return
    first = calendar.add_business_days(at.date(), 0)
    later = calendar.add_business_days(at.date(), days)
    assert calendar.is_business_day(first)
    assert calendar.is_business_day(later)
    assert calendar.add_business_days(later, -days) == first
    between = sum(
        calendar.is_business_day(first + timedelta(days=n)) for n in range((later - first).days)
    )
    assert between == days


@laws
@given(calendars(), instants, st.integers(0, 20))
def test_a_day_term_is_monotonic_and_ends_at_a_close(
    calendar: Calendar, received: datetime, days: int
) -> None:
    found = calendar.due_end_of_business_day(received, days)
    later = calendar.due_end_of_business_day(received + timedelta(hours=7), days)
    assert received <= found.due <= later.due
    assert calendar.is_business_day(found.received_on)
    assert calendar.elapsed_business_time(found.due - SECOND, found.due) == 1


@settings(max_examples=60, deadline=None)
@given(calendars(grid=HOUR), instants, st.integers(0, 4 * 1440))
def test_the_index_agrees_with_counting_minutes(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    start = start.replace(second=0)
    end = start + minutes * MINUTE
    counted = Oracle(calendar.spec).elapsed(start, end)
    assert calendar.elapsed_business_time(start, end) == counted


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(QUIET_HOURS), st.sampled_from(QUIET_HOURS), WEEKDAYS)
def test_nights_across_clock_changes_agree_with_counting_minutes(
    zone: str, opens: int, closes: int, weekday: int
) -> None:
    window = Window(opens * 3600, (closes if closes > opens else closes + 24) * 3600)
    weekly = tuple((window,) if day == weekday else () for day in range(7))
    spec = CalendarSpec(zone, weekly, first_year=2020, last_year=2030)
    calendar, oracle = Calendar(spec), Oracle(spec)
    for month in (3, 4, 9, 10, 11):
        for week in range(4):
            start = datetime(2024, month, 1 + 7 * week, tzinfo=UTC)
            end = start + timedelta(days=8)
            assert calendar.elapsed_business_time(start, end) == _coarse(oracle, start, end)


def _coarse(oracle: Oracle, start: datetime, end: datetime) -> int:
    """Quarters of an hour: no zone here changes its clock off that grid."""
    step = timedelta(minutes=15)
    return 900 * sum(oracle.working(start + n * step) for n in range(int((end - start) / step)))


@laws
@given(calendars(), instants)
def test_beyond_the_horizon_is_an_error_and_never_a_date(
    calendar: Calendar, start: datetime
) -> None:
    century = 100 * 366 * 86_400
    for ask in (calendar.add_business_time, calendar.subtract_business_time):
        with pytest.raises(BeyondHorizon) as refused:
            ask(start, century)
        assert refused.value.field in {"seconds", "start", "end"}


@laws
@given(calendars(), st.lists(instants, min_size=2, max_size=6), amounts)
def test_answers_do_not_depend_on_what_was_asked_before(
    calendar: Calendar, asked: list[datetime], seconds: int
) -> None:
    used = [calendar.add_business_time(at, seconds) for at in asked]
    fresh = [Calendar(calendar.spec).add_business_time(at, seconds) for at in reversed(asked)]
    assert used == fresh[::-1]
