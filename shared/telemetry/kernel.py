"""What the kernel itself measures; labels come from closed sets (service, stream, outcome)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

LAG_HORIZON_SECONDS = 86_400.0
"""What happened longer ago was told late on purpose (an import), and is no lag of the system."""


class KernelMetrics:
    """One set a process, on the registry that `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter(
            "enlace_events_published",
            "Events the relay gave to the broker, by what became of them",
            ("service", "outcome"),
            registry=registry,
        )
        self.handled = Counter(
            "enlace_messages_handled",
            "Messages taken from a service's queue, by what became of them",
            ("service", "type", "outcome"),
            registry=registry,
        )
        self._handled: dict[tuple[str, str, str], Counter] = {}
        self.batch_seconds = Histogram(
            "enlace_message_batch_seconds",
            "Time to handle one batch of messages",
            ("service",),
            buckets=SECONDS,
            registry=registry,
        )
        self.event_lag = Histogram(
            "enlace_event_lag_seconds",
            "From an event's occurrence to its effect in the service that hears it",
            ("service",),
            buckets=SECONDS,
            registry=registry,
        )
        self.buried = Counter(
            "enlace_dead_letters",
            "Messages sent to a service's dead-letter queue, by reason",
            ("service", "reason"),
            registry=registry,
        )
        self.letters = Counter(
            "enlace_letters",
            "Tries to send a letter by mail, by how they ended: sent, later, failed",
            ("service", "outcome"),
            registry=registry,
        )
        self.outbox_age = Gauge(
            "enlace_outbox_oldest_seconds",
            "Age of the oldest event the broker has not confirmed",
            ("service",),
            registry=registry,
        )
        self.timer_lateness = Histogram(
            "enlace_timer_lateness_seconds",
            "From a deadline's promised instant to its firing",
            ("service",),
            buckets=SECONDS,
            registry=registry,
        )
        self.unfired = Counter(
            "enlace_deadlines_not_fired",
            "Tries to fire a deadline that its case did not bear: rejected, bug",
            ("service", "reason"),
            registry=registry,
        )
        self.timer_overdue = Gauge(
            "enlace_timer_overdue_seconds",
            "How long the timer that waits longest has been due; 0 when none waits",
            ("service",),
            registry=registry,
        )
        self.warnings = Counter(
            "enlace_warnings",
            "Warnings that a promise runs out, by the kind of case that gave them",
            ("tenant", "type"),
            registry=registry,
        )
        self.gaps = Gauge(
            "enlace_streams_waiting",
            "Cases of other services whose next event is missing while later ones have come",
            ("service",),
            registry=registry,
        )
        self.ready = Gauge(
            "enlace_service_ready",
            "1 when a part of the service (broker, database, consumer, outbox) is as it should be",
            ("service", "part"),
            registry=registry,
        )
        self.imminent = Gauge(
            "enlace_deadlines_imminent",
            "Cases with a promise due within the next working hour",
            ("tenant", "service"),
            registry=registry,
        )
        self.tightest = Gauge(
            "enlace_deadline_tightest_seconds",
            "Working seconds left of the account's next promise; absent when it has none",
            ("tenant", "service"),
            registry=registry,
        )

    def observe_lag(self, service: str, seconds: float) -> None:
        """From an event's occurrence to its effect; beyond the horizon it says nothing."""
        if seconds <= LAG_HORIZON_SECONDS:
            self.event_lag.labels(service=service).observe(max(0.0, seconds))

    def count_handled(self, service: str, stream: str, outcome: str, number: int = 1) -> None:
        """Messages taken from a queue, by the kind of case they are of and what became of them."""
        key = service, stream, outcome
        counter = self._handled.get(key)
        if counter is None:
            counter = self._handled[key] = self.handled.labels(*key)
        counter.inc(number)
