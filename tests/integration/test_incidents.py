"""Incidents over HTTP through three tiers, on the real broker and database."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.incidents.api import PERMISSIONS
from services.incidents.api.desk import filters_of
from services.incidents.api.inputs import IncidentQuery
from services.incidents.cases import INCIDENT
from services.incidents.digest import pipeline
from services.incidents.rows import MOST
from services.incidents.service import SERVICE
from shared.contracts import Envelope
from shared.security import Actor, Role
from shared.settings import Settings
from shared.store import broken_at
from tests.support.acting import act_on, attempt
from tests.support.eventually import eventually
from tests.support.house import House, every, heard, running

pytestmark = pytest.mark.integration
TITO = "person:tito"
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
NEW = {
    "summary": "No carga el registro",
    "description": "La página del registro no responde desde la mañana.",
    "area": "SEACE",
    "origin": "system",
    "reporter": "usuaria@entidad.gob.pe",
    "channel": "telephone",
}


@dataclass
class Tiers:
    """The people of the three tiers, and a way to act on an incident."""

    house: House
    desk: httpx.AsyncClient
    second: httpx.AsyncClient
    third: httpx.AsyncClient

    async def register(self, **changes: Any) -> dict[str, Any]:
        answer = await self.desk.post("/incidents", json={**NEW, **changes})
        assert answer.status_code == 201, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def post(
        self, who: httpx.AsyncClient, view: dict[str, Any], action: str, **body: Any
    ) -> httpx.Response:
        return await attempt(who, f"/incidents/{view['id']}/{action}", view["version"], body)

    async def do(
        self, who: httpx.AsyncClient, view: dict[str, Any], action: str, **body: Any
    ) -> dict[str, Any]:
        return await act_on(who, f"/incidents/{view['id']}", view["version"], action, body)

    def of_provider(self, organisation: str) -> httpx.AsyncClient:
        return self.house.as_(
            Role.PROVIDER, tenant="osce", subject="luis", organisation=organisation
        )

    def move(self, day: int, hour: int, minute: int = 0) -> None:
        """Moments are told apart by this alone: what a test does takes no time of the house's."""
        self.house.clock.stand_at(datetime(2026, 7, day, hour + 5, minute, tzinfo=UTC))


def tiers_of(house: House) -> Tiers:
    def person(role: Role, name: str) -> httpx.AsyncClient:
        return house.as_(role, tenant="osce", subject=name)

    return Tiers(
        house,
        person(Role.ADVISER, "ana"),
        person(Role.SPECIALIST_L2, "sol"),
        person(Role.SPECIALIST_L3, "tito"),
    )


@pytest.fixture
async def tiers(settings: Settings, tmp_path: Path) -> AsyncIterator[Tiers]:
    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        yield tiers_of(house)


