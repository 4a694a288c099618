"""A report as PDF: sections with an outline, tables with headings on each page, a chart.

The document tells its language and title, its text can be searched and copied, and the chart has
words beside it and is tagged with them. The library does not tag the cells of tables yet.
"""

import io
from datetime import date, datetime
from pathlib import Path
from typing import Final

import font_roboto  # type: ignore[import-untyped]
from babel.numbers import format_decimal, format_percent
from fpdf import FPDF
from fpdf.enums import TableCellFillMode
from fpdf.fonts import FontFace, TextStyle

from services.kpi.definitions import Unit
from services.kpi.reports.rows import Document, FigureRow
from services.kpi.reports.tables import Cell, Table, Tabler

FONT: Final = "Roboto"
FONTS: Final = Path(font_roboto.font_directory)
LINE: Final = 5.0
STAGES: Final = "requests.stages_met"
SHADE: Final = 240
BAR_WIDTH: Final = 120.0
LABEL_WIDTH: Final = 45.0
WIDTHS: Final = {
    "id": 44,
    "name": 50,
    "part": 24,
    "excluded": 40,
    "unit": 22,
    "formula": 120,
    "source": 30,
    "note": 40,
    "version": 14,
    "topic": 50,
    "code": 34,
    "received_at": 32,
    "due_at": 32,
    "status": 30,
}
BLUE: Final = (31, 78, 121)
BAR: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 3">
<rect width="{width}" height="3" fill="#f0f0f0"/><rect width="{filled}" height="3" fill="#1f4e79"/>
</svg>"""


class _Page(FPDF):
    """Landscape pages with their number."""

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, size=7)
        self.cell(0, LINE, f"{self.page_no()} / {{nb}}", align="C")


def as_pdf(document: Document, tabler: Tabler) -> bytes:
    """The bytes of the file."""
    pdf = _Page(orientation="landscape", format="A4")
    pdf.add_font(FONT, "", FONTS / "Roboto-Regular.ttf")
    pdf.add_font(FONT, "B", FONTS / "Roboto-Bold.ttf")
    pdf.set_lang(document.language)
    pdf.set_title(document.title)
    pdf.set_section_title_styles(
        TextStyle(FONT, "B", 16, b_margin=2), TextStyle(FONT, "B", 12, t_margin=4, b_margin=2)
    )
    pdf.set_auto_page_break(auto=True, margin=15)
    pdf.set_font(FONT, size=9)
    pdf.add_page()
    _section(pdf, document.title, 0)
    for line in tabler.heading_lines():
        pdf.multi_cell(0, LINE, line, new_x="LMARGIN", new_y="NEXT")
    _draw_stages(pdf, document)
    for table in tabler.tables():
        _section(pdf, table.title, 1)
        _write(pdf, table, document.language)
    return bytes(pdf.output())


def _section(pdf: FPDF, title: str, level: int) -> None:
    pdf.start_section(title, level=level)
    pdf.set_font(FONT, size=9)


def _draw_stages(pdf: FPDF, document: Document) -> None:
    """A bar for each stage's kept deadlines, its figure beside it."""
    rows = [row for row in document.figures if row.id == STAGES and row.value is not None]
    if not rows:
        return
    pdf.ln(2)
    pdf.set_font(FONT, "B", 9)
    pdf.cell(0, LINE, rows[0].name, new_x="LMARGIN", new_y="NEXT")
    for row in rows:
        _draw_bar(pdf, row, document.language)


def _draw_bar(pdf: FPDF, row: FigureRow, language: str) -> None:
    pdf.set_font(FONT, size=8)
    pdf.cell(LABEL_WIDTH, LINE, row.part or "Σ")
    left = pdf.get_x()
    text = f"{number(row.value, Unit.SHARE, language)} ({row.numerator} / {row.denominator})"
    bar = BAR.format(width=BAR_WIDTH, filled=round(BAR_WIDTH * (row.value or 0.0), 2))
    pdf.image(io.BytesIO(bar.encode()), left, pdf.get_y() + 1, w=BAR_WIDTH, alt_text=text)
    pdf.set_x(left + BAR_WIDTH + 3)
    pdf.cell(0, LINE, text, new_x="LMARGIN", new_y="NEXT")


def _write(pdf: FPDF, table: Table, language: str) -> None:
    pdf.set_font(FONT, size=7)
    widths = [WIDTHS.get(column, 20) for column in table.columns]
    heads = FontFace(emphasis="BOLD", fill_color=BLUE, color=(255, 255, 255))
    with pdf.table(
        col_widths=widths,
        line_height=4,
        headings_style=heads,
        cell_fill_color=SHADE,
        cell_fill_mode=TableCellFillMode.ROWS,
        borders_layout="MINIMAL",
        text_align=_alignments(table),
    ) as grid:
        grid.row(table.headings)
        for index, row in enumerate(table.rows):
            units = table.units[index] if table.units else {}
            grid.row(
                [
                    _text(cell, units.get(column), language)
                    for column, cell in zip(table.columns, row, strict=True)
                ]
            )


def _alignments(table: Table) -> tuple[str, ...]:
    texts = {"id", "name", "part", "unit", "excluded", "formula", "source", "note"}
    left = texts | {"code", "status", "type", "topic", "channel", "area", "day"}
    return tuple("LEFT" if column in left else "RIGHT" for column in table.columns)


def _text(cell: Cell, unit: Unit | None, language: str) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    return number(cell, unit, language) if isinstance(cell, int | float) else printable(cell)


def number(value: float | None, unit: Unit | None, language: str) -> str:
    """A number for people: two decimals at most, a share in percent."""
    if value is None:
        return "-"
    if unit is Unit.SHARE:
        return format_percent(value, format="0.00%", locale=language)
    pattern = "0" if float(value).is_integer() else "0.00"
    return format_decimal(value, format=pattern, locale=language)


def printable(text: str) -> str:
    """Without what would move the pen."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
