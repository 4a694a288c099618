"""What the client is written, through a real mail server: once each, in order of the thread."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.intake.notices import write_notice
from services.intake.service import SERVICE
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationObserved,
    EvaluationRefused,
    QueryOpened,
    QueryReminded,
    Question,
)
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.house import House, Outsider, running
from tests.support.post_office import PostOffice, post_office

pytestmark = pytest.mark.integration
CLIENT = "mesa.servicio@osinergmin.example"
ASKED = {
    "type": "information",
    "topic": "Alumbrado",
    "subject": "Número de poste",
    "description": "d",
    "verbal": True,
}


@dataclass
class Street:
    """Intake and the office that its letters go through."""

    house: House
    office: PostOffice


@pytest.fixture
async def street(settings: Settings, tmp_path: Path) -> AsyncIterator[Street]:
    async with post_office() as office:
        settings = settings.model_copy(update={"smtp_url": SecretStr(office.url)})
        async with running([SERVICE], settings, tmp_path) as house:
            yield Street(house, office)


def text_of(letter: EmailMessage) -> str:
    return letter.get_content().replace("\r\n", "\n")


async def test_the_client_is_written_at_each_occasion_once(street: Street, amqp_url: str) -> None:
    house, office = street.house, street.office
    client = house.as_(Role.LIAISON)
    request = (await client.post("/requests", json=ASKED)).json()
    now, code = house.clock(), request["code"]
    others = Outsider(amqp_url)
    question = Question(id="1", text="¿Desde qué día?")
    asked = EvaluationObserved(query_id="q-1", questions=(question,), round_trip=1)
    later = now + timedelta(days=2)
    opened = QueryOpened(
        evaluation_id=request["id"], asked_at=now, round_trip=1, questions=1, remind_at=later
    )
    reminded = [
        QueryReminded(evaluation_id=request["id"], number=n, due_at=later, next_at=later)
        for n in (1, 2)
    ]
    await others.tell(request["id"], asked)
    await others.tell("q-1", opened, *reminded)
    answered = EvaluationAnswered(query_id="q-1", answers=(), deadline=None)
    await others.tell(request["id"], answered, EvaluationRefused(reason="No hay presupuesto."))
    await eventually(lambda: _count(office), lambda number: number >= 6)
    workshop = house.process.parts["intake"].workshop
    await write_notice(workshop, "osinergmin", request["id"], asked)
    admin = house.as_(Role.TENANT_ADMIN)
    log = (await admin.get("/intake/letters")).json()["items"]
    letters = {str(one["Subject"]): one for one in office.to(CLIENT)}
    receipt = letters[f"{code}: recibimos su solicitud: Número de poste"]

    assert len(log) == len(office.letters) == len(letters) == 6
    assert "recibido " in text_of(receipt)
    assert "vence " in text_of(receipt)
    note = letters[f"{code}: confirme por escrito su instrucción verbal"]
    assert "Confirmación de una instrucción verbal" in text_of(note)
    closed = letters[f"{code}: no es viable: Número de poste"]
    assert "No hay presupuesto." in text_of(closed)
    query = letters[f"{code}: una consulta sobre Número de poste"]
    assert "1. ¿Desde qué día?" in text_of(query)
    for number in (1, 2):
        reminder = letters[f"{code}: su respuesta está pendiente (recordatorio {number})"]
        assert "1. ¿Desde qué día?" in text_of(reminder)
    assert query["In-Reply-To"] == receipt["Message-ID"]
    assert receipt["In-Reply-To"] is None


async def _count(office: PostOffice) -> int:
    return len(office.letters)
