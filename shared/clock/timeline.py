"""Business time in whole seconds since 1970: binary searches over an index that grows on demand."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from .errors import BeyondHorizon
from .index import Index, build, day_of
from .instants import DAY, local_seconds
from .spec import CalendarSpec

_MARGIN = 4
"""Days kept around an instant: zones lie up to a day from UTC, a shift lasts up to one."""

Spans = Sequence[tuple[int, int]]


class Timeline:
    """The working time of a specification, asked in seconds and in ordinals of dates.

    `Calendar` is the same with datetimes. The index is replaced as a whole when it grows, so that
    threads may share a timeline.
    """

    __slots__ = ("_first_day", "_index", "_last_day", "_zone", "kept", "spec")

    def __init__(self, spec: CalendarSpec) -> None:
        self.spec = spec
        self._zone = ZoneInfo(spec.tz)
        self._first_day = date(spec.first_year, 1, 1).toordinal()
        self._last_day = date(spec.last_year, 12, 31).toordinal() + 1
        self._index = build(spec, self._first_day, self._first_day)
        self.kept: tuple[Index, object] | None = None
        """Columns that `many` made of an index."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clocks the windows are written in."""
        return self._zone

    def after(self, start: int, amount: int) -> int:
        """`add_business_time` in seconds since 1970."""
        index = self._index
        if not index.first <= start < index.last:
            index = self._covering(start, "start")
        if not amount:
            return start
        starts, totals = index.starts, index.totals
        place = bisect_right(starts, start) - 1
        worked, through = totals[place] + start - starts[place], totals[place + 1]
        if worked > through:  # noqa: PLR1730  min() costs as much as the search
            worked = through
        want = worked + amount
        if want > totals[-1]:
            return self._extended_after(start, amount)
        place = bisect_left(totals, want, place + 1) - 1
        return starts[place] + want - totals[place]

    def before(self, start: int, amount: int) -> int:
        """`subtract_business_time` in seconds since 1970."""
        index = self._covering(start, "start")
        if not amount:
            return start
        starts, totals = index.starts, index.totals
        place = bisect_right(starts, start) - 1
        want = min(totals[place] + start - starts[place], totals[place + 1]) - amount
        if want < 0:
            return self._extended_before(start, amount)
        place = bisect_right(totals, want) - 1
        return starts[place] + want - totals[place]

    def between(self, start: int, end: int) -> int:
        """`elapsed_business_time` in seconds since 1970."""
        index = self._index
        if not index.first <= start < index.last:
            index = self._covering(start, "from")
        if not index.first <= end < index.last:
            self._covering(end, "to")
            index = self._index
        if end <= start:
            return 0
        starts, totals = index.starts, index.totals
        place = bisect_right(starts, start) - 1
        worked, through = totals[place] + start - starts[place], totals[place + 1]
        if worked > through:  # noqa: PLR1730  min() costs as much as the search
            worked = through
        place = bisect_right(starts, end, place) - 1
        until, through = totals[place] + end - starts[place], totals[place + 1]
        return min(until, through) - worked

    def next_open(self, at: int) -> int:
        """The first working second at or after `at`."""
        index = self._covering(at, "at")
        place = bisect_right(index.starts, at) - 1
        if at - index.starts[place] < index.totals[place + 1] - index.totals[place]:
            return at
        while place + 1 == len(index.starts):
            index = self._widen(index, after=True)
            place = bisect_right(index.starts, at) - 1
        return index.starts[place + 1]

    def between_outside(self, start: int, end: int, pauses: Spans) -> int:
        """`elapsed_with_pauses` for sorted pauses without overlaps."""
        worked = self.between(start, end)
        for pause_start, pause_end in pauses:
            clipped = max(pause_start, start), min(pause_end, end)
            if clipped[0] < clipped[1]:
                worked -= self.between(*clipped)
        return worked

    def after_outside(self, start: int, amount: int, pauses: Spans) -> int:
        """`deadline_with_pauses` for sorted pauses without overlaps."""
        at, left = start, amount
        for pause_start, pause_end in pauses:
            if not left or pause_end <= at:
                continue
            due = self.after(at, left)
            if due <= pause_start:
                return due
            left -= self.between(at, max(pause_start, at))
            at = pause_end
        return self.after(at, left)

    def received_on(self, at: int, cutoff: int | None = None) -> int:
        """The business day, as an ordinal, that something received at `at` counts for."""
        if cutoff is None:
            index = self._covering(at, "received")
            place = bisect_left(index.closes, at)
            while place == len(index.closes):
                index = self._widen(index, after=True)
                place = bisect_left(index.closes, at)
            return index.days[place]
        day = self.local_day(at)
        if at > self.at_time(day, cutoff):
            day += 1
        return self._count_days(day, 0)

    def day_span(self, day: int, days: int = 0) -> tuple[int, int, int]:
        """Ordinal, first opening and last close of the n-th business day after `day`."""
        ordinal = self._count_days(day, days)
        index = self._index
        place = bisect_left(index.days, ordinal)
        return ordinal, index.opens[place], index.closes[place]

    def at_time(self, day: int, second_of_day: int) -> int:
        """The instant of a local time on a date given as an ordinal."""
        return local_seconds(self._zone, day, second_of_day)

    def local_day(self, at: int) -> int:
        """The local date of an instant, as an ordinal."""
        return datetime.fromtimestamp(at, self._zone).toordinal()

    def same_time(self, at: int, day: int) -> int:
        """The local time of `at` on another date."""
        local = datetime.fromtimestamp(at, self._zone)
        return self.at_time(day, local.hour * 3600 + local.minute * 60 + local.second)

    def covering(self, first: int, last: int) -> Index:
        """An index that reaches over both instants."""
        self._covering(first, "start")
        return self._covering(last, "end")

    def widened(self, *, after: bool) -> Index:
        """An index over more years, later or earlier ones; at the horizon `BeyondHorizon`."""
        return self._widen(self._index, after=after)

    # growth of the index

    def _count_days(self, ordinal: int, days: int) -> int:
        index = self._covering_day(ordinal, "date")
        if abs(days) > self._last_day - self._first_day:
            raise self._beyond("days")
        while True:
            column = index.days
            place = bisect_left(column, ordinal) if days >= 0 else bisect_right(column, ordinal) - 1
            place += days
            if 0 <= place < len(column):
                return column[place]
            index = self._widen(index, after=place >= 0)

    def _covering_day(self, ordinal: int, field: str) -> Index:
        if not self._first_day <= ordinal < self._last_day:
            raise self._beyond(field)
        index = self._index
        if index.first_day <= ordinal < index.last_day:
            return index
        return self._grow(ordinal - _MARGIN, ordinal + _MARGIN)

    def _covering(self, at: int, field: str) -> Index:
        index = self._index
        if index.first + DAY <= at < index.last:
            return index
        day = day_of(at)
        if not self._first_day - 1 <= day <= self._last_day:
            raise self._beyond(field)
        index = self._grow(day - _MARGIN, day + _MARGIN)
        if not index.first <= at < index.last:
            raise self._beyond(field)
        return index

    def _extended_after(self, start: int, amount: int) -> int:
        if amount > (self._last_day - self._first_day) * DAY:
            raise self._beyond("seconds")
        self._widen(self._index, after=True)
        return self.after(start, amount)

    def _extended_before(self, start: int, amount: int) -> int:
        if amount > (self._last_day - self._first_day) * DAY:
            raise self._beyond("seconds")
        self._widen(self._index, after=False)
        return self.before(start, amount)

    def _widen(self, index: Index, *, after: bool) -> Index:
        """Twice the days, in one direction, so that growing costs a constant per day."""
        days = index.last_day - index.first_day
        if after:
            if index.last_day == self._last_day:
                raise self._beyond("end")
            return self._grow(index.first_day, index.last_day + days)
        if index.first_day == self._first_day:
            raise self._beyond("start")
        return self._grow(index.first_day - days, index.last_day)

    def _grow(self, first: int, last: int) -> Index:
        index = self._index
        if index.first_day < index.last_day:
            first, last = min(first, index.first_day), max(last, index.last_day)
        # whole years, so that neighbouring questions find their day there
        first = date(date.fromordinal(first).year, 1, 1).toordinal()
        last = date(date.fromordinal(last).year, 12, 31).toordinal() + 1
        first, last = max(first, self._first_day), min(last, self._last_day)
        self._index = build(self.spec, first, last)
        return self._index

    def _beyond(self, field: str) -> BeyondHorizon:
        return BeyondHorizon(field, first=self.spec.first_year, last=self.spec.last_year)
