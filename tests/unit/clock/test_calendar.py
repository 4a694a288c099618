"""The ambiguous cases of the README, one test each."""

import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.clock import Calendar, ClockError
from shared.clock.errors import BeyondHorizon, NaiveInstant
from tests.unit.clock.asking import OFFICE, WEEKDAYS

LIMA = ZoneInfo("America/Lima")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LIMA)


def _calendar(**changes: object) -> Calendar:
    return Calendar.parse({**OFFICE, **changes})


def test_a_result_stays_at_the_close_and_the_close_is_shut() -> None:
    calendar = _calendar()
    close = calendar.add_business_time(_at("2026-07-24T08:30"), 8 * 3600)
    assert close == _at("2026-07-24T16:30")
    assert not calendar.is_open(close).open


def test_fractions_of_a_second_are_dropped() -> None:
    calendar = _calendar()
    received = _at("2026-07-24T16:30:00.999")
    assert calendar.due_end_of_business_day(received, 0).received_on == date(2026, 7, 24)
    assert calendar.add_business_time(received, 0) == _at("2026-07-24T16:30")


def test_answers_are_utc_whatever_zone_is_asked_in() -> None:
    tokyo = _at("2026-07-24T09:00").astimezone(ZoneInfo("Asia/Tokyo"))
    found = _calendar().add_business_time(tokyo, 60)
    assert found == _at("2026-07-24T09:01")
    assert found.tzinfo is UTC


def test_start_on_a_holiday_waits_for_the_next_opening() -> None:
    calendar = _calendar(holidays=["2026-07-28", "2026-07-29"])
    assert calendar.add_business_time(_at("2026-07-28T10:00"), 1) == _at("2026-07-30T08:30:01")
    assert calendar.is_open(_at("2026-07-28T10:00")).next_open == _at("2026-07-30T08:30")


NIGHT = {"tz": "America/Lima", "weekly": {day: [["22:00", "06:00"]] for day in WEEKDAYS}}


def test_a_holiday_by_date_cuts_both_nights_at_midnight() -> None:
    calendar = Calendar.parse({**NIGHT, "holidays": ["2026-07-28"]})
    monday = calendar.elapsed_business_time(_at("2026-07-27T20:00"), _at("2026-07-28T20:00"))
    tuesday = calendar.elapsed_business_time(_at("2026-07-28T20:00"), _at("2026-07-29T20:00"))
    assert (monday, tuesday) == (2 * 3600, 6 * 3600)


def test_a_holiday_by_shift_removes_the_night_that_starts_on_it() -> None:
    calendar = Calendar.parse(
        {**NIGHT, "holidays": ["2026-07-28"], "holiday_rule": "shift_start_date"}
    )
    monday = calendar.elapsed_business_time(_at("2026-07-27T20:00"), _at("2026-07-28T20:00"))
    tuesday = calendar.elapsed_business_time(_at("2026-07-28T20:00"), _at("2026-07-29T20:00"))
    assert (monday, tuesday) == (8 * 3600, 0)


def test_a_business_day_is_a_date_on_which_a_shift_starts() -> None:
    calendar = Calendar.parse(NIGHT)
    assert calendar.is_business_day(date(2026, 7, 24))
    assert not calendar.is_business_day(date(2026, 7, 25))  # only the end of Friday's night


def test_the_small_hours_belong_to_the_business_day_before() -> None:
    calendar = Calendar.parse(NIGHT)
    found = calendar.due_end_of_business_day(_at("2026-07-25T03:00"), 1)
    assert found.received_on == date(2026, 7, 24)
    assert found.due == _at("2026-07-28T06:00")


def test_a_special_day_replaces_the_week_and_beats_a_holiday() -> None:
    calendar = _calendar(
        holidays=["2026-12-24", "2026-12-26"],
        special={"2026-12-24": [["08:30", "12:00"]], "2026-12-26": [["09:00", "10:00"]]},
    )
    assert calendar.is_open(_at("2026-12-24T11:59")).open
    assert not calendar.is_open(_at("2026-12-24T12:00")).open
    assert calendar.is_business_day(date(2026, 12, 26))
    half = calendar.due_end_of_business_day(_at("2026-12-23T10:00"), 1)
    assert half.due == _at("2026-12-24T12:00")


def test_a_special_day_without_windows_is_closed_by_one_line() -> None:
    calendar = _calendar(special={"2026-07-27": []})
    assert not calendar.is_business_day(date(2026, 7, 27))
    assert calendar.add_business_days(date(2026, 7, 24), 1) == date(2026, 7, 28)


