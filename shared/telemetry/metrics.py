"""Prometheus metrics with a fixed prefix and closed label sets, on a registry that is passed on.

A label takes its values from an enum or a tuple known at start (tenant, stage, tier, line); an id
as label is refused where it is used, before it becomes a million time series.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX: Final = "enlace_"
Closed = type[Enum] | Iterable[str]
M = TypeVar("M", Counter, Gauge, Histogram)


class OpenLabel(ValueError):
    """A label got a value that is not in its set."""


class Labelled(Generic[M]):
    """A metric whose children are found by label values, checked once per combination."""

    def __init__(self, metric: M, labels: Mapping[str, frozenset[str]]) -> None:
        self._metric: M = metric
        self._labels = labels
        self._children: dict[tuple[str, ...], M] = {}

    def of(self, *values: str) -> M:
        """The time series of these label values, in the order of the labels."""
        child = self._children.get(values)
        if child is None:
            self._check(values)
            child = self._children[values] = self._metric.labels(*values)
        return child

    def _check(self, values: Sequence[str]) -> None:
        for (name, allowed), value in zip(self._labels.items(), values, strict=True):
            if value not in allowed:
                raise OpenLabel(f"label {name} has no value {value!r}")


class Metrics:
    """Makes the metrics of one part on `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

    def counter(self, name: str, meaning: str, **labels: Closed) -> Labelled[Counter]:
        """Only grows; the exposition adds ``_total``."""
        metric = Counter(_named(name), meaning, tuple(labels), registry=self.registry)
        return Labelled(metric, _closed(labels))

    def gauge(self, name: str, meaning: str, **labels: Closed) -> Labelled[Gauge]:
        metric = Gauge(_named(name), meaning, tuple(labels), registry=self.registry)
        return Labelled(metric, _closed(labels))

    def histogram(
        self, name: str, meaning: str, *, buckets: Sequence[float], **labels: Closed
    ) -> Labelled[Histogram]:
        metric = Histogram(
            _named(name), meaning, tuple(labels), registry=self.registry, buckets=buckets
        )
        return Labelled(metric, _closed(labels))


def _named(name: str) -> str:
    if not name.startswith(PREFIX):
        raise ValueError(f"metric {name!r} must start with {PREFIX}")
    return name


def _closed(labels: Mapping[str, Closed]) -> dict[str, frozenset[str]]:
    if not labels:
        raise ValueError("a metric without labels needs no helper: use prometheus_client")
    return {name: _values(values) for name, values in labels.items()}


def _values(values: Closed) -> frozenset[str]:
    if isinstance(values, type):
        return frozenset(str(member.value) for member in values)
    return frozenset(values)
