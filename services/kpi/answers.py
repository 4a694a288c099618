"""What the figures answer: each with its parts, its formula and where it comes from."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.kpi.definitions import Good, Indicator, Unit
from services.kpi.views import Amounts


class Figure(BaseModel):
    """One figure. `value` is null when there is nothing to judge by, and `reason` says so."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    value: float | None
    unit: Unit
    numerator: int
    denominator: int | None = None
    excluded: dict[str, int] = {}
    formula: str
    good: Good
    target: float | None = None
    source: str
    version: int
    reason: str | None = None
    parts: dict[str, "Share"] | None = None


class Share(BaseModel):
    """A figure's value for one value of a dimension."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    numerator: int
    denominator: int | None = None
    excluded: dict[str, int] = {}


class Report(BaseModel):
    """The figures of one subject over a period, all of one moment."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    time_zone: str
    filters: dict[str, str]
    policy: str
    figures: dict[str, Figure]


class CaseLine(BaseModel):
    """A case behind a figure: the day and dimensions it counts under, and with what amounts."""

    model_config = ConfigDict(frozen=True)

    id: str
    day: date
    dimensions: dict[str, str]
    amounts: dict[str, int]
    received_at: datetime | None
    closed_at: datetime | None
    outcome: str
    on_time: bool | None


def share(one: Indicator, amounts: Amounts) -> Share:
    """The value of an indicator; over a denominator of 0 there is none."""
    numerator = sum(amounts[name] for name in one.numerator)
    excluded = {name: amounts[name] for name in one.excluded}
    if not one.denominator:
        return Share(value=numerator, numerator=numerator, excluded=excluded)
    denominator = sum(amounts[name] for name in one.denominator)
    value = numerator / denominator if denominator else None
    return Share(value=value, numerator=numerator, denominator=denominator, excluded=excluded)
