"""The coordinators' work over HTTP: the day's report, frequencies, improvements, meetings."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.incidents import meetings
from services.incidents.forgetting import Forgetting, kept_for
from services.incidents.service import SERVICE
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import act_on
from tests.support.eventually import eventually
from tests.support.house import House, every, running

pytestmark = pytest.mark.integration
NEW = {
    "summary": "No carga el registro",
    "description": "No responde.",
    "reporter": "usuaria@entidad.gob.pe",
    "channel": "telephone",
}
ROLES = (Role.ADVISER, Role.SPECIALIST_L2, Role.SPECIALIST_L3, Role.INCIDENT_LEADER)


@dataclass
class Office:
    """A coordinator who may do all of it."""

    house: House
    client: httpx.AsyncClient

    def at(self, day: int, hour: int) -> None:
        self.house.clock.stand_at(datetime(2026, 7, day, hour + 5, tzinfo=UTC))

    async def register(self, **changes: Any) -> dict[str, Any]:
        answer = await self.client.post("/incidents", json={**NEW, **changes})
        assert answer.status_code == 201, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def do(self, path: str, version: int, **body: Any) -> dict[str, Any]:
        case, _, action = path.rpartition("/")
        return await act_on(self.client, case, version, action, body)

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = await self.client.get(path, params=query)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def office(settings: Settings, tmp_path: Path) -> AsyncIterator[Office]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield Office(house, house.as_(*ROLES, tenant="osce"))


async def test_the_day_the_frequencies_and_the_table_of_improvements(office: Office) -> None:
    office.at(1, 10)
    error = {"area": "seace", "origin": "system", "type": "error"}
    views = [await office.register(**error, criticality="high") for _ in range(3)]
    await office.register(area="rnp", origin="data", type="wrong-data")
    await office.register(area="rnp", origin="system", type="error")
    first = views[0]
    path = f"/incidents/{first['id']}"
    first = await office.do(f"{path}/forward", first["version"])
    first = await office.do(f"{path}/take", first["version"])
    second = views[1]
    second = await office.do(f"/incidents/{second['id']}/forward", second["version"])
    reason = {"reason": "Falta una regla.", "coordinated_with": "RNP"}
    await office.do(f"/incidents/{second['id']}/convert", second["version"], **reason)
    office.at(2, 10)
    first = await office.do(f"{path}/solve", first["version"], answer="Ya.", evidence=["log"])
    first = await office.do(f"{path}/reply", first["version"])

    day = await office.get("/incident-daily", on="2026-07-01")
    after = await office.get("/incident-daily")
    unit = await office.get("/incident-daily", on="2026-07-01", area="RNP")
    month = {"from": "2026-07-01", "to": "2026-07-31"}
    origins = await office.get("/incident-frequencies", **month)
    top = await office.get("/incident-frequencies", **month, by="problem", top=1)
    ways = await office.get("/incident-frequencies", **month, by="channel")
    table = await office.get("/incident-improvements", **month)
    upside_down = await office.client.get(
        "/incident-frequencies", params={"from": "2026-07-02", "to": "2026-07-01"}
    )
    endless = await office.client.get(
        "/incident-improvements", params={"from": "2026-01-01", "to": "2028-07-01"}
    )

    units = {row["unit"]: row for row in day["units"]}
    assert {key: row["entered"] for key, row in units.items()} == {"uaus": 0, "seace": 3, "rnp": 2}
    assert (units["seace"]["attended"], units["seace"]["solved"]) == (2, 0)
    assert day["consolidated"]["entered"] == 5
    assert day["consolidated"]["open"] == 4
    assert (after["on"], after["consolidated"]["solved"]) == ("2026-07-02", 1)
    assert after["consolidated"]["closed"] == 1
    assert [row["unit"] for row in unit["units"]] == ["rnp"]
    assert unit["consolidated"]["entered"] == 2
    shown = [(row["key"], row["count"], row["cumulative_share"]) for row in origins["items"]]
    assert shown == [("system", 4, 0.8), ("data", 1, 1.0)]
    assert (top["total"], top["others"]) == (5, 2)
    assert [(row["key"], row["name"]) for row in ways["items"]] == [("telephone", "teléfono")]
    assert top["items"][0]["name"] == "SEACE, Error de la aplicación"
    row = table["items"][0]
    assert (row["area"], row["type"], row["count"], row["impact"]) == ("seace", "error", 3, 3)
    assert row["requirements"] == ["RF-2026-000001"]
    assert row["average_seconds"] == 8 * 3_600
    assert (upside_down.status_code, endless.status_code) == (422, 422)
    assert upside_down.json()["detail"].startswith("Va del 2026-07-02 al 2026-07-01")
    assert endless.json()["detail"] == "Pida a lo sumo 800 días."


async def test_the_day_of_a_unit_tells_what_its_desk_has_whatever_that_is_about(
    office: Office,
) -> None:
    office.at(1, 10)
    about = {"area": "seace", "origin": "system"}
    answered, held = [await office.register(**about) for _ in range(2)]
    for view in (answered, held):
        path = f"/incidents/{view['id']}"
        sent = await office.do(f"{path}/forward", view["version"])
        await office.do(f"{path}/elevate", sent["version"], reason="Es técnica.", area="oti")
    path = f"/incidents/{answered['id']}"
    version = (await office.get(path))["version"]
    await office.do(f"{path}/solve", version, answer="Ya.", evidence=["log"])

    now = {row["unit"]: row for row in (await office.get("/incident-daily"))["units"]}
    office.at(20, 10)
    late = {row["unit"]: row for row in (await office.get("/incident-daily"))["units"]}
    assert (now["oti"]["answered"], now["oti"]["at_desk"], now["oti"]["open"]) == (1, 1, 0)
    assert (now["seace"]["answered"], now["seace"]["at_desk"], now["seace"]["open"]) == (0, 1, 2)
    assert (late["oti"]["answered"], late["oti"]["overdue_at_desk"]) == (0, 1)


async def test_a_meeting_from_its_plan_to_the_follow_up(office: Office) -> None:
    office.at(1, 10)
    new = {"team": "monthly", "on": "2026-07-03", "objectives": ["Revisar los tiempos"]}
    answer = await office.client.post("/incident-meetings", json=new)
    meeting = answer.json()
    path = f"/incident-meetings/{meeting['id']}"
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1{path}")
    office.at(3, 10)
    acta = {"on": "2026-07-03", "minutes": "Se revisaron.", "duration": 55}
    meeting = await office.do(f"{path}/hold", meeting["version"], **acta)
    promise = {"text": "Publicar la guía", "owner": "role:specialist_l2", "due_on": "2026-07-10"}
    problem = {"area": "seace", "type": "error"}
    meeting = await office.do(f"{path}/commitments", meeting["version"], **promise, **problem)
    other = {**promise, "text": "Avisar a OTI", "due_on": "2026-07-24"}
    meeting = await office.do(f"{path}/commitments", meeting["version"], **other)
    office.at(13, 10)

    async def overdue() -> list[dict[str, Any]]:
        found = await office.get("/incident-commitments", overdue="true")
        items: list[dict[str, Any]] = found["items"]
        return items

    (late,) = await eventually(overdue)
    everything = await office.get("/incident-commitments", owner="role:specialist_l2")
    meeting = await office.get(path)
    kept = await office.do(f"{path}/commitments/1/fulfil", meeting["version"], note="Publicada.")
    teams = {team["key"]: team for team in (await office.get("/incident-teams"))["items"]}
    life = await every(office.client, f"{path}/history")
    pages = await every(office.client, "/incident-meetings", team="monthly", limit=1)
    strange = await office.client.post("/incident-meetings", json={**new, "team": "choir"})

    assert (late["text"], late["meeting_id"]) == ("Publicar la guía", meeting["id"])
    assert [row["number"] for row in everything["items"]] == [1, 2]
    assert kept["too_long"]
    assert [made["state"] for made in kept["commitments"]] == ["kept_late", "open"]
    assert teams["monthly"]["last_on"] == "2026-07-03"
    assert teams["monthly"]["next_by"] == "2026-08-03"
    assert teams["improvement"]["last_on"] is None
    verbs = [event["type"].split(".")[2] for event in life]
    assert verbs == ["planned", "held", "committed", "committed", "overdue", "fulfilled"]
    assert [page["id"] for page in pages] == [meeting["id"]]
    assert (strange.status_code, strange.json()["code"]) == (422, "incident.unknown_team")


async def test_the_follow_up_looks_for_whom_it_is_asked_before_it_ends(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meetings of others, with earlier days, take nobody's place in it."""
    monkeypatch.setattr(meetings, "MOST", 1)
    office.at(1, 10)
    new = {"team": "monthly", "on": "2026-07-03", "objectives": ["Revisar los tiempos"]}
    acta = {"on": "2026-07-01", "minutes": "Se revisaron.", "duration": 30}
    owners = ("role:specialist_l2", "role:specialist_l3")
    for day, owner in zip(("10", "24"), owners, strict=True):
        made = (await office.client.post("/incident-meetings", json=new)).json()
        path = f"/incident-meetings/{made['id']}"
        made = await office.do(f"{path}/hold", made["version"], **acta)
        promise = {"text": "Avisar a OTI", "owner": owner, "due_on": f"2026-07-{day}"}
        await office.do(f"{path}/commitments", made["version"], **promise)

    for owner in owners:
        (found,) = (await office.get("/incident-commitments", owner=owner))["items"]
        assert found["owner"] == owner
    (first,) = (await office.get("/incident-commitments", team="monthly"))["items"]
    assert first["due_on"] == "2026-07-10"
    assert (await office.get("/incident-commitments", overdue="true"))["items"] == []


