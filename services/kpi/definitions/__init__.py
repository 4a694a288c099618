"""The indicators, each defined once: a new one is a row and its words.

Names, formulas and reasons are in `locale/*/kpi.po` under `indicator.<id>.name` and `.formula`.
Measures are declared in `services.kpi.things`, those of requests counted in `services.kpi.counts`.
"""

from typing import Final

from services.kpi.definitions.incidents import INCIDENTS
from services.kpi.definitions.model import Good, Indicator, Unit
from services.kpi.definitions.public import PUBLIC
from services.kpi.definitions.requests import REQUESTS

__all__ = ["INDICATORS", "Good", "Indicator", "Unit", "report", "reports", "told_outside"]

INDICATORS: Final[dict[str, Indicator]] = {one.id: one for one in (*REQUESTS, *INCIDENTS, *PUBLIC)}


def report(name: str) -> tuple[Indicator, ...]:
    """The indicators of one report, in the order they are shown."""
    return tuple(indicator for indicator in INDICATORS.values() if indicator.report == name)


def reports() -> tuple[str, ...]:
    """The reports that there are."""
    return tuple(dict.fromkeys(indicator.report for indicator in INDICATORS.values()))


def told_outside() -> tuple[Indicator, ...]:
    """Every indicator that a client may be told."""
    return tuple(indicator for indicator in INDICATORS.values() if not indicator.is_internal)
