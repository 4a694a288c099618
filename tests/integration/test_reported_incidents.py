"""Incidents reported by telephone: on the person's page, and asked about at the end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.incidents.service import SERVICE as INCIDENTS
from services.intake.consultations.cases import CONSULTATION
from services.intake.erasing import Erasing
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.reported import INCIDENT, Report, Reported
from services.intake.service import SERVICE as INTAKE
from services.intake.surveys.cases import SURVEY
from services.intake.surveys.writing import compose
from shared.contracts.profiles import ProfileLinked, ProfileOpened, ProfilePreferred
from shared.contracts.surveys import SurveyAnswered
from shared.files import GridFiles
from shared.ids import new_id
from shared.mail import Letter, Letters
from shared.security import Role
from shared.service import Workshop
from shared.settings import Settings
from tests.support.acting import act_on
from tests.support.eventually import eventually
from tests.support.house import House, running

pytestmark = pytest.mark.integration
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
EMAIL = "rosaura@correo.example"
ASKED = {"subject": "s", "text": "t", "consent": True, "contact": {"email": EMAIL}}
CALLER = {"contact": {"email": EMAIL, "phone": "+51 911 222 333"}, "consent": True}
DRIVERS = ("treatment", "information", "time", "result", "accessibility", "trust")
REPORTED = {
    "summary": "No carga el registro",
    "description": "La página del registro no responde.",
    "area": "SEACE",
    "origin": "system",
    "reporter": "Rosaura Quispe",
    "channel": "telephone",
}


@dataclass
class Telephone:
    """Who attends it."""

    house: House
    ana: httpx.AsyncClient

    @property
    def workshop(self) -> Workshop:
        return self.house.process.parts["intake"].workshop

    async def report(self, profile_id: str) -> dict[str, Any]:
        answer = await self.ana.post("/incidents", json={**REPORTED, "profile_id": profile_id})
        assert answer.status_code == 201, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def step(self, view: dict[str, Any], action: str, body: Any) -> dict[str, Any]:
        return await act_on(self.ana, f"/incidents/{view['id']}", view["version"], action, body)

    async def close(self, view: dict[str, Any]) -> dict[str, Any]:
        solved = await self.step(view, "solve", {"answer": "Ya carga.", "cause": "Memoria."})
        return await self.step(solved, "reply", {"message": "Ya carga."})

    async def shown(self, profile_id: str, status: str) -> list[dict[str, Any]]:
        """The person's incidents, once one of them stands so."""

        async def cases() -> list[dict[str, Any]]:
            page = (await self.ana.get(f"/profiles/{profile_id}")).json()
            return [one for one in page["cases"] if one["kind"] == INCIDENT]

        return await eventually(cases, lambda found: status in {one["status"] for one in found})

    async def surveys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ana.get("/surveys")).json()["items"]
        return found


@pytest.fixture
async def telephone(settings: Settings, tmp_path: Path) -> AsyncIterator[Telephone]:
    async with running([INTAKE, INCIDENTS], settings, tmp_path) as house:
        house.clock.move_to(MORNING)
        yield Telephone(house, house.as_(Role.ADVISER, tenant="osce", subject="ana"))


async def test_who_reported_by_telephone_is_one_person_and_is_asked(telephone: Telephone) -> None:
    asked = (await telephone.ana.post("/consultations", json=ASKED)).json()
    profile_id = asked["profile_id"]
    incident = await telephone.report(profile_id)
    (case,) = await telephone.shown(profile_id, "open")
    assert (case["id"], case["code"]) == (incident["id"], incident["ticket"])

    # nobody is asked how it was before it has been
    for about, of in ((INCIDENT, incident), ("intake.consultation", asked)):
        early = {"about": about, "case_id": of["id"]}
        refused = await telephone.ana.post("/surveys", json=early)
        assert (refused.status_code, refused.json()["code"]) == (409, "survey.not_attended")

    closed = await telephone.close(incident)
    (survey,) = await eventually(telephone.surveys)
    assert (survey["about"], survey["case_id"]) == (INCIDENT, incident["id"])
    assert survey["attended_by"] == "person:ana"
    await _written_to_her(telephone, incident["ticket"])

    # the user came back, and it was closed again: she is asked once
    again = await telephone.step(closed, "reopen", {"reason": "Volvió a fallar."})
    await telephone.shown(profile_id, "open")
    await telephone.close(again)
    await telephone.shown(profile_id, "closed")
    assert [one["id"] for one in await telephone.surveys()] == [survey["id"]]
    by_hand = {"about": INCIDENT, "case_id": incident["id"]}
    assert (await telephone.ana.post("/surveys", json=by_hand)).json()["id"] == survey["id"]

    answer = await telephone.ana.post(
        f"/surveys/{survey['id']}/answer",
        json={"scores": dict.fromkeys(DRIVERS, 5)},
        headers={"if-match": f'"{survey["version"]}"'},
    )
    assert answer.json()["satisfied"] is True
    (*_, last) = await telephone.workshop.of(SURVEY).history(survey["id"], "osce", 0, 10)
    assert last["type"] == SurveyAnswered.event_type


