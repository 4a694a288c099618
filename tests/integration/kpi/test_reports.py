"""Reports in all four forms, read back: the same figures everywhere."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from services.kpi.definitions import reports
from shared.i18n import load
from shared.security import Role
from tests.support import tagged_pdf
from tests.support.eventually import eventually
from tests.support.figures import (
    JULY,
    World,
    counted,
    events_of,
    figures,
    life_of,
    some_lives,
)
from tests.support.house import House
from tests.support.incidents import at_tier_3, overdue, registered, solved_at_2
from tests.support.lives import MONDAY, Life, long_life, open_life, received, whole_life
from tests.support.report_files import Reader, csv_tables, xlsx_tables

pytestmark = pytest.mark.integration
WEEK = {"from": "2026-07-06", "to": "2026-07-12"}
DAY = timedelta(days=1)
AFTERWARDS = datetime(2027, 1, 4, tzinfo=UTC)


async def fetched(reader: httpx.AsyncClient, name: str, **more: str) -> httpx.Response:
    headers = {"accept-language": more.pop("language", "es")}
    answer = await reader.get(f"/reports/{name}", params={**JULY, **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def happened(things: World) -> list[Life]:
    lives = some_lives()
    hostile = Life().add(MONDAY, received().model_copy(update={"topic": "=1+1"}))
    lives.append(hostile)
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    return lives


async def compared(reader: httpx.AsyncClient, kind: str, **more: str) -> dict[str, Any]:
    """What a report tells, once every field of it was found the same in all forms."""
    names = (f"{kind}.{form}" for form in ("json", "csv", "xlsx", "pdf"))
    told, *files = [(await fetched(reader, name, **more)).content for name in names]
    in_json: dict[str, Any] = json.loads(told)
    in_csv, in_xlsx, in_pdf = files
    assert Reader(in_json, load()).compare(in_csv, in_xlsx, tagged_pdf.read(in_pdf)) > 100
    return in_json


@pytest.mark.parametrize(
    ("kind", "language"),
    [("client", "es"), ("daily", "en"), ("improvement", "en"), ("suggestions", "es")],
)
async def test_four_forms_have_the_same_figures(
    reader: httpx.AsyncClient, things: World, kind: str, language: str
) -> None:
    await happened(things)
    rows = (await compared(reader, kind, language=language))["figures"]
    # one function gives the figures of the routes and of the reports
    routes = {
        f"{report}.{name}": figure
        for report in reports()
        for name, figure in (await figures(reader, report)).items()
    }
    for row in rows:
        if not row["part"]:
            assert row["value"] == routes[row["id"]]["value"]


async def test_requests_have_the_seven_fields_and_no_formula(
    reader: httpx.AsyncClient, things: World
) -> None:
    lives = await happened(things)
    told = (await fetched(reader, "client.json")).json()["requests"]
    assert len(told) == len(lives)
    done = next(row for row in told if row["compliance_pct"])
    assert {**done, "received_at": "", "due_at": ""} == {
        "code": "SOL-2026-000001",
        "received_at": "",
        "due_at": "",
        "status": "desplegada",
        "type": "Información",
        "topic": "tariffs",
        "compliance_pct": 90.0,
        "channel": "sistema",
        "area": "División de Supervisión Regional",
    }
    assert done["received_at"] == "2026-07-06T09:00:00-05:00"
    assert done["due_at"] > done["received_at"]
    in_csv = csv_tables((await fetched(reader, "client.csv")).content)["Solicitudes"]
    in_xlsx = xlsx_tables((await fetched(reader, "client.xlsx")).content)["Solicitudes"]
    for row, text, cell in zip(told, in_csv, in_xlsx, strict=True):
        assert (text["Código"], text["Fecha del requerimiento"]) == (
            row["code"],
            row["received_at"],
        )
        assert text["Tema"].removeprefix("'") == cell["Tema"] == row["topic"]
        assert cell["Porcentaje de cumplimiento"] == row["compliance_pct"]
        assert f"{cell['Plazo de atención']:%Y-%m-%dT%H:%M}" == row["due_at"][:16]
    assert [row["Tema"] for row in in_csv].count("'=1+1") == 1


async def test_a_weeks_report_lists_what_was_in_course_in_it(
    reader: httpx.AsyncClient, things: World
) -> None:
    day, week_later = timedelta(days=1), timedelta(days=7)
    lives = {
        "done before": whole_life(MONDAY),
        "still open": open_life(MONDAY + day),
        "came in it": open_life(MONDAY + week_later),
        "closed after it": long_life(MONDAY + 2 * day, MONDAY + 2 * week_later),
        "came after it": open_life(MONDAY + 2 * week_later),
    }
    await things.happened(*lives.values())
    await things.publish(events_of(list(lives.values())))
    await counted(things, list(lives.values()))
    week = {"from": "2026-07-13", "to": "2026-07-19", "language": "en"}
    rows = (await fetched(reader, "client.json", **week)).json()["requests"]
    assert [(row["received_at"][:10], row["area"]) for row in rows] == [
        ("2026-07-07", "not in the policy"),
        ("2026-07-08", "Natural gas"),
        ("2026-07-13", "not in the policy"),
    ]


async def test_daily_report_adds_up(reader: httpx.AsyncClient, things: World) -> None:
    await happened(things)
    told = await compared(reader, "daily", **WEEK)
    assert len({row["day"] for row in told["days"]}) == 7
    totals = {row["id"]: row for row in told["figures"] if not row["part"]}
    for name in ("requests.received", "requests.on_time", "training.completed"):
        rows = [row for row in told["days"] if row["id"] == name]
        assert sum(row["numerator"] for row in rows) == totals[name]["numerator"]
        assert sum(row["denominator"] or 0 for row in rows) == (totals[name]["denominator"] or 0)


async def test_forms_are_what_they_say(reader: httpx.AsyncClient, things: World) -> None:
    await happened(things)
    english = await fetched(reader, "client.xlsx", language="en-GB,en;q=0.9")
    assert english.headers["content-language"] == "en"
    assert english.headers["content-disposition"].endswith('client-2026-07-01-2026-07-31.xlsx"')
    book = load_workbook(io.BytesIO(english.content))
    assert book.sheetnames == ["Report", "Indicators", "Requests", "Definitions"]
    assert len(charts(book, "Indicators")) == 1
    daily = await fetched(reader, "daily.xlsx")
    assert len(charts(load_workbook(io.BytesIO(daily.content)), "Días")) == 1
    pdf = tagged_pdf.read((await fetched(reader, "client.pdf")).content)
    assert (pdf.title, pdf.language, pdf.standard) == ("Informe al cliente", "es", "ua-1")
    assert pdf.outline[0] == "Informe al cliente"
    assert any("Plazos de etapa" in str(figure.alt) for figure in pdf.root.all("Figure"))


def charts(book: Any, sheet: str) -> list[Any]:
    found: list[Any] = book[sheet]._charts
    return found


async def test_bad_questions_are_refused(house: House, reader: httpx.AsyncClient) -> None:
    async def code(name: str, **query: str) -> tuple[int, str]:
        answer = await reader.get(f"/reports/{name}", params={**JULY, **query})
        return answer.status_code, answer.json()["code"]

    assert await code("client.docx") == (404, "not_found")
    assert await code("weather.pdf") == (404, "not_found")
    assert await code("client.pdf", to="2026-06-30") == (422, "period.ends_before_start")
    assert await code("client.pdf", to="2028-06-30") == (422, "period.too_long")
    outsider = house.as_(Role.ADVISER)
    assert (await outsider.get("/reports/client.json", params=JULY)).status_code == 403


async def test_incidents_are_told_of_lima_and_of_the_regions(house: House, things: World) -> None:
    """B:L1530-1538; an account without points of attention has no such row."""
    cases = (registered(point="odes"), registered(point="odes"), registered(point="mac-lima"))
    await things.publish(events_of([life_of(case) for case in cases]))
    reader = house.as_(Role.REPORT_READER, tenant="osce")

    async def regions(who: httpx.AsyncClient) -> dict[str, int]:
        rows = (await fetched(who, "client.json")).json()["figures"]
        return {row["label"]: row["value"] for row in rows if row["id"] == "incidents.by_region"}

    told = {"": 3, "Demás regiones": 2, "Lima": 1}
    await eventually(lambda: regions(reader), lambda found: found == told)
    assert await regions(house.as_(Role.REPORT_READER)) == {}
    await compared(reader, "client")


async def unit_report(reader: httpx.AsyncClient, area: str) -> dict[str, dict[str, int]]:
    told = (await fetched(reader, "unit.json", area=area)).json()
    return {row.pop("tier"): row for row in told["unit"]}


async def test_a_unit_has_its_daily_report_tier_by_tier(house: House, things: World) -> None:
    cases = (registered(), overdue(), solved_at_2(), at_tier_3(), registered(area="rnp"))
    await things.publish(events_of([life_of(case) for case in cases]))
    reader = house.as_(Role.REPORT_READER, tenant="osce")

    def heard(rows: dict[str, dict[str, int]]) -> bool:
        whole = [rows[""][name] for name in ("entered", "closed", "overdue")]
        return [*whole, rows["3"]["pending"]] == [4, 1, 1, 1]

    rows = await eventually(lambda: unit_report(reader, "seace"), heard)
    columns = ("entered", "attended", "solved", "closed", "pending", "overdue")
    assert {tier: tuple(row[name] for name in columns) for tier, row in rows.items()} == {
        "": (4, 1, 1, 1, 3, 1),
        "1": (4, 0, 0, 0, 1, 0),
        "2": (0, 1, 1, 1, 1, 1),
        "3": (0, 0, 0, 0, 1, 0),
    }
    await eventually(
        lambda: unit_report(reader, "rnp"),
        lambda rows: rows[""]["pending"] == rows["1"]["entered"] == 1,
    )
    for language, title in (
        ("es", "Informe diario de la unidad Dirección del SEACE"),
        ("en", "Daily report of the unit SEACE direction"),
    ):
        told = await compared(reader, "unit", language=language, area="seace")
        assert (told["title"], told["area"]) == (title, "seace")
        by_tier = {row["part"]: row for row in told["figures"] if row["id"] == "incidents.closed"}
        closed = {tier: row["numerator"] for tier, row in by_tier.items()}
        assert {tier: number for tier, number in closed.items() if number} == {"": 1, "2": 1}


async def test_a_unit_is_told_where_it_belongs(house: House) -> None:
    reader = house.as_(Role.REPORT_READER, tenant="osce")

    async def code(name: str, **query: str) -> str:
        answer = await reader.get(f"/reports/{name}", params={**JULY, **query})
        assert answer.status_code == 422
        return str(answer.json()["code"])

    assert await code("unit.pdf") == "report.area_missing"
    assert await code("daily.pdf", area="rnp") == "report.area_unexpected"
    assert await code("unit.pdf", area="weather") == "indicator.unknown_value"


async def test_another_tenant_reads_its_own(house: House, things: World) -> None:
    await happened(things)
    stranger = house.as_(Role.REPORT_READER, tenant="osce")
    told = (await fetched(stranger, "client.json")).json()
    assert told["requests"] == []
    assert all(row["numerator"] == 0 for row in told["figures"])


async def test_the_improvement_report_tells_the_course_and_what_to_look_at(
    house: House, reader: httpx.AsyncClient, things: World
) -> None:
    house.clock.move_to(AFTERWARDS)
    await happened(things)
    quarter = {"from": "2026-07-01", "to": "2026-09-30"}
    told = await compared(reader, "improvement", **quarter)

    july = {row["id"]: row for row in told["course"] if row["first"] == "2026-07-01"}
    assert july["requests.received"]["value"] == await _received(reader)
    of_one = [row["last"] for row in told["course"] if row["id"] == told["course"][0]["id"]]
    assert of_one == ["2026-07-31", "2026-08-31", "2026-09-30"]
    assert [row["last"] for row in told["course"]] == of_one * (len(told["course"]) // 3)
    found = {row["id"]: row for row in told["findings"]}
    assert found["requests.on_time"]["finding"] == "Fuera de su meta"
    # which stands among the requests too, and is one finding
    assert "training.coverage" in found
    assert "requests.coverage" not in found
    # nothing was asked for in the quarter before: none missed then is no better than two now
    assert any(row["id"] == "requests.stages_breached" for row in told["figures"])
    assert "requests.stages_breached" not in found


async def test_a_course_read_at_once_is_what_each_month_tells(
    house: House, reader: httpx.AsyncClient, things: World
) -> None:
    """Of whole months and of broken ones."""
    house.clock.move_to(AFTERWARDS)
    lives = [whole_life(MONDAY + 11 * n * DAY, late=n % 3 == 0) for n in range(-8, 6)]
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    for first, last, before in (
        ("2026-06-01", "2026-07-31", ("2026-04-01", "2026-05-31")),
        ("2026-06-20", "2026-08-10", ("2026-04-01", "2026-06-19")),
    ):
        period = {"from": first, "to": last}
        told = (await fetched(reader, "improvement.json", **period)).json()
        former = await figures(reader, **dict(zip(("from", "to"), before, strict=True)))
        assert {row["first"] for row in told["course"]} > {first}
        values: dict[str, float | None] = {}
        for row in told["course"]:
            report, _, name = row["id"].partition(".")
            if report != "requests":
                continue
            figure = (await figures(reader, **{"from": row["first"], "to": row["last"]}))[name]
            same = ("value", "numerator", "denominator")
            assert [row[field] for field in same] == [figure[field] for field in same]
            if row["change"] is not None and row["id"] in values:
                assert row["change"] == row["value"] - values[row["id"]]
            values[row["id"]] = row["value"]
        found = [row for row in told["findings"] if row["id"].startswith("requests.")]
        assert found
        for row in found:
            assert row["before"] == former[row["id"].partition(".")[2]]["value"]


async def _received(reader: httpx.AsyncClient) -> float:
    return float((await figures(reader))["received"]["value"])


async def test_the_yearly_report_is_about_suggestions(
    house: House, reader: httpx.AsyncClient
) -> None:
    house.clock.move_to(AFTERWARDS)
    year = {"from": "2026-01-01", "to": "2026-12-31"}
    told = await compared(reader, "suggestions", language="en", **year)
    assert told["title"] == "Annual report of suggestions"
    assert {row["id"].partition(".")[0] for row in told["figures"]} == {"suggestions"}
    assert len({row["first"] for row in told["course"]}) == 12
