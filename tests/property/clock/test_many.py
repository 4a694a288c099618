"""Arrays get the answers that single questions get."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import Calendar, many
from tests.property.clock.strategies import amounts, calendars, instants

laws = settings(max_examples=50, deadline=None)
questions = st.lists(st.tuples(instants, amounts), min_size=1, max_size=30)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _datetimes(found: np.ndarray) -> list[datetime]:
    return [datetime.fromtimestamp(second, UTC) for second in found.astype(np.int64).tolist()]


@laws
@given(calendars(), questions)
def test_adding_and_subtracting(calendar: Calendar, asked: list[tuple[datetime, int]]) -> None:
    starts = np.array([_seconds(at) for at, _ in asked])
    seconds = np.array([amount for _, amount in asked])
    added = many.add_business_time(calendar, starts, seconds)
    assert _datetimes(added) == [calendar.add_business_time(*pair) for pair in asked]
    taken = many.subtract_business_time(calendar, starts, seconds)
    assert _datetimes(taken) == [calendar.subtract_business_time(*pair) for pair in asked]


@laws
@given(calendars(), st.lists(st.tuples(instants, instants), min_size=1, max_size=30))
def test_elapsed_time(calendar: Calendar, pairs: list[tuple[datetime, datetime]]) -> None:
    starts, ends = (np.array([_seconds(at) for at in side]) for side in zip(*pairs, strict=True))
    found = many.elapsed_business_time(calendar, starts, ends)
    assert found.tolist() == [calendar.elapsed_business_time(*pair) for pair in pairs]


@laws
@given(calendars(), st.lists(instants, min_size=1, max_size=30))
def test_next_openings(calendar: Calendar, asked: list[datetime]) -> None:
    found = many.next_open(calendar, np.array([_seconds(at) for at in asked]))
    assert _datetimes(found) == [calendar.is_open(at).next_open for at in asked]


@laws
@given(calendars(), instants, st.lists(amounts, min_size=1, max_size=5))
def test_one_start_stands_for_all_amounts(
    calendar: Calendar, start: datetime, seconds: list[int]
) -> None:
    moment = np.datetime64(start.replace(tzinfo=None), "s")
    found = many.add_business_time(calendar, moment, seconds)
    assert _datetimes(found) == [calendar.add_business_time(start, amount) for amount in seconds]
