"""Reports as files, read back: the same figures in every form, for every kind and language."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from services.kpi.policy import Form, Kind
from services.kpi.reports import Document, rendered
from services.kpi.reports.tables import Tabler
from shared.i18n import LANGUAGES, load
from tests.support.report_files import Reader
from tests.support.reports import TOPICS, Sample
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


@every_report
def test_every_figure_is_the_same_in_every_form(made: Made, kind: Kind, language: str) -> None:
    document, pdf = made(kind, language)
    reader = Reader(json.loads(rendered(document, Form.JSON, WORDS)), WORDS)
    in_csv, in_xlsx = (rendered(document, form, WORDS) for form in (Form.CSV, Form.XLSX))
    fields = [field for rows in reader.wanted().values() for row in rows for field in row]
    assert reader.compare(in_csv, in_xlsx, pdf) == len(fields)
    headings = {field.heading for field in fields}
    for column in ("frozen_numerator", "adjustment_denominator"):
        assert (reader.word(f"column.{column}") in headings) is (kind is Kind.CLIENT)


@every_report
def test_a_pdf_is_tagged_for_who_cannot_see_it(made: Made, kind: Kind, language: str) -> None:
    document, pdf = made(kind, language)
    tabler = Tabler(document, WORDS)
    assert (pdf.standard, pdf.language, pdf.title) == ("ua-1", language, document.title)
    assert pdf.texts("H1") == [document.title]
    drawn = [tabler.word("table.charts")] * bool(pdf.root.all("Figure"))
    titles = [*drawn, *(table.title for table in tabler.tables())]
    assert pdf.texts("H2") == titles == pdf.outline[1:]
    assert pdf.texts("P")[: len(tabler.heading_lines())] == tabler.heading_lines()
    tables = pdf.root.all("Table")
    assert [len(table.all("TH")) for table in tables] == [
        len(table.columns) for table in tabler.tables()
    ]
    assert all(figure.alt for figure in pdf.root.all("Figure"))


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


def test_an_empty_report_is_one() -> None:
    pdf = pdf_of(some(Kind.CLIENT, figures=[], requests=[], definitions=[], closing=None))
    assert pdf.texts("H2") == ["Indicadores", "Solicitudes", "Definiciones"]
    assert pdf.root.all("Figure") == []
