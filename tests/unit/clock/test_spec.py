"""What a calendar may look like, and what each complaint names."""

from datetime import date

import pytest

from shared.clock import Calendar, CalendarSpec, ClockError, HolidayRule, Window
from shared.clock.instants import format_time_of_day, parse_time_of_day
from tests.unit.clock.asking import OFFICE


def _parse(**changes: object) -> CalendarSpec:
    return CalendarSpec.parse({**OFFICE, **changes})


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"tz": "America/Limon"}, "unknown_zone", "tz"),
        ({"tz": ""}, "unknown_zone", "tz"),
        ({"tz": "../../etc/passwd"}, "unknown_zone", "tz"),
        ({"tz": 5}, "invalid_field", "calendar.tz"),
        ({"weekly": {}}, "empty_week", "calendar.weekly"),
        ({"weekly": {"mon": []}}, "empty_week", "calendar.weekly"),
        ({"weekly": []}, "invalid_field", "calendar.weekly"),
        ({"weekly": {"lun": [["08:30", "16:30"]]}}, "unknown_field", "calendar.weekly.lun"),
        ({"weekly": {"mon": "08:30-16:30"}}, "invalid_field", "calendar.weekly.mon"),
        ({"weekly": {"mon": [["08:30"]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        ({"weekly": {"mon": [["08:30", "25:00"]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        ({"weekly": {"mon": [["8:30", "16:30"]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        ({"weekly": {"mon": [["08:30", "24:30"]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        ({"weekly": {"mon": [["24:00", "08:00"]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        ({"weekly": {"mon": [[510, 990]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        ({"weekly": {"mon": [["٠٨:٣٠", "16:30"]]}}, "invalid_field", "calendar.weekly.mon[0]"),
        (
            {"weekly": {"mon": [["08:00", "12:00"], ["11:59", "16:00"]]}},
            "overlapping_windows",
            "calendar.weekly.mon",
        ),
        (
            {"weekly": {"mon": [["22:00", "06:00"]], "tue": [["05:59", "08:00"]]}},
            "overlapping_windows",
            "weekly.tue",
        ),
        (
            {"weekly": {"sun": [["22:00", "06:00"]], "mon": [["05:00", "08:00"]]}},
            "overlapping_windows",
            "weekly.mon",
        ),
        ({"weekly": {"mon": [["22:00", "06:00"], ["01:00", "02:00"]]}}, None, ""),
        ({"holidays": ["2026-02-29"]}, "invalid_field", "calendar.holidays[0]"),
        ({"holidays": ["2026-07-28", 20260729]}, "invalid_field", "calendar.holidays[1]"),
        ({"holidays": "2026-07-28"}, "invalid_field", "calendar.holidays"),
        ({"holiday_rule": "skip"}, "invalid_field", "calendar.holiday_rule"),
        ({"holiday_role": "calendar_date"}, "unknown_field", "calendar.holiday_role"),
        (
            {"special": {"2026-12-24": [["09:00", "12:00"], ["11:00", "13:00"]]}},
            "overlapping_windows",
            "calendar.special[2026-12-24]",
        ),
    ],
)
def test_a_bad_calendar_names_its_field(
    changes: dict[str, object], code: str | None, field: str
) -> None:
    if code is None:
        assert Calendar(_parse(**changes)).zone.key == "America/Lima"
        return
    with pytest.raises(ClockError) as refused:
        _parse(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("missing", ["tz", "weekly"])
def test_a_missing_part_is_named(missing: str) -> None:
    body = {key: value for key, value in OFFICE.items() if key != missing}
    with pytest.raises(ClockError, match=rf"calendar\.{missing}: missing_field"):
        CalendarSpec.parse(body)


def test_years_out_of_order_or_too_far_are_refused() -> None:
    spec = _parse()
    for first, last in ((2030, 2020), (1899, 2020), (2020, 2101)):
        with pytest.raises(ClockError, match="first_year"):
            CalendarSpec(spec.tz, spec.weekly, first_year=first, last_year=last)


def test_windows_that_touch_are_one_stretch_of_time() -> None:
    spec = _parse(weekly={"mon": [["12:00", "16:00"], ["08:00", "12:00"]]})
    assert spec.weekly[0] == (Window(28_800, 43_200), Window(43_200, 57_600))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        (["00:00", "24:00"], Window(0, 86_400)),
        (["22:00", "06:00"], Window(79_200, 108_000)),
        (["18:00", "00:00"], Window(64_800, 86_400)),
        (["09:00", "09:00"], Window(32_400, 118_800)),
        (["09:00", "23:59"], Window(32_400, 86_340)),
        (["08:30:30", "16:30"], Window(30_630, 59_400)),
    ],
)
def test_an_end_not_later_than_its_start_is_tomorrow(text: list[str], window: Window) -> None:
    assert _parse(weekly={"wed": [text]}).weekly[2] == (window,)


def test_holidays_may_carry_names_and_repeat() -> None:
    named = _parse(holidays={"2026-07-28": "Independencia"})
    assert named.holidays == ((date(2026, 7, 28), "Independencia"),)
    repeated = _parse(holidays=["2026-07-29", "2026-07-28", "2026-07-28"])
    assert [day.day for day, _ in repeated.holidays] == [28, 29]


def test_equal_definitions_make_equal_calendars() -> None:
    assert Calendar(_parse()) == Calendar(_parse())
    assert hash(Calendar(_parse())) == hash(Calendar(_parse()))
    assert Calendar(_parse()) != Calendar(_parse(holiday_rule=HolidayRule.SHIFT_START_DATE))


@pytest.mark.parametrize("text", ["00:00", "08:30", "16:30:59", "23:59", "24:00"])
def test_times_of_day_are_read_and_written_alike(text: str) -> None:
    assert format_time_of_day(parse_time_of_day(text, "at")) == text
