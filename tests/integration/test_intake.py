"""The registry over HTTP, with validation and training spoken for on the real bus."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.cases import REQUEST
from services.intake.service import SERVICE
from shared.contracts.terms import Deadline
from shared.contracts.training import (
    PlanCascadeOpened,
    PlanCompleted,
    PlanLaunched,
    PlanOpened,
    PlanProgressed,
)
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationApproved,
    EvaluationObserved,
    EvaluationOpened,
    EvaluationRefused,
    Question,
)
from shared.http.pages import encode_cursor
from shared.security import Role
from shared.settings import Settings
from shared.store import broken_at
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, every, running

pytestmark = pytest.mark.integration

ASKED = {
    "type": "information",
    "topic": "alumbrado público",
    "subject": "Nuevo formato de denuncia",
    "description": "Desde el lunes las denuncias llevan el número de poste.",
    "effective_on": "2026-08-03",
    "area": "DSR",
    "touches": ["denuncias"],
}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


@pytest.fixture
def others(amqp_url: str, house: House) -> Outsider:
    return Outsider(amqp_url)


@pytest.fixture
def client(house: House) -> httpx.AsyncClient:
    return house.as_(Role.LIAISON)


async def received(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/requests", json={**ASKED, **changes})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def reaches(client: httpx.AsyncClient, request_id: str, status: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        view: dict[str, Any] = (await client.get(f"/requests/{request_id}")).json()
        return view

    return await eventually(look, lambda view: view["status"] == status)


def due(stage: str, at: datetime) -> Deadline:
    return Deadline(stage=stage, due_at=at, effective_at=at - timedelta(days=1), policy="2026-07")


def approved(at: datetime, *, replicated: bool = True) -> EvaluationApproved:
    return EvaluationApproved(
        code="SOL-2026-000001",
        request_type="information",
        topic="t",
        title="s",
        deadline=due("request.information", at),
        replicated=replicated,
    )


def opened(at: datetime) -> EvaluationOpened:
    return EvaluationOpened(
        code="SOL-2026-000001",
        request_type="information",
        topic="t",
        title="s",
        received_at=at,
        deadline=due("request.evaluate", at),
    )


async def test_a_request_gets_code_deadlines_and_holder(
    house: House, client: httpx.AsyncClient
) -> None:
    house.clock.move_to(datetime(2026, 7, 24, 21, 31, tzinfo=UTC))  # Friday 16:31 in Lima
    answer = await client.post("/requests", json=ASKED)
    view = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/requests/{view['id']}"
    assert answer.headers["etag"] == '"1"'
    assert view["code"] == "SOL-2026-000001"
    assert (view["status"], view["holder"]) == ("received", "provider:validation")
    assert view["effective_received_at"] == "2026-07-27T13:30:00Z"
    assert view["deadlines"] == [
        {"stage": "evaluation", "due_at": "2026-07-30T21:30:00Z", "state": "running"}
    ]
    assert view["coverage_pct"] == 0.0
    assert view["version"] == 1


async def test_codes_are_never_given_twice(client: httpx.AsyncClient) -> None:
    views = await asyncio.gather(*(received(client) for _ in range(60)))
    trainings = await asyncio.gather(*(received(client, type="training") for _ in range(5)))

    assert {view["code"][-6:] for view in views} == {f"{n:06d}" for n in range(1, 61)}
    assert {view["code"][:4] for view in trainings} == {"CAP-"}


async def test_the_same_key_is_the_same_request_and_the_same_answer(
    house: House, client: httpx.AsyncClient, others: Outsider
) -> None:
    key = {"idempotency-key": "mail-4711"}
    first = await client.post("/requests", json=ASKED, headers=key)
    await others.tell(first.json()["id"], opened(house.clock()))
    await reaches(client, first.json()["id"], "in_evaluation")
    again = await client.post("/requests", json=ASKED, headers=key)
    other = await client.post("/requests", json={**ASKED, "topic": "otro"}, headers=key)

    assert again.status_code == 201
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await every(client, "/requests")) == 1


async def test_a_key_used_many_times_at_once_is_one_request(client: httpx.AsyncClient) -> None:
    key = {"idempotency-key": "double-click"}
    answers = await asyncio.gather(
        *(client.post("/requests", json=ASKED, headers=key) for _ in range(12))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await every(client, "/requests")) == 1


async def test_the_whole_life_ends_closed_on_time(
    house: House, client: httpx.AsyncClient, others: Outsider
) -> None:
    request_id = (await received(client))["id"]
    now = house.clock()
    later = now + timedelta(days=9)
    query = EvaluationObserved(query_id="q", questions=(Question(id="1", text="¿?"),), round_trip=1)
    answer = EvaluationAnswered(query_id="q", answers=(), deadline=due("request.evaluate", later))

    await others.tell(request_id, opened(now), query)
    assert (await reaches(client, request_id, "observed"))["holder"] == "client"
    await others.tell(request_id, answer, approved(later))
    assert (await reaches(client, request_id, "viable"))["holder"] == "provider:training"
    plan = PlanOpened(code="c", topic="t", title="s", deadline=due("training.replica", later))
    launch = PlanLaunched(
        roster="r", leaders=("a", "b"), eligible=4, material_version=1, sha256="0" * 64
    )
    half = PlanProgressed(signed=1, exempt=1, eligible=4)
    await others.tell(request_id, plan, launch, PlanCascadeOpened(advisers=4), half)
    deploying = await reaches(client, request_id, "deploying")
    deploying = await eventually(
        lambda: reaches(client, request_id, "deploying"), lambda view: view["coverage_pct"] == 50.0
    )
    assert deploying["coverage"] == {"signed": 1, "exempt": 1, "eligible": 4}
    done = PlanCompleted(signed=3, exempt=1, eligible=4, on_time=True, done_at=house.clock())
    await others.tell(request_id, done)
    closed = await reaches(client, request_id, "closed")

    assert (closed["outcome"], closed["on_time"], closed["coverage_pct"]) == (
        "deployed",
        True,
        100.0,
    )
    assert {d["stage"]: d["state"] for d in closed["deadlines"]} == {
        "evaluation": "met",
        "attention": "met",
        "replication": "met",
    }
    assert closed["holder"] == "none"


async def test_history_tells_all_of_it_in_pages_with_an_unbroken_chain(
    house: House, client: httpx.AsyncClient, others: Outsider
) -> None:
    request_id = (await received(client))["id"]
    await others.tell(request_id, opened(house.clock()), EvaluationRefused(reason="sin sustento"))
    view = await reaches(client, request_id, "not_viable")
    events = await every(client, f"/requests/{request_id}/history", limit=2)

    assert [event["type"] for event in events] == [
        "intake.request.received.v1",
        "intake.request.progressed.v1",
        "intake.request.closed.v1",
    ]
    assert events[0]["actor"] == "person:ana"
    assert events[1]["actor"] == "system:intake"
    assert [event["sequence"] for event in events] == [1, 2, 3]
    assert view["reason"] == "sin sustento"
    stored = (
        await house.process.parts["intake"]
        .cases[REQUEST.stream]
        .collection.find_one({"_id": request_id})
    )
    assert stored is not None
    assert broken_at(request_id, stored["history"], stored["head"]) is None
    assert stored["head"] == events[-1]["hash"]


async def test_deadlines_explain_themselves_in_the_callers_language(
    house: House, client: httpx.AsyncClient
) -> None:
    house.clock.move_to(datetime(2026, 7, 24, 21, 31, tzinfo=UTC))
    request_id = (await received(client))["id"]
    path = f"/requests/{request_id}/deadlines"
    (spanish,) = (await client.get(path)).json()["items"]
    english_answer = await client.get(path, headers={"accept-language": "en"})
    (english,) = english_answer.json()["items"]

    assert spanish["stage"] == "evaluation"
    assert spanish["explain"] == [
        "recibido vie 24 jul 2026 16:31",
        "fuera de horario → cuenta desde lun 27 jul 2026 08:30",
        "1 día hábil",
        "feriado mar 28 jul 2026 y mié 29 jul 2026",
        "vence jue 30 jul 2026 16:30",
        "A:L1867",
    ]
    assert english["explain"][-2:] == ["due Thu 30 Jul 2026 16:30", "A:L1867"]
    assert len(english["explain"]) == len(spanish["explain"])


async def test_a_deadline_that_passes_is_told_once(house: House, client: httpx.AsyncClient) -> None:
    request_id = (await received(client))["id"]
    house.clock.ahead += timedelta(days=20)

    async def breaches() -> list[dict[str, Any]]:
        events = await every(client, f"/requests/{request_id}/history")
        return [e for e in events if e["type"] == "intake.request.deadline_breached.v1"]

    (breach,) = await eventually(breaches)
    house.clock.ahead += timedelta(days=20)
    await house.process.parts["intake"].deadlines.fire_due()
    late = await every(client, "/requests", overdue="true")

    assert (await breaches()) == [breach]
    assert breach["data"]["stage"] == "evaluation"
    assert [view["id"] for view in late] == [request_id]
    assert late[0]["deadlines"][0]["state"] == "breached"


async def test_withdrawing_needs_the_version_and_ends_it(
    client: httpx.AsyncClient, house: House, others: Outsider
) -> None:
    request_id = (await received(client))["id"]
    path = f"/requests/{request_id}/withdraw"
    missing = await client.post(path, json={"reason": "ya no"})
    stale = await client.post(path, json={"reason": "ya no"}, headers={"if-match": '"7"'})
    done = await client.post(path, json={"reason": "ya no"}, headers={"if-match": '"1"'})
    again = await client.post(path, json={"reason": "ya no"}, headers={"if-match": '"2"'})
    await others.tell(request_id, opened(house.clock()), approved(house.clock()))

    assert missing.status_code == 428
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (done.status_code, done.json()["status"], done.headers["etag"]) == (
        200,
        "withdrawn",
        '"2"',
    )
    assert (again.status_code, again.json()["code"]) == (409, "request.illegal_transition")
    assert "«anulada»" in again.json()["detail"]
    cursors = house.process.parts["intake"].workshop.database["cursors"]
    stream = f"validation/evaluation:{request_id}"
    await eventually(lambda: cursors.find_one({"_id": stream, "reached": 2}))
    assert (await client.get(f"/requests/{request_id}")).json()["version"] == 2


async def test_what_nobody_is_trained_for_is_completed_by_hand(
    client: httpx.AsyncClient, house: House, others: Outsider
) -> None:
    request_id = (await received(client, type="system_access"))["id"]
    supervisor = house.as_(Role.VALIDATION_SUPERVISOR)
    path = f"/requests/{request_id}/complete"
    await others.tell(request_id, opened(house.clock()))
    early_version = (await reaches(client, request_id, "in_evaluation"))["version"]
    early = await supervisor.post(path, json={}, headers={"if-match": f'"{early_version}"'})
    await others.tell(request_id, approved(house.clock() + timedelta(days=2), replicated=False))
    view = await reaches(client, request_id, "viable")
    done = await supervisor.post(
        path, json={"note": "usuario creado"}, headers={"if-match": f'"{view["version"]}"'}
    )

    assert (early.status_code, early.json()["code"]) == (409, "request.replicated")
    assert view["holder"] == "provider:systems"
    assert (done.json()["status"], done.json()["on_time"]) == ("closed", True)


async def test_the_list_is_ordered_by_time_left_and_filtered(
    house: House, client: httpx.AsyncClient, others: Outsider
) -> None:
    ids = [(await received(client))["id"] for _ in range(3)]
    for days, request_id in zip((9, 5, 7), ids, strict=True):
        await others.tell(
            request_id, opened(house.clock()), approved(house.clock() + timedelta(days=days))
        )
    for request_id in ids:
        await reaches(client, request_id, "viable")
    code = (await received(client))["code"]
    viable = await every(client, "/requests", status="viable", limit=1)
    held = await every(client, "/requests", holder="provider:training")
    (coded,) = await every(client, "/requests", code=code)

    assert [view["id"] for view in viable] == [ids[1], ids[2], ids[0]]
    assert len(held) == 3
    assert coded["status"] == "received"
    assert len(await every(client, "/requests", status=["viable", "received"])) == 4
    assert (await client.get("/requests", params={"status": "lost"})).status_code == 422


async def test_bad_requests_say_what_is_wrong(client: httpx.AsyncClient) -> None:
    unknown = await client.post("/requests", json={**ASKED, "type": "wish"})
    missing = await client.post("/requests", json={"type": "information"})
    extra = await client.post("/requests", json={**ASKED, "priority": 1})
    cursor = encode_cursor("0001-01-01T00:00:00+23:59", "x")
    beyond = await client.get("/requests", params={"next": cursor})
    nobody = await client.get("/requests/00000000-0000-0000-0000-000000000000")

    assert (unknown.status_code, unknown.json()["code"]) == (422, "request.unknown_type")
    assert "information" in unknown.json()["detail"]
    assert {error["pointer"] for error in missing.json()["errors"]} == {
        "/topic",
        "/subject",
        "/description",
    }
    assert extra.status_code == 422
    assert (beyond.status_code, beyond.json()["code"]) == (422, "invalid_cursor")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "request.unknown")


async def test_tenants_and_roles_are_kept_apart(house: House, client: httpx.AsyncClient) -> None:
    request_id = (await received(client))["id"]
    stranger = house.as_(Role.LIAISON, tenant="osce")
    adviser = house.as_(Role.ADVISER)
    reader = house.as_(Role.REPORT_READER)
    withdrawal = {"json": {"reason": "x"}, "headers": {"if-match": '"1"'}}

    far = encode_cursor(2**62)
    beyond = await client.get(f"/requests/{request_id}/history", params={"next": far})
    assert beyond.json() == {"items": [], "next": None}
    for path in ("", "/history", "/deadlines"):
        assert (await stranger.get(f"/requests/{request_id}{path}")).status_code == 404
    withdrawn = await stranger.post(f"/requests/{request_id}/withdraw", **withdrawal)
    assert withdrawn.status_code == 404
    assert await every(stranger, "/requests") == []
    assert (await adviser.get(f"/requests/{request_id}")).status_code == 403
    assert (await reader.get(f"/requests/{request_id}")).status_code == 200
    assert (await reader.post("/requests", json=ASKED)).status_code == 403
