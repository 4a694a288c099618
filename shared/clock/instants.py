"""Instants, dates and times of day, each converted in exactly one place.

Inside the library an instant is an `int`: whole seconds since 1970-01-01T00:00:00Z. A fraction of a
second is dropped (16:30:00.900 is 16:30:00), because the clocks of the manuals show seconds.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .errors import InvalidField, NaiveInstant, NegativeAmount

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


def seconds_of(at: datetime, field: str) -> int:
    """The second that an aware datetime falls in."""
    try:
        delta = at - EPOCH
    except TypeError:
        raise _not_an_instant(at, field) from None
    return delta.days * DAY + delta.seconds


def instant_of(seconds: int) -> datetime:
    """The aware UTC datetime of a second."""
    return datetime.fromtimestamp(seconds, UTC)


def parse_instant(text: object, field: str) -> datetime:
    """Read an RFC 3339 instant; one without an offset is refused."""
    if not isinstance(text, str):
        raise InvalidField(field, value=text, expected="2026-07-24T16:30:00-05:00")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidField(field, value=text, expected="2026-07-24T16:30:00-05:00") from None
    if at.tzinfo is None:
        raise NaiveInstant(field, value=text)
    return at


def parse_date(text: object, field: str) -> date:
    """Read an ISO date; a `date` is taken as it is."""
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    if isinstance(text, str) and len(text) == len("2026-07-28"):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InvalidField(field, value=text, expected="2026-07-28") from None
    raise InvalidField(field, value=text, expected="2026-07-28")


def parse_time_of_day(text: object, field: str) -> int:
    """Seconds after midnight of `HH:MM` or `HH:MM:SS`; `24:00` is the end of the day."""
    match = _TIME_OF_DAY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidField(field, value=text, expected="HH:MM")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total > DAY:
        raise InvalidField(field, value=text, expected="HH:MM")
    return total


def format_time_of_day(seconds: int) -> str:
    """`16:30`, or `16:30:59` where the seconds matter; tomorrow's times show their own clock."""
    if seconds != DAY:
        seconds %= DAY
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def require_amount(value: object, field: str) -> int:
    """A whole number of seconds or days that isn't negative."""
    number = require_whole(value, field)
    if number < 0:
        raise NegativeAmount(field, value=number)
    return number


def require_whole(value: object, field: str) -> int:
    """A whole number; `True` and `1.0` are not."""
    if type(value) is not int:
        raise InvalidField(field, value=value, expected="1")
    return value


def local_seconds(zone: ZoneInfo, ordinal: int, second_of_day: int) -> int:
    """The instant of a local time, by the rule of PEP 495 with `fold=0`.

    A time that occurs twice means the first time; one that a clock change skips is read with the
    offset before the change (02:30 becomes 03:30).
    """
    extra, second = divmod(second_of_day, DAY)
    days = ordinal + extra
    local = datetime.fromordinal(days) + timedelta(seconds=second)
    offset = zone.utcoffset(local) or timedelta()
    return (days - EPOCH_ORDINAL) * DAY + second - (offset.days * DAY + offset.seconds)


def _not_an_instant(at: object, field: str) -> InvalidField | NaiveInstant:
    if isinstance(at, datetime):
        return NaiveInstant(field, value=at.isoformat())
    return InvalidField(field, value=at, expected="2026-07-24T16:30:00-05:00")
