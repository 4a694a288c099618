"""Probes tell the truth, by part, in time; metrics count by route template."""

import asyncio
from pathlib import Path

import httpx
import pytest

from shared.http import Health
from shared.telemetry.board import Board
from tests.support.http_edge import make_desk


async def fine() -> tuple[bool, str]:
    return True, "6.0.5"


async def broken() -> tuple[bool, str]:
    raise ConnectionRefusedError("mongodb://user:secret@host")


async def hanging() -> tuple[bool, str]:
    await asyncio.sleep(60)
    return True, ""


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    checks = {"intake": {"database": fine}, "kpi": {"database": broken, "broker": hanging}}
    desk = make_desk(tmp_path, health=Health(Board(), checks))
    return desk.client()


async def test_live_asks_nobody(client: httpx.AsyncClient) -> None:
    for path in ("/live", "/services/kpi/live"):
        assert (await client.get(path)).json() == {"live": True}


async def test_ready_names_each_part_and_waits_for_none(client: httpx.AsyncClient) -> None:
    response = await client.get("/ready", timeout=5)

    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "parts": {
            "intake.database": {"ok": True, "detail": "6.0.5"},
            "kpi.database": {"ok": False, "detail": "ConnectionRefusedError"},
            "kpi.broker": {"ok": False, "detail": "no answer"},
        },
    }


@pytest.mark.parametrize("path", ["/ready?service=intake", "/services/intake/ready"])
async def test_a_service_is_ready_by_itself(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert (response.status_code, response.json()["ready"]) == (200, True)


async def test_an_unknown_service_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/services/nobody/ready")).status_code == 404


async def test_metrics_count_by_template_and_never_by_id(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/notes/a", "/api/v1/notes/b", "/api/v1/nothing/c", "/live"):
        await client.get(path)
    await client.post("/api/v1/notes", content=b"{", headers={"content-type": "application/json"})
    response = await client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    counted = "enlace_http_requests_total"
    assert f'{counted}{{method="GET",route="/api/v1/notes/{{id}}",status="200"}} 2.0' in lines
    assert f'{counted}{{method="GET",route="unmatched",status="404"}} 1.0' in lines
    assert f'{counted}{{method="GET",route="/live",status="200"}} 1.0' in lines
    assert f'{counted}{{method="POST",route="/api/v1/notes",status="400"}} 1.0' in lines
    assert "enlace_http_requests_in_flight 1.0" in lines
    assert "nothing" not in response.text


async def test_an_unheard_of_method_is_one_label(client: httpx.AsyncClient) -> None:
    await client.request("BREW", "/api/v1/notes/a")

    assert 'method="OTHER"' in (await client.get("/metrics")).text
    assert "BREW" not in (await client.get("/metrics")).text
