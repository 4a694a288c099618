"""The rows that were not taken, each with its line and the reason."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

    from cli.imports.tables import Row


SHOWN = 10


class Rejects:
    """A CSV file that is made when the first row is refused, so that none means none."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        self.first: list[str] = []
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        if self._path.is_file():
            self._path.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row, reason: str) -> None:
        """Write down a row; once mended it can be imported from here."""
        if len(self.first) < SHOWN:
            self.first.append(f"line {row.line}: {reason}")
        if self._file is None:
            self._file = self._path.open("w", newline="", encoding="utf-8", errors="replace")
            self._writer = csv.writer(self._file)
            self._writer.writerow(["line", "reason", *self._columns])
        cells = (row.cells.get(column, "") for column in self._columns)
        self._writer.writerow([row.line, reason, *cells, *row.rest])
