"""Rate, errors and duration of requests by route template, as cheap as adding to three numbers."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

UNMATCHED: Final = "unmatched"
_BOUNDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS: Final = ("method", "route")


@dataclass(slots=True)
class RouteMeasure:
    """What is counted of one route; `observe` is called once per request."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    statuses: dict[int, int] = field(default_factory=dict)

    def observe(self, status: int, seconds: float) -> None:
        self.seconds += seconds
        self.buckets[bisect_left(_BOUNDS, seconds)] += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1


class RequestMeasures(Collector):
    """Collected when Prometheus asks; routes come from the application, so labels are closed."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._routes: dict[tuple[str, str], RouteMeasure] = {}

    def route(self, method: str, template: str) -> RouteMeasure:
        measure = self._routes.get((method, template))
        if measure is None:
            measure = self._routes[method, template] = RouteMeasure()
        return measure

    def collect(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "enlace_http_requests", "Requests answered", labels=(*_LABELS, "status")
        )
        durations = HistogramMetricFamily(
            "enlace_http_request_duration_seconds", "Time to answer", labels=_LABELS
        )
        for labels, measure in sorted(self._routes.items()):
            for status, count in sorted(measure.statuses.items()):
                requests.add_metric((*labels, str(status)), count)
            durations.add_metric(labels, _cumulative(measure.buckets), measure.seconds)
        yield requests
        yield durations
        yield GaugeMetricFamily(
            "enlace_http_requests_in_flight", "Requests being answered", value=self.in_flight
        )

    def describe(self) -> Iterable[Metric]:
        return ()


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    total, rows = 0, []
    for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
        total += count
        rows.append((bound, float(total)))
    return rows
