"""Questions about business time. Nothing here reads a clock or a disk."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from .errors import EndlessPause, InvalidField, ReversedSpan
from .instants import (
    instant_of,
    require_amount,
    require_whole,
    seconds_of,
)
from .spec import CalendarSpec
from .timeline import Timeline

Pause = Sequence[datetime]


class Opening(NamedTuple):
    """Whether an instant is working time, and the first instant at or after it that is."""

    open: bool
    next_open: datetime


class DayEnd(NamedTuple):
    """The business day that something counts as received on, and the close it is due at."""

    received_on: date
    due: datetime


class Calendar(Timeline):
    """The working time of one calendar.

    Instants in are aware datetimes of any zone, instants out are aware UTC; amounts are whole
    seconds or days. The index grows with the questions, up to the horizon of the specification,
    beyond which every question raises `BeyondHorizon`. Equal specifications make equal calendars.
    """

    __slots__ = ("_hash", "_working_holidays")

    def __init__(self, spec: CalendarSpec) -> None:
        super().__init__(spec)
        # of a long list, and asked for with each promise
        self._hash = hash(spec)
        special = dict(spec.special)
        self._working_holidays = sorted(
            (day, name)
            for day, name in spec.holidays
            if spec.weekly[day.weekday()] and day not in special
        )

    @classmethod
    def parse(cls, raw: object, field: str = "calendar") -> "Calendar":
        """A calendar from the JSON form of `enlace clock eval`."""
        return cls(CalendarSpec.parse(raw, field))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self.spec == other.spec

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Calendar({self.spec.name or self.spec.tz})"

    # business time

    def add_business_time(self, start: datetime, seconds: int) -> datetime:
        """The earliest t ≥ start with `seconds` of working time in `[start, t)`.

        An amount that ends exactly at a close stays there; an amount of 0 gives `start`.
        """
        # the common kind of amount is let through here, because a call costs as much as a search
        if type(seconds) is not int or seconds < 0:
            require_amount(seconds, "seconds")
        return instant_of(self.after(seconds_of(start, "start"), seconds))

    def subtract_business_time(self, start: datetime, seconds: int) -> datetime:
        """The latest t ≤ start with `seconds` of working time in `[t, start)`; 0 gives `start`."""
        amount = require_amount(seconds, "seconds")
        return instant_of(self.before(seconds_of(start, "start"), amount))

    def elapsed_business_time(self, start: datetime, end: datetime) -> int:
        """Working seconds in `[start, end)`; 0 when `end` isn't after `start`."""
        return self.between(seconds_of(start, "from"), seconds_of(end, "to"))

    def is_open(self, at: datetime) -> Opening:
        """Whether `at` is working time (an exact close isn't), and the next instant that is."""
        second = seconds_of(at, "at")
        found = self.next_open(second)
        return Opening(found == second, instant_of(found))

    # business days

    def is_business_day(self, day: date) -> bool:
        """Whether a shift starts on a date that isn't a holiday."""
        ordinal = day.toordinal()
        days = self._covering_day(ordinal, "date").days
        place = bisect_left(days, ordinal)
        return place < len(days) and days[place] == ordinal

    def holidays_between(self, first: date, last: date) -> tuple[tuple[date, str], ...]:
        """The holidays in `[first, last]` that fall on a working weekday, with their names."""
        start = bisect_left(self._working_holidays, (first, ""))
        end = bisect_left(self._working_holidays, (last + timedelta(days=1), ""), start)
        return tuple(self._working_holidays[start:end])

    def add_business_days(self, day: date, days: int) -> date:
        """Roll to a business day, then count `days` of them; both backwards when `days` < 0."""
        return date.fromordinal(self._count_days(day.toordinal(), require_whole(days, "days")))

    def add_business_days_keep_time(self, start: datetime, days: int) -> datetime:
        """Move to the next opening, then `days` business days on at the same local time."""
        opening = self.next_open(seconds_of(start, "start"))
        day = self._count_days(self.local_day(opening), require_whole(days, "days"))
        return instant_of(self.same_time(opening, day))

    def due_end_of_business_day(
        self, received: datetime, days: int, cutoff: int | None = None
    ) -> DayEnd:
        """The last close of the n-th business day after the one something is received on.

        Received up to and including the last close of a business day counts as that day, later as
        the next one. A `cutoff`, in seconds after the local midnight, takes the place of the close.
        """
        amount = require_amount(days, "days")
        day = self.received_on(seconds_of(received, "received"), cutoff)
        return DayEnd(date.fromordinal(day), instant_of(self.day_span(day, amount)[2]))

    # with pauses

    def elapsed_with_pauses(self, start: datetime, end: datetime, pauses: Iterable[Pause]) -> int:
        """Working seconds in `[start, end)` outside every pause; overlapping pauses count once."""
        spans = merge_pauses(pauses)
        return self.between_outside(seconds_of(start, "from"), seconds_of(end, "to"), spans)

    def deadline_with_pauses(
        self, start: datetime, seconds: int, pauses: Iterable[Pause]
    ) -> datetime:
        """The earliest t with `seconds` of working time since `start` outside the pauses."""
        spans = merge_pauses(pauses)
        amount = require_amount(seconds, "seconds")
        return instant_of(self.after_outside(seconds_of(start, "start"), amount, spans))


def merge_pauses(pauses: Iterable[Pause], field: str = "pauses") -> list[tuple[int, int]]:
    """Sorted and joined where they overlap or touch; a pause must have both its ends, in order."""
    spans = sorted(_span(pause, f"{field}[{place}]") for place, pause in enumerate(pauses))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _span(pause: Pause, field: str) -> tuple[int, int]:
    if not isinstance(pause, tuple | list) or not pause:
        raise InvalidField(field, value=pause, expected="[start, end]")
    if len(pause) == 1 or pause[1] is None:
        raise EndlessPause(field)
    start, end = (seconds_of(at, field) for at in pause)
    if end < start:
        raise ReversedSpan(
            field,
            start=datetime.fromtimestamp(start, UTC).isoformat(),
            end=datetime.fromtimestamp(end, UTC).isoformat(),
        )
    return start, end
