"""Business time the slow way: one minute after the other, by the clock on the wall.

It shares nothing with the library but the specification: no index, no running totals, and local
time is read from instants, where the library makes instants of local times.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.clock import CalendarSpec, HolidayRule

MINUTE = timedelta(minutes=1)


class Oracle:
    """Whether a minute is working time, and sums of such minutes."""

    def __init__(self, spec: CalendarSpec) -> None:
        self._spec = spec
        self._zone = ZoneInfo(spec.tz)
        self._special = dict(spec.special)
        self._holidays = {day for day, _ in spec.holidays} - self._special.keys()

    def working(self, at: datetime) -> bool:
        local = at.astimezone(self._zone)
        today = local.date()
        by_date = self._spec.holiday_rule is HolidayRule.CALENDAR_DATE
        if by_date and today in self._holidays:
            return False
        clock = (local.hour * 60 + local.minute) * 60
        for days_ago in (0, 1):
            day = today - timedelta(days=days_ago)
            if not by_date and day in self._holidays:
                continue
            windows = self._special.get(day, self._spec.weekly[day.weekday()])
            since = clock + days_ago * 86_400
            if any(window.start <= since < window.end for window in windows):
                return True
        return False

    def elapsed(self, start: datetime, end: datetime) -> int:
        minutes = int((end - start) / MINUTE)
        return 60 * sum(self.working(start + n * MINUTE) for n in range(minutes))
