"""A running training service with its people, and validation spoken for on the real bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from services.training.service import SERVICE
from shared.contracts.people import PersonJoined
from shared.contracts.terms import Deadline
from shared.contracts.validation import EvaluationApproved
from shared.ids import new_id
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import attempt
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, nothing_is_buried, running

MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
DUE = datetime(2026, 7, 2, 21, 30, tzinfo=UTC)
AID = "Desde el lunes se pide el número de poste."
LEADERS = {"sofia": Role.SUPERVISOR, "mario": Role.QUALITY_MONITOR}


@dataclass
class Floor:
    """A running training service, and everybody it needs."""

    house: House
    others: Outsider

    def of(self, role: Role, name: str = "x") -> httpx.AsyncClient:
        return self.house.as_(role, subject=name)

    async def joined(self, *advisers: str) -> None:
        """Leaders and advisers, known to the service."""
        for name, role in {**LEADERS, **dict.fromkeys(advisers, Role.ADVISER)}.items():
            await self.others.tell(
                name, PersonJoined(roles=(role.value,), starts_on=date(2026, 1, 5))
            )
        members = self.house.process.parts["training"].cases["training.member"]

        async def known() -> int:
            return await members.collection.count_documents({})

        await eventually(known, lambda count: count == len(LEADERS) + len(advisers))

    async def approved(self, plan_id: str | None = None) -> dict[str, Any]:
        """An open plan."""
        plan_id = plan_id or new_id()
        due = Deadline(stage="request.information", due_at=DUE, effective_at=MORNING)
        await self.others.tell(
            plan_id,
            EvaluationApproved(
                code="SOL-2026-000001",
                request_type="information",
                topic="tema",
                title="título",
                deadline=due,
            ),
            at=MORNING,
        )
        return await self.reaches(plan_id, "open")

    async def plan(self, plan_id: str) -> dict[str, Any]:
        view: dict[str, Any] = (await self.of(Role.AUDITOR).get(f"/trainings/{plan_id}")).json()
        return view

    async def reaches(self, plan_id: str, status: str) -> dict[str, Any]:
        return await eventually(lambda: self.plan(plan_id), lambda v: v.get("status") == status)

    async def post(
        self, role: Role, view: dict[str, Any], action: str, **body: Any
    ) -> httpx.Response:
        path = f"/trainings/{view['id']}/{action}"
        return await attempt(self.of(role), path, view["version"], body or None)

    async def launched(self, *advisers: str) -> dict[str, Any]:
        """A launched plan whose people are all enrolled."""
        await self.joined(*advisers)
        view = await self.approved()
        view = (await self.post(Role.TRAINER, view, "material", text=AID)).json()
        answer = await self.post(Role.TRAINER, view, "launch")
        assert answer.status_code == 200, answer.text
        enrolments = self.house.process.parts["training"].cases["training.enrolment"]

        async def enrolled() -> int:
            return await enrolments.collection.count_documents({"state.plan_id": view["id"]})

        await eventually(enrolled, lambda count: count == len(LEADERS) + len(advisers))
        launched: dict[str, Any] = answer.json()
        return launched

    async def sign(self, view: dict[str, Any], name: str, **changes: Any) -> httpx.Response:
        body = {"sha256": view["sha256"], "method": "click", **changes}
        who = self.of(LEADERS.get(name, Role.ADVISER), name)
        return await who.post(f"/trainings/{view['id']}/signatures", json=body)

    async def led(self, view: dict[str, Any]) -> dict[str, Any]:
        """The plan once its leaders have signed."""
        for name in LEADERS:
            assert (await self.sign(view, name)).status_code == 201
        return await self.reaches(view["id"], "cascade")


@asynccontextmanager
async def open_floor(settings: Settings, amqp_url: str, keys: Path) -> AsyncIterator[Floor]:
    """Training alone, on a working morning; whatever it hears has to be good."""
    async with running([SERVICE], settings, keys) as house:
        house.clock.move_to(MORNING)
        yield Floor(house, Outsider(amqp_url))
    await nothing_is_buried(amqp_url, [SERVICE])
