"""Rows of one case together, wherever they stand in the file: sorted on disk, not in memory."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from cli.imports.mapping import BadRow, RowMapping
from cli.imports.tables import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

AT_ONCE: Final = 2_000
SCHEMA: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = FILE;
    CREATE TABLE cases (key TEXT PRIMARY KEY, first INTEGER) WITHOUT ROWID;
    CREATE TABLE rows (key TEXT, line INTEGER, cells TEXT);
"""
TOGETHER: Final = """
    SELECT cases.first, rows.line, rows.cells FROM rows JOIN cases USING (key)
    ORDER BY cases.first, rows.line
"""


class Gathered:
    """All rows of a file, on disk."""

    def __init__(self, base: sqlite3.Connection, columns: Sequence[str]) -> None:
        self._base = base
        self._columns = columns
        self.cases = 0

    def add(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Keep rows under their keys."""
        kept = [(key, row.line, self._text(row)) for key, row in rows]
        firsts = [(key, line) for key, line, _ in kept]
        self._base.executemany("INSERT OR IGNORE INTO cases VALUES (?, ?)", firsts)
        self._base.executemany("INSERT INTO rows VALUES (?, ?, ?)", kept)

    def units(self) -> Iterator[list[Row]]:
        """The rows of each case in the order of the file, the cases as they first came."""
        self.cases = self._base.execute("SELECT count(*) FROM cases").fetchone()[0]
        for _, rows in groupby(self._base.execute(TOGETHER), key=lambda found: found[0]):
            yield [self._row(line, text) for _, line, text in rows]

    def _text(self, row: Row) -> str:
        # columns without a name are one, and a sheet's row may end before its last column
        values = (row.cells.get(column, "") for column in self._columns)
        # a date of a sheet stays a date: its text stands in a list
        told = [one if isinstance(one, str) else [one.isoformat()] for one in values]
        return orjson.dumps(told).decode()

    def _row(self, line: int, text: str) -> Row:
        values = (_value(value) for value in orjson.loads(text))
        return Row(line, dict(zip(self._columns, values, strict=True)))


@contextmanager
def gathered(
    rows: Iterator[Row],
    columns: Sequence[str],
    mapping: RowMapping,
    refuse: Callable[[Row, str], None],
) -> Iterator[Gathered]:
    """Read a file to its end; a row whose case cannot be told is refused."""
    with (
        tempfile.TemporaryDirectory(prefix="enlace-import-") as folder,
        closing(sqlite3.connect(Path(folder) / "rows", isolation_level=None)) as base,
    ):
        base.executescript(SCHEMA)
        base.execute("BEGIN")
        found = Gathered(base, columns)
        batch: list[tuple[str, Row]] = []
        for row in rows:
            try:
                batch.append((_key(row, mapping), row))
            except BadRow as error:
                refuse(row, str(error))
            if len(batch) == AT_ONCE:
                found.add(batch)
                batch.clear()
        found.add(batch)
        yield found


def _key(row: Row, mapping: RowMapping) -> str:
    if row.fault:
        raise BadRow(row.fault)
    return "\x1f".join(mapping.key(row.cells))


def _value(stored: Any) -> str | datetime:  # noqa: ANN401 - what JSON gives
    return stored if isinstance(stored, str) else datetime.fromisoformat(stored[0])
