"""The first road: a client's request from the door to the last signature, over the real bus."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.service import SERVICE as INTAKE
from services.people.service import SERVICE as PEOPLE
from services.training.service import SERVICE as TRAINING
from services.validation.service import SERVICE as VALIDATION
from shared.bus.dead import DeadLetters
from shared.security import Role
from shared.service import Service
from tests.support.eventually import eventually
from tests.support.house import House, every, running, settings_of

pytestmark = pytest.mark.e2e

FRIDAY = datetime(2026, 7, 24, 15, 0, tzinfo=UTC)  # 10:00 in Lima
CHECKS = ["other_requests", "resources", "areas"]
AID = "Desde el lunes se pide el número de poste en toda denuncia de alumbrado."


@dataclass
class Road:
    """The people of one account, and what each of them does."""

    house: House
    people: dict[str, str] = field(default_factory=dict)

    def of(self, role: Role, name: str = "") -> httpx.AsyncClient:
        return self.house.as_(role, subject=self.people.get(name, f"one-{role}"))

    async def hire(self, name: str, role: Role) -> None:
        person = {"name": name, "roles": [role], "starts_on": "2026-01-05"}
        answer = await self.of(Role.TENANT_ADMIN).post("/people", json=person)
        assert answer.status_code == 201, answer.text
        self.people[name] = answer.json()["id"]

    async def ask(self, **more: Any) -> str:
        asked = {
            "type": "information",
            "topic": "alumbrado público",
            "subject": "Número de poste",
            "description": "Las denuncias llevan el número de poste.",
            **more,
        }
        answer = await self.of(Role.LIAISON).post("/requests", json=asked)
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json()["id"]
        return request_id

    async def seen(self, kind: str, case_id: str, **wanted: Any) -> dict[str, Any]:
        """The case once its fields are as wanted."""
        client = self.of(Role.TENANT_ADMIN)

        async def look() -> dict[str, Any]:
            answer = await client.get(f"/{kind}/{case_id}")
            view: dict[str, Any] = answer.json()
            return view

        def pleases(view: dict[str, Any]) -> bool:
            return all(view.get(name) == value for name, value in wanted.items())

        return await eventually(look, pleases)

    async def does(
        self, role: Role, path: str, version: int | None = None, name: str = "", **body: Any
    ) -> httpx.Response:
        headers = {} if version is None else {"if-match": f'"{version}"'}
        client = self.of(role, name)
        if not body:
            return await client.post(path, headers=headers)
        return await client.post(path, json=body, headers=headers)

    async def done(self, *args: Any, **more: Any) -> dict[str, Any]:
        answer = await self.does(*args, **more)
        assert answer.is_success, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def approve(self, case_id: str) -> None:
        view = await self.seen("evaluations", case_id, status="evaluating")
        await self.done(
            Role.VALIDATION_SUPERVISOR,
            f"/evaluations/{case_id}/approve",
            view["version"],
            checks=CHECKS,
        )

    async def launch(self, case_id: str) -> dict[str, Any]:
        """Publish the memory-aid and launch; gives the launched replication."""
        plan = await self.seen("trainings", case_id, status="open")
        path = f"/trainings/{case_id}"
        plan = await self.done(Role.TRAINER, f"{path}/material", plan["version"], text=AID)
        return await self.done(Role.TRAINER, f"{path}/launch", plan["version"])

    async def sign(self, case_id: str, role: Role, name: str, sha256: str) -> httpx.Response:
        """The signature, once the person is enrolled."""

        async def attempt() -> httpx.Response:
            path = f"/trainings/{case_id}/signatures"
            return await self.does(role, path, name=name, sha256=sha256, method="click")

        return await eventually(attempt, lambda answer: answer.status_code != 503)


@pytest.fixture
async def road(
    amqp_url: str, management_url: str, mongo_url: str, database_prefix: str, tmp_path: Path
) -> AsyncIterator[Road]:
    settings = settings_of(amqp_url, management_url, mongo_url, database_prefix)
    services = [PEOPLE, INTAKE, VALIDATION, TRAINING]
    async with running(services, settings, tmp_path) as house:
        house.clock.move_to(FRIDAY)
        road = Road(house)
        await road.hire("sofía", Role.SUPERVISOR)
        await road.hire("mario", Role.QUALITY_MONITOR)
        for name in ("ana", "beto", "caro"):
            await road.hire(name, Role.ADVISER)
        yield road
        await nothing_is_buried(amqp_url, services)


async def nothing_is_buried(amqp_url: str, services: list[Service]) -> None:
    for service in filter(lambda one: one.inbox, services):
        async with DeadLetters(amqp_url).look(service.name) as letters:
            assert [letter.summary() for letter in letters] == []


async def everybody_signs(road: Road, case_id: str) -> None:
    sha256 = (await road.launch(case_id))["sha256"]
    early = await road.sign(case_id, Role.ADVISER, "ana", sha256)
    assert (early.status_code, early.json()["code"]) == (409, "signature.leaders_first")
    for role, name in ((Role.SUPERVISOR, "sofía"), (Role.QUALITY_MONITOR, "mario")):
        assert (await road.sign(case_id, role, name, sha256)).status_code == 201
    await road.seen("trainings", case_id, status="cascade")
    await road.seen("requests", case_id, status="deploying")
    for name in ("ana", "beto", "caro"):
        assert (await road.sign(case_id, Role.ADVISER, name, sha256)).status_code == 201


async def told(road: Road, case_id: str) -> list[str]:
    client = road.of(Role.AUDITOR)
    events = await every(client, f"/requests/{case_id}/history")
    return [event["data"].get("status") or event["type"].split(".")[2] for event in events]


async def test_a_request_is_evaluated_replicated_and_closed(road: Road) -> None:
    case_id = await road.ask()
    await road.approve(case_id)
    await everybody_signs(road, case_id)

    closed = await road.seen("requests", case_id, status="closed")
    plan = await road.seen("trainings", case_id, status="completed")

    assert (closed["outcome"], closed["on_time"], closed["coverage_pct"]) == (
        "deployed",
        True,
        100.0,
    )
    assert plan["coverage"] == {
        "eligible": 3,
        "signed": 3,
        "exempt": 0,
        "pending": 0,
        "coverage_pct": 100.0,
        "leaders": {"total": 2, "signed": 2, "exempt": 0},
        "cascade_open": True,
        "complete": True,
    }
    assert plan["on_time"] is True
    story = list(dict.fromkeys(await told(road, case_id)))
    assert story == [
        "received",
        "in_evaluation",
        "viable",
        "preparing",
        "training_leaders",
        "deploying",
        "deployed",
        "closed",
    ]


async def test_an_observed_request_waits_for_the_client_and_goes_on(road: Road) -> None:
    case_id = await road.ask()
    view = await road.seen("evaluations", case_id, status="evaluating")
    first_due = view["deadline"]["due_at"]
    path = f"/evaluations/{case_id}"
    observed = await road.done(
        Role.VALIDATION_SUPERVISOR,
        f"{path}/observe",
        view["version"],
        questions=["¿Vale para las provincias?", "¿Desde qué hora?"],
    )
    assert observed["holder"] == "client"
    assert (await road.seen("requests", case_id, status="observed"))["holder"] == "client"
    blocked = await road.does(
        Role.VALIDATION_SUPERVISOR, f"{path}/approve", observed["version"], checks=CHECKS
    )
    assert blocked.json()["code"] == "evaluation.query_open"

    road.house.clock.move_to(datetime(2026, 7, 30, 15, 0, tzinfo=UTC))  # two holidays later
    answered = await road.done(
        Role.LIAISON,
        f"{path}/answer",
        observed["version"],
        query_id=observed["queries"][0]["id"],
        answers=[{"question_id": "1", "text": "Sí."}, {"question_id": "2", "text": "08:00."}],
    )
    assert answered["deadline"]["due_at"] > first_due
    assert any("consulta" in step for step in answered["deadline"]["explain"])
    await road.seen("requests", case_id, status="answered")
    await road.approve(case_id)
    await everybody_signs(road, case_id)
    closed = await road.seen("requests", case_id, status="closed")

    assert closed["on_time"] is True
    assert "observed" in await told(road, case_id)


async def test_a_missed_term_is_told_once_by_whoever_promised(road: Road) -> None:
    case_id = await road.ask()
    view = await road.seen("evaluations", case_id, status="evaluating")
    due = datetime.fromisoformat(view["deadline"]["due_at"])
    assert due == datetime(2026, 7, 27, 21, 30, tzinfo=UTC)

    road.house.clock.move_to(datetime(2026, 7, 27, 21, 30, 1, tzinfo=UTC))
    late = await eventually(
        lambda: road.seen("evaluations", case_id),
        lambda view: view["deadline"]["state"] != "running",
    )
    assert late["deadline"]["state"] == "breached"
    await road.approve(case_id)
    await everybody_signs(road, case_id)
    await road.seen("requests", case_id, status="closed")

    events = await every(road.of(Role.AUDITOR), f"/requests/{case_id}/history")
    breaches = [event["data"] for event in events if "breached" in event["type"]]
    assert [(b["stage"], b["due_at"]) for b in breaches] == [
        ("evaluation", view["deadline"]["due_at"])
    ]


async def test_a_withdrawn_request_stops_what_is_under_way(road: Road) -> None:
    case_id = await road.ask()
    await road.approve(case_id)
    plan = await road.launch(case_id)
    request = await road.seen("requests", case_id, status="training_leaders")

    await road.done(
        Role.LIAISON, f"/requests/{case_id}/withdraw", request["version"], reason="Se anula."
    )
    await road.seen("evaluations", case_id, status="withdrawn")
    await road.seen("trainings", case_id, status="cancelled")
    signature = await road.sign(case_id, Role.SUPERVISOR, "sofía", plan["sha256"])

    assert (signature.status_code, signature.json()["code"]) == (409, "plan.closed")
