"""What a calendar is: data, checked once, with every complaint naming its field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from .errors import (
    EmptyWeek,
    InvalidField,
    MissingField,
    OverlappingWindows,
    UnknownField,
    UnknownZone,
)
from .instants import DAY, format_time_of_day, parse_date, parse_time_of_day

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_YEAR = 1900
LAST_YEAR = 2100


class HolidayRule(StrEnum):
    """What a holiday removes from a shift that crosses midnight."""

    CALENDAR_DATE = "calendar_date"
    """Every working instant of its local date."""
    SHIFT_START_DATE = "shift_start_date"
    """The whole shift that starts on it, and nothing of the shift before."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Half-open `[start, end)` in seconds after midnight; an `end` beyond a day is tomorrow."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{format_time_of_day(self.start)}-{format_time_of_day(self.end)}"


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """A working week in a zone, its holidays and its exceptions.

    `weekly` has seven entries, Monday first. `holidays` maps dates to names. `special` replaces the
    windows of single dates (a half day, a working Saturday) and is stronger than a holiday. Years
    outside `[first_year, last_year]` are the horizon: a question there raises `BeyondHorizon`.
    """

    tz: str
    weekly: tuple[tuple[Window, ...], ...]
    holidays: tuple[tuple[date, str], ...] = ()
    holiday_rule: HolidayRule = HolidayRule.CALENDAR_DATE
    special: tuple[tuple[date, tuple[Window, ...]], ...] = ()
    name: str = ""
    version: str = ""
    first_year: int = FIRST_YEAR
    last_year: int = LAST_YEAR

    def __post_init__(self) -> None:
        _zone(self.tz)
        if not FIRST_YEAR <= self.first_year <= self.last_year <= LAST_YEAR:
            years = f"{FIRST_YEAR}-{LAST_YEAR}"
            raise InvalidField("first_year", value=self.first_year, expected=years)
        if len(self.weekly) != len(WEEKDAYS) or not any(self.weekly):
            raise EmptyWeek("weekly")
        _refuse_overlaps(self.weekly)

    @classmethod
    def parse(cls, raw: object, field: str = "calendar") -> "CalendarSpec":
        """Read the JSON form of `enlace clock eval`; `special` and `version` may be added to it."""
        body = _mapping(raw, field)
        known = ("tz", "weekly", "holidays", "holiday_rule", "special", "name", "version")
        for key in body:
            if key not in known:
                raise UnknownField(f"{field}.{key}", known=", ".join(known))
        for key in ("tz", "weekly"):
            if key not in body:
                raise MissingField(f"{field}.{key}")
        return cls(
            tz=_text(body["tz"], f"{field}.tz"),
            weekly=parse_weekly(body["weekly"], f"{field}.weekly"),
            holidays=parse_holidays(body.get("holidays", ()), f"{field}.holidays"),
            holiday_rule=_rule(body.get("holiday_rule", "calendar_date"), f"{field}.holiday_rule"),
            special=_special(body.get("special", {}), f"{field}.special"),
            name=_text(body.get("name", ""), f"{field}.name"),
            version=_text(body.get("version", ""), f"{field}.version"),
        )


def parse_weekly(raw: object, field: str = "weekly") -> tuple[tuple[Window, ...], ...]:
    """Read `{"mon": [["08:30", "16:30"]], …}`; a day left out is closed."""
    body = _mapping(raw, field)
    for key in body:
        if key not in WEEKDAYS:
            raise UnknownField(f"{field}.{key}", known=", ".join(WEEKDAYS))
    week = tuple(parse_windows(body.get(day, ()), f"{field}.{day}") for day in WEEKDAYS)
    if not any(week):
        raise EmptyWeek(field)
    return week


def parse_windows(raw: object, field: str) -> tuple[Window, ...]:
    """Read the windows of one day, in any order; they may touch, not overlap."""
    windows = sorted(
        _window(item, f"{field}[{place}]") for place, item in enumerate(_list(raw, field))
    )
    for first, second in pairwise(windows):
        if second.start < first.end:
            raise OverlappingWindows(field, first=first, second=second)
    return tuple(windows)


def parse_holidays(raw: object, field: str = "holidays") -> tuple[tuple[date, str], ...]:
    """Read dates, or a mapping of dates to names."""
    if isinstance(raw, Mapping):
        pairs: Iterable[tuple[object, object]] = raw.items()
    else:
        pairs = ((item, "") for item in _list(raw, field))
    days = {
        parse_date(day, f"{field}[{place}]"): _text(name, f"{field}[{place}]")
        for place, (day, name) in enumerate(pairs)
    }
    return tuple(sorted(days.items()))


def _window(raw: object, field: str) -> Window:
    ends = _list(raw, field)
    if len(ends) != 2:  # noqa: PLR2004  an opening and a close
        raise InvalidField(field, value=raw, expected='["08:30", "16:30"]')
    start, end = (parse_time_of_day(part, field) for part in ends)
    if start == DAY:
        raise InvalidField(field, value=raw, expected='["08:30", "16:30"]')
    return Window(start, end if end > start else end + DAY)


def _special(raw: object, field: str) -> tuple[tuple[date, tuple[Window, ...]], ...]:
    days = {
        parse_date(day, f"{field}[{day}]"): parse_windows(windows, f"{field}[{day}]")
        for day, windows in _mapping(raw, field).items()
    }
    return tuple(sorted(days.items()))


def _refuse_overlaps(weekly: Sequence[Sequence[Window]]) -> None:
    """Windows that run into the next day may meet that day's windows, Sunday's meet Monday's."""
    spans = [
        (day * DAY + window.start, day * DAY + window.end, window, WEEKDAYS[day])
        for day, windows in enumerate(weekly)
        for window in windows
    ]
    first = spans[0]
    wrapped = (first[0] + 7 * DAY, first[1] + 7 * DAY, first[2], first[3])
    for before, after in pairwise([*spans, wrapped]):
        if after[0] < before[1]:
            raise OverlappingWindows(f"weekly.{after[3]}", first=before[2], second=after[2])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UnknownZone("tz", value=name) from None


def _rule(raw: object, field: str) -> HolidayRule:
    try:
        return HolidayRule(str(raw))
    except ValueError:
        raise InvalidField(field, value=raw, expected=" | ".join(HolidayRule)) from None


def _mapping(raw: object, field: str) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise InvalidField(field, value=raw, expected="{}")
    return raw


def _list(raw: object, field: str) -> Sequence[object]:
    if not isinstance(raw, list | tuple):
        raise InvalidField(field, value=raw, expected="[]")
    return raw


def _text(raw: object, field: str) -> str:
    if not isinstance(raw, str):
        raise InvalidField(field, value=raw, expected='"…"')
    return raw
