"""The indicators, each defined once: a new one over known measures is a row here and its words.

Names, formulas and reasons are in `locale/*/kpi.po` under `indicator.<id>.name` and `.formula`. A
numerator or denominator names measures of the family (`services.kpi.counts`), added up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    """From 0 to 1."""
    SECONDS = "seconds"
    PER_CASE = "per_case"


class Good(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure. Without a denominator it is a count, and no events are a true zero.

    `excluded` are measures of cases that the denominator leaves out, told beside the figure.
    `split` is a dimension by which it is also shown. A change of meaning is a new `version`.
    """

    id: str
    family: str
    numerator: tuple[str, ...]
    source: str
    denominator: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unit: Unit = Unit.COUNT
    good: Good = Good.NEITHER
    split: str = ""
    version: int = 1

    @property
    def name(self) -> str:
        """Without its report: `on_time` of `requests.on_time`."""
        return self.id.partition(".")[2]

    @property
    def report(self) -> str:
        return self.id.partition(".")[0]

    @property
    def measures(self) -> frozenset[str]:
        return frozenset(self.numerator) | frozenset(self.denominator) | frozenset(self.excluded)


_ALL: Final = (
    Indicator("requests.received", "requests", ("received",), "A:L1457-1461"),
    Indicator("requests.closed", "requests", ("closed",), "A:L1457-1461"),
    Indicator(
        "requests.on_time",
        "requests",
        ("on_time",),
        "A:L2231",
        denominator=("judged",),
        excluded=("unjudged",),
        unit=Unit.SHARE,
        good=Good.HIGHER,
    ),
    Indicator(
        "requests.stages_met",
        "deadlines",
        ("met",),
        "A:L2063-2073",
        denominator=("met", "breached"),
        excluded=("running",),
        unit=Unit.SHARE,
        good=Good.HIGHER,
        split="stage",
    ),
    Indicator(
        "requests.stages_breached",
        "deadlines",
        ("breached",),
        "A:L2063-2073",
        good=Good.LOWER,
        split="stage",
    ),
    Indicator(
        "requests.stage_client_time",
        "deadlines",
        ("client_seconds",),
        "A:L999-1011",
        denominator=("sided",),
        unit=Unit.SECONDS,
        good=Good.LOWER,
        split="stage",
    ),
    Indicator(
        "requests.stage_provider_time",
        "deadlines",
        ("provider_seconds",),
        "A:L1867-1899",
        denominator=("sided",),
        unit=Unit.SECONDS,
        good=Good.LOWER,
        split="stage",
    ),
    Indicator(
        "requests.client_time",
        "requests",
        ("client_seconds",),
        "A:L999-1011",
        denominator=("sided",),
        excluded=("unsided",),
        unit=Unit.SECONDS,
        good=Good.LOWER,
    ),
    Indicator(
        "requests.provider_time",
        "requests",
        ("provider_seconds",),
        "A:L1867-1899",
        denominator=("sided",),
        excluded=("unsided",),
        unit=Unit.SECONDS,
        good=Good.LOWER,
    ),
    Indicator(
        "requests.round_trips",
        "requests",
        ("round_trips",),
        "A:L2150",
        denominator=("sided",),
        excluded=("unsided",),
        unit=Unit.PER_CASE,
        good=Good.LOWER,
    ),
    Indicator(
        "requests.coverage",
        "training",
        ("signed",),
        "A:L2193-2203",
        denominator=("eligible",),
        excluded=("exempt",),
        unit=Unit.SHARE,
        good=Good.HIGHER,
    ),
    Indicator("training.opened", "training", ("opened",), "A:L2227"),
    Indicator("training.completed", "training", ("completed",), "A:L2231"),
    Indicator(
        "training.on_time",
        "training",
        ("completed_on_time",),
        "A:L2231",
        denominator=("completed",),
        unit=Unit.SHARE,
        good=Good.HIGHER,
    ),
    Indicator(
        "training.coverage",
        "training",
        ("signed",),
        "A:L2193-2203",
        denominator=("eligible",),
        excluded=("exempt",),
        unit=Unit.SHARE,
        good=Good.HIGHER,
    ),
    Indicator("training.cancelled", "training", ("cancelled",), "derived: A:L2227"),
)

INDICATORS: Final[Mapping[str, Indicator]] = {indicator.id: indicator for indicator in _ALL}


def report(name: str) -> tuple[Indicator, ...]:
    """The indicators of one report, in the order they are shown."""
    return tuple(indicator for indicator in _ALL if indicator.report == name)
