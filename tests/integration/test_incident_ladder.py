"""The ladder's letters over a real mail server: one a role for all that fires together."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.incidents.cases import INCIDENT
from services.incidents.ladder import LADDER
from services.incidents.service import SERVICE
from shared.mail import Announcer, Letters
from shared.security import Role
from shared.settings import Settings
from tests.support.acting import act_on
from tests.support.eventually import eventually
from tests.support.house import House, every, running
from tests.support.post_office import PostOffice, post_office

pytestmark = pytest.mark.integration
MORNING = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
CLOSE = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
NEW = {
    "summary": "No carga el registro",
    "description": "No responde.",
    "area": "SEACE",
    "origin": "system",
    "reporter": "usuaria@entidad.gob.pe",
    "channel": "telephone",
}
CROWD = 45
CLAIM = {"since": CLOSE, "until": CLOSE + timedelta(minutes=5)}


async def _registered(desk: httpx.AsyncClient) -> list[dict[str, Any]]:
    answers = [await desk.post("/incidents", json=NEW) for _ in range(CROWD)]
    return [answer.raise_for_status().json() for answer in answers]


async def _digest(house: House) -> None:
    """As the task does, at the present of the test's clock."""
    workshop = house.process.parts["incidents"].workshop
    await Announcer(workshop, Letters(workshop.database, workshop.now), LADDER).announce()


async def test_what_fires_together_is_one_letter_a_role(settings: Settings, tmp_path: Path) -> None:
    async with post_office() as office:
        settings = settings.model_copy(update={"smtp_url": SecretStr(office.url)})
        async with running([SERVICE], settings, tmp_path) as house:
            house.clock.move_to(MORNING)
            desk = house.as_(Role.ADVISER, Role.INCIDENT_LEADER, tenant="osce")
            await _digest(house)
            await _registered(desk)
            house.clock.move_to(CLOSE + timedelta(seconds=2))
            parts = house.process.parts["incidents"]
            assert (await eventually(lambda: _breached(house), lambda n: n == CROWD)) == CROWD
            house.clock.move_to(CLOSE + timedelta(minutes=6))
            # several at once, as several processes would
            for _ in range(3):
                await _digest(house)
            await eventually(lambda: _sent(desk), lambda sent: sent >= 2)
            _judge(office)
            # nothing new, nothing told; a claim that nobody finished is finished
            marks = parts.workshop.database["digests"]
            mark = await marks.find_one({"_id": "osce"})
            assert mark is not None
            assert "pending" not in mark
            await marks.update_one({"_id": "osce"}, {"$set": {"pending": CLAIM}})
            house.clock.move_to(CLOSE + timedelta(minutes=30))
            await _digest(house)
            mark = await marks.find_one({"_id": "osce"})
            assert mark is not None
            assert "pending" not in mark
            letters = await every(desk, "/incident-digest/letters")

    assert len(letters) == 2
    assert {letter["status"] for letter in letters} == {"sent"}
    assert {letter["addressee"] for letter in letters} == {
        "incident_coordinator",
        "incident_leader",
    }


async def _breached(house: House) -> int:
    cases = house.process.parts["incidents"].cases["incidents.incident"].collection
    return await cases.count_documents({"state.told_at": {"$ne": None}})


async def _sent(desk: httpx.AsyncClient) -> int:
    letters = await every(desk, "/incident-digest/letters")
    return sum(letter["status"] == "sent" for letter in letters)


def _judge(office: PostOffice) -> None:
    (letter,) = [one for one in office.letters if one["to"] == "incidencias@osce.example"]
    text = letter.get_content()

    assert letter["subject"] == f"Incidencias: {CROWD} incumplidas, 0 por vencer"
    assert text.count("INCUMPLIDA  INC-2026-") == 40
    assert "derivación al segundo nivel (nivel 1), venció el 01/07/2026 16:30" in text
    assert "… y 5 más." in text
    assert "usuaria@" not in text
    assert len(office.letters) == 2


async def test_a_letter_says_what_waits_or_was_answered_since(
    settings: Settings, tmp_path: Path
) -> None:
    """Three are warned of together; one of them waits and one is answered before the letter."""
    async with post_office() as office:
        settings = settings.model_copy(update={"smtp_url": SecretStr(office.url)})
        async with running([SERVICE], settings, tmp_path) as house:
            house.clock.move_to(MORNING)
            await _digest(house)
            views = [await _at_tier_3(house) for _ in range(3)]
            warned_at = await _next(house)
            house.clock.move_to(warned_at + timedelta(seconds=2))
            await eventually(lambda: _breached(house), lambda number: number == len(views))
            runs, waits, answered = [await _read(house, view) for view in views]
            question = {"provider": "Telco", "question": "¿Por qué?", "steps": "Caso abierto."}
            await _do(house, waits, "ask-provider", question)
            solution = {"answer": "Reiniciado.", "evidence": ["captura.png"]}
            await _do(house, answered, "solve", solution)
            house.clock.move_to(warned_at + timedelta(minutes=6))
            # two processes, at the same moment
            await asyncio.gather(_digest(house), _digest(house))
            desk = house.as_(Role.INCIDENT_LEADER, tenant="osce")
            await eventually(lambda: _sent(desk), lambda sent: sent >= 2)

    assert len(office.letters) == 2
    letter = office.letters[0]
    assert letter["subject"] == "Incidencias: 0 incumplidas, 1 por vencer"
    lines = [line for line in letter.get_content().splitlines() if "INC-2026-" in line]
    assert [line.split()[2] for line in lines] == [one["ticket"] for one in (runs, waits, answered)]
    assert "vence el" in lines[0]
    assert "en espera" in lines[1]
    assert "ya no corre" in lines[2]


async def _at_tier_3(house: House) -> dict[str, Any]:
    """Elevated on its first day, and attended."""
    desk = house.as_(Role.ADVISER, tenant="osce")
    view = (await desk.post("/incidents", json=NEW)).raise_for_status().json()
    for action, body in (("forward", {}), ("elevate", {"reason": "Técnico."}), ("take", {})):
        view = await _do(house, view, action, body)
    return view


async def _do(
    house: House, view: dict[str, Any], action: str, body: dict[str, Any]
) -> dict[str, Any]:
    roles = (Role.ADVISER, Role.SPECIALIST_L2, Role.SPECIALIST_L3)
    client = house.as_(*roles, tenant="osce", subject="tito")
    return await act_on(client, f"/incidents/{view['id']}", view["version"], action, body)


async def _read(house: House, view: dict[str, Any]) -> dict[str, Any]:
    desk = house.as_(Role.ADVISER, tenant="osce")
    found: dict[str, Any] = (await desk.get(f"/incidents/{view['id']}")).json()
    return found


async def _next(house: House) -> datetime:
    """When the last of them announces something."""
    cases = house.process.parts["incidents"].cases[INCIDENT.stream].collection
    found = await cases.find({}, {"next_due": 1}).sort("next_due", -1).to_list(1)
    at: datetime = found[0]["next_due"]
    return at
