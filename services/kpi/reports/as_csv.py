"""A report as one CSV table (RFC 4180), with the mark by which spreadsheets know UTF-8.

Every table of the report is in it, told apart by its first column; a column that a table does not
have is empty there. Numbers have a point and no rounding.
"""

import csv
import io
from datetime import date
from typing import Final

from services.kpi.reports.rows import Document
from services.kpi.reports.tables import Cell, Tabler

STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(document: Document, tabler: Tabler) -> bytes:
    """The bytes of the file."""
    tables = tabler.tables()
    headings: dict[str, str] = {}
    for table in tables:
        headings |= dict(zip(table.columns, table.headings, strict=True))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["", *map(safe, headings.values())])
    for line in (document.title, *tabler.heading_lines()):
        writer.writerow([tabler.word("table.report"), safe(line), *[""] * (len(headings) - 1)])
    for table in tables:
        for row in table.rows:
            cells = dict(zip(table.columns, row, strict=True))
            writer.writerow([table.title, *(_text(cells.get(column)) for column in headings)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula; an apostrophe before it says that it is text.

    See the CSV injection page of OWASP.
    """
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe(cell)
    if isinstance(cell, float) and cell.is_integer():
        # a count of 7.0 is no count, and no number where a comma parts the decimals
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else repr(cell)
