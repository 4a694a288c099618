"""What answers of a kind take at present: average and p90 of those closed last (B:L1642)."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from services.incidents.domain import Incident
from services.incidents.policy import EstimateRow
from shared.contracts.stages import Estimate
from shared.store import Cases
from shared.store.group import transient_when_away

PERCENTILE = 0.9


async def estimate(
    incidents: Cases[Incident], tenant: str, area: str, kind: str, rule: EstimateRow
) -> Estimate | None:
    """The narrowest scope with enough closed incidents; None when there is none yet.

    Raises:
        Transient: the database did not answer.
    """
    for scope, where in _scopes(area, kind):
        times = await _times(incidents, {"tenant": tenant, **where}, rule)
        if len(times) >= rule.minimum:
            return made(scope, times)
    return None


def made(scope: str, times: list[int]) -> Estimate:
    """Average and p90 by nearest rank: nine of ten were answered in that time."""
    ordered = sorted(times)
    return Estimate(
        scope=scope,
        sample=len(ordered),
        average_seconds=round(sum(ordered) / len(ordered)),
        p90_seconds=ordered[ceil(PERCENTILE * len(ordered)) - 1],
    )


def _scopes(area: str, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "type", {"state.open": False, "state.area": area, "state.kind": kind}
    yield "area", {"state.open": False, "state.area": area}
    # only what is closed has a time, and its index begins with when that was
    yield "account", {}


async def _times(
    incidents: Cases[Incident], where: Mapping[str, Any], rule: EstimateRow
) -> list[int]:
    answered = {**where, "state.elapsed_seconds": {"$type": "number"}}
    cursor = incidents.collection.find(answered, {"state.elapsed_seconds": 1, "_id": 0})
    with transient_when_away():
        newest = cursor.sort("state.closed_at", -1).limit(rule.sample)
        return [found["state"]["elapsed_seconds"] async for found in newest]