async def test_who_reported_is_forgotten_so_long_after_the_end(office: Office) -> None:
    office.at(1, 10)
    about = {"area": "seace", "origin": "system"}
    ended, open_, came_back = [await office.register(**about) for _ in range(3)]
    for view in (ended, came_back):
        gone = await office.do(f"/incidents/{view['id']}/dismiss", 1, reason="Es una consulta.")
    await office.do(f"/incidents/{came_back['id']}/reopen", gone["version"], reason="No lo era.")
    workshop = office.house.process.parts["incidents"].workshop
    assert kept_for(workshop) == {}
    forgetting = Forgetting(workshop, {"osce": 30})

    office.at(30, 10)
    assert await forgetting.forget() == 0
    office.at(31, 11)
    assert [await forgetting.forget() for _ in range(2)] == [1, 0]
    known = {
        view["id"]: view["reporter"]
        for view in [
            await office.get(f"/incidents/{one['id']}") for one in (ended, open_, came_back)
        ]
    }
    assert known == {
        ended["id"]: "",
        open_["id"]: NEW["reporter"],
        came_back["id"]: NEW["reporter"],
    }
    life = await office.get(f"/incidents/{ended['id']}/history")
    assert [event["type"].split(".")[2] for event in life["items"]] == ["registered", "dismissed"]
