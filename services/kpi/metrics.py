"""What Prometheus sees of the figures: read from the stored buckets, never counted in a process.

So a restart, a second replica and a late event all show the same numbers. A task reads the standing
buckets every few seconds and posts them; a scrape shows what was read last.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import product
from typing import Final

from prometheus_client import Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from services.kpi.books import Books
from services.kpi.families import ALL, FAMILIES, Key
from services.kpi.policy import DESKS, HOLDERS, SIDES, STAGES, STATUSES, TIERS
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics

READ_EVERY: Final = 5.0
SERVICE: Final = "kpi"
PLANS: Final = ("signed", "exempt", "eligible")
SHOWN: Final = ("open", "stages", "plans", "incidents_all", "incidents_open", "desks_open")
CLOSED: Final = {
    "status": STATUSES,
    "holder": HOLDERS,
    "stage": STAGES,
    "tier": TIERS,
    "side": SIDES,
    "desk": DESKS,
}
"""The values of the families' dimensions; what is not among them is counted as another."""
Standing = Mapping[Key, Mapping[str, int]]


class KpiMetrics:
    """What this process did with events, as every service tells it."""

    def __init__(self, kernel: KernelMetrics) -> None:
        self._kernel = kernel

    def lag(self, lag: timedelta) -> None:
        """From occurrence to figure; what an import tells of the past is no lag."""
        self._kernel.observe_lag(SERVICE, lag.total_seconds())

    def handled(self, events: Iterable[tuple[str, str]]) -> None:
        """Count events by the kind of case and what became of them; both are closed sets."""
        for (stream, outcome), number in Tally(events).items():
            self._kernel.count_handled(SERVICE, stream, outcome, number)


class FigureCollector:
    """Posts the standing buckets of the tenants there are; labels from closed sets only."""

    def __init__(self, books: Books, tenants: Iterable[str], board: Board) -> None:
        self._books = books
        self._tenants = sorted(tenants)
        self._board = board
        # there at 0, so that what rises from nothing is seen to rise
        self._empty: Standing = {
            Key(tenant, family, ALL, values): {}
            for tenant, family in product(self._tenants, SHOWN)
            for values in product(*(CLOSED[one] for one in FAMILIES[family].dimensions))
        }
        self._shown: Standing = {}
        self._read_at = Gauge(
            "enlace_figures_read_timestamp_seconds",
            "When the figures shown here were last read from the database",
            registry=board,
        )

    async def watch(self) -> None:
        """Read for ever; what cannot be read keeps its last value and is told by its age."""
        while True:
            await self.read()
            await asyncio.sleep(READ_EVERY)

    async def read(self) -> None:
        """Read the standing buckets, about a hundred a tenant at most.

        Raises:
            PyMongoError: the database did not answer; the last figures stay.
        """
        found = self._books.buckets.find({"tenant": {"$in": self._tenants}, "period": ALL})
        read = {Key.parse(entry["_id"]): entry["counts"] async for entry in found}
        standing = {**self._empty, **read}
        self._read_at.set_to_current_time()
        if standing == self._shown:
            return
        parts = (self._open, self._desks, self._deadlines, self._plans, self._incidents)
        await self._board.post("figures", [one for part in parts for one in part(standing)])
        self._shown = standing

    def _open(self, standing: Standing) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "enlace_requests_open",
            "Requests that are not closed, by where they stand and who holds them",
            labels=("tenant", "stage", "holder"),
        )
        for key, counts in standing.items():
            if key.family == "open":
                family.add_metric((key.tenant, *key.values), counts.get("open", 0))
        yield family

    def _desks(self, standing: Standing) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "enlace_desk_open",
            "Consultations, files, suggestions and claims without an answer, by whose turn it is",
            labels=("tenant", "desk", "side"),
        )
        for key, counts in standing.items():
            if key.family == "desks_open":
                family.add_metric((key.tenant, *key.values), counts.get("open", 0))
        yield family

    def _deadlines(self, standing: Standing) -> Iterable[Metric]:
        labels = ("tenant", "stage")
        met = CounterMetricFamily("enlace_deadlines_met", "Deadlines kept", labels=labels)
        breached = CounterMetricFamily(
            "enlace_deadlines_breached", "Deadlines not kept", labels=labels
        )
        running = GaugeMetricFamily(
            "enlace_deadlines_running", "Deadlines not yet decided", labels=labels
        )
        for key, counts in standing.items():
            if key.family != "stages":
                continue
            at = (key.tenant, *key.values)
            met.add_metric(at, counts.get("met", 0))
            breached.add_metric(at, counts.get("breached", 0))
            running.add_metric(at, counts.get("running", 0))
        return met, breached, running

    def _plans(self, standing: Standing) -> Iterable[Metric]:
        labels = ("tenant", "plans")
        people = GaugeMetricFamily(
            "enlace_training_people",
            "People of the training plans, running or of all time, by what they did",
            labels=(*labels, "outcome"),
        )
        ratio = GaugeMetricFamily(
            "enlace_training_coverage_ratio", "Signed over eligible, 0 to 1", labels=labels
        )
        running = GaugeMetricFamily(
            "enlace_training_plans_running", "Plans not completed", labels=("tenant",)
        )
        for key, counts in standing.items():
            if key.family != "plans":
                continue
            running.add_metric((key.tenant,), counts.get("running", 0))
            for plans, prefix in (("all", ""), ("running", "running_")):
                amounts = {name: counts.get(f"{prefix}{name}", 0) for name in PLANS}
                for name, amount in amounts.items():
                    people.add_metric((key.tenant, plans, name), amount)
                if amounts["eligible"]:
                    share = amounts["signed"] / amounts["eligible"]
                    ratio.add_metric((key.tenant, plans), share)
        return people, ratio, running

    def _incidents(self, standing: Standing) -> Iterable[Metric]:
        """Incidents by tier; what a reopening takes back goes down, so none of it is a counter."""
        named = {
            "registered": "Incidents registered, of all time",
            "solved": "Incidents solved, of all time, by the tier that solved them",
            "closed": "Incidents closed, of all time, by the tier that solved them",
            "within": "Incidents closed with every deadline kept, of all time",
            "routed": "Incidents closed or dismissed that were routed, of all time",
            "routed_correctly": "Incidents closed that never came back nor went sideways",
            "reopened": "Reopenings, of all time",
        }
        labels = ("tenant", "tier")
        families = {
            name: GaugeMetricFamily(f"enlace_incidents_{name}", text, labels=labels)
            for name, text in named.items()
        }
        opened = GaugeMetricFamily(
            "enlace_incidents_open",
            "Incidents that are not closed, by the tier that has them and whose turn it is",
            labels=(*labels, "side"),
        )
        for key, counts in standing.items():
            at = (key.tenant, *key.values)
            if key.family == "incidents_open":
                opened.add_metric(at, counts.get("open", 0))
            if key.family == "incidents_all":
                for name, family in families.items():
                    family.add_metric(at, counts.get(name, 0))
        return opened, *families.values()
