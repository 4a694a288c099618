"""Metrics keep their prefix and their label sets."""

from enum import StrEnum

import pytest
from prometheus_client import CollectorRegistry

from shared.telemetry import Metrics, OpenLabel


class Tier(StrEnum):
    FIRST = "1"
    SECOND = "2"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def test_a_counter_counts_by_its_labels(metrics: Metrics) -> None:
    resolved = metrics.counter("enlace_incidents_resolved", "x", tenant=("acme",), tier=Tier)
    resolved.of("acme", Tier.FIRST).inc()
    resolved.of("acme", "1").inc()
    labels = {"tenant": "acme", "tier": "1"}

    assert metrics.registry.get_sample_value("enlace_incidents_resolved_total", labels) == 2


def test_a_gauge_and_a_histogram_too(metrics: Metrics) -> None:
    metrics.gauge("enlace_cases_open", "x", tier=Tier).of("2").set(7)
    metrics.histogram("enlace_lag_seconds", "x", buckets=(1, 5), tier=Tier).of("1").observe(3)
    value = metrics.registry.get_sample_value

    assert value("enlace_cases_open", {"tier": "2"}) == 7
    assert value("enlace_lag_seconds_bucket", {"tier": "1", "le": "5.0"}) == 1


@pytest.mark.parametrize("values", [("other", "1"), ("acme", "3"), ("acme", "INC-2026-000123")])
def test_an_unheard_of_label_is_refused(metrics: Metrics, values: tuple[str, str]) -> None:
    counter = metrics.counter("enlace_x", "x", tenant=("acme",), tier=Tier)

    with pytest.raises(OpenLabel):
        counter.of(*values)


def test_a_missing_label_is_refused(metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="zip"):
        metrics.counter("enlace_x", "x", tenant=("acme",), tier=Tier).of("acme")


def test_the_prefix_is_not_optional(metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="must start with enlace_"):
        metrics.counter("incidents", "x", tier=Tier)
    with pytest.raises(ValueError, match="without labels"):
        metrics.gauge("enlace_x", "x")
