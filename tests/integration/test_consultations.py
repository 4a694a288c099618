"""Consultations over HTTP, on the real broker and database: from the form to the answer."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.incidents.service import SERVICE as INCIDENTS
from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.writing import compose
from services.intake.service import SERVICE
from shared.mail import Composed, Letter, Letters
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import act_on, attempt
from tests.support.eventually import eventually
from tests.support.house import House, heard, running

pytestmark = pytest.mark.integration
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
CHECKS = ["wording", "content", "spelling", "signature"]
ASKED = {
    "subject": "Impedimentos",
    "text": "¿Puede mi primo Rigoberto contratar con la entidad?",
    "consent": True,
    "contact": {"name": "Rosaura Quispe", "email": "rosaura@correo.example"},
}


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE, INCIDENTS], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        yield house


def person(house: House, role: Role, name: str) -> httpx.AsyncClient:
    return house.as_(role, tenant="osce", subject=name, **{"accept-language": "es"})


async def act(
    who: httpx.AsyncClient, view: dict[str, Any], action: str, body: Any = None
) -> httpx.Response:
    return await attempt(who, f"/consultations/{view['id']}/{action}", view["version"], body)


async def test_a_legal_question_from_the_form_to_the_answer(house: House) -> None:
    web = person(house, Role.PROGRAM, "portal")
    desk = person(house, Role.CHANNEL_COORDINATOR, "cora")
    ana, luz = person(house, Role.ADVISER, "ana"), person(house, Role.LEGAL_REVIEWER, "luz")

    key = {"idempotency-key": "form-1"}
    first = await web.post("/consultations", json=ASKED, headers=key)
    assert first.status_code == 201, first.text
    view = first.json()
    assert (view["status"], view["holder"]) == ("received", "coordinator")
    assert view["deadlines"][0]["due_at"].startswith("2026-07-02T15:0")
    view = (await act(desk, view, "distribute", {"folder": "legal"})).json()
    assert "Dirección Técnico Normativa" in view["warnings"][0]["text"]
    again = await web.post("/consultations", json=ASKED, headers=key)
    assert again.json() == first.json()

    words = {"text": "El artículo 11 enumera los impedimentos; véalos antes de contratar."}
    view = (await act(ana, view, "draft", words)).json()
    refused = await act(ana, view, "send", {"checks": CHECKS})
    assert refused.json()["code"] == "consultation.not_approved"
    view = (await act(ana, view, "submit")).json()
    assert view["holder"] == "quality_supervisor"
    assert (await act(ana, view, "approve")).status_code == 403
    view = (await act(luz, view, "approve")).json()
    sent = await act(ana, view, "send", {"checks": CHECKS})
    assert sent.status_code == 200, sent.text
    assert (sent.json()["status"], sent.json()["on_time"]) == ("answered", True)

    letters = (await ana.get(f"/consultations/{view['id']}/messages")).json()
    assert [one["role"] for one in letters["texts"]] == ["user", "draft"]
    assert letters["email"] == "rosaura@correo.example"
    assert (await web.get(f"/consultations/{view['id']}/messages")).status_code == 403
    shown = (await web.get(f"/consultations/{view['id']}/answer")).json()
    assert shown["answer"] == words["text"]
    shift = {"answered_by": "person:ana", "answered_on": "2026-07-01"}
    mine = await ana.get("/consultations", params=shift)
    assert [one["code"] for one in mine.json()["items"]] == [view["code"]]
    shift["answered_on"] = "2026-07-02"
    assert (await ana.get("/consultations", params=shift)).json()["items"] == []
    await _nobody_is_named(house, view["id"])


async def _nobody_is_named(house: House, case_id: str) -> None:
    """No event, in the case or on the bus, has a word of what was written or of who wrote it."""
    cases = house.process.parts["intake"].workshop.of(CONSULTATION)
    history = await cases.history(case_id, "osce", 0, 100)

    async def published() -> list[Any]:
        seen.extend(one for one in await heard(house.settings) if one.subject == case_id)
        return seen

    seen: list[Any] = []
    await eventually(published, lambda events: len(events) == len(history))
    told = orjson.dumps([history, [event.data for event in seen]]).decode()
    for word in ("Rosaura", "rosaura", "Rigoberto", "artículo"):
        assert word not in told


async def test_without_consent_nothing_about_the_person_is_taken(house: House) -> None:
    web = person(house, Role.PROGRAM, "portal")
    refused = await web.post("/consultations", json={**ASKED, "consent": False})
    assert (refused.status_code, refused.json()["code"]) == (422, "desk.consent_missing")
    misspelt = {**ASKED, "contact": {"email": "rosaura en correo"}}
    refused = await web.post("/consultations", json=misspelt)
    (finding,) = refused.json()["errors"]
    assert (refused.status_code, finding["pointer"]) == (422, "/contact/email")
    assert finding["detail"] == "Debe ser una dirección de correo, como nombre@dominio.pe."
    anonymous = await web.post("/consultations", json={"subject": "s", "text": "t"})
    assert anonymous.json()["anonymous"] is True
    shown = (await web.get(f"/consultations/{anonymous.json()['id']}/answer")).json()
    assert shown["due_at"].startswith("2026-07-02T15:0")
    assert shown["answer"] == ""
    other = await house.as_(Role.PROGRAM, tenant="comteco").post(
        "/consultations", json={"subject": "s", "text": "t"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "consultation.not_taken")


async def test_the_deadline_fires_over_the_timer(house: House) -> None:
    web, desk = person(house, Role.PROGRAM, "p"), person(house, Role.CHANNEL_COORDINATOR, "cora")
    view = (await web.post("/consultations", json=ASKED)).json()
    house.clock.move_to(datetime(2026, 7, 3, 15, 0, tzinfo=UTC))

    async def overdue() -> dict[str, Any]:
        shown: dict[str, Any] = (await desk.get(f"/consultations/{view['id']}")).json()
        return shown

    late = await eventually(overdue, lambda seen: seen["deadlines"][0]["state"] == "breached")
    assert late["version"] == 4  # received, two warnings, the breach
    listed = await desk.get("/consultations", params={"overdue": True, "status": "received"})
    assert [one["id"] for one in listed.json()["items"]] == [view["id"]]
    # a misspelt status is not an empty queue
    adviser = house.as_(Role.ADVISER, tenant="osce")
    for path in ("consultations", "dossiers", "suggestions", "claims"):
        misspelt = await adviser.get(f"/{path}", params={"status": "recibida"})
        assert (misspelt.status_code, "received" in misspelt.text) == (422, True)


async def written(house: House, occasion: str) -> Composed:
    """What whoever asked is written on an occasion, once."""
    workshop = house.process.parts["intake"].workshop
    letters = Letters(workshop.database, workshop.now)

    async def known() -> list[Letter]:
        found = await letters.find("osce", None, 50)
        return [one.letter for one in found if one.letter.template == f"consultation_{occasion}"]

    (letter,) = await eventually(known, bool)
    composed = await compose(workshop, letter)
    assert composed.to == ("rosaura@correo.example",)
    return composed


REPORTED = {
    "summary": "No carga el registro",
    "description": "Varias personas lo dicen desde la mañana.",
    "area": "seace",
    "origin": "system",
}


async def channelled(who: httpx.AsyncClient, view: dict[str, Any]) -> dict[str, Any]:
    """The incident that a consultation has become."""
    answer = await act(who, view, "channel", REPORTED)
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert after["holder"] == "incidents"
    path = f"/incidents/{after['incident_id']}"
    found = await eventually(lambda: who.get(path), lambda answer: answer.is_success)
    incident: dict[str, Any] = found.json()
    assert incident["consultation_id"] == view["id"]
    return incident


async def step(who: httpx.AsyncClient, incident: dict[str, Any], action: str, body: Any) -> None:
    path = f"/incidents/{incident['id']}"
    version = (await who.get(path)).json()["version"]
    await act_on(who, path, version, action, body)


async def resumed(who: httpx.AsyncClient, view: dict[str, Any]) -> dict[str, Any]:
    async def back() -> dict[str, Any]:
        shown: dict[str, Any] = (await who.get(f"/consultations/{view['id']}")).json()
        return shown

    return await eventually(back, lambda seen: seen["status"] == "in_attention")


async def test_what_comes_by_social_media_is_attended_in_the_first_tier(house: House) -> None:
    """A consultation, an incident, and again a consultation to be answered."""
    ana = person(house, Role.ADVISER, "ana")
    asked = {**ASKED, "channel": "facebook", "preferential": "elderly"}
    view = (await ana.post("/consultations", json=asked)).json()
    incident = await channelled(ana, view)
    assert (incident["channel"], incident["tier"]) == ("social", 1)
    assert incident["profile_id"] == view["profile_id"] != ""
    assert incident["preferential"] == view["preferential"] == "granted"
    assert "Rosaura" not in str(incident)

    lia = person(house, Role.SPECIALIST_L2, "lia")
    assert incident["ticket"] in (await written(house, "channelled")).text
    await step(ana, incident, "forward", {})
    forwarded = await written(house, "forwarded")
    assert incident["ticket"] in forwarded.subject
    assert "promedio" not in forwarded.text  # nobody was answered yet
    await step(lia, incident, "take", {"days": 2})
    await step(lia, incident, "extend", {"days": 1, "reason": "Falta un dato."})
    await step(ana, incident, "extension-told", {"message": "Falta un dato de la entidad."})
    extended = await written(house, "extended")
    assert "Falta un dato de la entidad." in extended.text
    assert "07/2026" in extended.text
    await step(lia, incident, "solve", {"answer": "Ya carga.", "cause": "Memoria."})
    await step(ana, incident, "reply", {"message": "Ya carga."})
    back = await resumed(ana, view)
    (due,) = back["deadlines"]
    assert (due["state"], due["due_at"]) == ("running", "2026-07-01T21:30:00Z")  # the same day
    texts = (await ana.get(f"/consultations/{view['id']}/messages")).json()["texts"]
    assert [(one["role"], one["text"]) for one in texts][-1] == ("draft", "Ya carga.")
    assert back["drafted_by"] == "person:ana"
    cora = person(house, Role.CHANNEL_COORDINATOR, "cora")
    back = (await act(cora, back, "distribute", {"folder": "seace"})).json()
    sent = await act(ana, back, "send", {"checks": CHECKS})
    assert sent.status_code == 200, sent.text
    assert "Ya carga." in (await written(house, "answered")).text


async def test_whoever_asked_is_written_how_long_such_answers_take(house: House) -> None:
    ana = person(house, Role.ADVISER, "ana")
    known = {**REPORTED, "channel": "telephone", "reporter": "Rigoberto"}
    for hour in (10, 10, 10, 10, 13):
        house.clock.stand_at(MORNING)
        incident = (await ana.post("/incidents", json=known)).json()
        house.clock.stand_at(datetime(2026, 7, 1, hour + 6, 0, tzinfo=UTC))
        await step(ana, incident, "solve", {"answer": "Ya carga."})
        await step(ana, incident, "reply", {})
    view = (await ana.post("/consultations", json={**ASKED, "channel": "facebook"})).json()
    await step(ana, await channelled(ana, view), "forward", {})

    text = (await written(house, "forwarded")).text
    # four took an hour and one four: 1.6 hours on average
    assert "en promedio en 2 h hábiles; nueve de cada diez, en 4 h o menos" in text


async def test_who_gave_no_name_finds_the_ticket_by_his_answer(house: House) -> None:
    ana, web = person(house, Role.ADVISER, "ana"), person(house, Role.PROGRAM, "portal")
    view = (await web.post("/consultations", json={"subject": "s", "text": "t"})).json()
    incident = await channelled(ana, view)
    shown = (await web.get(f"/consultations/{view['id']}/answer")).json()
    found = (await web.get(f"/incidents/{shown['incident_id']}")).json()

    assert (shown["status"], found["ticket"]) == ("channelled", incident["ticket"])


async def test_a_consultation_becomes_an_incident_as_often_as_it_reports_one(house: House) -> None:
    """Taken back, then dismissed: each time another incident, and it waits for the last alone."""
    ana = person(house, Role.ADVISER, "ana")
    view = (await ana.post("/consultations", json={**ASKED, "channel": "facebook"})).json()
    first = await channelled(ana, view)
    taken = await act(ana, {**view, "version": view["version"] + 1}, "take-back")
    assert taken.status_code == 200, taken.text
    second = await channelled(ana, taken.json())
    assert second["id"] != first["id"]

    await step(ana, first, "dismiss", {"reason": "La atiende otra."})
    await step(ana, second, "dismiss", {"reason": "Es una consulta."})
    back = await resumed(ana, view)
    third = await channelled(ana, back)
    assert len({first["id"], second["id"], third["id"], view["id"]}) == 4
    assert third["ticket"] != second["ticket"]
