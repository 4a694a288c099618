"""Headings of a report's tables."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from services.kpi.definitions import INDICATORS
from services.kpi.policy import Form, Kind
from services.kpi.reports import rendered
from services.kpi.reports.rows import DayRow
from shared.i18n import LANGUAGES, load
from tests.support.reports import Sample

WORDS = load()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_headings_of_the_days_are_the_same(language: str) -> None:
    """Eleven names are shared in Spanish: Excel repairs a table whose headings are not unique."""
    days = [
        DayRow(day=date(2026, 7, 1), id=one, name=one, value=1.0, numerator=1, denominator=1)
        for one in INDICATORS
    ]
    document = Sample(WORDS, language, Kind.DAILY).document().model_copy(update={"days": days})
    sheet = load_workbook(BytesIO(rendered(document, Form.XLSX, WORDS))).worksheets[2]
    headings = [str(cell.value) for cell in sheet[1]]
    assert len(headings) > len(INDICATORS)
    assert len({heading.casefold() for heading in headings}) == len(headings)
    (listing,) = sheet.tables.values()
    assert [column.name for column in listing.tableColumns] == headings
    assert not [heading for heading in headings if "group." in heading]
