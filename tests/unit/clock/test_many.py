"""What arrays may hold, and what is refused."""

import numpy as np
import pytest

from shared.clock import Calendar, ClockError, many
from tests.unit.clock.asking import OFFICE

CALENDAR = Calendar.parse(OFFICE)
FRIDAY = np.datetime64("2026-07-24T21:00:00")


def test_instants_and_seconds_are_the_same_question() -> None:
    as_instants = many.add_business_time(CALENDAR, [FRIDAY], [3600])
    as_seconds = many.add_business_time(CALENDAR, [FRIDAY.astype(np.int64)], [3600])
    assert as_instants.tolist() == as_seconds.tolist()
    assert as_instants[0] == np.datetime64("2026-07-27T14:00:00")
    assert as_instants.dtype == "datetime64[s]"


def test_finer_instants_lose_their_fractions() -> None:
    precise = np.array(["2026-07-24T21:00:00.999999999"], "datetime64[ns]")
    assert many.add_business_time(CALENDAR, precise, 0)[0] == FRIDAY


def test_shapes_are_kept_and_broadcast() -> None:
    starts = np.array([[FRIDAY], [FRIDAY + np.timedelta64(1, "D")]])
    found = many.add_business_time(CALENDAR, starts, [0, 60, 3600])
    assert found.shape == (2, 3)
    assert found[1].tolist()[1] == np.datetime64("2026-07-27T13:31:00").tolist()


@pytest.mark.parametrize("empty", [np.array([], np.int64), np.empty((0, 3), "datetime64[s]")])
def test_no_question_no_answer(empty: np.ndarray) -> None:
    assert many.add_business_time(CALENDAR, empty, 5).shape == empty.shape
    assert many.subtract_business_time(CALENDAR, empty, 5).shape == empty.shape
    assert many.elapsed_business_time(CALENDAR, empty, empty).shape == empty.shape
    assert many.next_open(CALENDAR, empty).shape == empty.shape


def test_the_end_before_the_start_is_nothing() -> None:
    assert many.elapsed_business_time(CALENDAR, [FRIDAY], [FRIDAY - 86_400]).tolist() == [0]


@pytest.mark.parametrize(
    ("starts", "seconds", "code", "field"),
    [
        ([1.5], [1], "invalid_field", "start"),
        ([FRIDAY], [1.0], "invalid_field", "seconds"),
        ([FRIDAY], [-1], "negative_amount", "seconds"),
        ([np.datetime64("NaT")], [1], "invalid_field", "start"),
        (["2026-07-24"], [1], "invalid_field", "start"),
        ([FRIDAY], [10**12], "beyond_horizon", "end"),
        ([np.datetime64("9999-01-01")], [1], "beyond_horizon", "start"),
    ],
)
def test_bad_arrays_are_refused(
    starts: list[object], seconds: list[object], code: str, field: str
) -> None:
    with pytest.raises(ClockError) as refused:
        many.add_business_time(CALENDAR, np.array(starts), np.array(seconds))
    assert (refused.value.code, refused.value.field) == (code, field)
