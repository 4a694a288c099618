"""Files with every wart: their good rows are read, their bad ones are told apart."""

import gzip
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from cli.errors import UserError
from cli.imports.rejects import Rejects
from cli.imports.tables import Layout, Row, opened


def read(file: Path, **how: Any) -> list[Row]:
    with opened(file, Layout(**how)) as table:
        return list(table.rows)


def test_a_csv_with_quotes_blank_lines_and_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'\xef\xbb\xbfid,text\r\n1,"a, ""b""\r\nc"\r\n\r\n2,d\r\n')
    assert read(file) == [
        Row(2, {"id": "1", "text": 'a, "b"\r\nc'}),
        Row(5, {"id": "2", "text": "d"}),
    ]


def test_gzip_delimiter_and_encoding(tmp_path: Path) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress("id;text\n1;año\n".encode("latin-1")))
    (row,) = read(file, delimiter=";", encoding="latin-1")
    assert row.cells == {"id": "1", "text": "año"}


def test_bad_rows_do_not_hide_the_good_ones(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,text\n1\n2,b,c\n3,\xff\n4,d\n")
    rows = read(file)
    assert [(row.line, bool(row.fault)) for row in rows] == [
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]
    assert rows[1].fault == "3 cells where there are 2 columns"
    # whoever mends them finds them as they are
    assert [(row.cells, row.rest) for row in rows[:2]] == [
        ({"id": "1"}, ()),
        ({"id": "2", "text": "b"}, ("c",)),
    ]
    with Rejects(tmp_path / "r.csv", ("id", "text")) as rejects:
        for row in rows[:2]:
            rejects.add(row, row.fault)
    assert (tmp_path / "r.csv").read_text().splitlines()[1:] == [
        "2,1 cells where there are 2 columns,1,",
        "3,3 cells where there are 2 columns,2,b,c",
    ]


def test_rows_of_empty_cells_are_none(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,text\n1,a\n,\n , \n2,b\n")
    assert [row.line for row in read(file)] == [2, 5]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (["id", "text"], ["1", "a"], [None, " "], ["2", "b"]):
        sheet.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert [row.line for row in read(tmp_path / "a.xlsx")] == [2, 4]


def test_a_cell_without_end_is_a_bad_row(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"id,text\n1,{'x' * (2 << 20)}\n2,b\n")
    rows = read(file)
    assert "field larger than field limit" in rows[0].fault
    assert rows[-1].cells == {"id": "2", "text": "b"}


def test_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "at", "text"])
    sheet.append([7.0, datetime(2026, 7, 1, 10, 0), None])  # noqa: DTZ001
    sheet.append([None, None, None])
    sheet.append(["8", "2026-07-01", "x"])
    book.save(tmp_path / "a.xlsx")
    first, second = read(tmp_path / "a.xlsx")
    assert first == Row(2, {"id": "7", "at": datetime(2026, 7, 1, 10, 0), "text": ""})  # noqa: DTZ001
    assert (second.line, second.cells["at"]) == (4, "2026-07-01")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "has no header"),
        ("a.csv", b"id,id\n1,2\n", "two columns id"),
        ("a.csv.gz", b"id,text\n", "is damaged"),
        ("a.csv.gz", gzip.compress(b"id,text\n" + b"1,a\n" * 9999, mtime=0)[:-20], "is damaged"),
        ("a.xlsx", b"id,text\n", "is damaged"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read(file)


def test_a_header_may_stand_below_a_title_and_on_another_sheet(tmp_path: Path) -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.append(["nada"])
    second = book.create_sheet("2026")
    for cells in (["REGISTRO DE INCIDENCIAS"], [], ["id", "text"], ["1", "a"]):
        second.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx", header=3, sheet="2026") == [Row(4, {"id": "1", "text": "a"})]
    with pytest.raises(UserError, match="has no sheet 2027; it has Sheet, 2026"):
        read(tmp_path / "a.xlsx", sheet="2027")
    with pytest.raises(UserError, match="row 9 must name the columns"):
        read(tmp_path / "a.xlsx", sheet="2026", header=9)
    file = tmp_path / "a.csv"
    file.write_text("REGISTRO\n\nid,text\n1,a\n")
    assert read(file, header=3) == [Row(4, {"id": "1", "text": "a"})]


def test_a_header_in_another_encoding_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("N° ticket;Descripción\n1;año\n".encode("cp1252"))
    with pytest.raises(UserError, match="is not in utf-8: name its encoding in the mapping"):
        read(file, delimiter=";")
    assert read(file, delimiter=";", encoding="cp1252")[0].cells["Descripción"] == "año"


def test_memory_stays_flat(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        file = tmp_path / f"{rows}.csv"
        with file.open("w") as out:
            out.write("id,text\n")
            out.writelines(f"{number},{'x' * 200}\n" for number in range(rows))
        tracemalloc.start()
        with opened(file) as table:
            assert sum(1 for _ in table.rows) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(20_000) < peak(1_000) + 64 * 1024
