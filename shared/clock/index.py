"""The working time of a span of years, laid out for binary search.

Three sorted columns answer everything: where each working interval starts, how much working time
went before it, and at which instant each business day opens and closes for the last time.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from .instants import DAY, EPOCH_ORDINAL, local_seconds
from .spec import CalendarSpec, HolidayRule, Window

_INT64 = "q"
"""Arrays of 64-bit integers: a fifth of the memory of lists of int."""


@dataclass(frozen=True, slots=True)
class Index:
    """Working intervals and business days of the local dates `[first_day, last_day)`.

    `starts[0]` is a sentinel of no length at `first`, so that every instant covered has an interval
    at or before it. `totals[i]` is the working time before `starts[i]`, with one more for the end.
    """

    first_day: int
    last_day: int
    first: int
    last: int
    starts: "array[int]"
    totals: "array[int]"
    days: "array[int]"
    opens: "array[int]"
    closes: "array[int]"

    @property
    def total(self) -> int:
        """All working seconds covered."""
        return self.totals[-1]


def build(spec: CalendarSpec, first_day: int, last_day: int) -> Index:
    """Lay out the local dates `[first_day, last_day)`, given as proleptic ordinals."""
    layout = _Layout(spec, first_day, last_day)
    first, last = layout.midnight(first_day), layout.midnight(last_day)
    pieces: list[tuple[int, int]] = []
    days, opens, closes = array(_INT64), array(_INT64), array(_INT64)
    # the shifts of the day before may reach into the first day
    for day in range(first_day - 1, last_day):
        shifts = sorted(layout.shifts(day))
        pieces += shifts
        if shifts and day >= first_day and not layout.is_holiday(day):
            days.append(day)
            opens.append(shifts[0][0])
            closes.append(max(end for _, end in shifts))
    starts, totals = _cumulate(_union(pieces, first, last), first)
    return Index(first_day, last_day, first, last, starts, totals, days, opens, closes)


class _Layout:
    """Turns local windows into instants, fast on the days when the offset doesn't change."""

    def __init__(self, spec: CalendarSpec, first_day: int, last_day: int) -> None:
        self._zone = ZoneInfo(spec.tz)
        self._weekly = spec.weekly
        self._special = {day.toordinal(): windows for day, windows in spec.special}
        self._by_date = spec.holiday_rule is HolidayRule.CALENDAR_DATE
        holidays = {day.toordinal() for day, _ in spec.holidays}
        self._holidays = holidays - self._special.keys()
        self._origin = first_day - 1
        self._midnights = [
            local_seconds(self._zone, day, 0) for day in range(self._origin, last_day + 3)
        ]

    def midnight(self, day: int) -> int:
        return self._midnights[day - self._origin]

    def is_holiday(self, day: int) -> bool:
        return day in self._holidays

    def shifts(self, day: int) -> Iterator[tuple[int, int]]:
        """The working intervals of the shifts that start on a local date, holidays taken out."""
        windows = self._special.get(day)
        if windows is None:
            windows = self._weekly[(day + 6) % 7]
        if not windows or (not self._by_date and day in self._holidays):
            return
        today, tomorrow, after = (self.midnight(day + shift) for shift in range(3))
        if tomorrow <= today:  # a date that a zone skipped, as Apia did with 2011-12-30
            return
        steady = tomorrow - today == DAY == after - tomorrow
        for window in windows:
            start, end = self._ends(day, window, today if steady else None)
            if self._by_date:
                if day in self._holidays:
                    start = max(start, tomorrow)
                if day + 1 in self._holidays:
                    end = min(end, tomorrow)
            if start < end:
                yield start, end

    def _ends(self, day: int, window: Window, midnight: int | None) -> tuple[int, int]:
        if midnight is not None:
            return midnight + window.start, midnight + window.end
        return (
            local_seconds(self._zone, day, window.start),
            local_seconds(self._zone, day, window.end),
        )


def _union(pieces: list[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """Sorted, clipped and without overlaps: a clock change can push two windows into each other."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        begin, stop = max(start, first), min(end, last)
        if begin >= stop:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((begin, stop))
    return merged


def _cumulate(spans: list[tuple[int, int]], first: int) -> "tuple[array[int], array[int]]":
    starts, totals = array(_INT64, [first]), array(_INT64, [0, 0])
    total = 0
    for start, end in spans:
        total += end - start
        starts.append(start)
        totals.append(total)
    return starts, totals


def day_of(seconds: int) -> int:
    """The UTC date of an instant as an ordinal; at most one day from any local date."""
    return seconds // DAY + EPOCH_ORDINAL
