"""The files of a report read back, and compared figure by figure with what its JSON tells."""

import csv
import io
import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from openpyxl import load_workbook

from services.kpi.definitions import INDICATORS, Unit
from services.kpi.reports.numbers import number
from shared.i18n import Catalogue
from tests.support import tagged_pdf

Json = dict[str, Any]
TABLES: Final = ("figures", "unit", "course", "findings", "requests", "definitions")
MEASURED: Final = {"value", "target", "frozen_target", "before", "change"}
"""These are in the figure's own unit."""
SUMMED: Final = {"numerator", "frozen_numerator", "adjustment_numerator"}
"""These are seconds where the figure is."""
UNPRINTED: Final = ("id", "part", "unit")
"""Not in print, but where definitions are looked up."""
HIDDEN: Final = {"good"}
"""Of a definition: which way is better, told in JSON alone."""


class Field(NamedTuple):
    """What stands under a heading; `unit` is that of a number that is no plain count."""

    heading: str
    value: Any
    unit: Unit | None = None


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
        # two headings that Excel takes for the same make it offer to repair the file
        assert len({str(heading).casefold() for heading in head}) == len(head)
        assert [column.name for column in listing.tableColumns] == head
        tables[sheet.title] = [dict(zip(head, row, strict=True)) for row in rows]
        assert all(c.data_type != "f" for row in sheet[listing.ref] for c in row)
    return tables


def _is_percentile(row: Json) -> bool:
    """Whose numerator is how many are within it, and no sum."""
    return INDICATORS[row["id"]].quantile is not None


class Reader:
    """Knows by which words a report's files tell what its JSON tells."""

    def __init__(self, told: Json, words: Catalogue) -> None:
        self._told = told
        self._words = words
        self._language: str = told["language"]

    def word(self, key: str) -> str:
        return self._words.text(self._language, f"report.{key}")

    def wanted(self) -> dict[str, list[list[Field]]]:
        """Every row of every table, by the title of the table."""
        found = {
            self.word(f"table.{name}"): [self._row(row) for row in self._told[name]]
            for name in TABLES
            if self._told[name]
        }
        if self._told["days"]:
            found[self.word("table.days")] = list(self._days())
        return found

    def _row(self, row: Json) -> list[Field]:
        return [self._field(row, key) for key in row if key not in HIDDEN and self._is_shown(key)]

    def _is_shown(self, key: str) -> bool:
        return self._told["closing"] is not None or not key.startswith(("frozen_", "adjustment_"))

    def _field(self, row: Json, key: str) -> Field:
        value = row[key]
        is_time = key in SUMMED and row.get("unit") == Unit.SECONDS and not _is_percentile(row)
        if key == "unit":
            value = self.word(f"unit.{value}")
        elif key in {"excluded", "frozen_excluded"}:
            told = ((self.word(f"excluded.{name}"), n) for name, n in (value or {}).items())
            value = "; ".join(f"{name}: {n}" for name, n in told if n)
        elif key == "reason":
            return Field(self.word("column.note"), value or "")
        unit = Unit(row["unit"]) if key in MEASURED or is_time else None
        return Field(self.word(f"column.{key}"), value, unit)

    def _days(self) -> Iterator[list[Field]]:
        rows = self._told["days"]
        names = {row["id"]: row["name"] for row in rows}
        for day in dict.fromkeys(row["day"] for row in rows):
            fields = [Field(self.word("column.day"), day)]
            for row in rows:
                if row["day"] != day:
                    continue
                name, report = row["name"], INDICATORS[row["id"]].report
                if list(names.values()).count(name) > 1:
                    name = f"{name} ({self.word(f'group.{report}')})"
                fields.append(Field(name, row["value"], INDICATORS[row["id"]].unit))
                if row["denominator"] is not None:
                    parts = ("numerator", "denominator")
                    fields += [
                        Field(f"{name}: {self.word(f'column.{part}')}", row[part]) for part in parts
                    ]
            yield fields

    def compare(self, in_csv: bytes, in_xlsx: bytes, in_pdf: tagged_pdf.Tagged) -> int:
        """How many fields are the same in all forms: every one, or it fails."""
        texts, cells = csv_tables(in_csv), xlsx_tables(in_xlsx)
        printed = in_pdf.tables()
        compared = 0
        for title, rows in self.wanted().items():
            assert len(rows) == len(texts[title]) == len(printed[title])
            absent = self._unprinted(title)
            for place, row in enumerate(rows):
                for field in row:
                    where = (title, place, field)
                    _same_text(field, texts[title][place][field.heading], where)
                    _same_cell(field, cells[title][place][field.heading], where)
                    compared += 1
                    if field.heading in absent:
                        assert field.heading not in printed[title][place], where
                        continue
                    wanted = self._printed(field)
                    assert printed[title][place][field.heading] == wanted, where
                assert len(cells[title][place]) == len(row)
                shown = [field for field in row if field.heading not in absent]
                assert len(printed[title][place]) == len(shown)
        return compared

    def _unprinted(self, title: str) -> set[str]:
        if title == self.word("table.definitions"):
            return set()
        return {self.word(f"column.{name}") for name in UNPRINTED}

    def _printed(self, field: Field) -> str:
        if isinstance(field.value, str):
            moment = _moment(field.value)
            return f"{moment:%Y-%m-%d %H:%M}" if moment else field.value
        return number(field.value, field.unit, self._language)


def _moment(text: str) -> datetime | None:
    """The instant that a text of JSON is, if it is one."""
    if len(text) < 19 or text[10] != "T":
        return None
    return datetime.fromisoformat(text)


def _same_text(field: Field, text: str, where: object) -> None:
    if field.value is None:
        assert text == "", where
    elif not isinstance(field.value, str):
        assert float(text) == field.value, where
    elif moment := _moment(field.value):
        assert datetime.fromisoformat(text) == moment, where
    else:
        assert text.removeprefix("'") == field.value, where


def _same_cell(field: Field, cell: object, where: object) -> None:
    if isinstance(field.value, float):
        # a workbook holds sixteen digits
        assert isinstance(cell, int | float), where
        assert math.isclose(cell, field.value, rel_tol=1e-15), where
    elif not isinstance(field.value, str):
        assert cell == field.value, where
    elif moment := _moment(field.value):
        assert cell == moment.replace(tzinfo=None, microsecond=0), where
    elif isinstance(cell, date):
        assert f"{cell:%Y-%m-%d}" == field.value, where
    else:
        assert (cell or "") == field.value, where
