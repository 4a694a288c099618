"""Business time: calendars, terms and SLA clocks. Pure: no I/O and no reading of clocks."""

from .calendar import Calendar, DayEnd, Opening
from .errors import ClockError
from .spec import CalendarSpec, HolidayRule, Window

__all__ = [
    "Calendar",
    "CalendarSpec",
    "ClockError",
    "DayEnd",
    "HolidayRule",
    "Opening",
    "Window",
]
