"""Real messages over real SMTP become cases, exactly once each, on the real database and broker."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest
from pymongo.asynchronous.cursor import AsyncCursor

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.mailing import ConsultationMail
from services.intake.erasing import Erasing
from services.intake.letterbox.desks import Desks
from services.intake.letterbox.door import arrived_of
from services.intake.letterbox.mails import Mails
from services.intake.letterbox.metrics import MailMetrics
from services.intake.letterbox.policy import DeskName, places
from services.intake.letterbox.sorting import PATIENCE, Sorting
from services.intake.surveys.cases import SURVEY
from shared.files import GridFiles
from shared.security import Role
from shared.settings import Settings
from shared.store.group import Document
from tests.support.eventually import eventually
from tests.support.street import MORNING, Street, open_street
from tests.unit.intake.public.letters import (
    BOX,
    PDF,
    SENDER,
    bounce,
    raw,
    returned_in_words,
    written,
)

pytestmark = pytest.mark.integration
CHECKS = ["wording", "content", "spelling", "signature"]


@pytest.fixture
async def street(settings: Settings, tmp_path: Path) -> AsyncIterator[Street]:
    async with open_street(settings, tmp_path) as street:
        yield street


async def test_a_message_becomes_one_case_and_its_thread_stays_one(street: Street) -> None:
    asked = written()
    asked.add_attachment(PDF, maintype="application", subtype="pdf", filename="acta.pdf")
    asked.add_attachment(b"MZ\x90", maintype="application", subtype="pdf", filename="virus.pdf")
    for _ in range(3):
        await street.send(asked)
    (view,) = await street.consultations(1)
    assert (view["channel"], view["status"]) == ("mail", "received")
    assert view["received_at"].startswith("2026-07-01T15:0")
    assert [(one["kept"], one["reason"]) for one in view["enclosures"]] == [
        (True, ""),
        (False, "type"),
    ]
    told = (await street.desk.get(f"/consultations/{view['id']}/messages")).json()
    assert (told["email"], told["name"]) == (SENDER, "Rosaura Quispe")
    assert [one["name"] for one in told["documents"]] == ["acta.pdf", "virus.pdf"]
    kept, refused = view["enclosures"]
    path = f"/consultations/{view['id']}/documents/"
    assert (await street.desk.get(path + kept["id"])).content == PDF
    assert (await street.desk.get(path + refused["id"])).status_code == 404

    (received,) = await street.letters(1)
    assert view["code"] in received["subject"]
    assert received["in-reply-to"] == "<m-1@correo.example>"
    assert (received["auto-submitted"], received["reply-to"]) == ("auto-replied", BOX)

    view = await street.act(view, "distribute", {"folder": "rnp"})
    view = await street.act(view, "draft", {"text": "Se renueva desde el portal del RNP."})
    view = await street.act(view, "send", {"checks": CHECKS})
    answer = await street.letter("Respuesta a su consulta")
    assert "Se renueva desde el portal del RNP." in answer.get_content()
    assert answer["references"] == "<m-1@correo.example>"

    await _rated(street, view["id"])

    # the user answers our letter; another program forgets the thread and keeps the subject
    again = written("¿Y desde el extranjero?", "Re:", message_id="<m-2@x>")
    again["In-Reply-To"] = answer["message-id"]
    await street.send(again)
    lost = written("Gracias.", f"RE: [{view['code']}]", message_id="<m-3@x>")
    await street.send(lost)
    stranger = written("Soy otro.", f"RE: [{view['code']}]", "otro@x.example", "<m-4@x>")
    await street.send(stranger, "otro@x.example")
    both = await street.consultations(2)
    view = await street.read(view["id"])
    assert (view["status"], len(both)) == ("in_attention", 2)
    told = (await street.desk.get(f"/consultations/{view['id']}/messages")).json()
    words = [one["text"] for one in told["texts"] if one["role"] == "user"]
    assert words[1:] == ["¿Y desde el extranjero?", "Gracias."]
    await _returned(street, view["id"], str(answer["message-id"]))


async def _returned(street: Street, case_id: str, message_id: str) -> None:
    """What came back is told to who answers, and a machine's word opens nothing."""
    await street.send(bounce(message_id.strip("<>")), "")
    away = written("Estoy de vacaciones.", message_id="<m-5@x>", Auto_Submitted="auto-replied")
    away["References"] = message_id
    await street.send(away)
    aside = await street.mails("set_aside")
    assert {(one["reason"], one["case_id"]) for one in aside} == {
        ("mail.bounce", case_id),
        ("mail.auto_reply", case_id),
    }
    view = await street.read(case_id)
    warned = [one["code"] for one in view["warnings"]]
    assert warned == ["undelivered", "said_more", "enclosure_refused"]
    assert len(await street.consultations(2)) == 2


