"""Windows that meet a change of the clocks: lengths are real seconds, times follow PEP 495."""

from datetime import UTC, date, datetime

import pytest

from shared.clock import Calendar

SPRING, AUTUMN = ("2026-03-28", "2026-03-29"), ("2026-10-24", "2026-10-25")


def _berlin(**weekly: list[list[str]]) -> Calendar:
    return Calendar.parse({"tz": "Europe/Berlin", "weekly": weekly})


def _worked(calendar: Calendar, first: str, last: str) -> int:
    start = datetime.fromisoformat(f"{first}T00:00:00+03:00")
    return calendar.elapsed_business_time(start, datetime.fromisoformat(f"{last}T22:00:00+00:00"))


@pytest.mark.parametrize(
    ("window", "spring", "autumn"),
    [
        (["22:00", "06:00"], 7, 9),  # Saturday's night is an hour shorter, an hour longer
        (["00:00", "24:00"], 24, 24),  # Saturday itself isn't touched
    ],
)
def test_a_night_lasts_as_long_as_it_really_does(
    window: list[str], spring: int, autumn: int
) -> None:
    calendar = _berlin(sat=[window])
    assert _worked(calendar, *SPRING) == spring * 3600
    assert _worked(calendar, *AUTUMN) == autumn * 3600


def test_a_whole_sunday_has_23_or_25_hours() -> None:
    calendar = _berlin(sun=[["00:00", "24:00"]])
    assert _worked(calendar, *SPRING) == 23 * 3600
    assert _worked(calendar, "2026-10-24", "2026-10-26") == 25 * 3600


def test_an_opening_that_is_skipped_is_read_with_the_offset_before() -> None:
    calendar = _berlin(sun=[["02:30", "06:00"]])
    opening = calendar.is_open(datetime(2026, 3, 29, tzinfo=UTC)).next_open
    assert opening == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30+01:00 shows as 03:30+02:00


def test_a_close_that_comes_twice_is_the_first() -> None:
    calendar = _berlin(sun=[["00:00", "02:30"]])
    assert _worked(calendar, *AUTUMN) == 2.5 * 3600


def test_an_opening_that_comes_twice_is_the_first() -> None:
    calendar = _berlin(sun=[["02:30", "06:00"]])
    assert _worked(calendar, *AUTUMN) == 4.5 * 3600


def test_a_window_that_the_change_swallows_is_empty_that_day() -> None:
    calendar = _berlin(sun=[["02:15", "03:00"], ["09:00", "10:00"]])
    assert _worked(calendar, *SPRING) == 3600
    assert calendar.is_business_day(date(2026, 3, 29))


def test_windows_pushed_into_each_other_count_once() -> None:
    calendar = _berlin(sun=[["01:00", "02:45"], ["03:00", "05:00"]])
    # 02:45 is read as 03:45, so that both windows are one from 01:00 to 05:00: three real hours
    assert _worked(calendar, *SPRING) == 3 * 3600


def test_midnight_that_is_skipped_begins_the_day_an_hour_later() -> None:
    calendar = Calendar.parse({"tz": "America/Santiago", "weekly": {"sun": [["00:00", "24:00"]]}})
    start, end = datetime(2026, 9, 5, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC)
    assert calendar.elapsed_business_time(start, end) == 23 * 3600


def test_a_date_that_a_zone_skipped_is_no_business_day() -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    calendar = Calendar.parse(
        {"tz": "Pacific/Apia", "weekly": {day: [["09:00", "17:00"]] for day in days}}
    )
    assert not calendar.is_business_day(date(2011, 12, 30))
    assert calendar.add_business_days(date(2011, 12, 29), 1) == date(2011, 12, 31)
    worked = calendar.elapsed_business_time(
        datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2012, 1, 1, 10, tzinfo=UTC)
    )
    assert worked == 3 * 8 * 3600
