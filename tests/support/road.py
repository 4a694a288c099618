"""A running system with the people of one account, and what each of them does on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from shared.security import Role
from shared.service import Service
from shared.settings import Settings
from tests.support.acting import attempt
from tests.support.eventually import eventually
from tests.support.house import House, every, nothing_is_buried, running

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
        client = self.of(role, name)
        if version is None:
            return await client.post(path, json=body or None)
        return await attempt(client, path, version, body or None)

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


@asynccontextmanager
async def open_road(
    services: Sequence[Service], settings: Settings, amqp_url: str, keys: Path, at: datetime
) -> AsyncIterator[Road]:
    """These services at that time, with two leaders and three advisers hired."""
    async with running(services, settings, keys) as house:
        house.clock.move_to(at)
        road = Road(house)
        await road.hire("sofía", Role.SUPERVISOR)
        await road.hire("mario", Role.QUALITY_MONITOR)
        for name in ("ana", "beto", "caro"):
            await road.hire(name, Role.ADVISER)
        yield road
        await nothing_is_buried(amqp_url, services)


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
