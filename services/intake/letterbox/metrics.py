"""What Prometheus sees of incoming mail."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


class MailMetrics:
    """Messages by what became of them; outcomes are a closed set."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "enlace_mail_received",
            "Incoming messages by account and what became of them",
            ("tenant", "outcome"),
            registry=registry,
        )
        self._waiting = Gauge(
            "enlace_mail_waiting",
            "Incoming messages that are stored and not read yet, and dead ones, by account",
            ("tenant", "status"),
            registry=registry,
        )

    def count(self, tenant: str, outcome: str) -> None:
        self._messages.labels(tenant, outcome).inc()

    def show(self, tenants: Iterable[str], numbers: Mapping[tuple[str, str], int]) -> None:
        """How many wait, by account and status."""
        for tenant in tenants:
            for status in ("stored", "dead"):
                self._waiting.labels(tenant, status).set(numbers.get((tenant, status), 0))