async def _written_to_her(telephone: Telephone, ticket: str) -> None:
    letters = Letters(telephone.workshop.database, telephone.workshop.now)

    async def written() -> list[Letter]:
        found = await letters.find("osce", None, 50)
        return [one.letter for one in found if one.letter.template == "survey_invited"]

    (letter,) = await eventually(written, bool)
    composed = await compose(telephone.workshop, letter)
    assert composed.to == (EMAIL,)
    assert ticket in composed.subject


async def test_nobody_is_asked_who_is_not_known_or_was_not_answered(telephone: Telephone) -> None:
    asked = (await telephone.ana.post("/consultations", json=ASKED)).json()
    nobody, stranger = await telephone.report(""), await telephone.report(new_id())
    dismissed = await telephone.report(asked["profile_id"])
    await telephone.close(nobody)
    await telephone.close(stranger)
    await telephone.step(dismissed, "dismiss", {"reason": "Es una consulta."})
    last = await telephone.report(asked["profile_id"])
    await telephone.close(last)
    found = await telephone.shown(asked["profile_id"], "closed")
    assert [(one["id"], one["status"]) for one in found] == [
        (last["id"], "closed"),
        (dismissed["id"], "dismissed"),
    ]
    (survey,) = await eventually(telephone.surveys)
    assert survey["case_id"] == last["id"]
    unknown = {"about": INCIDENT, "case_id": nobody["id"]}
    assert (await telephone.ana.post("/surveys", json=unknown)).json()["code"] == "incident.unknown"


async def test_what_is_told_again_or_late_changes_nothing(telephone: Telephone) -> None:
    reported = Reported(telephone.workshop.database)
    report = Report("i-1", "p-1", "INC-1", "open", MORNING, "")
    await reported.begin("osce", report, 1)
    await reported.end("osce", "i-1", "closed", "person:ana", MORNING, 3)
    await reported.begin("osce", report, 1)
    await reported.end("osce", "i-1", "dismissed", "person:eva", MORNING, 2)
    (found,) = await reported.of("osce", ["p-1"], 10)
    assert (found.status, found.attended_by) == ("closed", "person:ana")
    await reported.resume("osce", "i-1", 4)
    assert [one.status for one in await reported.of("osce", ["p-1"], 10)] == ["open"]
    assert await reported.of("osinergmin", ["p-1"], 10) == []


async def test_how_she_is_reached_is_kept_as_long_as_her_incident(telephone: Telephone) -> None:
    asked = (await telephone.ana.post("/consultations", json=ASKED)).json()
    profile_id = asked["profile_id"]
    incident = await telephone.report(profile_id)
    await telephone.shown(profile_id, "open")
    body = {"reason": "Repetida."}
    headers = {"if-match": f'"{asked["version"]}"'}
    cora = telephone.house.as_(Role.CHANNEL_COORDINATOR, tenant="osce", subject="cora")
    path = f"/consultations/{asked['id']}/discard"
    assert (await cora.post(path, json=body, headers=headers)).is_success

    workshop = telephone.workshop
    erasing = Erasing(workshop, GridFiles(workshop.database), (CONSULTATION, SURVEY), {"osce": 30})
    telephone.house.clock.ahead += timedelta(days=31)
    assert await erasing.erase() == 1
    assert (await telephone.ana.get(f"/profiles/{profile_id}")).json()["contacts"] != []
    await telephone.close(incident)
    await telephone.shown(profile_id, "closed")
    assert await erasing.erase() == 0
    assert (await telephone.ana.get(f"/profiles/{profile_id}")).json()["contacts"] != []
    telephone.house.clock.ahead += timedelta(days=31)
    await erasing.erase()
    assert (await telephone.ana.get(f"/profiles/{profile_id}")).json()["contacts"] == []


