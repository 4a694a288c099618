"""Rows of a CSV, a gzipped CSV or an XLSX file, one at a time, however long the file is."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from cli.errors import USAGE, UserError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

Cell = "str | datetime"
MAX_CELL: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """A row and where it begins; `fault` says why its cells cannot be told apart.

    `rest` is what stands behind the last column.
    """

    line: int
    cells: Mapping[str, str | datetime]
    fault: str = ""
    rest: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """An open file: its columns, its rows, and how much of its bytes has been read."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    size: int
    read: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table lies in its file: `header` is the row that names the columns.

    `delimiter` and `encoding` are of a CSV, `sheet` of a workbook, the first where none is named.
    """

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    header: int = 1
    sheet: str = ""


PLAIN: Final = Layout()


@contextmanager
def opened(path: Path, layout: Layout = PLAIN) -> Iterator[Table]:
    """The table in a file.

    Raises:
        UserError: it is no such file, is cut off, or has no header.
    """
    try:
        if path.suffix.lower() == ".xlsx":
            yield from _sheet(path, layout)
        else:
            yield from _text(path, layout)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is damaged ({error}): get the file again") from error
    except LookupError as error:
        raise UserError(f"{path}: {error}: name a known encoding in the mapping", USAGE) from error


def _text(path: Path, layout: Layout) -> Iterator[Table]:
    csv.field_size_limit(MAX_CELL)
    with path.open("rb") as raw:
        content = gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else raw
        # bytes that are not text become surrogates, so that only their own row is refused
        with io.TextIOWrapper(content, layout.encoding, "surrogateescape", newline="") as text:
            reader = csv.reader(text, delimiter=layout.delimiter)
            header = next(islice(reader, layout.header - 1, None), [])
            columns = _header(path, header, layout)
            table = Table(columns, iter(()), path.stat().st_size)
            table.rows = _text_rows(reader, table, raw)
            yield table


def _text_rows(reader: Iterator[list[str]], table: Table, raw: io.BufferedReader) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1  # type: ignore[attr-defined]
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, {}, str(error))
            continue
        table.read = raw.tell()
        if any(value.strip() for value in values):
            yield _row(line, table.columns, values)


def _row(line: int, columns: tuple[str, ...], values: list[str]) -> Row:
    cells, fault = dict(zip(columns, values, strict=False)), ""
    if len(values) != len(columns):
        fault = f"{len(values)} cells where there are {len(columns)} columns"
    elif any(not value.isascii() and _undecodable(value) for value in values):
        fault = "bytes that are not text in the file's encoding"
    return Row(line, cells, fault, tuple(values[len(columns) :]))


def _undecodable(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


def _sheet(path: Path, layout: Layout) -> Iterator[Table]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = _named(path, book, layout.sheet)
        rows = sheet.iter_rows(values_only=True)
        named = next(islice(rows, layout.header - 1, None), ())
        header = _header(path, [str(value or "") for value in named], layout)
        table = Table(header, iter(()), sheet.max_row or 0)
        table.rows = _sheet_rows(rows, table, layout.header + 1)
        yield table
    finally:
        book.close()


def _named(path: Path, book: Any, name: str) -> Any:  # noqa: ANN401 - openpyxl's
    found = [sheet for sheet in book.worksheets if not name or sheet.title == name]
    if not found:
        known = ", ".join(sheet.title for sheet in book.worksheets)
        raise UserError(f"{path} has no sheet {name}; it has {known}", USAGE)
    return found[0]


def _sheet_rows(rows: Iterator[tuple[object, ...]], table: Table, first: int) -> Iterator[Row]:
    for line, values in enumerate(rows, first):
        table.read = line
        cells = [_cell(value) for value in values]
        if any(not isinstance(cell, str) or cell.strip() for cell in cells):
            yield Row(line, dict(zip(table.columns, cells, strict=False)))


def _cell(value: object) -> str | datetime:
    from datetime import datetime

    if isinstance(value, datetime):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _header(path: Path, names: list[str], layout: Layout) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in names)
    if not any(columns):
        row = f"row {layout.header}" if layout.header > 1 else "its first row"
        raise UserError(f"{path} has no header: {row} must name the columns", USAGE)
    if any(map(_undecodable, columns)):
        said = f"{path} is not in {layout.encoding.removesuffix('-sig')}"
        raise UserError(f"{said}: name its encoding in the mapping, such as cp1252", USAGE)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise UserError(f"{path} has two columns {', '.join(twice)}: rename one", USAGE)
    return columns
