"""A report as a workbook: a sheet with a real table for each part, and a chart."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table as Listing
from openpyxl.worksheet.table import TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from services.kpi.definitions import Unit
from services.kpi.reports.rows import Document
from services.kpi.reports.tables import Table, Tabler

FORMATS: Final = {Unit.SHARE: "0.00%", Unit.SECONDS: "#,##0", Unit.PER_CASE: "0.00"}
STYLE: Final = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
WIDEST: Final = 60
LINES: Final = 3
CHARTED: Final = ("requests.stages_met", "incidents.stages_met", "suggestions.received")
"""The figures with parts that are drawn, if there is anything to draw."""
APART: Final = 22
"""Rows from one chart to the one below it."""


def as_xlsx(document: Document, tabler: Tabler) -> bytes:
    """The bytes of the file."""
    book = Workbook()
    cover = book.worksheets[0]
    cover.title = tabler.word("table.report")
    for number, line in enumerate((document.title, *tabler.heading_lines()), 1):
        _put(cover.cell(number, 1), line)
    cover.column_dimensions["A"].width = WIDEST
    for table in tabler.tables():
        sheet = book.create_sheet(table.title)
        _fill(sheet, table)
        if table.name == "days":
            _draw_days(sheet, table)
        if table.name == "figures":
            _draw_parts(sheet, table, tabler.names(row.id for row in document.figures))
    book.properties.title = document.title
    book.properties.language = document.language
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Worksheet, table: Table) -> None:
    for column, heading in enumerate(table.headings, 1):
        _put(sheet.cell(1, column), heading)
        width = max([len(heading), *(len(str(row[column - 1] or "")) for row in table.rows[:200])])
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 3, WIDEST)
    for number, row in enumerate(table.rows):
        units = table.units[number] if table.units else {}
        for column, (name, value) in enumerate(zip(table.columns, row, strict=True), 1):
            cell = sheet.cell(number + 2, column)
            _put(cell, value)
            if unit := units.get(name):
                cell.number_format = FORMATS.get(unit, "General")
    sheet.freeze_panes = "A2"
    end = f"{get_column_letter(len(table.columns))}{max(len(table.rows), 1) + 1}"
    listing = Listing(displayName=table.name, ref=f"A1:{end}")
    listing.tableStyleInfo = STYLE
    sheet.add_table(listing)


def _put(cell: Cell | Any, value: object) -> None:  # noqa: ANN401 - a merged cell, by its type
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        # a text stays one, whatever it starts with
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=len(value) > WIDEST, vertical="top")
    elif isinstance(value, datetime):
        # the workbook's times have no zone: local to the account, as the cover says
        cell.value = value.replace(tzinfo=None, microsecond=0)
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    else:
        cell.value = value


def _draw_parts(sheet: Worksheet, table: Table, names: Mapping[str, str]) -> None:
    """Figures by their parts, the total among them, one chart below another."""
    value = table.columns.index("value")
    drawn = 0
    for name in CHARTED:
        rows = [n for n, row in enumerate(table.rows) if row[-1] == name]
        if any(table.rows[n][value] for n in rows):
            chart = _chart_of(sheet, table, rows)
            chart.title = names[name]
            _place(sheet, chart, table, drawn * APART)
            drawn += 1


def _chart_of(sheet: Worksheet, table: Table, rows: Sequence[int]) -> BarChart:
    chart = BarChart()
    chart.y_axis.scaling.min = 0
    if table.units[rows[0]].get("value") is Unit.SHARE:
        chart.y_axis.scaling.max = 1
        chart.y_axis.number_format = "0%"
    value, part = (
        Reference(
            sheet, min_col=table.columns.index(name) + 1, min_row=rows[0] + 2, max_row=rows[-1] + 2
        )
        for name in ("value", "label")
    )
    chart.add_data(value)
    chart.set_categories(part)
    return chart


def _draw_days(sheet: Worksheet, table: Table) -> None:
    """The first counts, day by day."""
    units = table.units[0]
    counts = [n for n, name in enumerate(table.columns, 1) if units.get(name) is Unit.COUNT]
    if not counts:
        return
    chart = LineChart()
    chart.title = table.title
    last = len(table.rows) + 1
    for column in counts[:LINES]:
        data = Reference(sheet, min_col=column, min_row=1, max_row=last)
        chart.add_data(data, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
    _place(sheet, chart, table)


def _place(sheet: Worksheet, chart: BarChart | LineChart, table: Table, below: int = 0) -> None:
    chart.legend = chart.legend if isinstance(chart, LineChart) else None
    # axes are hidden by default in files of newer versions of the library
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.width, chart.height = 24, 10
    sheet.add_chart(chart, f"{get_column_letter(len(table.columns) + 2)}{below + 2}")