async def test_thanks_for_an_answer_are_read_and_it_stands(street: Street) -> None:
    await street.send(written())
    (view,) = await street.consultations(1)
    refused = await _heed(street, view)
    assert (refused.status_code, refused.json()["code"]) == (409, "consultation.illegal_transition")
    view = await street.act(view, "distribute", {"folder": "rnp"})
    refused = await _heed(street, view)
    assert (refused.status_code, refused.json()["code"]) == (409, "consultation.not_answered")
    view = await street.act(view, "draft", {"text": "Se renueva desde el portal del RNP."})
    sent = await street.act(view, "send", {"checks": CHECKS})
    answer = await street.letter("Respuesta a su consulta")
    await street.letter("¿Cómo le atendimos?")

    street.house.clock.ahead += timedelta(minutes=5)
    thanks = written("Gracias.", message_id="<m-2@x>")
    thanks["In-Reply-To"] = answer["message-id"]
    await street.send(thanks)
    await street.sorted()
    view = await street.read(sent["id"])
    assert (view["status"], view["deadlines"][0]["state"]) == ("in_attention", "running")
    assert [one["code"] for one in view["warnings"]] == ["said_more"]
    # what was read may not be all that was said
    assert (await _heed(street, sent)).status_code == 412

    stands = await street.act(view, "heed", None)
    assert (stands["status"], stands["on_time"], stands["warnings"]) == ("answered", True, [])
    assert stands["answered_at"] == sent["answered_at"]
    assert stands["deadlines"][0]["state"] == "cancelled"
    shown = (await street.desk.get(f"/consultations/{sent['id']}/answer")).json()
    assert shown["answer"] == "Se renueva desde el portal del RNP."
    history = (await street.desk.get(f"/consultations/{sent['id']}/history")).json()["items"]
    assert [one["type"] for one in history][-2:] == [
        "intake.consultation.continued.v1",
        "intake.consultation.heeded.v1",
    ]
    # another question is one, and no letter went out for the thanks
    more = written("¿Y desde el extranjero?", message_id="<m-3@x>")
    more["In-Reply-To"] = answer["message-id"]
    await street.send(more)
    await street.sorted()
    assert (await street.read(sent["id"]))["status"] == "in_attention"
    await street.letters(3)


async def test_a_letter_that_a_server_returns_in_plain_words_shows_in_its_case(
    street: Street,
) -> None:
    await street.send(written())
    (view,) = await street.consultations(1)
    (received,) = await street.letters(1)
    returned = str(received["message-id"]).strip("<>")
    # the person's own absence is no failure, though nobody sent that either
    away = written("Estoy de vacaciones.", "Respuesta automática", message_id="<away@x>")
    away["In-Reply-To"] = received["message-id"]
    await street.send(away, "")
    await street.sorted()
    assert (await street.read(view["id"]))["warnings"] == []
    for number, (program, status) in enumerate((("qmail", "5.1.1"), ("exchange", "5.2.2")), 1):
        await street.send(returned_in_words(program, returned), "")
        await street.sorted()
        (warning,) = (await street.read(view["id"]))["warnings"]
        assert (warning["code"], status in warning["text"]) == ("undelivered", True)
        aside = await street.mails("set_aside")
        told = [(one["reason"], one["case_id"]) for one in aside]
        assert told.count(("mail.bounce", view["id"])) == number
    # a letter that we never wrote
    await street.send(returned_in_words("qmail", "nunca@osce.example"), "")
    aside = await street.mails("set_aside")
    assert aside[0]["reason"] == "mail.bounce_unmatched"
    assert len(await street.consultations(1)) == 1


async def _heed(street: Street, view: dict[str, Any]) -> httpx.Response:
    headers = {"if-match": f'"{view["version"]}"'}
    return await street.desk.post(f"/consultations/{view['id']}/heed", headers=headers)


