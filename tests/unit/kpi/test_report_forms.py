"""Reports as files, read back: the same figures in every form, for every kind and language."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from services.kpi.definitions import Unit
from services.kpi.policy import Form, Kind
from services.kpi.reports import Document, rendered
from services.kpi.reports.charts import Chart, Drawer
from services.kpi.reports.numbers import number
from services.kpi.reports.tables import Tabler
from shared.i18n import LANGUAGES, load
from tests.support.report_files import Reader, csv_tables
from tests.support.reports import TARGETS, TOPICS, Sample
from tests.support.tagged_pdf import Tagged, read

WORDS = load()
Made = Callable[[Kind, str], tuple[Document, Tagged]]
every_report = pytest.mark.parametrize(
    ("kind", "language"), [(kind, language) for kind in Kind for language in LANGUAGES]
)


def pdf_of(document: Document) -> Tagged:
    return read(rendered(document, Form.PDF, WORDS))


def some(kind: Kind, *, days: int = 7, **changed: object) -> Document:
    return Sample(WORDS, "es", kind).document(days=days).model_copy(update=changed)


@pytest.fixture(scope="module")
def made() -> Made:
    """A report of each kind and language, read once."""

    @cache
    def make(kind: Kind, language: str) -> tuple[Document, Tagged]:
        document = Sample(WORDS, language, kind).document()
        return document, pdf_of(document)

    return make


def alts(pdf: Tagged) -> dict[str, str]:
    """What is told of each chart, by its title."""
    told = (figure.alt or "" for figure in pdf.root.all("Figure"))
    return {alt.partition(". ")[0]: alt.partition(". ")[2] for alt in told}


@every_report
def test_every_figure_is_the_same_in_every_form(made: Made, kind: Kind, language: str) -> None:
    document, pdf = made(kind, language)
    reader = Reader(json.loads(rendered(document, Form.JSON, WORDS)), WORDS)
    in_csv, in_xlsx = (rendered(document, form, WORDS) for form in (Form.CSV, Form.XLSX))
    fields = [field for rows in reader.wanted().values() for row in rows for field in row]
    assert reader.compare(in_csv, in_xlsx, pdf) == len(fields)
    headings = {field.heading for field in fields}
    for column in ("frozen_numerator", "frozen_excluded", "adjustment_denominator"):
        assert (reader.word(f"column.{column}") in headings) is (kind is Kind.CLIENT)


def test_counts_are_whole_numbers_in_csv() -> None:
    document = some(Kind.CLIENT)
    rows = csv_tables(rendered(document, Form.CSV, WORDS))["Indicadores"]
    wanted = [row.numerator for row in document.figures if row.unit is Unit.COUNT]
    assert [row["Valor"] for row in rows if row["Unidad"] == "cantidad"] == list(map(str, wanted))


def test_a_month_closed_by_another_definition_says_so_in_every_form() -> None:
    document = some(Kind.CLIENT, requests=[])
    assert document.closing is not None
    notice = "Cerrado con otra definición: A tiempo (1 / 2)."
    closing = document.closing.model_copy(update={"redefined": notice})
    told = document.model_copy(update={"closing": closing})
    assert notice in pdf_of(told).texts("P")
    assert notice in rendered(told, Form.CSV, WORDS).decode()
    cover = load_workbook(BytesIO(rendered(told, Form.XLSX, WORDS))).worksheets[0]
    assert notice in [cell.value for cell in cover["A"]]
    assert json.loads(rendered(told, Form.JSON, WORDS))["closing"]["redefined"] == notice


@pytest.mark.parametrize(
    ("last", "more"),
    [(date(2026, 8, 2), "."), (date(2026, 8, 3), ", antes de que termine el período: ")],
)
def test_a_report_says_when_it_was_made(last: date, more: str) -> None:
    document = some(Kind.CLIENT, to=last, made_at=datetime(2026, 8, 4, 4, 59, tzinfo=UTC))
    lines = Tabler(document, WORDS).heading_lines()
    # the day is the account's
    assert any(line.startswith(f"Hecho el 2026-08-03 23:59{more}") for line in lines)


@pytest.mark.parametrize(
    ("key", "by"), [("", ", sin firma."), ("k-1", ", firmada con la clave k-1.")]
)
def test_a_closed_month_says_when_it_was_closed_and_by_which_key(key: str, by: str) -> None:
    document = some(Kind.CLIENT)
    assert document.closing is not None
    closing = document.closing.model_copy(update={"key_id": key})
    lines = Tabler(document.model_copy(update={"closing": closing}), WORDS).heading_lines()
    # closed at 15:30 UTC
    assert any(line.startswith("Mes 2026-07 cerrado el 2026-08-03 10:30.") for line in lines)
    assert f"Huella SHA-256 del cierre: {closing.sha256}{by}" in lines


@every_report
def test_a_pdf_is_tagged_for_who_cannot_see_it(made: Made, kind: Kind, language: str) -> None:
    document, pdf = made(kind, language)
    tabler = Tabler(document, WORDS)
    assert (pdf.standard, pdf.language, pdf.title) == ("ua-1", language, document.title)
    assert pdf.texts("H1") == [document.title]
    titles = [tabler.word("table.charts"), *(table.title for table in tabler.tables())]
    assert pdf.texts("H2") == titles
    assert pdf.outline[1:] == pdf.texts("H2", "H3")
    assert pdf.texts("P")[: len(tabler.heading_lines())] == tabler.heading_lines()
    headed = [node for node in pdf.root.all("H2", "H3", "Table") if node.tag != "H2"]
    groups = [dict.fromkeys(table.groups) for table in tabler.tables()]
    tags = [tag for own in groups for tag in (["H3", "Table"] * len(own) or ["Table"])]
    assert [node.tag for node in headed] == tags
    assert pdf.texts("H3") == [group for own in groups for group in own]
    figures = pdf.root.all("Figure")
    assert figures
    assert all(figure.alt for figure in figures)


@pytest.mark.parametrize("kind", [Kind.CLIENT, Kind.DAILY, Kind.IMPROVEMENT])
def test_charts_tell_targets_and_most_frequent_origins(made: Made, kind: Kind) -> None:
    document, pdf = made(kind, "es")
    told = alts(pdf)
    rows = {row.id: row for row in document.figures if not row.part}
    for name, target in TARGETS.items():
        goal = number(target, Unit.SHARE, "es")
        row = rows[name]
        assert f"({row.numerator} / {row.denominator}); meta {goal}" in told["Cifras con meta"]
    stages = [row for row in document.figures if row.id == "requests.stages_met"]
    by_stage = told["Plazos de etapa cumplidos (Solicitudes), por parte"]
    assert all(f"({row.numerator} / {row.denominator})" in by_stage for row in stages)
    origins = [row for row in document.figures if row.id == "incidents.by_origin" and row.part]
    pareto = told["Incidencias por origen: de mayor a menor, con la parte acumulada"]
    most = sorted(origins, key=lambda row: -row.numerator)
    assert [part.partition(" (")[0] for part in pareto.removesuffix(".").split("; ")] == [
        f"{row.label}: {row.numerator}" for row in most
    ]
    assert pareto.endswith(f"({number(1, Unit.SHARE, 'es')}).")


def test_charts_tell_how_figures_went(made: Made) -> None:
    daily, pdf = made(Kind.DAILY, "es")
    days = [row for row in daily.days if row.id == "incidents.total"]
    by_day = "; ".join(f"{row.day}: {row.numerator}" for row in days)
    assert alts(pdf)["Incidencias del período"] == f"{by_day}."
    for kind, name in (
        (Kind.IMPROVEMENT, "requests.received"),
        (Kind.SUGGESTIONS, "suggestions.received"),
    ):
        document, pdf = made(kind, "es")
        months = [row for row in document.course if row.id == name]
        by_month = "; ".join(f"{row.first:%Y-%m}: {row.numerator}" for row in months)
        assert alts(pdf)[months[0].name] == f"{by_month}."


def drawn(document: Document) -> list[Any]:
    """The charts beside the figures of a workbook."""
    book = load_workbook(BytesIO(rendered(document, Form.XLSX, WORDS)))
    charts: list[Any] = book["Indicadores"]._charts
    return charts


def test_a_workbook_draws_incidents_too() -> None:
    document = some(Kind.CLIENT)
    charts = drawn(document)
    assert [chart.anchor._from.row for chart in charts] == [1, 23, 45]
    titles = [chart.title.tx.rich.p[0].r[0].t for chart in charts]
    assert titles == [
        "Plazos de etapa cumplidos (Solicitudes)",
        "Plazos de etapa cumplidos (Incidencias)",
        "Sugerencias recibidas",
    ]
    nothing = [row.model_copy(update={"value": None}) for row in document.figures]
    assert drawn(document.model_copy(update={"figures": nothing})) == []


@pytest.mark.parametrize(("days", "title"), [(1, "Cantidades del "), (60, "Incidencias del ")])
def test_a_report_of_a_day_tells_its_counts_and_of_many_their_range(days: int, title: str) -> None:
    document = some(Kind.DAILY, days=days, figures=[], definitions=[])
    counts = [row.numerator for row in document.days if row.id == "incidents.total"]
    (told,) = [text for name, text in alts(pdf_of(document)).items() if name.startswith(title)]
    assert str(min(counts)) in told
    assert str(max(counts)) in told
    assert len(told) < 120


def test_what_people_wrote_is_no_markup(made: Made) -> None:
    document, pdf = made(Kind.CLIENT, "es")
    assert [row["Tema"] for row in pdf.tables()["Solicitudes"]] == list(TOPICS)
    assert document.account in pdf.texts("P")


def test_a_sign_that_the_font_lacks_spoils_no_report() -> None:
    document = some(Kind.CLIENT, figures=[], definitions=[])
    strange = document.requests[0].model_copy(update={"topic": "alarma 🚒 漢字"})
    pdf = pdf_of(document.model_copy(update={"requests": [strange]}))
    assert pdf.standard == ""
    (row,) = pdf.tables()["Solicitudes"]
    assert row["Tema"].startswith("alarma ")


def test_an_empty_report_says_so() -> None:
    pdf = pdf_of(some(Kind.CLIENT, figures=[], requests=[], definitions=[], closing=None))
    assert pdf.texts("H2") == ["Indicadores", "Solicitudes", "Definiciones"]
    assert pdf.root.all("Figure", "Table") == []
    assert pdf.texts("P")[-3:] == ["No hay nada que mostrar en el período."] * 3


def test_a_day_with_nothing_to_judge_keeps_its_place() -> None:
    whole = some(Kind.DAILY, days=20)
    gone = {"value": None, "numerator": 0, "denominator": 0}
    days = [row.model_copy(update=gone) if row.day.day in (1, 4) else row for row in whole.days]
    charts = _charts(whole.model_copy(update={"days": days}))
    judged = charts["Plazos de etapa cumplidos (Solicitudes)"]
    assert [mark.label for mark in judged.marks] == [f"2026-07-{day:02}" for day in range(1, 21)]
    assert [mark.text for mark in judged.marks[:4]].count("-") == 2
    assert judged.note is not None
    assert judged.note.startswith("18 puntos; el menor ")
    assert "el menor -" not in judged.note


def test_what_stands_in_two_reports_has_one_bar() -> None:
    whole = some(Kind.CLIENT)
    rows = [
        row.model_copy(update={"target": 1.0}) if row.id.endswith(".coverage") else row
        for row in whole.figures
    ]
    told = _charts(whole.model_copy(update={"figures": rows}))["Cifras con meta"]
    assert [mark.label for mark in told.marks if "Cobertura" in mark.label] == [
        "Cobertura de la réplica (Réplicas)"
    ]


def _charts(document: Document) -> dict[str, Chart]:
    return {one.title: one for one in Drawer(document, Tabler(document, WORDS)).charts()}
