"""The deployment gate between validation and training, both of them real, over the real bus."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.training.service import SERVICE as TRAINING
from services.validation.service import SERVICE as VALIDATION
from shared.contracts.intake import RequestReceived
from shared.contracts.people import PersonJoined
from shared.ids import new_id
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import attempt
from tests.support.eventually import eventually
from tests.support.floors import AID, LEADERS, MORNING
from tests.support.house import House, Outsider, nothing_is_buried, running

pytestmark = pytest.mark.integration


@dataclass
class Both:
    """Validation and training, with intake and people spoken for."""

    house: House
    case_id: str

    async def read(self, kind: str) -> dict[str, Any]:
        answer = await self.house.as_(Role.AUDITOR).get(f"/{kind}/{self.case_id}")
        view: dict[str, Any] = answer.json()
        return view

    async def seen(self, kind: str, **wanted: Any) -> dict[str, Any]:
        return await eventually(
            lambda: self.read(kind),
            lambda view: all(view.get(name) == value for name, value in wanted.items()),
        )

    async def post(self, role: Role, kind: str, action: str, **body: Any) -> httpx.Response:
        version = (await self.read(kind))["version"]
        path = f"/{kind}/{self.case_id}/{action}"
        return await attempt(self.house.as_(role), path, version, body or None)


@pytest.fixture
async def both(settings: Settings, amqp_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    async with running([VALIDATION, TRAINING], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        others, both = Outsider(amqp_url), Both(house, new_id())
        for name, role in {**LEADERS, "ana": Role.ADVISER}.items():
            joined = PersonJoined(roles=(role.value,), starts_on=date(2026, 1, 5))
            await others.tell(name, joined)
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
        await others.tell(both.case_id, request)
        await both.seen("evaluations", status="evaluating")
        yield both
    await nothing_is_buried(amqp_url, [VALIDATION, TRAINING])


async def test_a_query_after_the_approval_holds_the_launch_until_its_answer(both: Both) -> None:
    eva, path = Role.VALIDATION_SUPERVISOR, f"/evaluations/{both.case_id}"
    await both.post(eva, "evaluations", "approve", checks=["other_requests", "resources", "areas"])
    await both.seen("trainings", status="open")
    await both.post(Role.TRAINER, "trainings", "material", text=AID)
    first_due = (await both.read("trainings"))["deadline"]["due_at"]
    ana = both.house.as_(Role.ADVISER, subject="ana")
    assert (await ana.post(f"{path}/doubts", json={"text": "¿Y de noche?"})).status_code == 201
    await both.post(eva, "evaluations", "observe", doubts=["1"])
    await both.seen("trainings", blocked=True)
    held = await both.post(Role.TRAINER, "trainings", "launch")

    both.house.clock.ahead += timedelta(days=1)
    query = (await both.read("evaluations"))["queries"][-1]["id"]
    said = [{"question_id": "1", "text": "También."}]
    await both.post(Role.LIAISON, "evaluations", "answer", query_id=query, answers=said)
    free = await both.seen("trainings", blocked=False)
    launched = await both.post(Role.TRAINER, "trainings", "launch")
    deploying = await both.seen("evaluations", status="deploying")
    late = await both.post(eva, "evaluations", "observe", questions=["¿Y los domingos?"])
    (mine,) = (await ana.get(f"{path}/doubts")).json()["items"]

    assert (held.status_code, held.json()["code"]) == (409, "plan.blocked")
    moved = datetime.fromisoformat(free["deadline"]["due_at"])
    wait = moved - datetime.fromisoformat(first_due)
    assert timedelta(hours=20) < wait < timedelta(days=5)
    assert launched.status_code == 200
    assert (deploying["use"], deploying["round_trips"]) == ("deploying", 1)
    assert late.json()["code"] == "evaluation.deployment_started"
    assert (mine["answer"], mine["answered_by"]) == ("También.", "client")
