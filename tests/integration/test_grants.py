"""Access to the client's systems over HTTP: given, listed, taken away, ended by time or leaving."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.service import SERVICE
from shared.contracts.people import PersonJoined, PersonLeft
from shared.contracts.terms import Deadline
from shared.contracts.validation import EvaluationApproved
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, running

pytestmark = pytest.mark.integration
ASKED = {"type": "system_access", "topic": "t", "subject": "s", "description": "d"}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


async def test_named_accesses_are_given_listed_and_ended(house: House, amqp_url: str) -> None:
    liaison, auditor = house.as_(Role.LIAISON), house.as_(Role.AUDITOR)
    others = Outsider(amqp_url)
    request = (await liaison.post("/requests", json=ASKED)).json()
    path = f"/requests/{request['id']}/grants"
    wanted = {"person_id": "ana", "system": "expedientes", "days": 30}
    early = await liaison.post(path, json=wanted)
    due = Deadline(stage="x", due_at=house.clock() + timedelta(days=1), effective_at=house.clock())
    approved = EvaluationApproved(
        code="c", request_type="system_access", topic="t", title="s", deadline=due, replicated=False
    )
    await others.tell(request["id"], approved)
    await eventually(
        lambda: liaison.get(f"/requests/{request['id']}"), lambda a: a.json()["status"] == "viable"
    )
    key = {"idempotency-key": "k"}
    given, again = [await liaison.post(path, json=wanted, headers=key) for _ in range(2)]
    twice = await liaison.post(path, json=wanted)
    for person in ("beto", "caro", "dora"):
        answer = await liaison.post(path, json={**wanted, "person_id": person})
        assert answer.status_code == 201, answer.text

    async def holders(**query: Any) -> list[str]:
        page = (await auditor.get("/grants", params=query)).json()
        return sorted(one["person_id"] for one in page["items"])

    everybody = await holders(system="expedientes")
    (dora,) = (await auditor.get("/grants", params={"person_id": "dora"})).json()["items"]
    (beto,) = (await auditor.get("/grants", params={"person_id": "beto"})).json()["items"]
    revoked = await liaison.post(
        f"/grants/{beto['id']}/revoke", json={"reason": "x"}, headers={"if-match": '"1"'}
    )
    today = house.clock().date()
    joined = PersonJoined(roles=("adviser",), starts_on=today)
    await others.tell("caro", joined, PersonLeft(last_on=today - timedelta(days=2)))
    await others.tell("dora", joined, PersonLeft(last_on=today + timedelta(days=3)))
    left = await eventually(holders, lambda names: "caro" not in names)
    await eventually(
        lambda: auditor.get(f"/grants/{dora['id']}"),
        lambda a: a.json()["expires_at"] < dora["expires_at"],
    )
    other = (await liaison.post("/requests", json=ASKED)).json()
    await others.tell(other["id"], approved)
    await eventually(
        lambda: liaison.get(f"/requests/{other['id']}"), lambda a: a.json()["status"] == "viable"
    )
    gone = await liaison.post(
        f"/requests/{other['id']}/grants", json={**wanted, "person_id": "caro"}
    )
    house.clock.ahead += timedelta(days=6)
    later = await eventually(holders, lambda names: "dora" not in names)
    house.clock.ahead += timedelta(days=30)
    nobody = await eventually(holders, lambda names: not names)
    ended = (await auditor.get("/grants", params={"status": ["expired", "revoked", "left"]})).json()
    stranger = await house.as_(Role.AUDITOR, tenant="osce").get(f"/grants/{beto['id']}")

    assert (early.status_code, early.json()["code"]) == (409, "grant.request_not_viable")
    assert (given.status_code, given.json()) == (201, again.json())
    assert (given.json()["mode"], given.json()["status"]) == ("view", "active")
    assert (twice.status_code, twice.json()["code"]) == (409, "grant.already_given")
    assert everybody == ["ana", "beto", "caro", "dora"]
    assert revoked.json()["status"] == "revoked"
    assert (left, later, nobody) == (["ana", "dora"], ["ana"], [])
    assert {one["person_id"]: one["status"] for one in ended["items"]} == {
        "ana": "expired",
        "beto": "revoked",
        "caro": "left",
        "dora": "expired",
    }
    assert (gone.status_code, gone.json()["code"]) == (409, "grant.person_left")
    assert stranger.status_code == 404
