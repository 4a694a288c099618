"""People over HTTP: what is told to the others, and what stays here."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.imports.people import PEOPLE
from cli.imports.register import Register
from cli.imports.rosters import ROSTERS
from cli.imports.run import Job, run
from services.people.cases import PERSON
from services.people.service import SERVICE
from shared.security import Role
from shared.settings import Settings
from shared.store import utc_now
from tests.support import staff
from tests.support.eventually import eventually
from tests.support.house import House, every, heard, running

pytestmark = pytest.mark.integration

NEW: dict[str, Any] = {
    "name": "Rosa Quispe",
    "email": "rosa@example.org",
    "phone": "+51 1 219-3410",
    "roles": ["adviser"],
    "starts_on": "2026-08-03",
    "channel": "telephone",
    "languages": ["qu", "es"],
}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


@pytest.fixture
def manager(house: House) -> httpx.AsyncClient:
    return house.as_(Role.SERVICE_MANAGER)


async def joined(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/people", json={**NEW, **changes})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def test_a_person_joins_changes_and_leaves(house: House, manager: httpx.AsyncClient) -> None:
    person = await joined(manager)
    path = f"/people/{person['id']}"
    changed = await manager.put(
        f"{path}/roles",
        json={"roles": ["trainer"], "reason": "ascenso"},
        headers={"if-match": '"1"'},
    )
    stale = await manager.put(
        f"{path}/roles", json={"roles": ["adviser"], "reason": "x"}, headers={"if-match": '"1"'}
    )
    left = await manager.post(
        f"{path}/leave",
        json={"last_on": "2026-12-31", "reason": "renuncia"},
        headers={"if-match": '"2"'},
    )
    again = await manager.post(
        f"{path}/leave",
        json={"last_on": "2026-12-31", "reason": "renuncia"},
        headers={"if-match": '"3"'},
    )

    assert (person["name"], person["status"], person["roles"]) == (
        "Rosa Quispe",
        "active",
        ["adviser"],
    )
    assert (changed.status_code, changed.json()["roles"]) == (200, ["trainer"])
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (left.json()["status"], left.json()["last_on"]) == ("left", "2026-12-31")
    assert (again.status_code, again.json()["code"]) == (409, "person.illegal_transition")
    assert (await manager.get(path)).json() == left.json()


async def test_no_name_leaves_the_service(house: House, manager: httpx.AsyncClient) -> None:
    person = await joined(manager)
    cases = house.process.parts["people"].cases[PERSON.stream].collection
    await eventually(lambda: cases.find_one({"_id": person["id"], "relay_at": {"$exists": False}}))
    (event,) = await heard(house.settings)
    stored = await cases.find_one({"_id": person["id"]})

    assert (event.type, event.subject) == ("people.person.joined.v1", person["id"])
    assert event.data["roles"] == ["adviser"]
    for secret in ("Rosa", "example.org", "219-3410"):
        assert secret not in str(event)
        assert secret not in str(stored)


async def test_the_same_key_is_the_same_person_under_the_first_name(
    manager: httpx.AsyncClient,
) -> None:
    key = {"idempotency-key": "row-7"}
    first = await manager.post("/people", json=NEW, headers=key)
    again = await manager.post("/people", json=NEW, headers=key)
    other = await manager.post("/people", json={**NEW, "name": "Otra"}, headers=key)

    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [view["name"] for view in await every(manager, "/people")] == ["Rosa Quispe"]


async def test_the_list_in_pages_and_by_filters(manager: httpx.AsyncClient) -> None:
    for number in range(5):
        await joined(manager, name=f"Asesor {number}")
    trainer = await joined(manager, roles=["trainer"], channel="", languages=["lsp"])

    assert len(await every(manager, "/people", limit=2)) == 6
    assert len(await every(manager, "/people", role="adviser", status="active")) == 5
    assert [v["id"] for v in await every(manager, "/people", language="lsp")] == [trainer["id"]]
    assert (await manager.get("/people", params={"role": "king"})).status_code == 422


async def test_what_the_account_does_not_have_is_refused(manager: httpx.AsyncClient) -> None:
    answer = await manager.post("/people", json={**NEW, "roles": ["agent"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "person.unknown_value")
    assert "adviser" in answer.json()["detail"]
    guarded = await manager.post("/people", json={**NEW, "roles": ["tenant_admin"]})
    assert (guarded.status_code, guarded.json()["code"]) == (403, "person.guarded_role")
    assert (await manager.post("/people", json={**NEW, "email": "x"})).status_code == 422


def day_shift(day: int, start: int = 8, end: int = 16) -> dict[str, str]:
    def at(hour: int) -> str:
        return f"2026-08-{day:02}T{hour:02}:00:00-05:00"

    return {"starts_at": at(start), "ends_at": at(end), "shift": "day"}


async def test_a_week_is_planned_and_whoever_is_away_fills_no_seat(
    house: House, manager: httpx.AsyncClient
) -> None:
    house.clock.move_to(datetime(2026, 7, 31, 15, tzinfo=UTC))
    person = await joined(manager, organisation="comdata", area="Operaciones", skills=["chat"])
    path = f"/people/{person['id']}"
    supervisor = house.as_(Role.SUPERVISOR)

    async def put(week: str, version: int, *shifts: dict[str, str]) -> httpx.Response:
        tag = {"if-match": f'"{version}"'}
        return await supervisor.put(f"{path}/rosters/{week}", json={"shifts": shifts}, headers=tag)

    overlapping = await put("2026-W32", 1, day_shift(3), day_shift(3, 15, 20))
    planned = await put("2026-W32", 1, day_shift(4), day_shift(3))
    away = {"first_on": "2026-08-04", "last_on": "2026-08-10"}
    absent = await supervisor.post(f"{path}/absences", json=away, headers={"if-match": '"2"'})
    refused = await put("2026-W33", 3, day_shift(10))
    read = (await house.as_(Role.ADVISER).get(f"{path}/rosters/2026-W32")).json()
    posts = (await supervisor.get("/rosters/2026-W32/posts")).json()["posts"]
    back = await supervisor.delete(f"{path}/absences/2026-08-04", headers={"if-match": '"3"'})

    assert (overlapping.status_code, overlapping.json()["code"]) == (409, "shift.overlaps")
    assert planned.status_code == 200, planned.text
    assert absent.json()["absences"] == [away]
    assert (refused.status_code, refused.json()["code"]) == (409, "shift.absent")
    assert [(one["channel"], one["absent"]) for one in read["shifts"]] == [
        ("telephone", False),
        ("telephone", True),
    ]
    assert [one for one in posts if one["planned"]] == [
        {
            "post": "telephone",
            "channel": "telephone",
            "shift": "day",
            "seats": 18,
            "planned": 1,
            "missing": 17,
        }
    ]
    assert back.json()["absences"] == []
    assert [v["person_id"] for v in await every(supervisor, "/rosters/2026-W32")] == [person["id"]]
    assert (await supervisor.get("/rosters/2026-W99")).status_code == 422
    assert len(await every(manager, "/people", skill="chat", organisation="comdata")) == 1
    sides = (await supervisor.get("/organisations")).json()["organisations"]
    assert {one["side"] for one in sides} == {"client", "provider"}


async def test_a_staff_list_and_its_rosters_are_imported_once(
    house: House, manager: httpx.AsyncClient, tmp_path: Path
) -> None:
    house.clock.move_to(datetime(2026, 7, 31, 15, tzinfo=UTC))
    people = [staff.person("001", "Quispe, Rosa"), staff.person("002", "Solís, Mario")]
    shifts = [staff.shift(code, "03/08/2026", staff.EIGHT, staff.FOUR) for code in ("001", "002")]
    unknown = staff.shift("009", "03/08/2026", staff.EIGHT, staff.FOUR)

    async def imported(register: Register, *rows: tuple[Any, ...]) -> tuple[int, int, int]:
        of_staff = register is PEOPLE
        header = staff.STAFF_HEADER if of_staff else staff.ROSTER_HEADER
        mapping = staff.STAFF_MAPPING if of_staff else staff.ROSTER_MAPPING
        file = staff.sheet(tmp_path / "file.xlsx", header, *rows)
        rejects = tmp_path / "rejects.csv"
        report = await run(register, Job(file, "osinergmin", mapping, rejects), house.settings)
        return report.imported, report.unchanged, report.rejected

    assert await imported(PEOPLE, *people) == (2, 0, 0)
    assert await imported(PEOPLE, *people) == (0, 2, 0)
    assert await imported(ROSTERS, *shifts, unknown) == (2, 0, 1)
    assert await imported(ROSTERS, *shifts) == (0, 2, 0)

    names = {view["name"]: view["id"] for view in await every(manager, "/people")}
    assert names.keys() == {"Quispe, Rosa", "Solís, Mario"}
    rosters = await every(manager, "/rosters/2026-W32")
    assert {one["person_id"] for one in rosters} == set(names.values())
    assert rosters[0]["shifts"][0]["starts_at"] == "2026-08-03T13:00:00Z"
    # a plan that comes back after another is in force again
    day = f"{utc_now() + timedelta(days=30):%d/%m/%Y}"
    one = staff.shift("001", day, staff.EIGHT, staff.FOUR)
    other = staff.shift("001", day, "09:00", staff.FOUR)
    plans = [await imported(ROSTERS, row) for row in (one, one, other, one)]
    assert plans == [(1, 0, 0), (0, 1, 0), (1, 0, 0), (1, 0, 0)]


async def test_tenants_and_roles_are_kept_apart(house: House, manager: httpx.AsyncClient) -> None:
    person = await joined(manager)
    path = f"/people/{person['id']}"
    stranger = house.as_(Role.TENANT_ADMIN, tenant="osce")
    trainer, adviser = house.as_(Role.TRAINER), house.as_(Role.ADVISER)
    leave = {
        "json": {"last_on": "2026-12-31", "reason": "x"},
        "headers": {"if-match": '"1"'},
    }

    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/leave", **leave)).status_code == 404
    assert await every(stranger, "/people") == []
    assert (await trainer.get(path)).status_code == 200
    assert (await trainer.post("/people", json=NEW)).status_code == 403
    assert (await adviser.get(path)).status_code == 403