async def _rated(street: Street, case_id: str) -> None:
    """Whoever was answered is asked how, and says so."""
    asked = await street.letter("¿Cómo le atendimos?")
    (survey,) = (await street.desk.get("/surveys")).json()["items"]
    link = f"https://portal.osce.example/encuestas/{survey['id']}"
    assert link in asked.get_content().split()
    assert (survey["case_id"], survey["attended_by"]) == (case_id, "person:ana")
    care = (await street.desk.get("/care", headers={"accept-language": "es"})).json()
    scores = {one["key"]: 4 for one in care["drivers"]}
    assert len(scores) == 6
    path = f"/surveys/{survey['id']}/answer"
    said = {"scores": scores, "comment": "Muy amable Rosa."}
    headers = {"if-match": f'"{survey["version"]}"'}
    rated = await street.desk.post(path, json=said, headers=headers)
    assert rated.json()["satisfied"] is True, rated.text
    # who answers once more is refused, and what he says is nobody's comment
    street.house.clock.ahead += timedelta(seconds=1)
    headers = {"if-match": rated.headers["etag"]}
    once_more = await street.desk.post(path, json={**said, "comment": "Otra."}, headers=headers)
    assert once_more.status_code == 409
    comment = await street.desk.get(f"/surveys/{survey['id']}/comment")
    assert comment.json() == {"comment": "Muy amable Rosa."}


async def test_what_cannot_be_read_waits_with_its_reason_and_is_not_lost(street: Street) -> None:
    await _damaged(street)
    broken = raw("Content-Type: text/plain; charset=utf-8", "inscripción".encode("latin-1"))
    await street.send(broken)
    await street.send(b"Received: from a by b\r\n" * 40 + written().as_bytes())
    await street.send(raw("From: nadie", b"hola").replace(f"From: {SENDER}\r\n".encode(), b"", 1))
    await street.send(written(message_id="<good@x>"))
    (view,) = await street.consultations(1)
    assert view["status"] == "received"
    dead = {one["reason"]: one for one in await street.mails("dead")}
    assert set(dead) == {"mail.broken_encoding", "mail.loop", "mail.no_sender", "mail.fault"}

    letter = dead["mail.broken_encoding"]
    content = await street.desk.get(f"/mails/{letter['id']}/content")
    assert content.content.rstrip() == broken.rstrip()
    path = f"/mails/{letter['id']}/read-again"
    # hex is a codec, and of no words
    for misspelt in ("latin-uno", "hex"):
        refused = await street.desk.post(path, json={"charset": misspelt})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "charset")
    assert (await street.desk.post(path, json={"charset": "latin-1"})).status_code == 200
    assert len(await street.consultations(2)) == 2
    refused = await street.desk.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "mail.not_dead")

    await _put_away(street, dead["mail.loop"])

    # one sender beyond what people write in an hour is two machines that answer each other
    workshop = street.house.process.parts["intake"].workshop
    mails = Mails(workshop.database, GridFiles(workshop.database), workshop.now)
    place = places(workshop.tenants)[BOX]
    for number in range(place.section.limits.per_hour + 1):
        message = written(message_id=f"<flood-{number}@x>").as_bytes()
        await mails.keep(place, arrived_of(message, "robot@x.example"))
    (flood,) = [one for one in await street.mails("dead") if one["reason"] == "mail.flood"]
    # which of them is worth it is somebody's to say
    path = f"/mails/{flood['id']}/read-again"
    assert (await street.desk.post(path, json={})).status_code == 200
    (last,) = [one for one in await street.mails("done") if one["id"] == flood["id"]]
    assert last["kind"] == "intake.consultation"


