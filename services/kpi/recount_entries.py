"""The raw entries of a history, as the recounts read them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.kpi.policy import Counting

Tally = Counter[tuple[str, str]]
"""Amounts by (bucket, measure)."""
Entry = Mapping[str, Any]


def event_of(entry: Entry) -> str:
    return str(entry["type"]).split(".")[2]


def instant_of(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def day_of(at: datetime, by: Counting) -> str:
    return f"{at.astimezone(by.zone):%Y-%m-%d}"
