"""Cancellations: ours are told as a timeout, nobody's too, somebody's go on their way."""

import asyncio
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.requests import Request

from shared.http import Call, Health, Routes, create_app
from shared.http.deadlines import Deadlines, forgiven
from shared.http.exchange import Exchange
from shared.security import Permissions, Verifier, ensure_keys, load_jwks
from shared.settings import Settings
from shared.telemetry import WorkContext, current, make_tracing
from shared.telemetry.board import Board
from tests.support.eventually import PATIENCE, eventually
from tests.support.http_edge import Desk, make_desk


def exchange() -> Exchange:
    return Exchange({}, Request({"type": "http"}).receive, {}, WorkContext("c", "t"))


async def test_a_late_exchange_is_cancelled_and_forgiven() -> None:
    deadlines, one = Deadlines(), exchange()
    deadlines.watch(one, 0.05)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)

    assert one.late
    assert forgiven(one)
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


async def test_a_released_exchange_is_left_alone() -> None:
    deadlines, one = Deadlines(), exchange()
    deadlines.watch(one, 0.01)
    deadlines.release(one)
    await asyncio.sleep(0.25)

    assert not one.late
    assert deadlines._timer is None


def test_another_event_loop_is_watched_too() -> None:
    deadlines = Deadlines()

    async def late() -> bool:
        one = exchange()
        deadlines.watch(one, 0.01)
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return forgiven(one)
        return False

    async def abandoned() -> None:
        deadlines.watch(exchange(), 60)

    for _ in range(2):
        asyncio.run(abandoned())
        assert asyncio.run(late())


async def test_a_cancellation_nobody_asked_for_is_a_timeout(desk: Desk) -> None:
    desk.notes.failures["leak"] = asyncio.CancelledError()  # type: ignore[assignment]
    async with desk.client() as client:
        response = await client.post("/api/v1/notes/leak/fail")

    assert (response.status_code, response.json()["code"]) == (504, "timeout")


async def test_a_real_cancellation_goes_on_its_way(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, patience=PATIENCE)

    async def waiting() -> int:
        return desk.notes.waiting

    async with desk.client() as client:
        request = asyncio.create_task(client.get("/api/v1/slow"))
        await eventually(waiting, every=0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    assert desk.notes.cancelled == 1


async def test_a_span_is_made_when_spans_are(tmp_path: Path, desk: Desk) -> None:
    exporter = InMemorySpanExporter()
    api = Routes("notes", Permissions({}))
    seen: list[str | None] = []

    @api.get("/open", may=None)
    async def look(call: Call) -> None:
        work = current()
        seen.extend([call.traceparent, work.traceparent if work else None])

    desk.app = create_app(
        [api],
        Settings(),
        verifier=Verifier(load_jwks(ensure_keys(tmp_path).public)),
        health=Health(Board()),
        tracer=make_tracing(Settings(), processor=SimpleSpanProcessor(exporter)),
    )
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with desk.client(traceparent=trace) as client:
        await client.get("/api/v1/open")
    (span,) = exporter.get_finished_spans()

    assert span.name == "look"
    assert seen[0] == seen[1] != trace
    assert format(span.context.span_id, "016x") in str(seen[0])
    assert trace[3:35] in str(seen[0])
