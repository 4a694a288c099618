"""A report that leaves by itself: due by the durable timer, once, with the figures in its files."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.kpi.mailing import SCHEDULE, plan
from services.kpi.service import SERVICE
from shared.security import Role
from shared.settings import Settings
from tests.support import tagged_pdf
from tests.support.eventually import eventually
from tests.support.figures import World, counted, events_of
from tests.support.house import House, running
from tests.support.lives import whole_life
from tests.support.post_office import PostOffice, post_office
from tests.support.report_files import xlsx_tables

pytestmark = pytest.mark.integration
LEADER = "incidencias@osce.example"
MORNING = timedelta(hours=14)


async def due(house: House, name: str) -> Any:
    """What an account has planned under a name."""

    async def planned() -> Any:
        found = await house.process.parts["kpi"].workshop.of(SCHEDULE).find("osce", {})
        return next((one.state for one in found if one.state.name == name), None)

    return await eventually(planned, lambda state: state is not None)


def enclosed(letter: EmailMessage) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in letter.iter_attachments():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_filename()).rpartition(".")[2]] = content
    return found


async def test_a_report_is_sent_when_it_is_due_and_once(
    settings: Settings, things: World, tmp_path: Path
) -> None:
    async with post_office() as office:
        told = settings.model_copy(update={"smtp_url": SecretStr(office.url)})
        async with running([SERVICE], told, tmp_path) as house:
            daily = await due(house, "daily")
            life = whole_life(datetime.combine(daily.first, datetime.min.time(), UTC) + MORNING)
            life.tenant = "osce"
            await things.happened(life)
            await things.publish(events_of([life]))
            await counted(things, [life])
            house.clock.move_to(daily.due_at + timedelta(seconds=1))
            (letter,) = await eventually(lambda: _arrived(office), bool)
            reader = house.as_(Role.REPORT_READER, tenant="osce")
            period = {"from": str(daily.first), "to": str(daily.last)}
            answer = await reader.get("/reports/daily.json", params=period)
            _judge(letter, answer.json())
            of_units = await eventually(lambda: _of_units(office), lambda told: len(told) == 7)
            assert all(set(enclosed(one)) == {"xlsx"} for one in of_units.values())
            # another start plans nothing anew, and the same period is not told again
            await plan(house.process.parts["kpi"].workshop)
            state = await due(house, "daily")
            assert (state.made, state.first) == (1, daily.last + timedelta(days=1))
            admin = house.as_(Role.TENANT_ADMIN, tenant="osce")
            log = (await admin.get("/reports/letters")).json()["items"]
    (line,) = [one for one in log if one["addressee"] == "incident_leader"]
    assert (line["template"], line["status"]) == ("report", "sent")
    about = {name: line["facts"][name] for name in ("report", "first", "last")}
    assert about == {"report": "daily", "first": str(daily.first), "last": str(daily.last)}
    assert len(office.to(LEADER)) == 1


async def test_the_quarters_and_the_years_reports_are_sent_when_they_are_due(
    settings: Settings, tmp_path: Path
) -> None:
    """As OSCE's policy has them (B:L930-934, B:L1403)."""
    names = {"improvement": "mejora", "suggestions": "sugerencias"}
    async with post_office() as office:
        told = settings.model_copy(update={"smtp_url": SecretStr(office.url)})
        async with running([SERVICE], told, tmp_path) as house:
            states = {name: await due(house, name) for name in names}
            # what falls due every day before them would only take time here
            schedules = house.process.parts["kpi"].workshop.database["schedules"]
            others = {"$or": [{"tenant": {"$ne": "osce"}}, {"state.name": {"$nin": [*names]}}]}
            await schedules.delete_many(others)
            for name, state in states.items():
                house.clock.move_to(state.due_at + timedelta(seconds=1))
                period = f"del {state.first} al {state.last}"
                letter = await eventually(partial(_about, office, period), bool)
                assert letter is not None
                assert names[name] in str(letter["subject"]).lower()
                assert set(enclosed(letter)) == {"pdf", "xlsx"}
                after = await due(house, name)
                assert (after.made, after.first) == (1, state.last + timedelta(days=1))


async def _about(office: PostOffice, period: str) -> EmailMessage | None:
    letters = office.to("direccion@osce.example")
    return next((one for one in letters if period in str(one["subject"])), None)


async def _of_units(office: PostOffice) -> dict[str, EmailMessage]:
    """The daily reports of OSCE's units, by their subject."""
    letters = office.to("coordinacion.incidencias@osce.example")
    return {str(one["subject"]): one for one in letters if "de la unidad" in str(one["subject"])}


async def _arrived(office: PostOffice) -> list[EmailMessage]:
    return office.to(LEADER)


def _judge(letter: EmailMessage, told: dict[str, Any]) -> None:
    assert "Consolidado diario" in str(letter["subject"])
    files = enclosed(letter)
    assert set(files) == {"pdf", "xlsx"}
    figures = {(row["id"], row["part"]): row for row in told["figures"]}
    rows = xlsx_tables(files["xlsx"])["Indicadores"]
    assert len(rows) == len(figures)
    for row in rows:
        one = figures[row["Indicador"], row["Clave de la parte"] or ""]
        assert (row["Valor"], row["Numerador"]) == (one["value"], one["numerator"])
    assert figures["requests.received", ""]["value"] == 1
    printed = tagged_pdf.read(files["pdf"]).tables()["Indicadores"]
    received = figures["requests.received", ""]["name"]
    assert [row["Valor"] for row in printed if row["Nombre"] == received] == ["1"]