def test_always_open_never_skips_a_second() -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    calendar = Calendar.parse(
        {"tz": "Europe/Berlin", "weekly": {d: [["00:00", "24:00"]] for d in days}}
    )
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert calendar.add_business_time(start, 10**7) == start + timedelta(seconds=10**7)
    assert calendar.elapsed_business_time(start, start + timedelta(days=300)) == 300 * 86_400


def test_a_cutoff_before_the_close_moves_the_day() -> None:
    calendar = _calendar(weekly={day: [["08:30", "17:30"]] for day in WEEKDAYS})
    cutoff = 16 * 3600 + 1800
    inside = calendar.due_end_of_business_day(_at("2026-07-24T16:30:00"), 0, cutoff)
    outside = calendar.due_end_of_business_day(_at("2026-07-24T16:30:01"), 0, cutoff)
    assert (inside.received_on, inside.due) == (date(2026, 7, 24), _at("2026-07-24T17:30"))
    assert (outside.received_on, outside.due) == (date(2026, 7, 27), _at("2026-07-27T17:30"))


def test_naive_instants_are_refused_with_the_field() -> None:
    with pytest.raises(NaiveInstant) as refused:
        _calendar().elapsed_business_time(_at("2026-07-24T09:00"), datetime(2026, 7, 25))  # noqa: DTZ001
    assert refused.value.field == "to"


@pytest.mark.parametrize("wrong", [None, "2026-07-24", 5, date(2026, 7, 24)])
def test_what_is_no_instant_is_refused(wrong: object) -> None:
    with pytest.raises(ClockError, match="start: invalid_field"):
        _calendar().add_business_time(wrong, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [1.0, True, "1", None])
def test_what_is_no_amount_is_refused(wrong: object) -> None:
    with pytest.raises(ClockError, match="seconds: invalid_field"):
        _calendar().add_business_time(_at("2026-07-24T09:00"), wrong)  # type: ignore[arg-type]


def test_the_horizon_is_its_last_second() -> None:
    spec = _calendar().spec
    short = Calendar(type(spec)(spec.tz, spec.weekly, first_year=2026, last_year=2026))
    last = short.add_business_time(_at("2026-12-31T16:00"), 1800)
    assert last == _at("2026-12-31T16:30")
    for ask in (
        lambda: short.add_business_time(_at("2026-12-31T16:00"), 1801),
        lambda: short.subtract_business_time(_at("2026-01-01T08:30"), 1),
        lambda: short.is_open(_at("2026-12-31T16:30")),
        lambda: short.add_business_days(date(2026, 12, 31), 1),
        lambda: short.add_business_days(date(2026, 1, 1), -1),
        lambda: short.elapsed_business_time(_at("2025-12-31T23:59:59"), _at("2026-01-02T00:00")),
        lambda: short.add_business_time(_at("2027-01-01T00:00"), 1),
        lambda: short.due_end_of_business_day(_at("2026-12-31T16:31"), 0),
        lambda: short.is_business_day(date(2027, 1, 1)),
    ):
        with pytest.raises(BeyondHorizon):
            ask()


def test_a_calendar_whose_every_day_is_a_holiday_ends_at_its_horizon() -> None:
    spec = _calendar().spec
    days = tuple((date(2026, 1, 1) + timedelta(days=n), "") for n in range(365))
    shut = Calendar(type(spec)(spec.tz, spec.weekly, days, first_year=2026, last_year=2026))
    with pytest.raises(BeyondHorizon):
        shut.is_open(_at("2026-03-01T10:00"))


def test_thirty_years_weigh_less_than_two_mebibytes() -> None:
    calendar = _calendar(weekly={day: [["08:30", "12:30"], ["13:30", "17:30"]] for day in WEEKDAYS})
    calendar.elapsed_business_time(_at("2010-01-02T00:00"), _at("2039-12-30T00:00"))
    index = calendar.covering(1_300_000_000, 2_200_000_000)
    columns = (index.starts, index.totals, index.days, index.opens, index.closes)
    assert sum(sys.getsizeof(column) for column in columns) < 2 << 20
    assert len(index.days) >= 30 * 260


def test_the_index_reaches_no_further_than_the_questions() -> None:
    calendar = _calendar()
    calendar.is_open(_at("2026-07-24T10:00"))
    assert 365 <= calendar.covering(1_785_000_000, 1_785_000_000).last_day - 739_617 <= 365 * 2
