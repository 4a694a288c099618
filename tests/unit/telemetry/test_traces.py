"""The thread goes through: parsed strictly, kept without a tracer, stepped with one."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.settings import Settings
from shared.telemetry import WorkContext, make_tracing, new_traceparent, parse_traceparent
from shared.telemetry.tracing import server_span

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "text",
    [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f"cc-{TRACE}-{SPAN}-01-what-comes-next"],
)
def test_a_good_parent_is_read(text: str) -> None:
    parent = parse_traceparent(text)

    assert parent is not None
    assert (parent.trace_id, parent.parent_id) == (TRACE, SPAN)
    assert str(parent) == f"00-{TRACE}-{SPAN}-{text[53:55]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
    ],
)
def test_a_bad_parent_is_ignored(text: str) -> None:
    assert parse_traceparent(text) is None


def test_a_new_parent_is_well_formed_and_new() -> None:
    first, second = new_traceparent(), new_traceparent()

    assert first != second
    assert parse_traceparent(first) is not None


def test_without_an_endpoint_there_is_no_tracer() -> None:
    assert make_tracing(Settings(otlp_endpoint=None)) is None


@pytest.mark.parametrize("sampled", [True, False])
def test_a_span_continues_the_callers_trace(*, sampled: bool) -> None:
    exporter = InMemorySpanExporter()
    tracer = make_tracing(Settings(), processor=SimpleSpanProcessor(exporter))
    assert tracer is not None
    context = WorkContext("c-1", f"00-{TRACE}-{SPAN}-{'01' if sampled else '00'}")
    with server_span(tracer, "receive_request", context):
        inside = parse_traceparent(context.traceparent)
    (span,) = exporter.get_finished_spans()

    assert inside is not None
    assert inside.sampled
    assert span.name == "receive_request"
    assert span.attributes == {"enlace.correlation_id": "c-1"}
    assert inside.parent_id == format(span.context.span_id, "016x")
    assert inside.trace_id == TRACE
    assert span.parent is not None