async def _put_away(street: Street, letter: dict[str, Any]) -> None:
    """Nobody waits for it any more; who says so, when and why stays with why it was dead."""
    path, key = f"/mails/{letter['id']}/put-away", {"idempotency-key": "away-1"}
    assert (await street.desk.post(path, json={"reason": " "})).status_code == 422
    adviser = street.house.as_(Role.ADVISER, tenant="osce", subject="eva")
    assert (await adviser.post(path, json={"reason": "Publicidad."})).status_code == 403
    away = await street.desk.post(path, json={"reason": "Publicidad."}, headers=key)
    assert away.status_code == 200, away.text
    view = away.json()
    assert (view["status"], view["reason"]) == ("set_aside", "mail.loop")
    (step,) = view["handled"]
    assert (step["step"], step["by"], step["reason"]) == ("put_away", "person:ana", "Publicidad.")
    assert (
        await street.desk.post(path, json={"reason": "Publicidad."}, headers=key)
    ).json() == view
    refused = await street.desk.post(path, json={"reason": "Otra vez."})
    assert (refused.status_code, refused.json()["code"]) == (409, "mail.not_waiting")
    assert "«apartado»" in refused.json()["detail"]
    assert letter["id"] not in {one["id"] for one in await street.mails("dead")}
    workshop = street.house.process.parts["intake"].workshop
    mails = Mails(workshop.database, GridFiles(workshop.database), workshop.now)
    waiting = len(await street.mails("dead"))
    assert (await mails.numbers())["osce", "dead"] == waiting
    # it was a mistake: read again it is what it was
    path = f"/mails/{letter['id']}/read-again"
    assert (await street.desk.post(path, json={})).status_code == 200
    (dead,) = [one for one in await street.mails("dead") if one["id"] == letter["id"]]
    assert [one["step"] for one in dead["handled"]] == ["put_away", "read_again"]


async def test_what_became_no_case_is_erased_and_what_it_was_is_still_told(street: Street) -> None:
    workshop = street.house.process.parts["intake"].workshop
    files = GridFiles(workshop.database)
    erasing = Erasing(workshop, files, (CONSULTATION, SURVEY), {"osce": 30})
    await street.send(b"Received: from a by b\r\n" * 40 + written().as_bytes())
    spam = raw("From: nadie", b"hola").replace(f"From: {SENDER}\r\n".encode(), b"", 1)
    await street.send(spam)
    await street.send(written(message_id="<away@x>", Auto_Submitted="auto-replied"))
    await street.send(written(message_id="<good@x>"))
    (case,) = await street.consultations(1)
    # an answering machine's word about a case stays as long as the case does
    (received,) = await street.letters(1)
    away = written("De vacaciones.", message_id="<m-5@x>", Auto_Submitted="auto-replied")
    away["References"] = received["message-id"]
    await street.send(away)
    dead = {one["reason"]: one for one in await street.mails("dead")}
    street.house.clock.ahead += timedelta(days=20)
    path = f"/mails/{dead['mail.no_sender']['id']}/put-away"
    (await street.desk.post(path, json={"reason": "Publicidad."})).raise_for_status()
    street.house.clock.ahead += timedelta(days=11)
    assert await erasing.erase() == 0

    erased = await street.mails("erased")
    assert {(one["reason"], one["case_id"]) for one in erased} == {
        ("mail.loop", ""),
        ("mail.auto_reply", ""),
    }
    kept = await street.mails("set_aside")
    assert {(one["reason"], one["case_id"]) for one in kept} == {
        ("mail.no_sender", ""),
        ("mail.auto_reply", case["id"]),
    }
    (loop,) = [one for one in erased if one["reason"] == "mail.loop"]
    before = dead["mail.loop"]
    same = ("id", "address", "received_at", "size")
    assert {name: loop[name] for name in same} == {name: before[name] for name in same}
    stored = await workshop.database["mails"].find_one({"_id": loop["id"]})
    assert stored is not None
    assert (stored["sender"], stored["message_id"], stored["file_id"]) == ("", "", "")
    assert SENDER not in str(stored)
    assert await workshop.database["files.files"].count_documents({}) == 3
    gone = await street.desk.get(f"/mails/{loop['id']}/content")
    assert (gone.status_code, gone.json()["code"]) == (404, "mail.erased")
    again = await street.desk.post(f"/mails/{loop['id']}/read-again", json={})
    assert (again.status_code, again.json()["code"]) == (409, "mail.not_dead")
    assert "«borrado»" in again.json()["detail"]
    assert ("osce", "dead") not in await _numbers(street)

    # the very same message does not come in anew, and what was put away goes in its time
    await street.send(b"Received: from a by b\r\n" * 40 + written().as_bytes())
    assert await street.mails("dead") == []
    street.house.clock.ahead += timedelta(days=20)
    await erasing.erase()
    (put_away,) = [one for one in await street.mails("erased") if one["reason"] == "mail.no_sender"]
    assert [one["reason"] for one in put_away["handled"]] == ["Publicidad."]


