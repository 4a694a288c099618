"""What an indicator is."""

from dataclasses import dataclass
from enum import StrEnum

from services.kpi.families import FAMILIES


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

    A numerator or denominator names measures of the family, added up. `excluded` are measures of
    cases that the denominator leaves out, told beside the figure. `split` is a dimension by which
    it is also shown, each part as a share of the whole if `of_total`. With a `quantile` the
    numerator is a scaled measure's steps, and the value the shortest bound that so many cases are
    within. A change of meaning is a new `version`.
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
    of_total: bool = False
    quantile: float | None = None
    version: int = 1

    @property
    def name(self) -> str:
        """Without its report: `on_time` of `requests.on_time`."""
        return self.id.partition(".")[2]

    @property
    def report(self) -> str:
        return self.id.partition(".")[0]

    @property
    def is_internal(self) -> bool:
        """About persons: for those who lead them, never in a report that leaves the house."""
        return "person" in FAMILIES[self.family].dimensions

    @property
    def measures(self) -> frozenset[str]:
        return frozenset(self.numerator) | frozenset(self.denominator) | frozenset(self.excluded)