def stage(view: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = [one for one in view["deadlines"] if one["stage"] == name][-1]
    return found


async def test_the_ticket_comes_at_once_with_its_deadlines(tiers: Tiers) -> None:
    came = {"criticality": "high", "line": "614-3636", "point": "odes"}
    answer = await tiers.desk.post("/incidents", json={**NEW, **came})
    view = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/incidents/{view['id']}"
    assert view["ticket"] == "INC-2026-000001"
    assert (view["tier"], view["holder"], view["area"]) == (1, "tier1:uaus", "seace")
    assert view["deadlines"] == [
        {"stage": "forward", "due_at": "2026-07-01T21:30:00Z", "state": "running"},
        {"stage": "respond", "due_at": "2026-07-08T21:30:00Z", "state": "running"},
    ]
    assert 23_000 < view["time_left_seconds"] <= 23_400
    assert (view["line"], view["point"], view["region"]) == ("614-3636", "odes", "regiones")
    assert view["reporter"] == NEW["reporter"]


async def test_what_is_refused_takes_no_ticket(tiers: Tiers) -> None:
    for wrong in ({"area": "mars"}, {"origin": "mars"}, {"line": "1"}, {"criticality": "alta"}):
        answer = await tiers.desk.post("/incidents", json={**NEW, **wrong})
        assert answer.status_code == 422, wrong
    assert (await tiers.register())["ticket"] == "INC-2026-000001"


async def test_three_tiers_to_the_final_answer_with_its_trail(
    tiers: Tiers, settings: Settings
) -> None:
    view = await tiers.register()
    view = await tiers.do(tiers.desk, view, "forward")
    view = await tiers.do(tiers.second, view, "take", complexity="medium")
    held = view["holder"]
    view = await tiers.do(tiers.second, view, "elevate", reason="Es de la plataforma.")
    view = await tiers.do(tiers.third, view, "take", days=3)
    tiers.move(3, 12)
    bare = await tiers.post(tiers.third, view, "solve", answer="Reinicio.")
    answer = {"answer": "Reinicio.", "evidence": ["log.txt"], "cause": "Memoria"}
    view = await tiers.do(tiers.third, view, "solve", **answer)
    hasty = await tiers.post(tiers.desk, view, "reply")
    view = await tiers.do(tiers.second, view, "validate")
    view = await tiers.do(tiers.desk, view, "reply", message="Ya puede ingresar.")
    history = await every(tiers.desk, f"/incidents/{view['id']}/history", limit=4)
    cases = tiers.house.process.parts["incidents"].cases[INCIDENT.stream]
    document = await cases.collection.find_one({"_id": view["id"]})

    assert held == "person:sol"
    assert (bare.status_code, bare.json()["code"]) == (422, "incident.evidence_missing")
    assert (hasty.status_code, hasty.json()["code"]) == (409, "incident.not_validated")
    assert (view["status"], view["outcome"], view["holder"]) == ("closed", "solved", "none")
    assert {one["state"] for one in view["deadlines"]} == {"met", "cancelled"}
    assert view["solution"]["tier"] == 3
    assert view["routed_correctly"]
    verbs = [event["type"].split(".")[2] for event in history]
    steps = ["registered", "forwarded", "taken", "elevated", "taken", "solved", "validated"]
    assert [verb for verb in verbs if verb != "warned"] == [*steps, "closed"]
    assert document is not None
    assert broken_at(view["id"], document["history"], document["head"]) is None
    spoken = [event.type for event in await published(settings, len(history))]
    assert spoken == [event["type"] for event in history]
    assert NEW["reporter"] not in str(history)


async def published(settings: Settings, count: int) -> list[Any]:
    events: list[Any] = []

    async def look() -> int:
        events.extend(await heard(settings))
        return len(events)

    await eventually(look, lambda known: known >= count)
    return events


async def test_the_contractual_time_begins_at_the_providers_answer(tiers: Tiers) -> None:
    view = await tiers.register()
    view = await tiers.do(tiers.desk, view, "forward")
    view = await tiers.do(tiers.second, view, "elevate", reason="Técnico.")
    early = await tiers.post(tiers.third, view, "provider-answer", answer="Listo.")
    tiers.move(2, 10)
    question = {"provider": "Telco", "question": "¿Cae el enlace?", "steps": "Caso abierto."}
    view = await tiers.do(tiers.third, view, "ask-provider", **question)
    waiting = await tiers.post(tiers.third, view, "solve", answer="?", evidence=["x"])
    paused = stage(view, "solve_l3")["state"]
    tiers.move(20, 10)
    provider = tiers.of_provider("Telco")
    await _reads_what_was_asked(tiers, provider, view["id"])
    view = await tiers.do(provider, view, "provider-answer", answer="Reparado.")
    tiers.move(21, 10)
    page = (await tiers.desk.get(f"/incidents/{view['id']}/deadlines")).json()
    term = next(one for one in page["items"] if one["stage"] == "solve_l3")

    assert (early.status_code, early.json()["code"]) == (409, "incident.provider_not_asked")
    assert waiting.json()["code"] == "incident.provider_pending"
    assert paused == "paused"
    assert term["due_at"] == "2026-07-30T21:30:00Z"
    # 13 business days and two hours since the receipt, one day of them counts
    assert term["raw_seconds"] // 3_600 == 112
    assert term["contractual_seconds"] // 3_600 == 8
    assert view["external_coordination"]
    assert any("proveedor" in step for step in term["explain"])
    assert any("B:L1499" in step for step in term["explain"])


async def _reads_what_was_asked(tiers: Tiers, provider: httpx.AsyncClient, asked: str) -> None:
    """Somebody outside the house sees no other incident, and nothing beside it."""
    other = await tiers.register()
    found = (await provider.get("/incidents", params={"status": ["tier_1", "provider"]})).json()
    shown = (await provider.get(f"/incidents/{asked}")).json()
    ticket = await provider.get("/incidents", params={"ticket": other["ticket"]})
    hidden = await provider.get(f"/incidents/{other['id']}")

    assert [one["id"] for one in found["items"]] == [asked]
    assert [one["reporter"] for one in (shown, *found["items"])] == [None, None]
    assert (ticket.json()["items"], hidden.status_code) == ([], 404)
    beside = [f"/incidents/{asked}/{name}" for name in ("history", "deadlines", "suggestions")]
    for path in (*beside, "/incident-daily", "/incident-digest", "/knowledge"):
        assert (await provider.get(path)).status_code == 403, path


async def test_a_provider_sees_and_answers_what_his_organisation_was_asked(tiers: Tiers) -> None:
    view = await tiers.register()
    view = await tiers.do(tiers.desk, view, "forward")
    view = await tiers.do(tiers.second, view, "elevate", reason="Técnico.")
    at = f"/incidents/{view['id']}"
    mine, other = tiers.of_provider("proveedor"), tiers.of_provider("Telco")
    nobody = tiers.of_provider("")
    question = {"provider": "Telco", "question": "¿Cae el enlace?", "steps": "Caso abierto."}
    view = await tiers.do(tiers.third, view, "ask-provider", **question)
    hidden = [await client.get(at) for client in (mine, nobody)]
    refused = await tiers.post(mine, view, "provider-answer", answer="Somos otros.")
    lists = [(await client.get("/incidents")).json()["items"] for client in (mine, nobody, other)]
    view = await tiers.do(other, view, "provider-answer", answer="Secreto de Telco.")
    own = {"provider": "proveedor", "question": "¿Y el servidor?", "steps": "Seguimos."}
    view = await tiers.do(tiers.third, view, "coordinations", external=True, party="X", note="y")
    view = await tiers.do(tiers.third, view, "ask-provider", **own)
    seen = (await mine.get(at)).json()
    late = await tiers.post(other, view, "provider-answer", answer="Otra vez.")
    before = (await other.get(at)).json()
    answered = await tiers.do(mine, view, "provider-answer", answer="Reparado.")

    assert [one.status_code for one in (*hidden, refused)] == [404, 404, 404]
    assert [len(found) for found in lists] == [0, 0, 1]
    assert lists[2][0]["waits"][0]["question"] == "¿Cae el enlace?"
    assert [wait["provider"] for wait in seen["waits"]] == ["proveedor"]
    assert (seen["holder"], seen["coordinations"], seen["reporter"]) == (
        "provider:proveedor",
        [],
        None,
    )
    assert (late.status_code, late.json()["code"]) == (403, "incident.not_your_question")
    assert (before["holder"], len(before["waits"])) == ("tier3:oti", 1)
    assert "Secreto" not in json.dumps(answered)
    assert answered["status"] == "tier_3"


async def test_two_promises_of_one_day_tell_each_its_own_hour(tiers: Tiers) -> None:
    view = await tiers.register()
    tiers.move(1, 11)
    view = await tiers.do(tiers.desk, view, "solve", answer="Era la clave.")
    view = await tiers.do(tiers.desk, view, "reply")
    tiers.move(1, 12)
    view = await tiers.do(tiers.desk, view, "reopen", reason="Sigue sin cargar.")
    page = (await tiers.desk.get(f"/incidents/{view['id']}/deadlines")).json()
    first, second = (one for one in page["items"] if one["stage"] == "forward")

    assert first["due_at"] == second["due_at"]
    assert first["explain"][0] == "recibido mié 1 jul 2026 10:00"
    assert second["explain"][0] == "recibido mié 1 jul 2026 12:00"


async def test_a_tier_is_not_jumped_and_only_its_people_act(tiers: Tiers) -> None:
    view = await tiers.register()
    coordinator = tiers.house.as_(Role.INCIDENT_COORDINATOR, tenant="osce")
    jumped = await tiers.post(coordinator, view, "elevate", reason="Ya sé.")
    foreign = await tiers.post(tiers.second, view, "solve", answer="Ya.")
    view = await tiers.do(tiers.desk, view, "forward")
    not_theirs = await tiers.post(tiers.third, view, "take")

    assert (jumped.status_code, jumped.json()["code"]) == (409, "incident.tier_jumped")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "incident.not_your_tier")
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "incident.not_your_tier")
    assert not_theirs.json()["detail"] == (
        "La incidencia está en el nivel 2; actúan: "
        "coordinador de incidencias, líder de incidencias, especialista del nivel 2."
    )

    rnp, seace = (_of_area(tiers.house, area) for area in ("RNP", "SEACE"))
    elsewhere = await tiers.post(rnp, view, "take")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "incident.not_your_area")
    assert "«SEACE»" in elsewhere.json()["detail"]
    assert (await tiers.do(seace, view, "take"))["holder"] == "person:sara"