async def _numbers(street: Street) -> Mapping[tuple[str, str], int]:
    workshop = street.house.process.parts["intake"].workshop
    return await Mails(workshop.database, GridFiles(workshop.database), workshop.now).numbers()


async def test_documents_that_a_message_brought_in_vain_go_with_it(street: Street) -> None:
    workshop = street.house.process.parts["intake"].workshop
    asked = written()
    asked.add_attachment(PDF, maintype="application", subtype="pdf", filename="acta.pdf")
    # a case that cannot be opened: what it would have brought lies there already
    lost = workshop.of(CONSULTATION).collection
    await lost.create_index("lost", unique=True, name="in_the_way")
    await lost.insert_one({"_id": "in the way"})
    try:
        await street.send(asked)
        # once it is dead nobody is at it any more
        (dead,) = await street.mails("dead")
        assert dead["reason"] == "not_unique"
        assert await workshop.database["private_names"].count_documents({}) == 1
    finally:
        # a database that the next test has, too
        await lost.drop_index("in_the_way")
    street.house.clock.ahead += timedelta(days=31)
    files = GridFiles(workshop.database)
    await Erasing(workshop, files, (CONSULTATION, SURVEY), {"osce": 30}).erase()
    for name in ("private_names", "private_texts", "files.files"):
        assert await workshop.database[name].count_documents({}) == 0, name


async def test_what_waits_is_read_from_its_index_and_never_sorted(street: Street) -> None:
    workshop = street.house.process.parts["intake"].workshop
    collection = workshop.database["mails"]
    # as an installation of before has it
    before = {"next_at": {"$type": "date"}}
    await collection.create_index("next_at", partialFilterExpression=before)
    mails = Mails(workshop.database, GridFiles(workshop.database), workshop.now)
    await mails.ensure_indexes()
    assert "next_at_1" not in await collection.index_information()
    waiting = {"status": "stored", "next_at": {"$lte": workshop.now()}}
    winning = await _winning(collection.find(waiting).sort("next_at", 1))
    assert "'indexName': 'waiting'" in winning
    assert "'stage': 'SORT'" not in winning
    assert "tenant_1_status_1__id_1" not in await collection.index_information()
    newest = [("received_at", -1), ("_id", -1)]
    for where in ({}, {"status": "dead"}):
        winning = await _winning(collection.find({"tenant": "osce", **where}).sort(newest))
        assert "IXSCAN" in winning
        assert "'stage': 'SORT'" not in winning


async def test_what_was_set_aside_is_a_case_when_somebody_says_so(street: Street) -> None:
    await street.send(written(Precedence="bulk"))
    (aside,) = await street.mails("set_aside")
    path = f"/mails/{aside['id']}/read-again"
    assert (await street.desk.post(path, json={})).status_code == 200
    (aside,) = await street.mails("set_aside")
    assert aside["reason"] == "mail.auto_reply"
    assert (await street.desk.post(path, json={"word": True})).status_code == 200
    (view,) = await street.consultations(1)
    (done,) = await street.mails("done")
    assert (done["id"], done["case_id"]) == (aside["id"], view["id"])
    assert (await street.desk.post(path, json={"word": True})).json()["code"] == "mail.not_dead"


async def test_what_nobody_sent_is_a_machines_whatever_it_looks_like(street: Street) -> None:
    """A server of the old kind returns a letter in plain words, by the empty sender alone."""
    await street.send(written("Hi. This is the qmail-send program.", sender="daemon@x.example"), "")
    (aside,) = await street.mails("set_aside")
    assert aside["reason"] == "mail.auto_reply"


async def test_the_log_is_newest_first_page_by_page(street: Street) -> None:
    for number in range(5):
        away = written(message_id=f"<l-{number}@x>", Auto_Submitted="auto-replied")
        await street.send(away)
        street.house.clock.ahead += timedelta(minutes=number % 2)
    await street.sorted()
    listed: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        query = {"limit": "2", **({"next": following} if following else {})}
        page = (await street.desk.get("/mails", params=query)).json()
        listed += page["items"]
        following = page["next"]
    order = [(one["received_at"], one["id"]) for one in listed]
    assert len(order) == 5
    assert order == sorted(order, reverse=True)


