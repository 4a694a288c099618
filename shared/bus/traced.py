"""Spans around a sink that handles whole batches: each event's own trace sees its handling."""

from collections.abc import Sequence
from typing import Protocol

from opentelemetry.trace import Tracer

from shared.bus.delivery import Delivery, Verdict
from shared.bus.sink import Bury
from shared.telemetry.tracing import start_consumer_span


class _Sink(Protocol):
    async def process(self, batch: Sequence[Delivery], bury: Bury) -> list[Verdict]: ...


class TracedSink:
    """`sink` with a span for each event, as long as its batch took."""

    def __init__(self, sink: _Sink, service: str, tracer: Tracer) -> None:
        self._sink = sink
        self._service = service
        self._tracer = tracer

    async def process(self, batch: Sequence[Delivery], bury: Bury) -> list[Verdict]:
        spans = [start_consumer_span(self._tracer, self._service, d.event) for d in batch]
        try:
            verdicts = await self._sink.process(batch, bury)
            for span, verdict in zip(spans, verdicts, strict=True):
                span.set_attribute("enlace.verdict", verdict.value)
        finally:
            for span in spans:
                span.end()
        return verdicts
