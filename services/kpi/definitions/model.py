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
    within. One that is `same_as` another stands in a second report, with the other's target. A
    change of meaning is a new `version`.
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
    same_as: str = ""
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


def count(
    name: str, family: str, measure: str, source: str, *, split: str = "", good: Good = Good.NEITHER
) -> Indicator:
    """How many."""
    return Indicator(name, family, (measure,), source, split=split, good=good)


def by_policy(report: str, family: str) -> Indicator:
    """Promises by the version of the policy that gave them."""
    name, source = f"{report}.by_policy", "derived: AMB-13"
    return count(name, family, "promised", source, split="policy")


def share(
    name: str,
    family: str,
    part: str,
    whole: tuple[str, ...],
    source: str,
    *,
    excluded: tuple[str, ...] = (),
    split: str = "",
    good: Good = Good.HIGHER,
) -> Indicator:
    """How many of how many."""
    return Indicator(
        name,
        family,
        (part,),
        source,
        denominator=whole,
        excluded=excluded,
        unit=Unit.SHARE,
        good=good,
        split=split,
    )


def parted(name: str, family: str, measure: str, source: str, split: str) -> Indicator:
    """Each value's part of the whole; none is better than another."""
    return Indicator(
        name,
        family,
        (measure,),
        source,
        denominator=(measure,),
        unit=Unit.SHARE,
        split=split,
        of_total=True,
    )


def average(
    name: str,
    family: str,
    sums: tuple[str, ...],
    over: str,
    source: str,
    *,
    excluded: tuple[str, ...] = (),
    split: str = "",
    unit: Unit = Unit.SECONDS,
) -> Indicator:
    """So much a case, the less the better."""
    return Indicator(
        name,
        family,
        sums,
        source,
        denominator=(over,),
        excluded=excluded,
        unit=unit,
        good=Good.LOWER,
        split=split,
    )