async def _winning(cursor: AsyncCursor[Document]) -> str:
    """The plan that the database follows."""
    plan = await cursor.limit(50).explain()
    return str(plan["queryPlanner"]["winningPlan"])


async def _damaged(street: Street) -> None:
    """A message, older than all others, of which the database has lost a part."""
    workshop = street.house.process.parts["intake"].workshop
    mails = Mails(workshop.database, GridFiles(workshop.database), workshop.now)
    await street.send(written(message_id="<lost@x>", Auto_Submitted="auto-replied"))
    await street.sorted()
    (whole,) = await street.mails("set_aside")
    mail = await mails.get("osce", whole["id"])
    await workshop.database["files.chunks"].delete_many({"files_id": mail.file_id})
    await workshop.database["mails"].update_one(
        {"_id": mail.id},
        {"$set": {"status": "stored", "tries": PATIENCE, "next_at": mail.received_at}},
    )


async def test_a_message_read_twice_or_by_two_at_once_is_one_case(
    street: Street, mongo_url: str
) -> None:
    """As after a stop between the case and the note of it, or beside another process."""
    workshop = street.house.process.parts["intake"].workshop
    files = GridFiles(workshop.database)
    mails = Mails(workshop.database, files, workshop.now)
    await street.send(written())
    (before,) = await street.consultations(1)
    await workshop.database["mails"].update_many(
        {}, {"$set": {"status": "stored", "next_at": workshop.now()}}
    )
    known = places(workshop.tenants)
    metrics = MailMetrics(type(workshop.registry)())
    desks: Desks = {DeskName.CONSULTATIONS: ConsultationMail(workshop)}
    others = [Sorting(workshop, mails, files, known, desks, metrics) for _ in range(3)]
    await asyncio.gather(*(one.sort_waiting() for one in others))
    await street.sorted()
    (after,) = await street.consultations(1)
    assert (after["id"], after["version"]) == (before["id"], before["version"])
    cases = workshop.of(CONSULTATION)
    assert await cases.collection.count_documents({}) == 1

    senders = await _sent_through_a_door_that_is_killed(mongo_url, workshop.database.name)
    await eventually(lambda: cases.collection.count_documents({}), lambda n: n > len(senders))
    await street.sorted()
    found = await cases.collection.distinct("_id")
    contacts = workshop.database["private_contacts"].find({"_id": {"$in": found}})
    assert sorted([one["email"] async for one in contacts]) == sorted([SENDER, *senders])


async def _sent_through_a_door_that_is_killed(mongo_url: str, database: str) -> list[str]:
    """Whoever is answered 250 sends no more; who is not, sends the same once more."""
    senders = [f"persona{number}@x.example" for number in range(20)]
    left, accepted = list(senders), 0
    async with AsyncExitStack() as doors:
        port, door = await _door(doors, mongo_url, database)

        async def send() -> None:
            nonlocal accepted, port, door
            while left:
                sender = left.pop()
                message = written(sender=sender, message_id=f"<{sender}>")
                try:
                    async with aiosmtplib.SMTP(
                        hostname="127.0.0.1", port=port, start_tls=False
                    ) as client:
                        await client.sendmail(sender, [BOX], message.as_bytes())
                except (aiosmtplib.SMTPException, OSError):
                    left.append(sender)
                    await asyncio.sleep(0.05)
                    continue
                accepted += 1
                if accepted == len(senders) // 2:
                    door.kill()
                    port, door = await _door(doors, mongo_url, database)

        await asyncio.gather(*(send() for _ in range(4)))
    assert accepted == len(senders)
    return senders


async def _door(doors: AsyncExitStack, mongo_url: str, database: str) -> tuple[int, Process]:
    command = ("-m", "tests.support.mail_door", mongo_url, database, MORNING.isoformat())
    door = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE)

    async def end() -> None:
        with suppress(ProcessLookupError):
            door.kill()
        await door.wait()

    doors.push_async_callback(end)
    assert door.stdout is not None
    # lines of the log may come before the port
    while not (line := (await door.stdout.readline()).strip()).isdigit():
        assert line, "the door did not open"
    return int(line), door
