"""A report as PDF: tagged headings, paragraphs and tables, charts with their figures in words."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from services.kpi.definitions import Unit
from services.kpi.reports.charts import Drawer
from services.kpi.reports.numbers import number
from services.kpi.reports.rows import Document
from services.kpi.reports.tables import FROZEN, UNIT, Cell, Table, Tabler

PROGRAM: Final = Path(__file__).with_name("typesetter.py")
SECONDS: Final = 60.0
"""More than the longest report took by far; then it is given up."""
LONG_WORD: Final = 20
"""A longer one may end in the middle of its cell."""
UNTOLD: Final = frozenset({"id", "part", "unit"})
"""What programs go by, and the unit, which stands with the number: the other forms have them."""
LEFT: Final = frozenset({"definitions"})
"""The table in which what programs go by is looked up."""
SPOT: Final = "\u200b"
NUMBERS: Final = frozenset(
    {
        "value",
        "numerator",
        "denominator",
        "target",
        "change",
        "before",
        "version",
        "compliance_pct",
        *UNIT[1:],
        *FROZEN,
    }
    - {"frozen_excluded"}
)
"""The columns, of days the ends of their names, that stand to the right."""
WIDTHS: Final = {
    "id": 44,
    "name": 64,
    "label": 38,
    "value": 22,
    "numerator": 26,
    "frozen_numerator": 26,
    "denominator": 24,
    "frozen_denominator": 24,
    "adjustment_numerator": 22,
    "adjustment_denominator": 24,
    "excluded": 36,
    "frozen_excluded": 36,
    "unit": 19,
    "formula": 110,
    "source": 30,
    "note": 40,
    "version": 14,
    "topic": 50,
    "code": 34,
    "area": 44,
    "channel": 24,
    "received_at": 32,
    "due_at": 32,
    "status": 30,
    "finding": 40,
}
_one_at_a_time: Final = threading.Lock()


def as_pdf(document: Document, tabler: Tabler) -> bytes:
    """The bytes of the file."""
    told = {
        "title": printable(document.title),
        "account": printable(document.account),
        "language": document.language,
        "period": f"{document.from_} / {document.to}",
        "lines": [printable(line) for line in tabler.heading_lines()],
        "nothing": tabler.word("nothing"),
        "drawn": tabler.word("table.charts"),
        "charts": [asdict(chart) for chart in Drawer(document, tabler).charts()],
        "tables": [_table(table, document.language) for table in tabler.tables()],
    }
    return _typeset(json.dumps(told).encode())


def _typeset(told: bytes) -> bytes:
    """By a process of its own; one at a time, since a long report takes half a gigabyte."""
    with _one_at_a_time:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(PROGRAM)],
            input=told,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"a report was not set: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout


def _table(table: Table, language: str) -> dict[str, Any]:
    units = table.units or [{}] * len(table.rows)
    told = [n for n, name in enumerate(table.columns) if name not in _untold(table)]
    columns = [table.columns[n] for n in told]
    rows = [
        [shown(row[n], unit.get(table.columns[n]), language) for n in told]
        for row, unit in zip(table.rows, units, strict=True)
    ]
    return {
        "title": table.title,
        "headings": [breakable(table.headings[n]) for n in told],
        "widths": [WIDTHS.get(column, 20) for column in columns],
        "numbers": [column.rpartition(".")[2] in NUMBERS for column in columns],
        "parts": _parts(table.groups, rows),
    }


def _untold(table: Table) -> frozenset[str]:
    return frozenset() if table.name in LEFT else UNTOLD


def _parts(groups: Sequence[str], rows: Sequence[list[str]]) -> list[dict[str, Any]]:
    """The rows under their subjects; under none where a table has no subjects."""
    if not groups:
        return [{"title": None, "rows": rows}]
    found: dict[str, list[list[str]]] = {}
    for group, row in zip(groups, rows, strict=True):
        found.setdefault(group, []).append(row)
    return [{"title": group, "rows": own} for group, own in found.items()]


def shown(cell: Cell, unit: Unit | None, language: str) -> str:
    """What stands in a cell."""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    return breakable(cell) if isinstance(cell, str) else number(cell, unit, language)


def breakable(text: str) -> str:
    """With spots at which a word wider than its cell goes on in the next line."""
    return " ".join(
        SPOT.join(word[at : at + LONG_WORD] for at in range(0, len(word), LONG_WORD))
        for word in printable(text).split(" ")
    )


def printable(text: str) -> str:
    """Without what would move the pen."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
