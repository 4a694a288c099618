"""What the figures answer: each with its parts, its formula and where it comes from."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.kpi.definitions import Good, Indicator, Unit
from services.kpi.measures import SCALE
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


class Piece(BaseModel):
    """The figures of a part of the period."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    figures: dict[str, Share]


class Report(BaseModel):
    """The figures of one subject over a period, all of one moment.

    `policy` is the version in force now; `mixed_policies` says so in words when promises of the
    period were given by several.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    time_zone: str
    filters: dict[str, str]
    policy: str
    mixed_policies: str | None = None
    figures: dict[str, Figure]
    course: list[Piece] | None = None


class CaseLine(BaseModel):
    """A case behind a figure: the day and dimensions it counts under, and with what amounts.

    `code` is what people call it; null of what has none, or was counted before codes were kept.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    code: str | None
    day: date
    dimensions: dict[str, str]
    amounts: dict[str, int]
    received_at: datetime | None
    closed_at: datetime | None
    outcome: str
    on_time: bool | None


def share(one: Indicator, amounts: Amounts) -> Share:
    """The value of an indicator; over a denominator of 0 there is none."""
    if one.quantile is not None:
        return _quantile(one, one.quantile, amounts)
    numerator = sum(amounts[name] for name in one.numerator)
    excluded = {name: amounts[name] for name in one.excluded}
    if not one.denominator:
        return Share(value=numerator, numerator=numerator, excluded=excluded)
    denominator = sum(amounts[name] for name in one.denominator)
    value = numerator / denominator if denominator else None
    return Share(value=value, numerator=numerator, denominator=denominator, excluded=excluded)


def shares(one: Indicator, sums: Mapping[str, Amounts]) -> tuple[Share, dict[str, Share]]:
    """The value in total, and of each part by name."""
    total = share(one, sums[""])
    parts = {value: share(one, amounts) for value, amounts in sums.items() if value}
    if one.of_total and total.denominator is not None:
        whole = total.denominator
        parts = {
            value: part.model_copy(
                update={"denominator": whole, "value": part.numerator / whole if whole else None}
            )
            for value, part in parts.items()
        }
    return total, dict(sorted(parts.items()))


def _quantile(one: Indicator, quantile: float, amounts: Amounts) -> Share:
    """The shortest bound of the scale that this part of the cases are within.

    What is longer than the scale has no bound: then there is no value either.
    """
    cases = sum(amounts[name] for name in one.numerator)
    within = 0
    for name, bound in zip(one.numerator, SCALE, strict=False):
        within += amounts[name]
        if cases and within >= quantile * cases:
            return Share(value=bound, numerator=within, denominator=cases)
    return Share(value=None, numerator=within, denominator=cases)
