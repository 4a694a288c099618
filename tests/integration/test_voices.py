"""A suggestion by mail and a claim by form, to the result that the user is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.erasing import Erasing
from services.intake.surveys.cases import SURVEY
from services.intake.voices.cases import VOICES
from services.intake.voices.policy import VoiceKind
from shared.files import GridFiles
from shared.security import Role
from shared.settings import Settings
from shared.store import broken_at
from tests.support.eventually import eventually
from tests.support.street import Street, open_street
from tests.unit.intake.public.letters import PDF, SENDER, written

pytestmark = pytest.mark.integration
CLAIM = {
    "subject": "Demora",
    "text": "Nadie respondió a mi trámite.",
    "consent": True,
    "contact": {"email": SENDER},
}


@pytest.fixture
async def street(settings: Settings, tmp_path: Path) -> AsyncIterator[Street]:
    async with open_street(settings, tmp_path) as street:
        yield street


async def test_both_ways_to_the_result(street: Street) -> None:
    await street.send(written("Pongan letra más grande."), to="sugerencias@osce.example")

    async def listed() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await street.desk.get("/suggestions")).json()["items"]
        return items

    (view,) = await eventually(listed, bool)
    assert (await street.letter("sugerencia"))["reply-to"] == "sugerencias@osce.example"
    assert (view["holder"], view["deadlines"]) == ("officer", [])

    async def act(kind: str, view: dict[str, Any], *steps: tuple[str, Any]) -> dict[str, Any]:
        for action, body in steps:
            view = await street.act(view, action, body, kind)
        return view

    order = {"unit": "communications", "order": "Proveído 3-2026"}
    found = {"outcome": "adopted", "text": "Desde agosto el texto es más grande."}
    view = await act("suggestions", view, ("refer", order), ("evaluate", found), ("inform", None))
    told = await street.letter("Resultado de su sugerencia")
    assert "Desde agosto" in told.get_content()
    thanks = written("¡Gracias!", "Re:", message_id="<s-2@x>")
    thanks["In-Reply-To"] = told["message-id"]
    await street.send(thanks)
    path = f"/suggestions/{view['id']}/messages"

    async def words() -> list[str]:
        texts = (await street.desk.get(path)).json()["texts"]
        return [one["text"] for one in texts if one["role"] == "user"]

    await eventually(words, lambda said: said == ["Pongan letra más grande.", "¡Gracias!"])
    await _heeded(street, view["id"])

    claim = await street.desk.post("/claims", json=CLAIM)
    assert claim.status_code == 201, claim.text
    assert claim.json()["deadlines"][0]["due_at"] == "2026-08-18T21:30:00Z"
    officer = street.house.as_(Role.SUGGESTIONS_OFFICER, tenant="osce")
    assert (await officer.get(f"/claims/{claim.json()['id']}")).status_code == 403
    moved = {"reason": "Es una idea, no un reclamo.", "forwarded_to": "suggestions"}
    closed = await act("claims", claim.json(), ("dismiss", moved))
    assert closed["deadlines"][0]["state"] == "cancelled"
    assert "no un reclamo" in (await street.letter("Sobre su mensaje")).get_content()
    await street.letter("Recibimos su sugerencia", 2)
    opened = await street.read(closed["forwarded_case"], "suggestions")
    assert (opened["status"], opened["forwarded_from"]) == ("received", closed["id"])
    await _one_person(street, closed["profile_id"], view["profile_id"])
    await _erased(street, view["id"])


async def test_who_gave_no_name_reads_what_came_of_it(street: Street) -> None:
    web = street.house.as_(Role.PROGRAM, tenant="osce", **{"accept-language": "es"})
    said = {"subject": "Letra", "text": "Pongan letra más grande."}
    asked = (await web.post("/consultations", json=said)).json()
    moved = {"reason": "Es una idea.", "forwarded_to": "suggestions"}
    await street.act(asked, "discard", moved)
    ended = (await web.get(f"/consultations/{asked['id']}/answer")).json()
    path = f"/suggestions/{ended['forwarded_case']}"
    await eventually(lambda: web.get(path), lambda answer: answer.is_success)

    view = await street.read(ended["forwarded_case"], "suggestions")
    order = {"unit": "communications", "order": "Proveído 3-2026"}
    found = {"outcome": "adopted", "text": "Desde agosto el texto es más grande."}
    view = await street.act(view, "refer", order, "suggestions")
    view = await street.act(view, "evaluate", found, "suggestions")
    before = (await web.get(f"{path}/answer")).json()
    await street.act(view, "inform", None, "suggestions")
    after = (await web.get(f"{path}/answer")).json()

    assert (before["status"], before["answer"], before["due_at"]) == ("evaluated", "", None)
    assert (after["status"], after["answer"]) == ("informed", found["text"])
    assert (await web.get(f"{path}/messages")).status_code == 403

    claim = (await web.post("/claims", json=said)).json()
    waits = (await web.get(f"/claims/{claim['id']}/answer")).json()
    await street.act(claim, "dismiss", {"reason": "No es un reclamo."}, "claims")
    told = (await web.get(f"/claims/{claim['id']}/answer")).json()
    assert (waits["code"], waits["due_at"]) == (claim["code"], "2026-08-18T21:30:00Z")
    assert (told["due_at"], told["reason"]) == (None, "No es un reclamo.")


async def _heeded(street: Street, case_id: str) -> None:
    """What is said after the end is found, until somebody has read it."""

    async def found(more: str) -> list[str]:
        answer = await street.desk.get("/suggestions", params={"said_more": more})
        return [one["id"] for one in answer.json()["items"]]

    assert (await found("true"), await found("false")) == ([case_id], [])
    view = await street.read(case_id, "suggestions")
    assert [one["code"] for one in view["warnings"]] == ["said_more"]
    view = await street.act(view, "heed", None, "suggestions")
    assert view["warnings"] == []
    assert (await found("true"), await found("false")) == ([], [case_id])


async def test_what_is_discarded_to_the_suggestions_is_one_there_with_its_words(
    street: Street,
) -> None:
    asked = written("Pongan letra más grande.")
    asked.add_attachment(PDF, maintype="application", subtype="pdf", filename="muestra.pdf")
    await street.send(asked)
    (view,) = await street.consultations(1)
    more = written("Y más contraste.", f"[{view['code']}]", message_id="<f-2@x>")
    await street.send(more)
    await street.sorted()
    view = await street.read(view["id"])
    headers = {"if-match": f'"{view["version"]}"'}
    path = f"/consultations/{view['id']}/discard"
    unknown = {"reason": "x", "forwarded_to": "basura"}
    refused = await street.desk.post(path, json=unknown, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "desk.unknown_choice")

    moved = {"reason": "Es una idea.", "forwarded_to": "suggestions"}
    view = await street.act(view, "discard", moved)
    letter = await street.letter("Recibimos su sugerencia")
    new = await street.read(view["forwarded_case"], "suggestions")
    assert new["code"] in letter["subject"]
    assert (new["forwarded_from"], new["channel"]) == (view["id"], "mail")
    assert new["profile_id"] == view["profile_id"] != ""
    told = (await street.desk.get(f"/suggestions/{new['id']}/messages")).json()
    (text,) = told["texts"]
    assert (text["subject"], text["text"]) == (
        "Renovación de inscripción",
        "Pongan letra más grande.\n\nY más contraste.",
    )
    assert (told["email"], told["name"]) == (SENDER, "Rosaura Quispe")
    assert [one["name"] for one in told["documents"]] == ["muestra.pdf"]
    (before,), (after,) = view["enclosures"], new["enclosures"]
    assert after["sha256"] == before["sha256"]
    assert after["id"] != before["id"]
    await _downloaded(street, new["id"], after["id"], before["id"])


async def _downloaded(street: Street, case_id: str, document_id: str, of_another: str) -> None:
    """By whoever reads the words, in its own account, and each only with its own case."""
    path = f"/suggestions/{case_id}/documents"
    answer = await street.desk.get(f"{path}/{document_id}")
    assert answer.content == PDF
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''muestra.pdf"
    assert (await street.desk.get(f"{path}/{of_another}")).status_code == 404
    reader = street.house.as_(Role.AUDITOR, tenant="osce")
    assert (await reader.get(f"{path}/{document_id}")).status_code == 403
    elsewhere = street.house.as_(*Role, tenant="osinergmin")
    assert (await elsewhere.get(f"{path}/{document_id}")).status_code == 404
    claim = await street.desk.get(f"/claims/{case_id}/documents/{document_id}")
    assert (claim.status_code, claim.json()["code"]) == (404, "claim.unknown")


async def test_what_is_discarded_to_the_documents_desk_is_a_file_there(street: Street) -> None:
    asked = written("Presento mi renovación.")
    asked.add_attachment(PDF, maintype="application", subtype="pdf", filename="solicitud.pdf")
    await street.send(asked)
    (view,) = await street.consultations(1)
    moved = {"reason": "Es un trámite.", "forwarded_to": "documents", "service": "registry"}
    view = await street.act(view, "discard", moved)
    letter = await street.letter("Recibimos sus documentos")
    assert letter["to"] == SENDER
    new = await street.read(view["forwarded_case"], "dossiers")
    assert new["code"] in letter["subject"]
    assert (new["service"], new["area"], new["status"]) == ("registry", "rnp", "received")
    assert (new["forwarded_from"], new["profile_id"]) == (view["id"], view["profile_id"])
    told = (await street.desk.get(f"/dossiers/{new['id']}/messages")).json()
    assert [one["text"] for one in told["texts"]] == ["Presento mi renovación."]
    path = f"/dossiers/{new['id']}/documents/{new['documents'][0]['id']}"
    assert (await street.desk.get(path)).content == PDF


async def _one_person(street: Street, of_claim: str, of_suggestion: str) -> None:
    """Whoever wrote by mail and filled in a form is one person, and stays first once he is."""
    assert of_claim == of_suggestion
    desk = street.desk
    found = await desk.post("/profile-searches", json={"email": SENDER.upper()})
    profile = found.json()
    assert profile["id"] == of_claim
    assert {one["kind"] for one in profile["cases"]} == {"intake.claim", "intake.suggestion"}
    assert profile["contacts"] == [{"kind": "email", "value": SENDER}]
    headers = {"if-match": f'"{profile["version"]}"'}
    path = f"/profiles/{profile['id']}"
    body = {"ground": "elderly"}
    assert (await desk.post(f"{path}/prefer", json=body, headers=headers)).is_success
    other = {**CLAIM, "contact": {"phone": "987 654 321"}}
    by_phone = (await desk.post("/claims", json=other)).json()
    assert by_phone["profile_id"] not in ("", profile["id"])
    first = (await desk.post("/claims", json=CLAIM)).json()
    assert (first["preferential"], by_phone["preferential"]) == ("granted", "")
    await _ground_stays_private(street, profile["id"], first["id"])

    joined = await desk.post(
        f"/profiles/{by_phone['profile_id']}/join",
        json={"into": profile["id"]},
        headers={"if-match": '"1"'},
    )
    assert joined.status_code == 200, joined.text
    whole = (await desk.get(path)).json()
    assert len(whole["contacts"]) == 2
    assert by_phone["id"] in {one["id"] for one in whole["cases"]}
    again = (await desk.post("/claims", json=other)).json()
    assert (again["profile_id"], again["preferential"]) == (profile["id"], "granted")
    unmet = await desk.post("/profile-searches", json={"email": "nadie@x.example"})
    assert (unmet.status_code, unmet.json()["code"]) == (404, "profile.not_met")
    whole = (await desk.get(path)).json()
    await _joined_with_a_third(street, whole, by_phone["id"])


async def _ground_stays_private(street: Street, profile_id: str, claim_id: str) -> None:
    """Who attends the person sees why he goes first; what is told of it does not say."""
    desk = street.desk
    told = (await desk.get(f"/claims/{claim_id}/messages")).json()
    assert told["ground"] == "elderly"
    assert (await desk.get(f"/profiles/{profile_id}")).json()["preferential"] == "elderly"
    assert "elderly" not in (await desk.get(f"/claims/{claim_id}/history")).text
    # another ground under a key that was used takes nobody's place
    key = {"idempotency-key": "c-1"}
    kept = await desk.post("/claims", json={**CLAIM, "preferential": "elderly"}, headers=key)
    other = await desk.post("/claims", json={**CLAIM, "preferential": "pregnant"}, headers=key)
    assert other.status_code == 422
    path = f"/claims/{kept.json()['id']}/messages"
    assert (await desk.get(path)).json()["ground"] == "elderly"


async def _joined_with_a_third(street: Street, whole: dict[str, Any], first: str) -> None:
    """What was joined before comes along, and whoever writes meanwhile is found at the end."""
    desk = street.desk
    another = {**CLAIM, "contact": {"phone": "911 222 333"}}
    third = (await desk.post("/claims", json=another)).json()["profile_id"]
    joined = await desk.post(
        f"/profiles/{whole['id']}/join",
        json={"into": third},
        headers={"if-match": f'"{whole["version"]}"'},
    )
    assert joined.status_code == 200, joined.text
    # as if the hand-over had been cut off
    handles = street.house.process.parts["intake"].workshop.database["private_handles"]
    await handles.update_many({"kind": "email"}, {"$set": {"profile_id": whole["id"]}})
    found = (await desk.post("/profile-searches", json={"email": SENDER})).json()
    assert (found["id"], len(found["contacts"])) == (third, 3)
    assert first in {one["id"] for one in found["cases"]}
    assert (await desk.post("/claims", json=CLAIM)).json()["profile_id"] == third

    # whoever is shown an older profile means the person: it stands for what it became
    fourth = {**CLAIM, "contact": {"phone": "922 333 444"}}
    last = (await desk.post("/claims", json=fourth)).json()["profile_id"]
    path = f"/profiles/{last}/join"
    joined = await desk.post(path, json={"into": whole["id"]}, headers={"if-match": '"1"'})
    assert (joined.status_code, joined.json()["into"]) == (200, third)

    # why he goes first comes along too
    async def ground() -> str:
        return str((await desk.get(f"/profiles/{third}")).json()["preferential"])

    assert await eventually(ground, bool) == "elderly"
    assert (await desk.post("/claims", json=CLAIM)).json()["preferential"] == "granted"


async def _erased(street: Street, ended: str) -> None:
    """What ended long ago has its history and nobody's words; what is open keeps all."""
    workshop = street.house.process.parts["intake"].workshop
    files = GridFiles(workshop.database)
    suggestions = workshop.of(VOICES[VoiceKind.SUGGESTION])
    erasing = Erasing(workshop, files, (*VOICES.values(), SURVEY), {"osce": 30})
    assert await erasing.erase() == 0
    street.house.clock.ahead += timedelta(days=31)
    before = await suggestions.collection.find_one({"_id": ended})
    # the suggestion, and the claim that was dismissed
    assert await erasing.erase() == 2
    assert await erasing.erase() == 0
    told = (await street.desk.get(f"/suggestions/{ended}/messages")).json()
    assert (told["name"], told["email"], told["texts"]) == ("", "", [])
    after = await suggestions.collection.find_one({"_id": ended})
    assert after is not None
    assert after == before
    assert broken_at(ended, after["history"], after["head"]) is None
    mails = workshop.database["mails"]
    assert await mails.count_documents({"case_id": ended}) == 0
    # he has open claims
    found = await street.desk.post("/profile-searches", json={"email": SENDER})
    assert found.status_code == 200
