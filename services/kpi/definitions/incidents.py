"""Indicators of incidents in three tiers (B:L1425-1720)."""

from typing import Final

from services.kpi.definitions.model import Good, Indicator, Unit
from services.kpi.measures import steps

_FAMILY: Final = "incidents"
_PROMISES: Final = "incident_stages"


def _share(name: str, numerator: str, denominator: tuple[str, ...], source: str) -> Indicator:
    return Indicator(
        f"incidents.{name}",
        _FAMILY,
        (numerator,),
        source,
        denominator=denominator,
        unit=Unit.SHARE,
        good=Good.HIGHER,
    )


def _kept(group: str, source: str) -> Indicator:
    """How the promises of some stages are kept, by the day they are due."""
    met, breached, running = (f"{group}_{how}" for how in ("met", "breached", "running"))
    return Indicator(
        f"incidents.{group}_met",
        _PROMISES,
        (met,),
        source,
        denominator=(met, breached),
        excluded=(running, f"{group}_dropped"),
        unit=Unit.SHARE,
        good=Good.HIGHER,
    )


def _time(name: str, measure: str, source: str, *, over: str, family: str = _FAMILY) -> Indicator:
    return Indicator(
        f"incidents.{name}",
        family,
        (measure,),
        source,
        denominator=(over,),
        excluded=("unjudged",) if over == "sided" and family == _FAMILY else (),
        unit=Unit.SECONDS,
        good=Good.LOWER,
    )


def _of_stage(side: str) -> Indicator:
    name, measure = f"stage_{side}_time", f"{side}_seconds"
    return Indicator(
        f"incidents.{name}",
        _PROMISES,
        (measure,),
        "B:L1545-1569",
        denominator=("sided",),
        unit=Unit.SECONDS,
        good=Good.LOWER,
        split="stage",
    )


INCIDENTS: Final = (
    Indicator("incidents.total", _FAMILY, ("registered",), "B:L1530-1538"),
    Indicator("incidents.attended", _FAMILY, ("attended",), "B:L1466", split="tier"),
    Indicator("incidents.closed", _FAMILY, ("closed",), "B:L1530-1538"),
    Indicator(
        "incidents.resolved_by_tier",
        _FAMILY,
        ("solved",),
        "B:L1530-1538",
        denominator=("solved",),
        unit=Unit.SHARE,
        split="tier",
        of_total=True,
    ),
    _share("routed_correctly", "routed_correctly", ("routed",), "B:L1530-1538"),
    Indicator(
        "incidents.reassignments",
        _FAMILY,
        ("returns", "reroutes"),
        "B:L1530-1538",
        denominator=("closed",),
        unit=Unit.PER_CASE,
        good=Good.LOWER,
    ),
    Indicator(
        "incidents.within_deadlines",
        _FAMILY,
        ("within",),
        "B:L1432-1440",
        denominator=("judged",),
        excluded=("unjudged",),
        unit=Unit.SHARE,
        good=Good.HIGHER,
        split="tier",
    ),
    _kept("response", "B:L1545-1557"),
    _kept("solution", "B:L1559-1569"),
    Indicator(
        "incidents.stages_met",
        _PROMISES,
        ("met",),
        "B:L1432-1440",
        denominator=("met", "breached"),
        excluded=("running", "dropped"),
        unit=Unit.SHARE,
        good=Good.HIGHER,
        split="stage",
    ),
    Indicator(
        "incidents.stages_breached",
        _PROMISES,
        ("breached",),
        "B:L1432-1440",
        good=Good.LOWER,
        split="stage",
    ),
    Indicator("incidents.too_fast", _PROMISES, ("too_fast",), "B:L1495-1499", good=Good.LOWER),
    _time(
        "response_time",
        "response_provider_seconds",
        "B:L1545-1557",
        over="response_sided",
        family=_PROMISES,
    ),
    _time(
        "solution_time",
        "solution_provider_seconds",
        "B:L1559-1569",
        over="solution_sided",
        family=_PROMISES,
    ),
    _time(
        "solution_third_time",
        "solution_third_seconds",
        "B:L1697-1701",
        over="solution_sided",
        family=_PROMISES,
    ),
    *(_of_stage(side) for side in ("client", "provider", "third")),
    _time("elapsed", "elapsed_seconds", "B:L1642-1653", over="closed"),
    _time("contractual", "contractual_seconds", "B:L1697-1701", over="closed"),
    Indicator(
        "incidents.elapsed_p90",
        _FAMILY,
        steps("elapsed"),
        "derived: B:L1642-1653",
        unit=Unit.SECONDS,
        good=Good.LOWER,
        quantile=0.9,
    ),
    _time("client_time", "client_seconds", "B:L1697-1701", over="sided"),
    _time("provider_time", "provider_seconds", "B:L1697-1701", over="sided"),
    _time("third_time", "third_seconds", "B:L1697-1701", over="sided"),
    Indicator(
        "incidents.reopened",
        _FAMILY,
        ("reopened",),
        "derived: B:L1660",
        denominator=("closed", "reopened"),
        unit=Unit.SHARE,
        good=Good.LOWER,
    ),
    Indicator("incidents.dismissed", _FAMILY, ("dismissed",), "B:L1491"),
    Indicator("incidents.converted", _FAMILY, ("converted",), "B:L1703"),
    Indicator("incidents.coordinated_outside", _FAMILY, ("coordinated_outside",), "B:L1459"),
    Indicator(
        "incidents.by_origin",
        "incident_origins",
        ("reported",),
        "B:L1333",
        denominator=("reported",),
        unit=Unit.SHARE,
        split="origin",
        of_total=True,
    ),
    Indicator(
        "incidents.by_policy", "incident_policies", ("promised",), "derived: AMB-13", split="policy"
    ),
    Indicator("incidents.taken_by", "incident_people", ("taken",), "B:L1307", split="person"),
    Indicator("incidents.solved_by", "incident_people", ("solved",), "B:L1307", split="person"),
)
