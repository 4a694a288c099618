"""Doubts, information and reminders over HTTP, with intake and training spoken for on the bus."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.validation.api import PERMISSIONS
from services.validation.service import SERVICE
from shared.contracts.intake import RequestClosed, RequestReceived
from shared.contracts.training import PlanLaunched
from shared.ids import new_id
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import attempt
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, every, heard, nothing_is_buried, running

pytestmark = pytest.mark.integration
CHECKS = ["other_requests", "resources", "areas"]
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
LAUNCHED = PlanLaunched(
    roster="r", leaders=("sofia",), eligible=3, material_version=1, sha256="a" * 64
)


@dataclass
class Desk:
    """A running validation service, and everybody it needs."""

    house: House
    others: Outsider

    def of(self, role: Role, name: str = "x", **headers: str) -> httpx.AsyncClient:
        return self.house.as_(role, subject=name, **headers)

    async def read(self, case_id: str) -> dict[str, Any]:
        answer = await self.of(Role.AUDITOR).get(f"/evaluations/{case_id}")
        view: dict[str, Any] = answer.json()
        return view

    async def reaches(self, case_id: str, status: str) -> dict[str, Any]:
        return await eventually(lambda: self.read(case_id), lambda v: v.get("status") == status)

    async def opened(self) -> str:
        case_id = new_id()
        request = RequestReceived(
            code="SOL-2026-000001",
            request_type="information",
            topic="tema",
            title="título",
            description="descripción",
            received_at=MORNING,
            effective_received_at=MORNING,
            deadlines=(),
            holder="provider:validation",
        )
        await self.others.tell(case_id, request)
        await self.reaches(case_id, "evaluating")
        return case_id

    async def post(self, role: Role, case_id: str, action: str, **body: Any) -> httpx.Response:
        version = (await self.read(case_id))["version"]
        return await attempt(self.of(role), f"/evaluations/{case_id}/{action}", version, body)

    async def approved(self) -> str:
        case_id = await self.opened()
        await self.post(Role.VALIDATION_SUPERVISOR, case_id, "approve", checks=CHECKS)
        return case_id

    async def asks(self, name: str, case_id: str, text: str) -> httpx.Response:
        path = f"/evaluations/{case_id}/doubts"
        return await self.of(Role.ADVISER, name).post(path, json={"text": text})

    async def answers(self, case_id: str, *texts: str) -> httpx.Response:
        query = (await self.read(case_id))["queries"][-1]["id"]
        said = [{"question_id": str(n), "text": text} for n, text in enumerate(texts, 1)]
        return await self.post(Role.LIAISON, case_id, "answer", query_id=query, answers=said)


@pytest.fixture
async def desk(settings: Settings, tmp_path: Path, amqp_url: str) -> AsyncIterator[Desk]:
    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        yield Desk(house, Outsider(amqp_url))
    await nothing_is_buried(amqp_url, [SERVICE])


async def test_doubts_are_joined_merged_asked_once_and_answered_to_each_asker(
    desk: Desk, settings: Settings
) -> None:
    case_id = await desk.approved()
    first = await desk.asks("ana", case_id, "¿Desde cuándo?")
    again = await desk.asks("ana", case_id, "¿Desde cuándo?")
    joined = await desk.asks("beto", case_id, "desde cuando")
    await desk.asks("caro", case_id, "¿Qué día empieza?")
    await desk.asks("dana", case_id, "¿Quién firma?")
    eva = Role.VALIDATION_SUPERVISOR
    unknown = await desk.post(eva, case_id, "doubts/2/merge", into="9")
    merged = await desk.post(eva, case_id, "doubts/2/merge", into="1")
    internal = await desk.post(eva, case_id, "doubts/3/answer", text="El supervisor.")
    twice = await desk.post(eva, case_id, "doubts/3/answer", text="El monitor.")
    observed = await desk.post(eva, case_id, "observe", questions=["¿Qué norma?"], doubts=["1"])
    asked_of_client = (await desk.read(case_id))["queries"][0]["questions"]
    answered = await desk.answers(case_id, "La 27.", "El lunes.")

    assert (first.status_code, first.json()["askers"]) == (201, ["ana"])
    assert first.json()["id"] == again.json()["id"] == joined.json()["id"] == "1"
    assert first.json()["version"] == again.json()["version"]
    assert (unknown.status_code, unknown.json()["code"]) == (404, "doubt.unknown")
    assert (merged.json()["into"], merged.json()["askers"]) == ("1", ["ana", "beto", "caro"])
    assert (internal.json()["answer"], internal.json()["answered_by"]) == (
        "El supervisor.",
        "provider",
    )
    assert (twice.status_code, twice.json()["code"]) == (409, "doubt.already_answered")
    assert observed.json()["status"] == "consulting"
    assert [one["text"] for one in asked_of_client] == ["¿Qué norma?", "¿Desde cuándo?"]
    assert answered.json()["status"] == "clarified"
    for name, own in (("ana", "¿Desde cuándo?"), ("caro", "¿Qué día empieza?")):
        (mine,) = await every(desk.of(Role.ADVISER, name), f"/evaluations/{case_id}/doubts")
        assert (mine["text"], mine["answer"], mine["askers"]) == (own, "El lunes.", [name])
        assert (mine["answered_by"], mine["status"]) == ("client", "answered")
    told = [e for e in await heard(settings) if e.type.endswith("askers_answered.v1")]
    assert [(e.data["answered_by"], e.data["askers"]) for e in told] == [
        ("provider", ["dana"]),
        ("client", ["ana", "beto", "caro"]),
    ]
    assert not any("El lunes." in str(event.data) for event in told)


async def test_the_gate_is_told_and_the_round_trips_are_counted(
    desk: Desk, settings: Settings
) -> None:
    case_id = await desk.approved()
    eva = Role.VALIDATION_SUPERVISOR
    for text in ("¿a?", "¿b?"):
        await desk.post(eva, case_id, "observe", questions=[text])
        blocked = await desk.post(eva, case_id, "observe", questions=["¿c?"])
        assert blocked.json()["code"] == "evaluation.query_open"
        await desk.answers(case_id, "Sí.")
    view = await desk.read(case_id)
    await desk.others.tell(case_id, LAUNCHED)
    await desk.others.tell(new_id(), LAUNCHED)
    deploying = await desk.reaches(case_id, "deploying")
    late = await desk.post(eva, case_id, "observe", questions=["¿d?"])
    gate = [
        event.type.split(".")[2]
        for event in await heard(settings)
        if event.type.endswith("blocked.v1")
    ]

    assert (view["round_trips"], view["use"]) == (2, "information_only")
    assert deploying["use"] == "deploying"
    assert (late.status_code, late.json()["code"]) == (409, "evaluation.deployment_started")
    assert gate == ["blocked", "unblocked"] * 2


async def test_operations_share_it_for_information_only(desk: Desk) -> None:
    case_id = await desk.approved()
    adviser, path = desk.of(Role.ADVISER, "ana"), f"/evaluations/{case_id}/information"
    before = await adviser.get(path)
    shared = await desk.post(Role.SUPERVISOR, case_id, "share", content="Viene un cambio.")
    seen = (await adviser.get(path)).json()
    english = desk.of(Role.ADVISER, **{"accept-language": "en"})
    notice = (await english.get(path)).json()["notice"]
    await desk.others.tell(case_id, LAUNCHED)
    await desk.reaches(case_id, "deploying")
    after = (await adviser.get(path)).json()

    assert (before.status_code, before.json()["code"]) == (404, "evaluation.not_shared")
    assert shared.status_code == 200
    assert (seen["content"], seen["use"]) == ("Viene un cambio.", "information_only")
    assert seen["notice"] == "Solo como información, no para su aplicación."
    assert notice == "For information only, not for application."
    assert after["use"] == "deploying"


async def test_the_client_is_reminded_by_his_own_clock_until_he_answers(
    desk: Desk, settings: Settings
) -> None:
    case_id = await desk.opened()
    await desk.post(Role.VALIDATION_SUPERVISOR, case_id, "observe", questions=["¿a?"])
    query_id = (await desk.read(case_id))["queries"][0]["id"]
    path, reader = f"/evaluations/{case_id}/queries/{query_id}", desk.of(Role.LIAISON)

    async def clock() -> dict[str, Any]:
        found: dict[str, Any] = (await reader.get(path)).json()
        return found

    first = await eventually(clock, lambda found: found.get("status") == "open")
    promised = datetime.fromisoformat(first["remind_at"])
    assert timedelta() <= promised - (MORNING + timedelta(days=2)) < timedelta(minutes=1)
    desk.house.clock.move_to(MORNING + timedelta(days=3))
    second = await eventually(clock, lambda found: found["reminders"] == 1)
    await desk.answers(case_id, "Sí.")
    closed = await eventually(clock, lambda found: found["status"] == "answered")
    reminded = [e for e in await heard(settings) if e.type == "validation.query.reminded.v1"]
    elsewhere = await reader.get(f"/evaluations/{new_id()}/queries/{query_id}")

    # on Saturday, counted from Monday's opening
    assert second["remind_at"] == "2026-07-08T13:30:00Z"
    assert (closed["reminders"], closed["remind_at"]) == (1, None)
    assert [event.data["due_at"] for event in reminded] == [first["remind_at"]]
    assert elsewhere.status_code == 404


async def test_what_ends_takes_its_query_and_its_doubts_along(desk: Desk) -> None:
    case_id = await desk.opened()
    await desk.post(Role.VALIDATION_SUPERVISOR, case_id, "observe", questions=["¿a?"])
    query_id = (await desk.read(case_id))["queries"][0]["id"]
    closed = RequestClosed(outcome="withdrawn", closed_at=MORNING, reason="Se anula.")
    await desk.others.tell(case_id, closed)
    await desk.reaches(case_id, "withdrawn")
    late = await desk.answers(case_id, "Sí.")
    doubt = await desk.asks("ana", case_id, "¿a?")
    path = f"/evaluations/{case_id}/queries/{query_id}"

    async def status() -> str:
        return str((await desk.of(Role.AUDITOR).get(path)).json().get("status"))

    await eventually(status, lambda found: found == "withdrawn")
    assert (late.status_code, late.json()["code"]) == (409, "query.withdrawn")
    assert (doubt.status_code, doubt.json()["code"]) == (409, "doubt.request_over")


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("doubts", {"text": "¿?!"}),
        ("doubts", {"text": "x" * 1_001}),
        ("observe", {"questions": [], "doubts": []}),
        ("share", {"content": " "}),
    ],
)
async def test_bad_input_is_refused(desk: Desk, action: str, body: dict[str, Any]) -> None:
    case_id = await desk.opened()
    who = {"doubts": Role.ADVISER, "share": Role.SUPERVISOR}.get(action, Role.TRAINING_COORDINATOR)
    answer = await desk.post(who, case_id, action, **body)
    assert answer.status_code == 422, answer.text


OPERATIONS: dict[str, tuple[str, dict[str, Any], int]] = {
    "doubts": ("raise_doubt", {"text": "¿a?"}, 201),
    "doubts/1/merge": ("answer_doubt", {"into": "2"}, 412),
    "doubts/1/answer": ("answer_doubt", {"text": "sí"}, 412),
    "share": ("share_information", {"content": "algo"}, 412),
}
READS = {"information": "read_information", "doubts": "read_doubts"}


async def test_each_role_has_its_own_operations_in_its_own_tenant(desk: Desk) -> None:
    case_id = await desk.approved()
    await desk.post(Role.SUPERVISOR, case_id, "share", content="algo")
    path, stale = f"/evaluations/{case_id}", {"if-match": '"77"'}
    for role in (role for role in Role if role is not Role.SYSTEM):
        mine, theirs = desk.of(role), desk.house.as_(role, tenant="osce")
        for part, operation in READS.items():
            may = PERMISSIONS.allow(operation, frozenset({role}))
            own, foreign = await mine.get(f"{path}/{part}"), await theirs.get(f"{path}/{part}")
            assert own.status_code == (200 if may else 403), (role, part)
            assert foreign.status_code == (404 if may else 403), (role, part)
        for action, (operation, body, expected) in OPERATIONS.items():
            may = PERMISSIONS.allow(operation, frozenset({role}))
            headers = {} if action == "doubts" else stale
            own = await mine.post(f"{path}/{action}", json=body, headers=headers)
            foreign = await theirs.post(f"{path}/{action}", json=body, headers=headers)
            assert own.status_code == (expected if may else 403), (role, action, own.text)
            assert foreign.status_code == (404 if may else 403), (role, action)
