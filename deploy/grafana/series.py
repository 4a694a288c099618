"""Queries that several boards share."""

from typing import Final

from deploy.grafana.pieces import OF_TENANT as T
from deploy.grafana.pieces import Line, both, cases

DESKS: Final = ("consultations", "dossiers", "claims")
"""Of the public's ways in those that promise an answer by a day."""
DESKS_BREACHED: Final = tuple(cases(f"{one}.on_time_of_due", "missed", one) for one in DESKS)
BREACHED: Final = (
    *(cases(f"{one}.stages_breached", "numerator", one) for one in ("requests", "incidents")),
    *DESKS_BREACHED,
)
"""The cases behind missed deadlines of every stage."""


def rise(series: str, *by: str) -> str:
    """By how much a count that is read from stored facts has risen in the period.

    A late event may correct it downwards: that is no increase, and no restart either. What is
    between the samples is estimated, and a count is whole.
    """
    labels = ", ".join(("tenant", *by))
    return f"round(clamp_min(max by ({labels}) (delta({series}[$period])), 0))"


def happened(metric: str) -> str:
    """How often a process counted something in the period, its very first time among them."""
    first = f"({metric} unless {metric} offset $period)"
    return f"sum(round({first} or increase({metric}[$period]))) or vector(0)"


def stages_rise(metric: str, more: str = "") -> str:
    """By how much a count of deadlines has risen in the period, by stage."""
    cut = f"{T}, {more}" if more else T
    return f"sum by (stage) ({rise(f'{metric}{{{cut}}}', 'stage')})"


def worded(query: str, *labels: str, before: str = "", after: str = "") -> Line:
    """A query by these labels, with the names of their codes as its legend.

    One name a code: while an update is under way there may be two wordings.
    """
    named = query
    for one in labels:
        names = f"topk by ({one}) (1, enlace_{one}_info)"
        named += f" * on ({one}) group_left ({one}_es, {one}_en) {names}"
    spanish, english = (
        ", ".join(f"{{{{{one}_{language}}}}}" for one in labels) for language in ("es", "en")
    )
    return named, f"{before}{both(spanish, english)}{after}"


def month(indicator: str) -> tuple[Line, ...]:
    """An indicator of the month so far, and its target."""
    series = f'{{{T}, indicator="{indicator}"}}'
    return (f"max by (tenant) (enlace_indicator_month{series})", "{{tenant}}"), aim(indicator)


def aim(indicator: str) -> Line:
    """What the account's policy wants an indicator to reach."""
    series = f'{{{T}, indicator="{indicator}"}}'
    return f"max by (tenant) (enlace_indicator_target{series})", "{{tenant}} meta · target"


def on_target(good: str, more: str = "") -> tuple[Line]:
    """By how much each indicator of the month is on the good side of its target."""
    cut = f'{T}, {more}, good="{good}"' if more else f'{T}, good="{good}"'
    value, target = (
        f"max by (tenant, indicator) (enlace_indicator_{one}{{{cut}}})"
        for one in ("month", "target")
    )
    better = f"{value} - {target}" if good == "higher" else f"{target} - {value}"
    return (worded(f"({better})", "indicator", before="{{tenant}} "),)
