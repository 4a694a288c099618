"""One trace covers a request over HTTP and all that it causes in other services."""

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from services.intake.service import SERVICE as INTAKE
from services.kpi.service import SERVICE as KPI
from services.validation.service import SERVICE as VALIDATION
from shared.security import Role
from shared.settings import LogLevel, Settings
from shared.telemetry import configure_logging, make_tracing
from tests.support import logs
from tests.support.eventually import eventually
from tests.support.house import House, heard, running

pytestmark = pytest.mark.integration
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SERVICES = [INTAKE, VALIDATION, KPI]
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d"}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def house(
    settings: Settings, tmp_path: Path, exporter: InMemorySpanExporter
) -> AsyncIterator[House]:
    tracer = make_tracing(Settings(), processor=SimpleSpanProcessor(exporter))
    async with running(SERVICES, settings, tmp_path, tracer) as house:
        yield house


def by_name(spans: tuple[ReadableSpan, ...]) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans}


def own_id(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def parent_id(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


async def test_one_trace_covers_the_request_and_what_follows_from_it(
    house: House, settings: Settings, exporter: InMemorySpanExporter
) -> None:
    client = house.as_(Role.LIAISON, traceparent=f"00-{TRACE}-{PARENT}-01")
    answer = await client.post("/requests", json=ASKED)
    assert answer.status_code == 201

    async def spans() -> dict[str, ReadableSpan]:
        return by_name(exporter.get_finished_spans())

    wanted = {
        "receive_request",
        "validation hears intake.request.received.v1",
        "kpi hears intake.request.received.v1",
        "intake hears validation.evaluation.opened.v1",
        "kpi hears validation.evaluation.opened.v1",
        "kpi hears intake.request.progressed.v1",
    }
    seen = await eventually(spans, lambda spans: wanted <= set(spans))

    request = seen["receive_request"]
    assert (request.kind, parent_id(request)) == (SpanKind.SERVER, int(PARENT, 16))
    validation = seen["validation hears intake.request.received.v1"]
    for name in wanted - {"receive_request"}:
        assert seen[name].kind is SpanKind.CONSUMER
        assert format(seen[name].context.trace_id, "032x") == TRACE, name
    # each handling hangs below what published the event, also two services further on
    assert parent_id(validation) == own_id(request)
    assert parent_id(seen["kpi hears intake.request.received.v1"]) == own_id(request)
    intake = seen["intake hears validation.evaluation.opened.v1"]
    assert parent_id(intake) == own_id(validation)
    assert parent_id(seen["kpi hears validation.evaluation.opened.v1"]) == own_id(validation)
    assert parent_id(seen["kpi hears intake.request.progressed.v1"]) == own_id(intake)
    assert validation.attributes is not None
    assert validation.attributes["enlace.case"] == answer.json()["id"]
    # the relay publishes with the traceparent that was stored with the event
    published = {event.type: event.traceparent for event in await heard(settings)}
    assert published["intake.request.received.v1"] == f"00-{TRACE}-{own_id(request):016x}-01"
    assert published["validation.evaluation.opened.v1"] == (
        f"00-{TRACE}-{own_id(validation):016x}-01"
    )


async def test_without_a_tracer_the_callers_thread_still_goes_through(
    settings: Settings, tmp_path: Path
) -> None:
    async with running(SERVICES, settings, tmp_path) as house:
        client = house.as_(Role.LIAISON, traceparent=f"00-{TRACE}-{PARENT}-01")
        answer = await client.post("/requests", json=ASKED)
        assert answer.status_code == 201
        told = {}

        async def look() -> dict[str, str]:
            mine = [e for e in await heard(settings) if e.subject == answer.json()["id"]]
            told.update({event.type: event.traceparent for event in mine})
            return told

        await eventually(look, lambda told: "intake.request.progressed.v1" in told)

    assert told == dict.fromkeys(told, f"00-{TRACE}-{PARENT}-01")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.level, root.handlers
    stream = io.StringIO()
    configure_logging(LogLevel.DEBUG, stream=stream)
    yield stream
    root.setLevel(before[0])
    root.handlers = before[1]
    logs.plain()


async def test_log_lines_carry_the_callers_correlation_to_the_last_consumer(
    settings: Settings, tmp_path: Path, log: io.StringIO
) -> None:
    async with running(SERVICES, settings, tmp_path) as house:
        client = house.as_(Role.LIAISON, **{"x-correlation-id": "from-the-client"})
        assert (await client.post("/requests", json=ASKED)).status_code == 201

        async def heard_by() -> set[tuple[str, str]]:
            lines = [orjson.loads(line) for line in log.getvalue().splitlines()]
            mine = [line for line in lines if line.get("correlation_id") == "from-the-client"]
            return {_who_heard(line) for line in mine if line["event"] == "event_heard"}

        wanted = {
            ("validation", "intake.request.received.v1"),
            ("kpi", "intake.request.received.v1"),
            ("intake", "validation.evaluation.opened.v1"),
            ("kpi", "intake.request.progressed.v1"),
        }
        await eventually(heard_by, lambda heard: wanted <= heard)


def _who_heard(line: dict[str, Any]) -> tuple[str, str]:
    return line["service"], line["type"]
