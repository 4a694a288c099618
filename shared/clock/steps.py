"""The steps that led to a date, as data: a code and its parameters, told in words by `text`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

Param = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Instants are ISO text with the calendar's offset, dates are ISO text."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


def local(at: datetime, zone: ZoneInfo) -> str:
    """An instant as the people under a calendar read it, to the second."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def closed_days(days: tuple[tuple[date, str], ...]) -> Step:
    """The holidays that were stepped over, with their names where the calendar has them."""
    return Step(
        "holidays",
        {
            "dates": tuple(day.isoformat() for day, _ in days),
            "names": tuple(name for _, name in days if name),
        },
    )