def _of_area(house: House, area: str) -> httpx.AsyncClient:
    """Somebody of tier 2 who works in one area."""
    actor = Actor("sara", "osce", frozenset({Role.SPECIALIST_L2}), areas=frozenset({area}))
    bearer = {"authorization": f"Bearer {house.issuer.issue(actor)}"}
    client = house.as_(Role.SPECIALIST_L2, tenant="osce")
    client.headers.update(bearer)
    return client


async def test_conversion_extension_coordination_and_returns(tiers: Tiers) -> None:
    view = await tiers.register()
    view = await tiers.do(tiers.desk, view, "forward")
    view = await tiers.do(tiers.second, view, "reroute", area="rnp", reason="Es de RNP.")
    view = await tiers.do(tiers.second, view, "return", reason="No es nuestra.")
    view = await tiers.do(tiers.desk, view, "forward", area="legal")
    note = {"external": False, "party": "OTI", "note": "Se consultó."}
    view = await tiers.do(tiers.second, view, "coordinations", **note)
    view = await tiers.do(tiers.second, view, "extend", days=2, reason="Falta un dato.")
    view = await tiers.do(tiers.desk, view, "extension-told", message="Será el viernes.")
    short = await tiers.post(tiers.second, view, "take", days=0)
    words = {"reason": "Es una regla nueva.", "coordinated_with": "Usuarios de Legal"}
    view = await tiers.do(tiers.second, view, "convert", **words)
    holder = view["holder"]
    view = await tiers.do(tiers.desk, view, "reply")

    assert (view["returns"], view["reroutes"], view["routed_correctly"]) == (1, 1, False)
    assert (view["internal_coordination"], view["external_coordination"]) == (True, False)
    assert view["extensions"][0]["told_at"] is not None
    assert (short.status_code, short.json()["code"]) == (422, "incident.term_out_of_range")
    assert view["functional_requirement"] == "RF-2026-000001"
    assert holder == "tier1:uaus"
    assert view["outcome"] == "functional_requirement"


