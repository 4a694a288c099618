"""Pieces of the calendar that figures and reports are made of. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

FIFTEENTH: Final = 15
YEARS: Final = range(1900, 2200)
"""Those that may be asked about, and that a closed month may be of."""
_DAY: Final = timedelta(days=1)


class Every(StrEnum):
    """Pieces of the calendar; a fortnight ends on the 15th or with the month."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def piece_of(day: date, every: Every) -> tuple[date, date]:  # noqa: PLR0911 - one return a piece
    """The first and last day of the piece that a day is in; weeks end on Sunday."""
    match every:
        case Every.DAY:
            return day, day
        case Every.WEEK:
            monday = day - day.weekday() * _DAY
            return monday, monday + 6 * _DAY
        case Every.FORTNIGHT:
            if day.day <= FIFTEENTH:
                return day.replace(day=1), day.replace(day=FIFTEENTH)
            return day.replace(day=FIFTEENTH + 1), end_of_month(day)
        case Every.MONTH:
            return day.replace(day=1), end_of_month(day)
        case Every.QUARTER:
            last = (day.month + 2) // 3 * 3
            return day.replace(day=1, month=last - 2), end_of_month(day.replace(day=1, month=last))
        case Every.YEAR:
            return day.replace(day=1, month=1), day.replace(day=31, month=12)


def begun_within(after: date, last: date) -> Iterator[date]:
    """The first days of the months that begin after a day, up to and including the last one."""
    day = max(after, date(YEARS[0] - 1, 12, 31))
    last = min(last, date(YEARS[-1], 12, 31))
    while day < last and (day := end_of_month(day) + _DAY) <= last:
        yield day


def end_of_month(day: date) -> date:
    return (day.replace(day=1) + 31 * _DAY).replace(day=1) - _DAY