async def test_a_first_caller_is_registered_reports_and_is_asked(telephone: Telephone) -> None:
    agent = telephone.house.as_(Role.AGENT, tenant="osce", subject="gil")
    key = {"headers": {"idempotency-key": "call-1"}}
    first = await agent.post("/profiles", json={**CALLER, "preferential": "elderly"}, **key)
    assert first.status_code == 201, first.text
    view = first.json()
    assert (view["status"], view["preferential"], view["cases"]) == ("open", "elderly", [])
    assert first.headers["location"] == f"/api/v1/profiles/{view['id']}"
    again = await agent.post("/profiles", json={**CALLER, "preferential": "elderly"}, **key)
    assert (again.status_code, again.json()) == (201, view)
    other = await agent.post("/profiles", json=CALLER, **key)
    assert other.json()["code"] == "idempotency_key_reused"
    known = await telephone.ana.post("/profiles", json=CALLER)
    assert (known.status_code, known.json()) == (200, view)
    history = await telephone.workshop.of(PROFILE).history(view["id"], "osce", 0, 10)
    assert [one["type"] for one in history] == [
        ProfileOpened.event_type,
        ProfileLinked.event_type,
        ProfilePreferred.event_type,
    ]
    assert not [
        word for word in ("rosaura", "911222333", "911 222 333", "elderly") if word in str(history)
    ]

    incident = await telephone.report(view["id"])
    await telephone.shown(view["id"], "open")
    await telephone.close(incident)
    (survey,) = await eventually(telephone.surveys)
    assert survey["case_id"] == incident["id"]
    await _written_to_her(telephone, incident["ticket"])


async def test_nobody_is_registered_without_consent_contact_or_role(telephone: Telephone) -> None:
    for body, code in (
        ({**CALLER, "consent": False}, "desk.consent_missing"),
        ({"contact": {"name": "Rosaura"}, "consent": True}, "profile.no_contact"),
        ({**CALLER, "preferential": "prisa"}, "desk.unknown_choice"),
    ):
        refused = await telephone.ana.post("/profiles", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    claims = telephone.house.as_(Role.CLAIMS_OFFICER, tenant="osce")
    assert (await claims.post("/profiles", json=CALLER)).status_code == 403
    found = await telephone.ana.post("/profile-searches", json={"email": EMAIL})
    assert found.json()["code"] == "profile.not_met"


async def test_who_never_had_a_case_is_kept_as_long_as_the_rest(telephone: Telephone) -> None:
    workshop = telephone.workshop
    erasing = Erasing(workshop, GridFiles(workshop.database), (CONSULTATION, SURVEY), {"osce": 30})

    async def contacts_after(days: int, profile_id: str) -> int:
        telephone.house.clock.ahead += timedelta(days=days)
        await erasing.erase()
        return len((await telephone.ana.get(f"/profiles/{profile_id}")).json()["contacts"])

    first = (await telephone.ana.post("/profiles", json=CALLER)).json()["id"]
    assert await contacts_after(29, first) == 2
    assert (await telephone.ana.post("/profiles", json=CALLER)).json()["id"] == first
    assert await contacts_after(29, first) == 2
    assert await contacts_after(2, first) == 0

    second = (await telephone.ana.post("/profiles", json=CALLER)).json()["id"]
    assert second != first
    incident = await telephone.report(second)
    await telephone.shown(second, "open")
    assert await contacts_after(31, second) == 2
    await telephone.close(incident)
    await telephone.shown(second, "closed")
    assert await contacts_after(29, second) == 2
    assert (await telephone.ana.post("/profiles", json=CALLER)).json()["id"] == second
    assert await contacts_after(2, second) == 2
    assert await contacts_after(29, second) == 0