async def solved_in(tiers: Tiers, hours: int, **changes: Any) -> None:
    tiers.move(1, 9)
    view = await tiers.register(**changes)
    tiers.move(1, 9 + hours)
    view = await tiers.do(tiers.desk, view, "solve", answer="Era la clave.")
    await tiers.do(tiers.desk, view, "reply")


async def test_tier_1_tells_average_and_p90_of_the_kind(tiers: Tiers) -> None:
    none = await tiers.desk.get("/incident-estimates", params={"area": "seace"})
    for hours in (1, 1, 2, 2, 4):
        await solved_in(tiers, hours, type="outage")
    await solved_in(tiers, 6, type="slowness", area="rnp")
    view = await tiers.register(type="outage")
    told = (await tiers.desk.get(f"/incidents/{view['id']}/estimate")).json()
    query = {"area": "rnp", "type": "slowness"}
    wider = (await tiers.desk.get("/incident-estimates", params=query)).json()
    view = await tiers.do(tiers.desk, view, "forward")
    history = await every(tiers.desk, f"/incidents/{view['id']}/history")

    assert (none.status_code, none.json()["code"]) == (404, "incident.no_estimate")
    assert (told["scope"], told["sample"]) == ("type", 5)
    assert told["average_seconds"] == 7_200
    assert told["p90_seconds"] == 14_400
    assert (wider["scope"], wider["sample"]) == ("account", 6)
    assert history[-1]["data"]["told"] == told


async def test_the_queue_is_by_the_time_left_and_pages_through(tiers: Tiers) -> None:
    for day in (6, 2, 3, 1):
        tiers.move(day, 10)
        await tiers.register(criticality="low")
    tiers.move(1, 11)
    second = await tiers.register(area="rnp")
    second = await tiers.do(tiers.desk, second, "forward")
    closed = await tiers.register()
    await tiers.do(tiers.desk, closed, "dismiss", reason="Es una consulta.")

    everything = await every(tiers.desk, "/incidents", limit=2)
    due = [view["due_at"] for view in everything]
    of_tier = await every(tiers.second, "/incidents", tier=2)
    by_desk = await every(tiers.second, "/incidents", desk="rnp", limit=1)
    over = await every(tiers.desk, "/incidents", status="dismissed")
    by_ticket = await every(tiers.desk, "/incidents", ticket=closed["ticket"])

    assert len(everything) == 5
    assert due == sorted(due)
    assert [view["id"] for view in of_tier] == [view["id"] for view in by_desk] == [second["id"]]
    assert [view["id"] for view in over] == [view["id"] for view in by_ticket] == [closed["id"]]
    assert {view["reporter"] for view in everything} == {None}


