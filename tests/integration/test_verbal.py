"""Pain 3 by HTTP: what was said is written down, confirmed by the client, blocked until then."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.service import SERVICE as INTAKE
from services.validation.service import SERVICE as VALIDATION
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.house import House, every, running

pytestmark = pytest.mark.integration
SAID = {
    "type": "information",
    "topic": "alumbrado público",
    "subject": "Nuevo formato de denuncia",
    "description": "Lo dijo por teléfono el lunes.",
    "verbal": True,
}
CHECKS = {"checks": ["other_requests", "resources", "areas"]}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([INTAKE, VALIDATION], settings, tmp_path) as house:
        yield house


@pytest.fixture
def client(house: House) -> httpx.AsyncClient:
    return house.as_(Role.LIAISON)


async def said(client: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    answer = await client.post("/requests", json=SAID, headers=headers)
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def evaluation(
    house: House, request_id: str, *, unconfirmed: bool
) -> tuple[httpx.AsyncClient, dict[str, Any]]:
    evaluator = house.as_(Role.VALIDATION_SUPERVISOR)
    answer = await eventually(
        lambda: evaluator.get(f"/evaluations/{request_id}"),
        lambda a: a.is_success and a.json()["unconfirmed"] is unconfirmed,
    )
    return evaluator, answer.json()


async def approve(evaluator: httpx.AsyncClient, shown: dict[str, Any]) -> httpx.Response:
    path, version = f"/evaluations/{shown['id']}/approve", shown["version"]
    return await evaluator.post(path, json=CHECKS, headers={"if-match": f'"{version}"'})


async def test_it_is_blocked_until_the_client_confirms(
    house: House, client: httpx.AsyncClient
) -> None:
    request = await said(client)
    path, tag = f"/requests/{request['id']}", {"if-match": f'"{request["version"]}"'}
    note = (await client.get(f"{path}/confirmation")).json()
    evaluator, shown = await evaluation(house, request["id"], unconfirmed=True)
    refused = await approve(evaluator, shown)
    stranger = await evaluator.post(f"{path}/confirm", json={}, headers=tag)
    advanced = await eventually(
        lambda: client.get(path), lambda a: a.json()["status"] == "in_evaluation"
    )
    done = await client.post(
        f"{path}/confirm", json={"remark": "sí"}, headers={"if-match": advanced.headers["etag"]}
    )
    again = await client.post(
        f"{path}/confirm", json={}, headers={"if-match": done.headers["etag"]}
    )
    approved = await approve(*await evaluation(house, request["id"], unconfirmed=False))

    assert request["confirmation"]["state"] == "awaited"
    assert [text["language"] for text in note["notes"]] == ["es", "en"]
    assert request["code"] in note["notes"][0]["text"]
    assert (refused.status_code, refused.json()["code"]) == (409, "evaluation.unconfirmed")
    assert "confirmado por escrito" in refused.json()["detail"]
    assert stranger.status_code == 403
    assert (done.status_code, done.json()["confirmation"]["state"]) == (200, "confirmed")
    assert (again.status_code, again.json()["code"]) == (409, "request.nothing_to_confirm")
    assert approved.status_code == 200, approved.text


async def test_a_term_that_lapses_ends_it_as_the_policy_says(
    house: House, client: httpx.AsyncClient
) -> None:
    request = await said(client)
    await evaluation(house, request["id"], unconfirmed=True)
    house.clock.ahead += timedelta(days=20)
    ended = await eventually(
        lambda: client.get(f"/requests/{request['id']}"),
        lambda a: a.json()["status"] == "withdrawn",
    )
    events = await every(client, f"/requests/{request['id']}/history")
    lapses = [e for e in events if e["type"] == "intake.request.confirmation_lapsed.v1"]

    assert ended.json()["confirmation"]["state"] == "lapsed"
    assert "no confirmó" in ended.json()["reason"]
    assert [lapse["data"]["then"] for lapse in lapses] == ["withdraw"]
    assert lapses[0]["data"]["due_at"] == request["confirmation"]["due_at"]
    evaluator = house.as_(Role.VALIDATION_SUPERVISOR)
    await eventually(
        lambda: evaluator.get(f"/evaluations/{request['id']}"),
        lambda a: a.json()["status"] == "withdrawn",
    )


async def test_the_same_key_gets_the_answer_of_the_first_call(
    house: House, client: httpx.AsyncClient
) -> None:
    key = {"idempotency-key": "call-of-monday"}
    first = await said(client, **key)
    await eventually(
        lambda: client.get(f"/requests/{first['id']}"),
        lambda a: a.json()["status"] == "in_evaluation",
    )
    assert await said(client, **key) == first
