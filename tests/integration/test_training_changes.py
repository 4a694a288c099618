"""What changes while a replication runs, over HTTP: its material, its people, the gate."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.training.api import PERMISSIONS
from shared.contracts.people import PersonJoined, PersonLeft
from shared.contracts.validation import (
    EvaluationDeploymentBlocked,
    EvaluationDeploymentUnblocked,
)
from shared.ids import new_id
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.floors import AID, Floor, open_floor
from tests.support.house import every, heard

pytestmark = pytest.mark.integration


@pytest.fixture
async def floor(settings: Settings, tmp_path: Path, amqp_url: str) -> AsyncIterator[Floor]:
    async with open_floor(settings, amqp_url, tmp_path) as floor:
        yield floor


async def joins(floor: Floor, name: str, *roles: Role) -> None:
    await floor.others.tell(name, PersonJoined(roles=roles, starts_on=date(2026, 1, 5)))
    members = floor.house.process.parts["training"].cases["training.member"]

    async def known() -> int:
        return await members.collection.count_documents({"_id": name})

    await eventually(known, lambda count: count == 1)


async def told(floor: Floor, *, signed: int) -> None:
    """Until the only plan has been told how many have signed: its version rests then."""

    async def look() -> int:
        page = (await floor.of(Role.AUDITOR).get("/trainings")).json()
        return int(page["items"][0]["coverage"]["signed"])

    await eventually(look, lambda found: found == signed)


async def signs(floor: Floor, view: dict[str, Any], name: str, role: Role) -> httpx.Response:
    """The signature, once the person is enrolled."""
    body = {"sha256": view["sha256"], "method": "click"}

    async def attempt() -> httpx.Response:
        path = f"/trainings/{view['id']}/signatures"
        return await floor.of(role, name).post(path, json=body)

    return await eventually(attempt, lambda answer: answer.status_code != 503)


async def test_a_substantial_change_is_signed_anew_and_a_correction_is_not(
    floor: Floor, settings: Settings
) -> None:
    view = await floor.led(await floor.launched("ana", "beto"))
    await floor.sign(view, "ana")
    await told(floor, signed=1)
    seen = await floor.plan(view["id"])
    fixed = await floor.post(
        Role.TRAINER, seen, "material", text=f"{AID} Corregido.", substantial=False
    )
    assert fixed.json()["coverage"]["signed"] == 1
    changed = (
        await floor.post(Role.TRAINER, fixed.json(), "material", text="Ya no se pide.")
    ).json()
    reader = floor.of(Role.AUDITOR)
    pending = await every(reader, f"/trainings/{view['id']}/enrolments", limit=1)
    signed = await every(reader, f"/trainings/{view['id']}/enrolments", status="signed")
    early = await floor.sign(changed, "ana")
    cascade = await floor.led(changed)
    renewed = await floor.sign(changed, "ana")
    half = await floor.plan(view["id"])
    await floor.sign(changed, "beto")
    done = await floor.reaches(view["id"], "completed")

    assert (changed["status"], changed["required_version"]) == ("leaders", 3)
    assert (changed["coverage"]["signed"], changed["coverage"]["eligible"]) == (0, 2)
    standing = {one["person_id"]: one["status"] for one in pending}
    assert standing == {
        "ana": "outdated",
        "beto": "open",
        "sofia": "outdated",
        "mario": "outdated",
    }
    assert signed == []
    assert early.json()["code"] == "signature.leaders_first"
    assert cascade["status"] == "cascade"
    assert (renewed.status_code, renewed.json()["material_version"]) == (201, 3)
    assert half["coverage"]["coverage_pct"] == 50.0
    assert (done["coverage"]["signed"], done["coverage"]["complete"]) == (2, True)
    types = [event.type for event in await heard(settings)]
    assert types.count("training.plan.reopened.v1") == 1
    assert types.count("training.enrolment.reopened.v1") == 3
    assert types.count("training.plan.completed.v1") == 1


async def test_who_comes_while_it_runs_is_added_by_the_trainer(floor: Floor) -> None:
    view = await floor.led(await floor.launched("ana"))
    await joins(floor, "eli", Role.ADVISER)
    await joins(floor, "jefa", Role.SUPERVISOR)

    async def adds(*people: str) -> httpx.Response:
        seen = await floor.plan(view["id"])
        return await floor.post(Role.TRAINER, seen, "roster", person_ids=list(people))

    listed, unknown, boss = await adds("ana"), await adds("zoe"), await adds("jefa")
    added = await adds("eli", "eli")
    again = await adds("eli")
    stale = await floor.of(Role.TRAINER).post(
        f"/trainings/{view['id']}/roster",
        json={"person_ids": ["eli"]},
        headers={"if-match": f'"{view["version"]}"'},
    )
    await floor.sign(view, "ana")
    half = await floor.plan(view["id"])
    assert (await signs(floor, view, "eli", Role.ADVISER)).status_code == 201
    done = await floor.reaches(view["id"], "completed")

    assert (listed.status_code, listed.json()["code"]) == (409, "roster.already_listed")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "roster.not_active")
    assert boss.json()["code"] == "roster.not_a_learner"
    assert (added.status_code, added.json()["coverage"]["eligible"]) == (200, 2)
    assert again.json()["code"] == "roster.already_listed"
    assert stale.status_code in (409, 412)
    assert (half["status"], half["coverage"]["coverage_pct"]) == ("cascade", 50.0)
    assert (done["coverage"]["signed"], done["coverage"]["eligible"]) == (2, 2)
    rosters = floor.house.process.parts["training"].workshop.database["rosters"]
    assert await rosters.count_documents({}) == 2


async def test_a_leader_who_leaves_is_replaced(floor: Floor) -> None:
    view = await floor.launched("ana")
    await floor.sign(view, "mario")
    await joins(floor, "susana", Role.SUPERVISOR)
    await joins(floor, "tito", Role.QUALITY_MONITOR)
    await floor.others.tell("sofia", PersonLeft(last_on=date(2026, 6, 30)))

    async def replaces(leaving: str, replacement: str) -> httpx.Response:
        seen = await floor.plan(view["id"])
        body = {"leaving": leaving, "replacement": replacement, "reason": "Renuncia"}
        return await floor.post(Role.TRAINER, seen, "leaders", **body)

    refused = {
        answer.json()["code"]: answer.status_code
        for answer in (
            await replaces("ana", "susana"),
            await replaces("mario", "susana"),
            await replaces("sofia", "tito"),
            await replaces("sofia", "ana"),
            await replaces("sofia", "nadie"),
        )
    }
    replaced = await replaces("sofia", "susana")
    assert (await signs(floor, view, "susana", Role.SUPERVISOR)).status_code == 201
    await floor.reaches(view["id"], "cascade")
    released = await every(
        floor.of(Role.AUDITOR), f"/trainings/{view['id']}/enrolments", status="released"
    )

    assert refused == {
        "leader.unknown": 422,
        "leader.already_done": 409,
        "leader.role_missing": 422,
        "roster.already_listed": 409,
        "roster.not_active": 422,
    }
    assert replaced.json()["coverage"]["leaders"] == {"total": 2, "signed": 1, "exempt": 0}
    assert [one["person_id"] for one in released] == ["sofia"]


async def test_nothing_is_launched_while_the_client_has_a_query(floor: Floor) -> None:
    await floor.joined("ana")
    view = await floor.approved()
    view = (await floor.post(Role.TRAINER, view, "material", text=AID)).json()
    at, query = floor.house.clock(), new_id()
    blocked_event = EvaluationDeploymentBlocked(query_id=query)
    await floor.others.tell(view["id"], blocked_event, at=at)
    await floor.others.tell(new_id(), EvaluationDeploymentBlocked(query_id=query))
    blocked = await eventually(lambda: floor.plan(view["id"]), lambda found: found["blocked"])
    launch = f"/trainings/{view['id']}/launch"

    async def launched(version: int) -> httpx.Response:
        return await floor.of(Role.TRAINER).post(launch, headers={"if-match": f'"{version}"'})

    refused = await launched(blocked["version"])
    answered = EvaluationDeploymentUnblocked(query_id=query)
    await floor.others.tell(view["id"], answered, at=at + timedelta(days=2))
    free = await eventually(lambda: floor.plan(view["id"]), lambda found: not found["blocked"])
    went = await launched(free["version"])

    assert (refused.status_code, refused.json()["code"]) == (409, "plan.blocked")
    assert "cliente" in refused.json()["title"]
    assert blocked["deadline"]["state"] == "paused"
    # 16 working hours of waiting: from Thursday's close to Monday's
    assert free["deadline"]["due_at"] == "2026-07-06T21:30:00Z"
    assert any("consulta" in step for step in free["deadline"]["explain"])
    assert (went.status_code, went.json()["status"]) == (200, "leaders")


BODIES: dict[str, dict[str, Any]] = {
    "roster": {"person_ids": ["ana"]},
    "leaders": {"leaving": "a", "replacement": "b", "reason": "Renuncia"},
}


async def test_only_who_prepares_changes_who_signs(floor: Floor) -> None:
    view = await floor.approved()
    for role in (role for role in Role if role is not Role.SYSTEM):
        may = PERMISSIONS.allow("launch_training", frozenset({role}))
        for action, body in BODIES.items():
            path, headers = f"/trainings/{view['id']}/{action}", {"if-match": '"1"'}
            own = await floor.of(role).post(path, json=body, headers=headers)
            foreign = await floor.house.as_(role, tenant="osce").post(
                path, json=body, headers=headers
            )
            assert (own.status_code in (409, 422)) if may else (own.status_code == 403), role
            assert foreign.status_code == (404 if may else 403), (role, action)
