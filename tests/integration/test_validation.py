"""Evaluations over HTTP, with intake spoken for on the real bus."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.validation.api import PERMISSIONS
from services.validation.cases import EVALUATION
from services.validation.service import SERVICE
from shared.bus.dead import DeadLetters
from shared.contracts import Envelope
from shared.contracts.intake import RequestClosed, RequestImported, RequestReceived
from shared.ids import new_id
from shared.security import Role
from shared.settings import Settings
from shared.store import broken_at
from tests.support.acting import attempt
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, every, heard, running

pytestmark = pytest.mark.integration
CHECKS = ["other_requests", "resources", "areas"]
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
DUE = datetime(2026, 7, 2, 21, 30, tzinfo=UTC)
BREACHED = "validation.evaluation.breached.v1"


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        yield house


@pytest.fixture
def intake(amqp_url: str, house: House) -> Outsider:
    return Outsider(amqp_url)


@pytest.fixture
def eva(house: House) -> httpx.AsyncClient:
    return house.as_(Role.VALIDATION_SUPERVISOR, subject="eva")


@pytest.fixture
def client(house: House) -> httpx.AsyncClient:
    return house.as_(Role.LIAISON, subject="dsr")


def request_of(received_at: datetime = MORNING, **changes: Any) -> RequestReceived:
    fields: dict[str, Any] = {
        "code": "SOL-2026-000001",
        "request_type": "information",
        "topic": "tema",
        "title": "título",
        "description": "descripción",
        "received_at": received_at,
        "effective_received_at": received_at,
        "deadlines": (),
        "holder": "provider:validation",
    }
    return RequestReceived(**{**fields, **changes})


async def reaches(reader: httpx.AsyncClient, case_id: str, status: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        view: dict[str, Any] = (await reader.get(f"/evaluations/{case_id}")).json()
        return view

    return await eventually(look, lambda view: view["status"] == status)


async def opened(
    intake: Outsider, reader: httpx.AsyncClient, body: RequestReceived | None = None
) -> dict[str, Any]:
    case_id = new_id()
    await intake.tell(case_id, body or request_of())
    return await reaches(reader, case_id, "evaluating")


async def post(
    who: httpx.AsyncClient, view: dict[str, Any], action: str, **body: Any
) -> httpx.Response:
    return await attempt(who, f"/evaluations/{view['id']}/{action}", view["version"], body)


async def test_a_request_opens_an_evaluation_with_its_day(
    intake: Outsider, eva: httpx.AsyncClient
) -> None:
    view = await opened(intake, eva)

    assert (view["code"], view["holder"], view["round_trips"]) == (
        "SOL-2026-000001",
        "provider",
        0,
    )
    assert view["deadline"]["due_at"] == "2026-07-02T21:30:00Z"
    assert view["deadline"]["state"] == "running"
    assert any("1 día hábil" in step for step in view["deadline"]["explain"])
    # 6.5 h of Wednesday and the 8 h of Thursday, less what has passed since ten
    assert 52_000 < view["time_left_seconds"] <= 52_200


async def test_the_explanation_comes_in_the_callers_language(
    intake: Outsider, house: House, eva: httpx.AsyncClient
) -> None:
    case_id = (await opened(intake, eva))["id"]
    english = house.as_(Role.AUDITOR, **{"accept-language": "en"})
    view = (await english.get(f"/evaluations/{case_id}")).json()

    assert any("1 business day" in step for step in view["deadline"]["explain"])


async def test_one_consolidated_query_and_its_answer(
    intake: Outsider, eva: httpx.AsyncClient, client: httpx.AsyncClient, house: House
) -> None:
    view = await opened(intake, eva)
    observed = (await post(eva, view, "observe", questions=["¿a?", "¿b?"])).json()
    second = await post(eva, observed, "observe", questions=["¿c?"])
    blocked = await post(eva, observed, "approve", checks=CHECKS)
    query = observed["queries"][0]["id"]
    partly = await post(
        client, observed, "answer", query_id=query, answers=[{"question_id": "1", "text": "Sí"}]
    )
    house.clock.ahead += timedelta(days=1)
    answers = [{"question_id": "1", "text": "Sí"}, {"question_id": "2", "text": "No"}]
    answered = await post(client, observed, "answer", query_id=query, answers=answers)

    assert (observed["holder"], observed["deadline"]["state"]) == ("client", "paused")
    assert [r.json()["code"] for r in (second, blocked)] == ["evaluation.query_open"] * 2
    assert (partly.status_code, partly.json()["code"]) == (422, "query.unanswered")
    assert "2" in partly.json()["detail"]
    after = answered.json()
    assert (after["status"], after["holder"], after["round_trips"]) == ("evaluating", "provider", 1)
    assert after["queries"][0]["questions"][1] == {"id": "2", "text": "¿b?", "answer": "No"}
    due = datetime.fromisoformat(after["deadline"]["due_at"])
    # eight working hours of waiting: to the close of Friday, and the seconds beyond to Monday
    monday = datetime(2026, 7, 6, 13, 30, tzinfo=UTC)
    assert monday <= due < monday + timedelta(minutes=1) or due == DUE + timedelta(days=1)
    assert any("consulta" in step for step in after["deadline"]["explain"])


async def test_the_queue_is_by_the_time_left_and_pages_through(
    intake: Outsider, eva: httpx.AsyncClient
) -> None:
    hours = [5, 1, 4, 2, 3]
    for hour in hours:
        day = MORNING + timedelta(days=hour)
        await opened(intake, eva, request_of(day, code=f"SOL-2026-{hour:06d}"))
    access = await opened(intake, eva, request_of(MORNING, request_type="system_access"))

    everything = await every(eva, "/evaluations", limit=2)
    due = [view["deadline"]["due_at"] for view in everything]
    of_type = await every(eva, "/evaluations", request_type="system_access")
    none = await every(eva, "/evaluations", status="observed")

    assert len(everything) == 6
    assert due == sorted(due)
    assert [view["id"] for view in of_type] == [access["id"]]
    assert none == []


async def test_approving_and_refusing_end_it(intake: Outsider, eva: httpx.AsyncClient) -> None:
    yes, no = await opened(intake, eva), await opened(intake, eva)
    incomplete = await post(eva, yes, "approve", checks=["areas"])
    approved = (await post(eva, yes, "approve", checks=CHECKS)).json()
    refused = (await post(eva, no, "refuse", reason="Contradice la norma vigente.")).json()
    again = await post(eva, approved, "refuse", reason="Pensándolo mejor.")

    assert (incomplete.status_code, incomplete.json()["code"]) == (409, "evaluation.checks_missing")
    assert approved["promised"]["due_at"] == "2026-07-02T21:30:00Z"
    assert approved["promised"]["stage"] == "request.information"
    assert (approved["time_left_seconds"], approved["deadline"]["state"]) == (None, "met")
    assert (refused["status"], refused["reason"]) == ("refused", "Contradice la norma vigente.")
    assert (again.status_code, again.json()["code"]) == (409, "evaluation.illegal_transition")


async def test_the_same_key_approves_once_and_a_stale_version_not_at_all(
    intake: Outsider, eva: httpx.AsyncClient, house: House
) -> None:
    view = await opened(intake, eva)
    path, body = f"/evaluations/{view['id']}/observe", {"questions": ["¿a?"]}
    headers = {"if-match": '"1"', "idempotency-key": "k-1"}
    first, again = [await eva.post(path, json=body, headers=headers) for _ in range(2)]
    stale = await eva.post(path, json=body, headers={"if-match": '"1"'})
    unguarded = await eva.post(path, json=body)

    assert first.status_code == again.status_code == 200
    assert first.json()["version"] == again.json()["version"] == 2
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (unguarded.status_code, unguarded.json()["code"]) == (428, "precondition_required")


BODIES: dict[str, dict[str, Any]] = {
    "observe": {"questions": ["¿?"]},
    "answer": {"query_id": "q", "answers": [{"question_id": "1", "text": "a"}]},
    "approve": {"checks": CHECKS},
    "refuse": {"reason": "No."},
}
NEEDS = {"observe": "evaluate", "approve": "evaluate", "refuse": "evaluate"}


async def test_each_role_has_its_own_commands_in_its_own_tenant(
    intake: Outsider, house: House, eva: httpx.AsyncClient
) -> None:
    view = await opened(intake, eva)
    for role in (role for role in Role if role is not Role.SYSTEM):
        mine, theirs = house.as_(role), house.as_(role, tenant="osce")
        reads = PERMISSIONS.allow("read_evaluation", frozenset({role}))
        own = await mine.get(f"/evaluations/{view['id']}")
        foreign = await theirs.get(f"/evaluations/{view['id']}")
        assert own.status_code == (200 if reads else 403), role
        assert foreign.status_code == (404 if reads else 403), role
        for action, body in BODIES.items():
            may = PERMISSIONS.allow(NEEDS.get(action, "answer_query"), frozenset({role}))
            path, stale = f"/evaluations/{view['id']}/{action}", {"if-match": '"77"'}
            own = await mine.post(path, json=body, headers=stale)
            foreign = await theirs.post(path, json=body, headers=stale)
            assert own.status_code == (412 if may else 403), (role, action)
            assert foreign.status_code == (404 if may else 403), (role, action)


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("observe", {"questions": []}, 422),
        ("observe", {"questions": ["  "]}, 422),
        ("observe", {"questions": ["¿?"], "extra": 1}, 422),
        ("refuse", {}, 422),
        ("approve", {"checks": [*CHECKS, "luck"]}, 422),
        ("approve", {"checks": CHECKS, "complexity": "low"}, 422),
        ("answer", {"query_id": "q", "answers": [{"question_id": "1", "text": "x"}]}, 409),
    ],
)
async def test_bad_input_is_refused_and_nothing_changes(
    intake: Outsider,
    eva: httpx.AsyncClient,
    client: httpx.AsyncClient,
    action: str,
    body: dict[str, Any],
    status: int,
) -> None:
    view = await opened(intake, eva)
    answer = await post(client if action == "answer" else eva, view, action, **body)

    assert answer.status_code == status, answer.text
    assert answer.json()["title"]
    after = (await eva.get(f"/evaluations/{view['id']}")).json()
    assert after["version"] == view["version"]


async def test_a_closed_request_ends_what_was_under_way(
    intake: Outsider, eva: httpx.AsyncClient, settings: Settings
) -> None:
    view, decided = await opened(intake, eva), await opened(intake, eva)
    approved = (await post(eva, decided, "approve", checks=CHECKS)).json()
    withdrawn = RequestClosed(outcome="withdrawn", closed_at=MORNING, reason="Se anula.")
    deployed = RequestClosed(outcome="deployed", closed_at=MORNING)
    await intake.tell(view["id"], withdrawn)
    await intake.tell(approved["id"], deployed)
    old = request_of_old_register()
    await intake.tell("old-1", old, withdrawn)

    gone = await reaches(eva, view["id"], "withdrawn")
    assert (gone["reason"], gone["deadline"]["state"]) == ("Se anula.", "cancelled")
    assert (await eva.get("/evaluations/old-1")).json()["code"] == "evaluation.unknown"
    assert (await eva.get(f"/evaluations/{approved['id']}")).json()["status"] == "approved"
    assert settings.amqp_url is not None
    async with DeadLetters(settings.amqp_url.get_secret_value()).look("validation") as letters:
        assert len(letters) == 0


def request_of_old_register() -> RequestImported:
    return RequestImported(
        code="311-1",
        request_type="information",
        topic="t",
        title="s",
        received_at=MORNING,
        status="closed",
        source="baltimore",
        row=1,
    )


async def test_a_deadline_that_passed_while_all_was_down_fires_once_with_its_instant(
    settings: Settings, tmp_path: Path, amqp_url: str
) -> None:
    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        case_id = (await opened(Outsider(amqp_url), house.as_(Role.AUDITOR)))["id"]
    events: list[Envelope] = []
    for _ in range(2):
        async with running([SERVICE], settings, tmp_path) as house:
            house.clock.move_to(DUE + timedelta(days=3))
            reader = house.as_(Role.AUDITOR)

            async def look(reader: httpx.AsyncClient = reader) -> str:
                view = (await reader.get(f"/evaluations/{case_id}")).json()
                return str(view["deadline"]["state"])

            await eventually(look, lambda state: state == "breached")
            cases = house.process.parts["validation"].cases[EVALUATION.stream]
            document = await cases.collection.find_one({"_id": case_id})
            events += await heard(settings)
    assert document is not None
    breaches = [event for event in events if event.type == BREACHED]

    assert [event.data["due_at"] for event in breaches] == ["2026-07-02T21:30:00Z"]
    assert broken_at(case_id, document["history"], document["head"]) is None
