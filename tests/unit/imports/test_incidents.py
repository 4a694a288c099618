"""What rows of registers and of event logs become as incidents, and which are refused."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from cli.__main__ import main
from cli.imports.gathering import gathered
from cli.imports.incidents import IncidentMapping, entry_of, reading
from cli.imports.mapping import BadRow, load
from cli.imports.register import Entry
from cli.imports.tables import Row, opened
from tests.support.incidents import policy_of

ROOT = Path(__file__).resolve().parents[3]
MAPPINGS = ROOT / "deploy" / "mappings"
LOG = {
    "source": "log",
    "time_zone": "America/Lima",
    "row_id": ["id"],
    "tiers": [{"group": "3$", "tier": 3}, {"group": "", "tier": 1}],
    "fields": {
        "ticket": "id",
        "summary": "text",
        "origin": {"default": "system"},
        "at": "at",
        "group": "group",
        "state": {"column": "state", "values": {"end": "closed"}, "otherwise": "open"},
        "wait": {"column": "state", "values": {"wait": "user"}, "otherwise": ""},
    },
}
COLUMNS = ("id", "text", "at", "group", "state")


def row(line: int, *cells: str) -> Row:
    return Row(line, dict(zip(COLUMNS, cells, strict=True)))


def read(*rows: Row, **changes: object) -> Entry:
    return entry_of(rows, IncidentMapping.model_validate({**LOG, **changes}), "osce")


STEPS = (
    row(2, "7", "Uno", "2026-07-01T10:00:00", "A", "work"),
    row(3, "7", "", "2026-07-01T11:00:00", "B3", "wait"),
    row(4, "7", "Dos", "2026-07-01T13:00:00", "B3", "end"),
)


def test_a_log_becomes_one_incident_with_its_way() -> None:
    entry = read(*STEPS)
    command = entry.command

    assert (entry.line, command.ticket, command.summary) == (2, "7", "Dos")
    assert [(turn.tier, turn.group, turn.wait, turn.closed) for turn in command.turns] == [
        (1, "A", "", False),
        (3, "B3", "user", False),
        (3, "B3", "", True),
    ]
    assert command.turns[0].at == datetime(2026, 7, 1, 15, tzinfo=UTC)
    assert entry.cause.at == command.turns[0].at


def test_the_order_is_the_files_or_that_of_time() -> None:
    upside_down = tuple(reversed(STEPS))
    kept = read(*upside_down).command.turns
    sorted_ = read(*upside_down, order="time").command.turns

    assert kept[0].closed
    assert sorted_ == read(*STEPS).command.turns


def test_the_same_rows_have_the_same_id_and_other_content_another_fingerprint() -> None:
    first, again = read(*STEPS), read(*STEPS)
    other = read(*STEPS[:2])

    assert (first.id, first.cause) == (again.id, again.cause)
    assert other.id == first.id
    assert other.cause.fingerprint != first.cause.fingerprint


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("7", "t", "", "A", "work"), "at: line 2 has no date"),
        (("7", "t", "yesterday", "A", "work"), "at: 'yesterday' is not a date"),
        (("7", "", "2026-07-01", "A", "work"), "summary: is empty"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(cells: Sequence[str], reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        read(row(2, *cells))


def test_a_group_of_no_tier_is_refused() -> None:
    with pytest.raises(BadRow, match="tier: '' is none of 1, 2, 3, in line 2"):
        read(STEPS[0], tiers=[{"group": "Z", "tier": 2}])


def test_a_rule_that_is_no_expression_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        IncidentMapping.model_validate({**LOG, "tiers": [{"group": "(", "tier": 1}]})


def test_rows_of_one_case_are_found_wherever_they_stand() -> None:
    day = datetime(2026, 7, 1, tzinfo=UTC)
    rows = [Row(2, {"id": "b", "at": day}), Row(3, {"id": "a", "at": "x"}), Row(4, {"id": ""})]
    rows += [Row(5, {"id": "b", "at": "y"}), Row(6, {}, "3 cells where there are 2 columns")]
    refused: list[tuple[int, str]] = []
    mapping = IncidentMapping.model_validate({**LOG, "row_id": ["id"]})

    def refuse(bad: Row, reason: str) -> None:
        refused.append((bad.line, reason))

    with gathered(iter(rows), ("id", "at"), mapping, refuse) as found:
        units = list(found.units())

    assert units == [[rows[0], rows[3]], [rows[1]]]
    assert [line for line, _ in refused] == [4, 6]


def test_a_sheet_may_have_columns_without_a_name_and_rows_that_end_early(tmp_path: Path) -> None:
    book = Workbook(write_only=True)  # says nowhere how wide it is
    sheet = book.create_sheet()
    for cells in (["id", None, None, "at"], ["7", None, "seen", "now"], ["8"]):
        sheet.append(cells)
    book.save(tmp_path / "a.xlsx")
    mapping = IncidentMapping.model_validate(LOG)

    with (
        opened(tmp_path / "a.xlsx") as table,
        gathered(table.rows, table.columns, mapping, lambda *_: None) as found,
    ):
        ((first,), (second,)) = found.units()

    assert first == Row(2, {"id": "7", "at": "now", "": "seen"})
    assert second == Row(3, {"id": "8", "at": "", "": ""})


REGISTER = {
    "source": "excel",
    "time_zone": "America/Lima",
    "date_formats": ["%d/%m/%Y %H:%M"],
    "row_id": ["Nº de ticket"],
    "fields": {
        "ticket": "Nº de ticket",
        "summary": "Descripción",
        "origin": {"default": "system"},
        "group": "Área",
        "tier": {"column": "Nivel", "default": "1"},
        "registered_at": "Fecha de ingreso",
        "tier2_at": "Derivado a nivel 2",
        "tier3_at": "Derivado a nivel 3",
        "closed_at": "Fecha de cierre",
        "state": {"column": "Estado", "values": {"Atendido": "closed", "Abierto": "open"}},
    },
}


def of_register(**cells: str) -> Entry:
    names = {
        rule if isinstance(rule, str) else rule.get("column")
        for rule in REGISTER["fields"].values()
    }  # type: ignore[attr-defined]
    blank = {name: "" for name in names if name}
    given = {"Nº de ticket": "9", "Descripción": "d", "Fecha de ingreso": "01/07/2026 10:00"}
    return entry_of(
        [Row(2, {**blank, **given, **cells})], IncidentMapping.model_validate(REGISTER), "osce"
    )


@pytest.mark.parametrize(
    ("cells", "way"),
    [
        ({}, [(1, False)]),
        ({"Nivel": "2"}, [(2, False)]),
        ({"Nivel": "3", "Fecha de cierre": "03/07/2026 10:00"}, [(3, False), (3, True)]),
        (
            {
                "Derivado a nivel 2": "01/07/2026 11:00",
                "Derivado a nivel 3": "01/07/2026 12:00",
                "Fecha de cierre": "03/07/2026 10:00",
            },
            [(1, False), (2, False), (3, False), (3, True)],
        ),
        ({"Estado": "Abierto", "Fecha de cierre": "03/07/2026 10:00"}, [(1, False)]),
        # a day without its hour
        ({"Fecha de cierre": "01/07/2026 00:00"}, [(1, False), (1, True)]),
    ],
)
def test_a_row_may_be_a_whole_incident(cells: dict[str, str], way: list[tuple[int, bool]]) -> None:
    turns = of_register(**cells).command.turns
    assert [(turn.tier, turn.closed) for turn in turns] == way


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Nivel": "4"}, "tier: '4' is none of 1, 2, 3"),
        ({"Fecha de ingreso": ""}, "must have been registered"),
        ({"Estado": "Atendido"}, "must have been closed at some time"),
        ({"Estado": "Perdido"}, "the mapping has no value for 'Perdido'"),
        (
            {"Fecha de cierre": "30/06/2026 23:00"},
            "its dates go back, from 2026-07-01 to 2026-06-30",
        ),
        (
            {"Derivado a nivel 2": "03/07/2026 11:00", "Fecha de cierre": "02/07/2026 10:00"},
            "from 2026-07-03 to 2026-07-02",
        ),
    ],
)
def test_a_whole_incident_that_cannot_be_says_why(cells: dict[str, str], reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        of_register(**cells)


def test_a_row_that_is_there_twice_is_one_and_of_two_that_differ_none() -> None:
    mapping = load(MAPPINGS / "registro_incidencias.toml", IncidentMapping)
    cells = {
        "N° ticket": "7",
        "Descripción": "No carga",
        "Unidad": "SEACE",
        "Fecha de ingreso": "01/07/2026 10:00",
        "Criticidad": "alto",
    }
    once = entry_of([Row(2, cells)], mapping, "osce")
    twice = entry_of([Row(2, cells), Row(9, dict(cells))], mapping, "osce")
    assert (twice.command, twice.cause.fingerprint) == (once.command, once.cause.fingerprint)
    with pytest.raises(BadRow, match="is in lines 2, 9, which say other things"):
        entry_of([Row(2, cells), Row(9, {**cells, "Unidad": "RNP"})], mapping, "osce")


def test_an_id_that_stands_for_none_is_told_in_few_words() -> None:
    """Each of its rows has the reason beside it."""
    mapping = load(MAPPINGS / "registro_incidencias.toml", IncidentMapping)
    rows = [Row(line, {"N° ticket": "S/N", "Descripción": str(line)}) for line in range(2, 5_002)]
    with pytest.raises(BadRow, match="is in lines 2, 3, 4, 5, 6 and 4995 more, which say") as told:
        entry_of(rows, mapping, "osce")
    assert len(str(told.value)) < 100


def test_the_shipped_mappings_are_right() -> None:
    assert load(MAPPINGS / "volvo_bpi2013.toml", IncidentMapping).is_log
    assert not load(MAPPINGS / "registro_incidencias.toml", IncidentMapping).is_log


HEADERS = (
    *("N° ticket", "Fecha de ingreso", "Unidad", "Tipificación", "Descripción", "Criticidad"),
    *("Nivel", "Fecha de respuesta", "Estado"),
)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """An XLSX register as an office keeps it, with real dates and a row that is wrong."""
    book = Workbook()
    page = book.worksheets[0]
    page.append(HEADERS)
    came, went = datetime(2026, 7, 1, 10, 5), datetime(2026, 7, 3, 16)  # noqa: DTZ001 - as a sheet has
    page.append([101, came, "SEACE", "Error", "No carga", "Alto", 2, went, "Atendido"])
    page.append([102, "01/07/2026 11:30", "RNP", "Caída", "Cae", "Medio", 1, None, "En proceso"])
    page.append([103, came, "Marte", "Error", "¿?", "Alto", 2, went, "Atendido"])
    file = tmp_path / "registro.xlsx"
    book.save(file)
    return file


def test_a_sheet_with_spanish_headers_is_taken(
    sheet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENLACE_TENANTS_DIR", str(ROOT / "deploy" / "tenants"))
    mapping = str(MAPPINGS / "registro_incidencias.toml")
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "import",
                "incidents",
                str(sheet),
                "--tenant",
                "osce",
                "--mapping",
                mapping,
                "--dry-run",
            ]
        )
    shown = capsys.readouterr()
    kept = (sheet.parent / "registro.xlsx.rejects.csv").read_text()

    assert ended.value.code == 1
    assert "3 rows in" in shown.out
    assert "2 would be imported, 0 known already, 1 refused" in shown.out
    assert "solved by tier 2: 1 (100.00 %)" in shown.out
    assert "area: the mapping has no value for 'Marte'" in kept


def test_an_account_that_is_not_there_is_told_in_one_line(
    sheet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENLACE_TENANTS_DIR", str(ROOT / "deploy" / "tenants"))
    with pytest.raises(SystemExit) as ended:
        main(["import", "incidents", str(sheet), "--tenant", "atlantis", "--dry-run"])
    assert ended.value.code == 2
    assert "no tenant atlantis" in capsys.readouterr().err


def test_what_the_accounts_rules_refuse_is_a_bad_row_also_in_a_dry_run() -> None:
    mapping = IncidentMapping.model_validate(LOG)
    read = reading(mapping, "osce", policy_of())
    assert read(STEPS).command.ticket == "7"
    strange = {**LOG, "fields": {**LOG["fields"], "area": {"default": "mars"}}}
    read = reading(IncidentMapping.model_validate(strange), "osce", policy_of())
    with pytest.raises(BadRow, match="Unknown area: «mars» is not in the list"):
        read(STEPS)


def test_a_day_that_has_not_come_is_mistyped() -> None:
    ahead = datetime.now(UTC) + timedelta(days=2)
    with pytest.raises(BadRow, match=rf"{ahead.date()} has not come yet"):
        read(row(2, "7", "Uno", ahead.isoformat(), "A", "work"))
    soon = datetime.now(UTC) + timedelta(hours=3)
    assert read(row(2, "7", "Uno", soon.isoformat(), "A", "work"))
