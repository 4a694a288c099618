"""OpenTelemetry spans, when an endpoint is configured; nothing at all when it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    set_span_in_context,
    use_span,
)

from shared.contracts import Envelope
from shared.settings import Settings
from shared.telemetry.context import WorkContext
from shared.telemetry.trace_context import TraceParent, parse_traceparent

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor


def make_tracing(settings: Settings, *, processor: "SpanProcessor | None" = None) -> Tracer | None:
    """The tracer whose spans go to the OTLP/HTTP endpoint of `settings`; None without one.

    What has not been sent yet is sent when the process ends. `processor` takes the spans instead.
    """
    endpoint = settings.otlp_endpoint
    if endpoint is None and processor is None:
        return None
    # the SDK costs 20 MiB and 0.2 s, which a process without an endpoint need not pay
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "enlace"}))
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    return provider.get_tracer("enlace")


@contextmanager
def server_span(tracer: Tracer, name: str, context: WorkContext) -> Iterator[None]:
    """A span for work that came from outside; `context` then carries it to what follows."""
    with tracer.start_as_current_span(
        name, context=_remote(context.traceparent), kind=SpanKind.SERVER
    ) as span:
        span.set_attribute("enlace.correlation_id", context.correlation_id)
        context.traceparent = traceparent_of(span)
        yield


@contextmanager
def consumer_span(tracer: Tracer, service: str, event: Envelope) -> Iterator[Span]:
    """A span for the handling of an event, in the trace that the event belongs to."""
    with use_span(start_consumer_span(tracer, service, event), end_on_exit=True) as span:
        yield span


def start_consumer_span(tracer: Tracer, service: str, event: Envelope) -> Span:
    """The same for whoever handles many events at once; to be ended."""
    return tracer.start_span(
        f"{service} hears {event.type}",
        context=_remote(event.traceparent),
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "process",
            "messaging.message.id": event.id,
            "enlace.service": service,
            "enlace.case": event.subject,
            "enlace.sequence": event.sequence,
            "enlace.correlation_id": event.correlationid,
        },
    )


def traceparent_of(span: Span) -> str:
    """What work that `span` causes carries on."""
    own = span.get_span_context()
    return str(
        TraceParent(
            format(own.trace_id, "032x"), format(own.span_id, "016x"), own.trace_flags.sampled
        )
    )


def _remote(traceparent: str) -> Context | None:
    parent = parse_traceparent(traceparent)
    if parent is None:
        return None
    remote = SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.parent_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(remote))