@pytest.mark.parametrize("remembered", [MOST, 0])
async def test_a_page_shows_an_incident_as_it_is_read_alone(
    tiers: Tiers, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after one that was remembered has changed."""
    tiers.move(1, 10)
    monkeypatch.setattr("services.incidents.rows.MOST", remembered)
    view = await tiers.do(tiers.desk, await tiers.register(), "forward")
    view = await tiers.do(tiers.second, view, "elevate", reason="Técnico.")
    (before,) = await every(tiers.third, "/incidents")
    assert (before["version"], before["holder"]) == (view["version"], view["holder"])
    question = {"provider": "Telco", "question": "¿Cae el enlace?", "steps": "Caso abierto."}
    view = await tiers.do(tiers.third, view, "ask-provider", **question)

    (by_time,) = await every(tiers.third, "/incidents")
    (by_words,) = await every(tiers.third, "/incidents", text="registro")
    found = await tiers.third.get(f"/incidents/{view['id']}")
    alone = {**found.json(), "reporter": None}

    assert by_time == by_words == alone
    standings = {stage["state"] for stage in alone["deadlines"]}
    assert standings == {"cancelled", "met", "paused"}


QUEUES: list[tuple[dict[str, Any], str, int]] = [
    ({}, "state.due_at", 2),
    ({"tier": 2}, "state.tier", 2),
    ({"tier": 2, "overdue": False}, "state.tier", 2),
    ({"tier": 2, "desk": "rnp"}, "state.tier", 1),
    ({"desk": "rnp"}, "state.due_at", 1),
    ({"holder": "person:sol"}, "state.holder", 1),
    ({"status": ["tier_2"]}, "state.due_at", 3),
    ({"status": ["dismissed"]}, "state.due_at", 1),
    ({"status": ["dismissed", "tier_1", "tier_2"]}, "state.due_at", 2),
]
"""What is asked for, the field that leads its index, and how many incidents are read for it."""


async def test_a_queue_page_is_read_from_its_index_and_never_sorted(tiers: Tiers) -> None:
    cases = tiers.house.process.parts["incidents"].cases[INCIDENT.stream]
    await tiers.register()
    for area in ("SEACE", "RNP"):
        view = await tiers.do(tiers.desk, await tiers.register(area=area), "forward")
    await tiers.do(tiers.second, view, "take")
    await tiers.do(tiers.desk, await tiers.register(), "dismiss", reason="Es una consulta.")
    order = [("state.due_at", 1), ("_id", 1)]

    for asked, leads, read in QUEUES:
        where = {"tenant": "osce", **filters_of(IncidentQuery(**asked), MORNING)}
        plan = await cases.collection.find(where).sort(order).limit(2).explain()
        winning = str(plan["queryPlanner"]["winningPlan"])
        assert "'IXSCAN'" in winning, asked
        assert f"'{leads}'" in winning, asked
        assert "'SORT'" not in winning, asked
        assert plan["executionStats"]["totalDocsExamined"] == read, asked


async def test_what_is_open_and_overdue_is_counted_without_reading_incidents(tiers: Tiers) -> None:
    cases = tiers.house.process.parts["incidents"].cases[INCIDENT.stream]
    await tiers.register()
    for where in ({}, {"state.due_at": {"$lt": MORNING + timedelta(days=9)}}):
        counted = [
            {"$match": {"tenant": "osce", "state.open": True, **where}},
            {"$group": {"_id": {"area": "$state.area"}, "n": {"$sum": 1}}},
        ]
        plan = await cases.collection.database.command(
            "explain",
            {"aggregate": cases.collection.name, "pipeline": counted, "cursor": {}},
            verbosity="executionStats",
        )
        assert "'IXSCAN'" in str(plan["queryPlanner"]["winningPlan"]), where
        assert plan["executionStats"]["totalDocsExamined"] == 0, where


async def test_who_is_attended_before_others_is_found_first(tiers: Tiers) -> None:
    await tiers.register()
    flagged = await tiers.register(profile_id="profile-7", preferential=True)
    ways: list[dict[str, Any]] = [{"preferential": True}, {"profile_id": "profile-7"}]
    found = [[v["id"] for v in await every(tiers.desk, "/incidents", **way)] for way in ways]
    others = await every(tiers.desk, "/incidents", preferential=False)

    assert (flagged["preferential"], flagged["profile_id"]) == ("granted", "profile-7")
    assert found == [[flagged["id"]], [flagged["id"]]]
    assert [(view["preferential"], view["profile_id"]) for view in others] == [("", "")]
    await _others_are_not_read(tiers)


async def _others_are_not_read(tiers: Tiers) -> None:
    """Those of one person are found without a look at what everybody else has open."""
    cases = tiers.house.process.parts["incidents"].cases[INCIDENT.stream]
    await asyncio.gather(*(tiers.register() for _ in range(10)))
    asked = IncidentQuery(profile_id="profile-7")
    where = {"tenant": "osce", **filters_of(asked, MORNING)}
    order = [("state.due_at", 1), ("_id", 1)]
    plan = await cases.collection.find(where).sort(order).limit(51).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 1


async def test_many_announcements_together_are_one_page(tiers: Tiers) -> None:
    views = [await tiers.register() for _ in range(3)]
    tiers.move(2, 9)
    late = await tiers.register()
    leader = tiers.house.as_(Role.INCIDENT_LEADER, tenant="osce")

    async def look() -> list[dict[str, Any]]:
        page = await leader.get("/incident-digest", params={"role": "incident_leader"})
        rows: list[dict[str, Any]] = page.raise_for_status().json()["items"]
        return rows

    (row,) = await eventually(look, lambda rows: bool(rows) and rows[0]["count"] == 3)
    everybody = (await leader.get("/incident-digest")).json()["items"]

    assert (row["tier"], row["stage"], row["share"]) == (1, "forward", 100)
    assert sorted(row["tickets"]) == [view["ticket"] for view in views]
    assert row["oldest_due_at"] == "2026-07-01T21:30:00Z"
    assert row["notify"] == ["incident_coordinator", "incident_leader"]
    assert late["ticket"] not in str(everybody)
    await _ended_is_not_read(tiers, views[:2])


async def _ended_is_not_read(tiers: Tiers, announced: list[dict[str, Any]]) -> None:
    """Of all that was ever announced, only what is open is looked at."""
    cases = tiers.house.process.parts["incidents"].cases[INCIDENT.stream]
    await asyncio.gather(*(tiers.register() for _ in range(10)))
    for view in announced:
        now = await tiers.desk.get(f"/incidents/{view['id']}")
        await tiers.do(tiers.desk, now.json(), "dismiss", reason="Es una consulta.")
    asked = {"aggregate": cases.collection.name, "pipeline": pipeline("osce"), "cursor": {}}
    plan = await cases.collection.database.command("explain", asked, verbosity="executionStats")
    found = plan["stages"][0]["$cursor"]["executionStats"]
    assert found["totalDocsExamined"] == 1


async def test_the_catalogue_offers_the_manuals_definitions(tiers: Tiers) -> None:
    english = tiers.house.as_(Role.ADVISER, tenant="osce", **{"accept-language": "en"})
    spanish = (await tiers.desk.get("/incident-catalogue")).json()
    other = (await english.get("/incident-catalogue")).json()

    assert [level["key"] for level in spanish["criticality"]] == ["high", "medium", "low"]
    assert "pérdida parcial" in spanish["criticality"][0]["help"]
    assert spanish["criticality"][0]["source"].startswith("B:L")
    assert len(spanish["complexity"]) == 5
    assert set(spanish["channel_names"]) == set(spanish["channels"])
    assert spanish["channel_names"]["documents-desk"] == "mesa de partes"
    assert other["channel_names"]["in-person"] == "in person"
    assert [line["key"] for line in spanish["lines"]] == ["614-3636", "613-5555"]
    assert {point["region"] for point in spanish["points"]} == {"lima", "regiones"}
    assert "partial loss" in other["criticality"][0]["help"]


async def test_the_same_key_registers_once(tiers: Tiers) -> None:
    headers = {"idempotency-key": "k-1"}
    first, again = [
        await tiers.desk.post("/incidents", json=NEW, headers=headers) for _ in range(2)
    ]
    other = await tiers.desk.post("/incidents", json={**NEW, "area": "rnp"}, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.json()["ticket"] == again.json()["ticket"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


ENTRY = {
    "title": "No carga el registro de proveedores",
    "symptoms": "La página queda en blanco.",
    "causes": ["Sesión caducada"],
    "treatment": "Cerrar la sesión y volver a ingresar.",
    "template": "Estimada usuaria:",
    "area": "seace",
    "type": "error",
}


async def test_the_knowledge_base_is_found_in_spanish_and_knows_what_it_solved(
    tiers: Tiers,
) -> None:
    other = {**ENTRY, "title": "Facturación duplicada", "symptoms": "Dos comprobantes."}
    other |= {"treatment": "Anular uno.", "causes": ["Doble envío"]}
    published = await tiers.second.post("/knowledge", json=ENTRY)
    await tiers.second.post("/knowledge", json=other)
    entry = published.json()
    foreign = await tiers.house.as_(Role.ADVISER, tenant="comteco").get(f"/knowledge/{entry['id']}")

    async def found(text: str) -> list[str]:
        page = await tiers.desk.get("/knowledge", params={"text": text})
        return [item["title"] for item in page.json()["items"]]

    by_words = [await found(text) for text in ("facturacion", "REGISTROS en blanco", "sesiones")]
    newest = await found("")
    view = await tiers.do(tiers.desk, await tiers.register(), "forward")
    fitting = await tiers.desk.get(f"/incidents/{view['id']}/suggestions")
    await tiers.do(tiers.second, view, "solve", answer="Reingrese.", article=entry["id"])
    vote = await tiers.desk.post(f"/knowledge/{entry['id']}/votes", json={"helpful": True})

    async def look() -> dict[str, Any]:
        shown: dict[str, Any] = (await tiers.desk.get(f"/knowledge/{entry['id']}")).json()
        return shown

    shown = await eventually(look, lambda article: article["applied"] == 1)
    headers = {"if-match": f'"{shown["version"]}"'}
    retire = {"reason": "Se corrigió."}
    path = f"/knowledge/{entry['id']}/retire"
    denied = await tiers.desk.post(path, json=retire, headers=headers)
    retired = await tiers.second.post(path, json=retire, headers=headers)

    assert published.status_code == 201, published.text
    assert by_words == [[other["title"]], [ENTRY["title"]], [ENTRY["title"]]]
    assert set(newest) == {ENTRY["title"], other["title"]}
    assert [item["title"] for item in fitting.json()["items"]] == [ENTRY["title"]]
    assert (vote.status_code, shown["helpful"], shown["incidents"]) == (200, 1, [view["id"]])
    assert (denied.status_code, retired.status_code, foreign.status_code) == (403, 200, 404)
    assert await found("registro") == []


async def test_an_entry_counts_once_its_answer_was_found_right(tiers: Tiers) -> None:
    wrong, right = [(await tiers.second.post("/knowledge", json=ENTRY)).json() for _ in range(2)]
    view = await tiers.do(tiers.desk, await tiers.register(), "forward")
    view = await tiers.do(tiers.second, view, "elevate", reason="Es de la plataforma.")
    answer = {"answer": "Reinicio.", "evidence": ["log"]}
    view = await tiers.do(tiers.third, view, "solve", **answer, article=wrong["id"])
    view = await tiers.do(tiers.second, view, "observe", reason="No era eso.")
    view = await tiers.do(tiers.third, view, "solve", **answer, article=right["id"])
    assert (view["solution"]["article"], view["solution"]["by"]) == (right["id"], "person:tito")
    await tiers.do(tiers.second, view, "validate")

    async def applied(entry: dict[str, Any]) -> int:
        shown: dict[str, Any] = (await tiers.desk.get(f"/knowledge/{entry['id']}")).json()
        return int(shown["applied"])

    await eventually(lambda: applied(right), lambda times: times == 1)
    assert await applied(wrong) == 0


async def test_tier_1_sends_back_what_does_not_answer_the_user(tiers: Tiers) -> None:
    view = await tiers.do(tiers.desk, await tiers.register(), "forward")
    view = await tiers.do(tiers.second, view, "solve", answer="Ya carga.")
    denied = await tiers.post(tiers.third, view, "observe", reason="No.")
    silent = await tiers.post(tiers.desk, view, "observe", reason=" ")
    back = await tiers.do(tiers.desk, view, "observe", reason="Preguntó por otro registro.")
    again = await tiers.do(tiers.second, back, "solve", answer="El otro también carga.")
    closed = await tiers.do(tiers.desk, again, "reply")

    assert (denied.status_code, silent.status_code) == (403, 422)
    assert (back["status"], back["solution"], back["returns"]) == ("tier_2", None, 1)
    assert (closed["reply"], closed["routed_correctly"]) == ("El otro también carga.", True)


async def test_a_file_goes_in_as_evidence_and_comes_back_the_same(tiers: Tiers) -> None:
    view = await tiers.do(tiers.desk, await tiers.register(), "forward")
    view = await tiers.do(tiers.second, view, "elevate", reason="Es de la plataforma.")
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2_000

    async def put(what: bytes, who: httpx.AsyncClient = tiers.third) -> httpx.Response:
        encoded = base64.b64encode(what).decode()
        return await tiers.post(who, view, "evidence", content=encoded)

    kept = await put(content)
    assert kept.status_code == 200, kept.text
    view = kept.json()
    (file,) = view["evidence_files"]
    again = (await put(content)).json()["evidence_files"]
    runs, foreign = await put(b"MZ\x90\x00\x03"), await put(content, tiers.desk)
    broken = await tiers.post(tiers.third, view, "evidence", content="***")
    path = f"/incidents/{view['id']}/evidence/{file['id']}"
    back = await tiers.desk.get(path)
    outside = await tiers.house.as_(Role.ADVISER, tenant="comteco").get(path)
    reader = await tiers.house.as_(Role.REPORT_READER, tenant="osce").get(path)
    view = await tiers.do(tiers.third, view, "solve", answer="Reinicio.", files=[file["id"]])
    stored = tiers.house.process.parts["incidents"].workshop.database["files.files"]

    assert (file["media_type"], file["size"], file["by"]) == ("image/png", len(content), TITO)
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert again == [file]
    assert (back.content, back.headers["x-content-type-options"]) == (content, "nosniff")
    assert (runs.status_code, runs.json()["code"]) == (422, "incident.type_not_taken")
    assert (broken.status_code, broken.json()["code"]) == (422, "incident.broken_encoding")
    assert (foreign.status_code, outside.status_code, reader.status_code) == (403, 404, 403)
    assert view["solution"]["files"] == [file["id"]]
    assert await stored.count_documents({}) == 1


BAD: tuple[dict[str, Any], ...] = (
    {"line": "999"},
    {"line": "614-3636", "channel": "mail"},
    {"point": "luna"},
    {"area": "x"},
    {"origin": "x"},
    {"channel": "x"},
    {"criticality": "x"},
    {"type": "x"},
    {"priority": "x"},
    {"summary": " "},
    {"reporter": None},
    {"extra": 1},
)


async def test_bad_input_is_refused_and_nothing_is_kept(tiers: Tiers) -> None:
    for changes in BAD:
        answer = await tiers.desk.post("/incidents", json={**NEW, **changes})
        assert answer.status_code == 422, answer.text
        assert answer.json()["title"]
    cases = tiers.house.process.parts["incidents"].cases[INCIDENT.stream]
    reporters = cases.collection.database["reporters"]

    assert await reporters.count_documents({}) == 0
    assert await every(tiers.desk, "/incidents") == []


BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "forward": ("attend_user", {}),
    "take": ("attend_incident", {}),
    "elevate": ("elevate_incident", {"reason": "r"}),
    "solve": ("solve_incident", {"answer": "a"}),
    "validate": ("validate_incident", {}),
    "ask-provider": ("ask_provider", {"provider": "p", "question": "q", "steps": "s"}),
    "provider-answer": ("record_provider_answer", {"answer": "a"}),
    "classify": ("note_incident", {"reason": "r", "type": "outage"}),
    "evidence": ("note_incident", {"content": "JVBERi0xLjcK"}),
}


async def test_each_role_has_its_own_commands_in_its_own_tenant(tiers: Tiers) -> None:
    view = await tiers.register()
    path, stale = f"/incidents/{view['id']}", {"if-match": '"77"'}
    for role in (role for role in Role if role is not Role.SYSTEM):
        mine = tiers.house.as_(role, tenant="osce")
        theirs = tiers.house.as_(role, tenant="comteco")
        reads = PERMISSIONS.allow("read_incident", frozenset({role}))
        own, foreign, *changes = await asyncio.gather(
            mine.get(path),
            theirs.get(path),
            *(
                mine.post(f"{path}/{action}", json=body, headers=stale)
                for action, (_, body) in BODIES.items()
            ),
        )
        asked = PERMISSIONS.allow("read_asked_incident", frozenset({role}))
        assert own.status_code == (200 if reads else 404 if asked else 403), role
        assert foreign.status_code == (404 if asked else 403), role
        if reads:
            sees = PERMISSIONS.allow("read_reporter", frozenset({role}))
            assert own.json()["reporter"] == (NEW["reporter"] if sees else None), role
        for (action, (operation, _)), answer in zip(BODIES.items(), changes, strict=True):
            may = PERMISSIONS.allow(operation, frozenset({role}))
            # a provider may not know of what he was not asked
            refused = 412 if reads else 404
            assert answer.status_code == (refused if may else 403), (role, action)
    specialist = tiers.house.as_(Role.SPECIALIST_L2, tenant="comteco")
    foreign = await specialist.post(f"{path}/take", json={}, headers={"if-match": '"1"'})
    assert foreign.status_code == 404


async def test_warnings_and_the_breach_come_once_also_after_downtime(
    settings: Settings, tmp_path: Path
) -> None:
    async with running([SERVICE], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        tiers = tiers_of(house)
        view = await tiers.register()
        view = await tiers.do(tiers.desk, view, "forward")
        view = await tiers.do(tiers.second, view, "take")
        waiting = await tiers.do(tiers.desk, await tiers.register(), "forward")
        waiting = await tiers.do(tiers.second, waiting, "elevate", reason="Técnico.")
        question = {"provider": "Telco", "question": "¿?", "steps": "Caso abierto."}
        waiting = await tiers.do(tiers.third, waiting, "ask-provider", **question)
        tiers.move(7, 16)
        await eventually(lambda: told(house, view["id"]), lambda verbs: verbs == ["50", "80"])
    events: list[Envelope] = []
    for _ in range(2):
        async with running([SERVICE], settings, tmp_path) as house:
            house.clock.move_to(MORNING + timedelta(days=30))
            await eventually(lambda: told(house, view["id"]), lambda verbs: "breached" in verbs)
            verbs = await told(house, view["id"])
            silent = await told(house, waiting["id"])
            events += await heard(settings)
    spoken = [event for event in events if event.subject == view["id"]]
    breaches = [event.data for event in spoken if event.type.endswith("breached.v1")]

    assert verbs == ["50", "80", "breached"]
    assert silent == []
    assert [(one["stage"], one["due_at"]) for one in breaches] == [
        ("solve_l2", "2026-07-08T21:30:00Z")
    ]
    assert breaches[0]["notify"] == ["incident_coordinator", "incident_leader"]
    assert breaches[0]["holder"] == "person:sol"


async def told(house: House, case_id: str) -> list[str]:
    reader = house.as_(Role.AUDITOR, tenant="osce")
    history = await every(reader, f"/incidents/{case_id}/history", limit=100)
    return [
        str(event["data"].get("share", "breached"))
        for event in history
        if event["type"].split(".")[2] in ("warned", "breached")
    ]


async def test_incidents_are_found_by_all_their_words_in_the_order_of_the_queue(
    tiers: Tiers,
) -> None:
    words = ["Caída del módulo de pagos", "Pagos duplicados en el módulo", "Otra cosa"]
    views = [await tiers.register(summary=summary) for summary in words]
    slow = await tiers.register(summary="Módulo de pagos lento", criticality="low")
    closed = await tiers.do(tiers.desk, slow, "dismiss", reason="Es una consulta.")

    async def tickets(text: str, **query: Any) -> list[str]:
        found = await every(tiers.desk, "/incidents", text=text, limit=1, **query)
        return [view["ticket"] for view in found]

    both = [views[0]["ticket"], views[1]["ticket"]]
    assert await tickets("PAGO modulos") == [*both, closed["ticket"]]
    assert await tickets("pagos módulo", status="tier_1") == both
    assert await tickets("módulo caidas") == [views[0]["ticket"]]
    assert await tickets(f"{views[2]['ticket']}") == [views[2]["ticket"]]
    assert await tickets("pagos inexistente") == []
    # how rare a word was is remembered, what has it is not
    added = await tiers.register(summary="Pagos a un proveedor inexistente")
    assert await tickets("pagos inexistente") == [added["ticket"]]
    other = tiers.house.as_(Role.ADVISER, tenant="comteco")
    assert (await other.get("/incidents", params={"text": "pagos"})).json()["items"] == []
