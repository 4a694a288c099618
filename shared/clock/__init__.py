"""Business time: calendars, terms and SLA clocks. Pure: no I/O and no reading of clocks.

Read `README.md` in this folder for the meaning of every ambiguous case.
"""

from .account import Account, account, left, used
from .calendar import Calendar, DayEnd, Opening, Pause
from .errors import ClockError
from .promises import DUE, Closing, Hold, HoldKind, Milestone, Promised, Side
from .public_holidays import public_holidays
from .sla import (
    Change,
    Plan,
    SlaClock,
    State,
    Target,
    advance,
    apply,
    begin,
    next_due,
    pause,
    recompute,
    reopen,
    replay,
    resume,
    start,
    stop,
)
from .spec import CalendarSpec, HolidayRule, Window, parse_weekly, parse_windows
from .steps import Step
from .terms import CountFrom, Promise, Roll, Term, Unit
from .text import explain, message, sentence

__all__ = [
    "DUE",
    "Account",
    "Calendar",
    "CalendarSpec",
    "Change",
    "ClockError",
    "Closing",
    "CountFrom",
    "DayEnd",
    "Hold",
    "HoldKind",
    "HolidayRule",
    "Milestone",
    "Opening",
    "Pause",
    "Plan",
    "Promise",
    "Promised",
    "Roll",
    "Side",
    "SlaClock",
    "State",
    "Step",
    "Target",
    "Term",
    "Unit",
    "Window",
    "account",
    "advance",
    "apply",
    "begin",
    "explain",
    "left",
    "message",
    "next_due",
    "parse_weekly",
    "parse_windows",
    "pause",
    "public_holidays",
    "recompute",
    "reopen",
    "replay",
    "resume",
    "sentence",
    "start",
    "stop",
    "used",
]
