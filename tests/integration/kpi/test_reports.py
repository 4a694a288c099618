"""Reports in all four forms, read back: the same figures everywhere."""

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from services.kpi.definitions import Unit, reports
from services.kpi.reports.as_pdf import number
from shared.security import Role
from tests.support.figures import JULY, World, counted, events_of, figures, some_lives
from tests.support.house import House
from tests.support.lives import MONDAY, Life, received

pytestmark = pytest.mark.integration
WEEK = {"from": "2026-07-06", "to": "2026-07-12"}


async def fetched(reader: httpx.AsyncClient, name: str, **more: str) -> httpx.Response:
    headers = {"accept-language": more.pop("language", "es")}
    answer = await reader.get(f"/reports/{name}", params={**JULY, **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def csv_tables(body: bytes) -> dict[str, list[dict[str, str]]]:
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\n") == body.count(b"\r\n")
    head, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
    assert len(set(head)) == len(head)
    tables: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        assert len(row) == len(head)
        tables.setdefault(row[0], []).append(dict(zip(head, row, strict=True)))
    return tables


def xlsx_tables(body: bytes) -> dict[str, list[dict[str, Any]]]:
    book = load_workbook(io.BytesIO(body))
    tables = {}
    for sheet in book.worksheets[1:]:
        (listing,) = sheet.tables.values()
        head, *rows = [[cell.value for cell in row] for row in sheet[listing.ref]]
        tables[sheet.title] = [dict(zip(head, row, strict=True)) for row in rows]
        assert all(c.data_type != "f" for row in sheet[listing.ref] for c in row)
    return tables


def pdf_lines(body: bytes) -> list[str]:
    reader = PdfReader(io.BytesIO(body))
    return [line for page in reader.pages for line in page.extract_text().splitlines()]


async def happened(things: World) -> list[Life]:
    lives = some_lives()
    hostile = Life().add(MONDAY, received().model_copy(update={"topic": "=1+1"}))
    lives.append(hostile)
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)
    return lives


async def test_four_forms_have_the_same_figures(reader: httpx.AsyncClient, things: World) -> None:
    await happened(things)
    told = (await fetched(reader, "client.json")).json()
    in_csv = csv_tables((await fetched(reader, "client.csv")).content)
    in_xlsx = xlsx_tables((await fetched(reader, "client.xlsx")).content)
    pdf = (await fetched(reader, "client.pdf")).content
    lines = [line.split() for line in pdf_lines(pdf)]

    rows = told["figures"]
    assert len(rows) == len(in_csv["Indicadores"]) == len(in_xlsx["Indicadores"])
    for row, text, cell in zip(rows, in_csv["Indicadores"], in_xlsx["Indicadores"], strict=True):
        place = (row["id"], row["part"])
        assert (text["Indicador"], text["Parte"]) == place
        assert (cell["Indicador"], cell["Parte"] or "") == place
        assert text["Nombre"] == cell["Nombre"] == row["name"]
        for key, head in (
            ("value", "Valor"),
            ("numerator", "Numerador"),
            ("denominator", "Denominador"),
            ("target", "Meta"),
        ):
            assert (float(text[head]) if text[head] else None) == row[key], place
            assert cell[head] == row[key], place
        assert text["Excluidos"] == (cell["Excluidos"] or "")
        for amount in row["excluded"].values():
            assert f": {amount}" in text["Excluidos"]
        shown = number(row["value"], Unit(row["unit"]), "es").split()
        denominator = "-" if row["denominator"] is None else str(row["denominator"])
        wanted = [str(row["numerator"]), denominator]
        found = [line for line in lines if line[:1] == [row["id"]] and row["part"] in ["", *line]]
        assert any(_follows(line, shown) and _follows(line, wanted) for line in found), place
    # one function gives the figures of the routes and of the reports
    routes = {
        f"{report}.{name}": figure
        for report in reports()
        for name, figure in (await figures(reader, report)).items()
    }
    for row in rows:
        if not row["part"]:
            assert row["value"] == routes[row["id"]]["value"]


def _follows(line: list[str], words: list[str]) -> bool:
    return any(line[at : at + len(words)] == words for at in range(len(line)))


async def test_definitions_are_printed_in_every_form(
    reader: httpx.AsyncClient, things: World
) -> None:
    told = (await fetched(reader, "client.json")).json()
    in_csv = csv_tables((await fetched(reader, "client.csv")).content)["Definiciones"]
    in_xlsx = xlsx_tables((await fetched(reader, "client.xlsx")).content)["Definiciones"]
    pdf = " ".join(" ".join(pdf_lines((await fetched(reader, "client.pdf")).content)).split())
    for one, text, cell in zip(told["definitions"], in_csv, in_xlsx, strict=True):
        assert one["formula"] == text["Fórmula"] == cell["Fórmula"]
        assert one["source"] == text["Fuente"] == cell["Fuente"]
        assert one["formula"][:40] in pdf


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
        "type": "information",
        "topic": "tariffs",
        "compliance_pct": 90.0,
        "channel": "api",
        "area": "dsr",
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


async def test_daily_report_adds_up(reader: httpx.AsyncClient, things: World) -> None:
    await happened(things)
    told = (await fetched(reader, "daily.json", **WEEK)).json()
    assert len({row["day"] for row in told["days"]}) == 7
    totals = {row["id"]: row for row in told["figures"] if not row["part"]}
    for name in ("requests.received", "requests.on_time", "training.completed"):
        rows = [row for row in told["days"] if row["id"] == name]
        assert sum(row["numerator"] for row in rows) == totals[name]["numerator"]
        assert sum(row["denominator"] or 0 for row in rows) == (totals[name]["denominator"] or 0)
    in_csv = csv_tables((await fetched(reader, "daily.csv", **WEEK)).content)["Días"]
    in_xlsx = xlsx_tables((await fetched(reader, "daily.xlsx", **WEEK)).content)["Días"]
    lines = [
        line.split() for line in pdf_lines((await fetched(reader, "daily.pdf", **WEEK)).content)
    ]
    by_day = {(row["day"], row["name"]): row for row in told["days"]}
    assert len(in_csv) == len(in_xlsx) == 7
    for text, cell in zip(in_csv, in_xlsx, strict=True):
        day = text["Día"]
        assert f"{cell['Día']:%Y-%m-%d}" == day
        (line,) = [line for line in lines if line[:1] == [day]]
        for (at, name), row in by_day.items():
            if at != day:
                continue
            assert (float(text[name]) if text[name] else None) == row["value"] == cell[name]
            if row["denominator"] is not None:
                head = f"{name}: Denominador"
                assert text[head] == str(row["denominator"]) == str(cell[head])
        received_first = by_day[day, "Solicitudes recibidas"]["numerator"]
        assert line[1] == str(received_first)


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
    pdf = PdfReader(io.BytesIO((await fetched(reader, "client.pdf")).content))
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Informe al cliente"
    catalog: Any = pdf.trailer["/Root"]
    assert catalog["/Lang"] == "es"
    assert catalog["/MarkInfo"]["/Marked"]
    outline: list[Any] = list(pdf.outline)
    assert outline[0]["/Title"] == "Informe al cliente"


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


async def test_another_tenant_reads_its_own(house: House, things: World) -> None:
    await happened(things)
    stranger = house.as_(Role.REPORT_READER, tenant="osce")
    told = (await fetched(stranger, "client.json")).json()
    assert told["requests"] == []
    assert all(row["numerator"] == 0 for row in told["figures"])


async def test_the_improvement_report_tells_the_course_and_what_to_look_at(
    reader: httpx.AsyncClient, things: World
) -> None:
    await happened(things)
    quarter = {"from": "2026-07-01", "to": "2026-09-30"}
    told = (await fetched(reader, "improvement.json", **quarter)).json()
    tables = xlsx_tables((await fetched(reader, "improvement.xlsx", **quarter)).content)

    july = {row["id"]: row for row in told["course"] if row["first"] == "2026-07-01"}
    assert july["requests.received"]["value"] == await _received(reader)
    assert {row["last"] for row in told["course"]} == {"2026-07-31", "2026-08-31", "2026-09-30"}
    assert [(row["Indicador"], row["Valor"]) for row in tables["Evolución"]] == [
        (row["id"], row["value"]) for row in told["course"]
    ]
    found = {row["id"]: row for row in told["findings"]}
    assert found["requests.on_time"]["finding"] == "Fuera de su meta"
    assert len(tables["Hallazgos"]) == len(found)
    assert (await fetched(reader, "improvement.pdf", **quarter)).content.startswith(b"%PDF-")


async def _received(reader: httpx.AsyncClient) -> float:
    return float((await figures(reader))["received"]["value"])


async def test_the_yearly_report_is_about_suggestions(reader: httpx.AsyncClient) -> None:
    year = {"from": "2026-01-01", "to": "2026-12-31"}
    told = (await fetched(reader, "suggestions.json", language="en", **year)).json()
    assert told["title"] == "Annual report of suggestions"
    assert {row["id"].partition(".")[0] for row in told["figures"]} == {"suggestions"}
    assert len({row["first"] for row in told["course"]}) == 12
    assert (await fetched(reader, "suggestions.xlsx", **year)).content.startswith(b"PK")
