"""Indicators of incidents in three tiers (B:L1425-1720)."""

from dataclasses import replace
from typing import Final

from services.kpi.definitions.model import (
    Good,
    Indicator,
    Unit,
    average,
    by_policy,
    count,
    parted,
    share,
)
from services.kpi.measures import steps

_IN: Final = "incidents"
_PROMISES: Final = "incident_stages"
_PEOPLE: Final = "incident_people"
_TIMES: Final = "B:L1642-1653"
_SIDES: Final = "B:L1697-1701"


def _kept(group: str, source: str) -> Indicator:
    """How the promises of some stages are kept, by the day they are due."""
    met, breached, running = (f"{group}_{how}" for how in ("met", "breached", "running"))
    return share(
        f"incidents.{group}_met",
        _PROMISES,
        met,
        (met, breached),
        source,
        excluded=(running, f"{group}_dropped"),
    )


def _of_stage(side: str) -> Indicator:
    return average(
        f"incidents.stage_{side}_time",
        _PROMISES,
        (f"{side}_seconds",),
        "sided",
        "B:L1545-1569",
        split="stage",
    )


def _of_group(name: str, group: str, side: str, source: str) -> Indicator:
    sums, over = (f"{group}_{side}_seconds",), f"{group}_sided"
    return average(f"incidents.{name}", _PROMISES, sums, over, source)


def _of_side(side: str) -> Indicator:
    sums, excluded = (f"{side}_seconds",), ("unjudged",)
    return average(f"incidents.{side}_time", _IN, sums, "sided", _SIDES, excluded=excluded)


INCIDENTS: Final = (
    count("incidents.total", _IN, "registered", "B:L1530-1538"),
    count("incidents.attended", _IN, "attended", "B:L1466", split="tier"),
    count("incidents.closed", _IN, "closed", "B:L1530-1538"),
    parted("incidents.resolved_by_tier", _IN, "solved", "B:L1530-1538", "tier"),
    replace(
        share("incidents.routed_correctly", _IN, "routed_correctly", ("routed",), "B:L1530-1538"),
        version=2,
    ),
    average(
        "incidents.reassignments",
        _IN,
        ("returns", "reroutes"),
        "closed",
        "B:L1530-1538",
        unit=Unit.PER_CASE,
    ),
    share(
        "incidents.within_deadlines",
        _IN,
        "within",
        ("judged",),
        "B:L1432-1440",
        excluded=("unjudged",),
        split="tier",
    ),
    _kept("response", "B:L1545-1557"),
    _kept("solution", "B:L1559-1569"),
    share(
        "incidents.stages_met",
        _PROMISES,
        "met",
        ("met", "breached"),
        "B:L1432-1440",
        excluded=("running", "dropped"),
        split="stage",
    ),
    count(
        "incidents.stages_breached",
        _PROMISES,
        "breached",
        "B:L1432-1440",
        good=Good.LOWER,
        split="stage",
    ),
    count("incidents.too_fast", _PROMISES, "too_fast", "B:L1495-1499", good=Good.LOWER),
    _of_group("response_time", "response", "provider", "B:L1545-1557"),
    _of_group("solution_time", "solution", "provider", "B:L1559-1569"),
    _of_group("solution_third_time", "solution", "third", _SIDES),
    *(_of_stage(side) for side in ("client", "provider", "third")),
    average("incidents.elapsed", _IN, ("elapsed_seconds",), "closed", _TIMES),
    average("incidents.contractual", _IN, ("contractual_seconds",), "closed", _SIDES),
    Indicator(
        "incidents.elapsed_p90",
        _IN,
        steps("elapsed"),
        f"derived: {_TIMES}",
        unit=Unit.SECONDS,
        good=Good.LOWER,
        quantile=0.9,
    ),
    *(_of_side(side) for side in ("client", "provider", "third")),
    share(
        "incidents.reopened",
        _IN,
        "reopened",
        ("closed", "reopened"),
        "derived: B:L1660",
        good=Good.LOWER,
    ),
    count("incidents.dismissed", _IN, "dismissed", "B:L1491"),
    count("incidents.converted", _IN, "converted", "B:L1703"),
    count("incidents.coordinated_outside", _IN, "coordinated_outside", "B:L1459"),
    parted("incidents.by_origin", "incident_origins", "reported", "B:L1333", "origin"),
    count("incidents.by_region", "incident_regions", "reported", "B:L1530-1538", split="region"),
    by_policy("incidents", "incident_policies"),
    count("incidents.taken_by", _PEOPLE, "taken", "B:L1307", split="person"),
    replace(count("incidents.solved_by", _PEOPLE, "solved", "B:L1307", split="person"), version=2),
)
