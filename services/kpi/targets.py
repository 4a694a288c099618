"""Indicators that an account has a target for, of the month so far, beside the target.

Read from the stored buckets like every other figure, so an alert says what the report will.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from services.kpi.answers import share
from services.kpi.definitions import INDICATORS
from services.kpi.policy import Counting
from services.kpi.views import Cut, Figures, Period
from shared.service import Workshop

READ_EVERY: Final = 15.0
LABELS: Final = ("tenant", "indicator", "good")


@dataclass(frozen=True, slots=True)
class Aimed:
    """One indicator of one account against what was promised; no value without any case."""

    labels: tuple[str, str, str]
    value: float | None
    target: float


class TargetCollector:
    """Posts indicators that have a target in the account's policy, which closes the label sets."""

    def __init__(self, figures: Figures, workshop: Workshop) -> None:
        self._figures = figures
        self._workshop = workshop

    async def watch(self) -> None:
        """Read for ever."""
        while True:
            await self.read()
            await asyncio.sleep(READ_EVERY)

    async def read(self) -> None:
        """Read the month so far of each account, in its own time zone.

        Raises:
            PyMongoError: the database did not answer; the last figures stay.
        """
        aimed: list[Aimed] = []
        for tenant in sorted(self._workshop.tenants):
            counting: Counting = self._workshop.policy(tenant)
            aimed += await self._of(counting)
        await self._workshop.registry.post("targets", _families(aimed))

    async def _of(self, counting: Counting) -> list[Aimed]:
        wanted = [INDICATORS[name] for name in sorted(counting.targets)]
        if not wanted:
            return []
        today = self._workshop.now().astimezone(counting.zone).date()
        period = Period.of(today.replace(day=1), today)
        sums = await self._figures.sums(wanted, period, Cut.of(counting, {}), None)
        return [
            Aimed(
                (counting.tenant, one.id, one.good.value),
                share(one, sums[one.id][""]).value,
                counting.targets[one.id].value,
            )
            for one in wanted
        ]


def _families(aimed: Iterable[Aimed]) -> Sequence[Metric]:
    month = GaugeMetricFamily(
        "enlace_indicator_month", "An indicator, of the month so far", labels=LABELS
    )
    target = GaugeMetricFamily(
        "enlace_indicator_target", "What the account was promised of it", labels=LABELS
    )
    for one in aimed:
        target.add_metric(one.labels, one.target)
        if one.value is not None:
            month.add_metric(one.labels, one.value)
    return month, target
