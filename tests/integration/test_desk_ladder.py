"""What the desks' ladders announce reaches the mailboxes of their roles, one letter each."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.intake.ladders import LADDER, announcer
from shared.mail.announcing import window_end
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.street import MORNING, Street, open_street
from tests.unit.intake.public.letters import SENDER

pytestmark = pytest.mark.integration
CLAIM_DUE = datetime(2026, 8, 18, 21, 30, tzinfo=UTC)
PERSON = {"consent": True, "contact": {"name": "Rosaura Quispe", "email": SENDER}}
QUESTION = {"subject": "Renovación", "text": "¿Cómo renuevo?", **PERSON}
CLAIM = {"subject": "Demora", "text": "Nadie respondió.", **PERSON}
FILE = {"service": "norm-opinion", "text": "Solicito opinión.", "contact": PERSON["contact"]}
ADDRESSES = {
    "atencion@osce.example",
    "coordinacion.atencion@osce.example",
    "supervision@osce.example",
    "nivel2@osce.example",
    "responsable.reclamos@osce.example",
    "jefatura.uaus@osce.example",
}


async def test_what_is_announced_together_is_one_letter_to_each_role(
    settings: Settings, tmp_path: Path
) -> None:
    started = datetime.now(UTC)
    async with open_street(settings, tmp_path) as street:
        await _looked_once(street, started)
        codes = []
        for path, body in (("consultations", QUESTION), ("dossiers", FILE), ("claims", CLAIM)):
            answer = await street.desk.post(f"/{path}", json=body)
            codes.append(answer.raise_for_status().json()["code"])
        street.house.clock.move_to(CLAIM_DUE + timedelta(seconds=2))
        assert (await eventually(lambda: _breached(street), lambda n: n == 3)) == 3
        street.house.clock.move_to(CLAIM_DUE + timedelta(minutes=6))
        # several at once, as several processes would
        for _ in range(3):
            await _announce(street)
        await eventually(lambda: _written(street), lambda to: set(to) == ADDRESSES)
        street.house.clock.move_to(CLAIM_DUE + timedelta(minutes=30))
        await _announce(street)
        history = (await street.desk.get("/dossiers")).json()["items"][0]["id"]
        told = (await street.desk.get(f"/dossiers/{history}/history")).text

    consultation, dossier, claim = codes
    assert set(Counter(_roles(street)).values()) == {1}
    letter = next(one for one in street.office.letters if one["to"] == "supervision@osce.example")
    text = letter.get_content()
    assert letter["subject"] == "Atención al público: 2 plazos incumplidos, 0 por vencer"
    assert f"INCUMPLIDO  {consultation}  consulta en coordinación, venció el 02/07/2026" in text
    assert f"INCUMPLIDO  {dossier}  expediente en mesa de partes, venció el" in text
    assert claim not in text
    officer = next(one for one in street.office.letters if "reclamos@" in one["to"])
    assert f"80 %  {claim}  reclamo en responsable, vence el 18/08/2026 16:30" in (
        officer.get_content()
    )
    for word in (SENDER, "Rosaura", "osce.example"):
        assert word not in text
        assert word not in told


async def _looked_once(street: Street, started: datetime) -> None:
    """The service's own first look may have been before the clock was moved: as if it were not."""
    marks = street.house.process.parts["intake"].workshop.database["digests"]
    first = window_end(started, 5)
    ends = {window_end(MORNING, 5), first, first + timedelta(minutes=5)}

    async def settled() -> bool:
        mark = await marks.find_one({"_id": "osce", "pending": {"$exists": False}})
        return mark is not None and mark["upto"] in ends

    await eventually(settled)
    await marks.update_one({"_id": "osce"}, {"$set": {"upto": window_end(MORNING, 5)}})


async def _announce(street: Street) -> None:
    """As the task does, at the present of the test's clock."""
    await announcer(street.house.process.parts["intake"].workshop).announce()


async def _breached(street: Street) -> int:
    """How many cases had their last rung announced."""
    workshop = street.house.process.parts["intake"].workshop
    counts = [
        await workshop.of(one.kind).collection.count_documents({"state.promise.told": 100})
        for one in LADDER.announced
    ]
    return sum(counts)


def _roles(street: Street) -> list[str]:
    to = [str(one["to"]) for one in street.office.letters]
    return [one for one in to if one in ADDRESSES]


async def _written(street: Street) -> list[str]:
    return _roles(street)
