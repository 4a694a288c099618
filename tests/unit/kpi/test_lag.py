"""How late events are counted, as every service tells it."""

from datetime import timedelta

from prometheus_client import CollectorRegistry

from services.kpi.metrics import KpiMetrics
from shared.telemetry.kernel import LAG_HORIZON_SECONDS, KernelMetrics


def test_lag_is_told_as_every_service_tells_it_and_the_past_is_none() -> None:
    registry = CollectorRegistry()
    metrics = KpiMetrics(KernelMetrics(registry))
    for seconds in (2.0, -1.0, LAG_HORIZON_SECONDS, LAG_HORIZON_SECONDS + 1, 400 * 86_400.0):
        metrics.lag(timedelta(seconds=seconds))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert value("enlace_event_lag_seconds_count", service="kpi") == 3
    assert value("enlace_event_lag_seconds_sum", service="kpi") == 2.0 + LAG_HORIZON_SECONDS


def test_events_are_counted_by_kind_and_outcome() -> None:
    registry = CollectorRegistry()
    metrics = KpiMetrics(KernelMetrics(registry))
    metrics.handled([("intake.request", "handled")] * 3 + [("training.plan", "repeated")])
    labels = {"service": "kpi", "type": "intake.request", "outcome": "handled"}
    assert registry.get_sample_value("enlace_messages_handled_total", labels) == 3
    labels = {"service": "kpi", "type": "training.plan", "outcome": "repeated"}
    assert registry.get_sample_value("enlace_messages_handled_total", labels) == 1
