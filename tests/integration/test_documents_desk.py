"""The documents desk over HTTP and mail: from presenting to a notice that is proved."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from services.intake.letterbox.policy import places
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.street import MORNING, Street, open_street
from tests.unit.intake.public.letters import PDF, SENDER, bounce, written

pytestmark = pytest.mark.integration
PRESENTED = {
    "service": "norm-opinion",
    "text": "Solicito opinión sobre el artículo 11.",
    "contact": {"name": "Rosaura Quispe", "email": SENDER},
    "documents": [{"name": "solicitud.pdf", "content": base64.b64encode(PDF).decode()}],
}


@pytest.fixture
async def street(settings: Settings, tmp_path: Path) -> AsyncIterator[Street]:
    async with open_street(settings, tmp_path) as street:
        yield street


def with_document(content: str, name: str = "x.pdf") -> dict[str, Any]:
    return {**PRESENTED, "documents": [{"name": name, "content": content}]}


async def test_a_file_from_presenting_to_the_proof_of_its_notice(street: Street) -> None:
    desk = street.desk
    await _refused(street)
    key = {"idempotency-key": "m-1"}
    first = await desk.post("/dossiers", json=PRESENTED, headers=key)
    assert first.status_code == 201, first.text
    view = first.json()
    assert (view["status"], view["area"], view["holder"]) == ("received", "norms", "documents_desk")

    async def act(action: str, **body: Any) -> dict[str, Any]:
        return await street.act(view, action, body, "dossiers")

    view = await act("observe", reason="Falta la firma de quien representa.")
    assert view["correct_by"] == "2026-07-03T21:30:00Z"
    observed = await street.letter("Observación")
    assert "Falta la firma" in observed.get_content()
    own = _answered_at(street, observed)

    # the user puts it right by answering that letter
    signed = written("Aquí va firmado.", "Re:", message_id="<d-1@x>")
    signed["In-Reply-To"] = observed["message-id"]
    signed.add_attachment(PDF, maintype="application", subtype="pdf", filename="firmado.pdf")
    await street.send(signed, to=own)

    async def shown() -> dict[str, Any]:
        await street.sorted()
        return await street.read(view["id"], "dossiers")

    view = await eventually(shown, lambda seen: seen["status"] == "received")
    assert len(view["documents"]) == 2
    path = f"/dossiers/{view['id']}/documents/{view['documents'][1]['id']}"
    assert (await desk.get(path)).content == PDF
    assert (await desk.post("/dossiers", json=PRESENTED, headers=key)).json() == first.json()
    await _take_nobodys_place(street, view, key)

    view = await act("accept")
    view = await act("resolve", text="Se emite la opinión 015-2026.")
    view = await act("notify", means="mail")
    notice = await street.letter("Notificación")
    assert "opinión 015-2026" in notice.get_content()
    assert notice["reply-to"] == own
    notice_id = str(notice["message-id"])
    await street.send(bounce(notice_id.strip("<>")), "")
    view = await eventually(shown, lambda seen: seen["undelivered"] == "5.1.1")
    assert view["notifications"][0]["acknowledged_at"] is None

    view = await act("notify", means="mail")
    again = await street.letter("Notificación", 2)
    assert again["message-id"] != notice_id
    await _prove_nothing(street, view, str(again["message-id"]))
    reply = written("Confirmo que lo recibí.", "Re:", message_id="<d-2@x>")
    reply["In-Reply-To"] = again["message-id"]
    await street.send(reply, to=own)
    view = await eventually(shown, lambda seen: seen["status"] == "notified")
    proved = view["notifications"][1]
    assert (proved["proof"], proved["file_number"]) == ("reply", view["code"])
    await _asked_how(street, view["id"])
    # nothing is added to what has ended: the message waits, with the reason
    late = written("Una cosa más.", f"[{view['code']}]", message_id="<d-3@x>")
    await street.send(late)
    (dead,) = await street.mails("dead")
    assert dead["reason"] == "dossier.illegal_transition"


async def _refused(street: Street) -> None:
    """What cannot be a file, and why."""
    for body, code in (
        (with_document(base64.b64encode(b"MZ\x90\x00").decode()), "dossier.type_not_taken"),
        (with_document("abcde"), "dossier.broken_encoding"),
        ({**PRESENTED, "service": "otro"}, "desk.unknown_choice"),
        ({**PRESENTED, "contact": {}}, "dossier.nobody"),
    ):
        refused = await street.desk.post("/dossiers", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)


def _answered_at(street: Street, letter: EmailMessage) -> str:
    """The address that a reply goes to, which is one that mail comes in at."""
    address = str(letter["reply-to"])
    assert address in places(street.house.process.parts["intake"].workshop.tenants)
    return address


async def _take_nobodys_place(street: Street, view: dict[str, Any], key: dict[str, str]) -> None:
    """Another document under the same key."""
    other = with_document(base64.b64encode(b"%PDF-1.7 otra cosa").decode())
    assert (await street.desk.post("/dossiers", json=other, headers=key)).status_code == 422
    path = f"/dossiers/{view['id']}/documents/{view['documents'][0]['id']}"
    assert (await street.desk.get(path)).content == PDF


async def _asked_how(street: Street, case_id: str) -> None:
    """About whoever answered, though it was a message that proved it."""

    async def asked() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await street.desk.get("/surveys")).json()["items"]
        return items

    (survey,) = await eventually(asked, bool)
    assert (survey["case_id"], survey["attended_by"]) == (case_id, "person:ana")


async def _prove_nothing(street: Street, view: dict[str, Any], notice_id: str) -> None:
    """Neither who writes about it otherwise nor whom the notice was sent on to."""
    waits = written("Aún no me llega nada.", f"[{view['code']}]", message_id="<d-4@x>")
    await street.send(waits)
    neighbour = "vecino@x.example"
    other = written("Soy su vecino.", "Re:", neighbour, "<d-5@x>")
    other["In-Reply-To"] = notice_id
    await street.send(other, neighbour)
    assert len(await street.consultations(1)) == 1
    seen = await street.read(view["id"], "dossiers")
    assert (seen["status"], seen["version"]) == ("notifying", view["version"] + 1)


async def test_a_file_that_is_read_tells_what_was_waited_for(street: Street) -> None:
    view = (await street.desk.post("/dossiers", json=PRESENTED)).json()
    view = await street.act(view, "observe", {"reason": "Falta la firma."}, "dossiers")
    assert view["deadlines"][0]["state"] == "paused"
    street.house.clock.move_to(MORNING + timedelta(hours=2))
    view = await street.act(view, "add", {"text": "Aquí va firmado."}, "dossiers")
    (promised,) = (await street.read(view["id"], "dossiers"))["deadlines"]
    assert (promised["state"], promised["due_at"]) == ("running", view["deadlines"][0]["due_at"])
    assert any(
        one.endswith("a la espera de la persona usuaria (cliente)") for one in promised["explain"]
    )


async def test_an_answer_to_the_first_notice_proves_the_first(street: Street) -> None:
    view = (await street.desk.post("/dossiers", json=PRESENTED)).json()
    for action, more in (
        ("accept", {}),
        ("resolve", {"text": "Procede."}),
        ("notify", {"means": "mail"}),
    ):
        view = await street.act(view, action, more, "dossiers")
    first = await street.letter("Notificación")
    view = await street.act(view, "notify", {"means": "mail"}, "dossiers")
    await street.letter("Notificación", 2)
    reply = written("Confirmo que lo recibí.", "Re:", message_id="<d-6@x>")
    reply["In-Reply-To"] = first["message-id"]
    await street.send(reply)

    async def shown() -> dict[str, Any]:
        return await street.read(view["id"], "dossiers")

    view = await eventually(shown, lambda seen: seen["status"] == "notified")
    assert [one["proof"] for one in view["notifications"]] == ["reply", ""]


async def test_who_has_no_address_is_notified_by_other_means(street: Street) -> None:
    body = {**PRESENTED, "contact": {"name": "Rosaura Quispe", "phone": "999 111 222"}}
    view = (await street.desk.post("/dossiers", json=body)).json()
    view = await street.act(view, "accept", {}, "dossiers")
    view = await street.act(view, "resolve", {"text": "Procede."}, "dossiers")
    headers = {"if-match": f'"{view["version"]}"'}
    path = f"/dossiers/{view['id']}/notify"
    refused = await street.desk.post(path, json={"means": "mail"}, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (409, "dossier.no_address")
    view = await street.act(view, "notify", {"means": "box"}, "dossiers")
    assert view["status"] == "notifying"


async def test_an_entitys_receipt_needs_number_date_and_person(street: Street) -> None:
    catalogue = (await street.desk.get("/dossier-services")).json()["services"]
    assert [one["key"] for one in catalogue] == ["norm-opinion", "registry", "platform"]
    body = {**PRESENTED, "for_entity": True}
    view = (await street.desk.post("/dossiers", json=body)).json()
    for action, more in (
        ("accept", {}),
        ("resolve", {"text": "Procede."}),
        ("notify", {"means": "platform"}),
    ):
        view = await street.act(view, action, more, "dossiers")
    sent_at = view["notifications"][0]["sent_at"]
    whole = {
        "proof": "receipt",
        "file_number": "2026-0815",
        "received_at": sent_at,
        "person": "Elmer Paz, trámite documentario",
    }
    headers = {"if-match": f'"{view["version"]}"'}
    path = f"/dossiers/{view['id']}/acknowledge"
    for name in whole:
        part = {key: value for key, value in whole.items() if key != name}
        assert (await street.desk.post(path, json=part, headers=headers)).status_code == 422
    view = await street.act(view, "acknowledge", whole, "dossiers")
    assert view["notifications"][0]["file_number"] == "2026-0815"
    history = await street.desk.get(f"/dossiers/{view['id']}/history")
    assert "Elmer" not in history.text
    told = (await street.desk.get(f"/dossiers/{view['id']}/messages")).json()
    assert told["texts"][-1]["text"] == "Elmer Paz, trámite documentario"
