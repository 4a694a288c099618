"""Staff lists and rosters as a personnel office sends them: judged as a whole, told by line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.__main__ import main
from tests.support.staff import (
    EIGHT,
    FOUR,
    ROOT,
    ROSTER_HEADER,
    ROSTER_MAPPING,
    STAFF_HEADER,
    STAFF_MAPPING,
    person,
    sheet,
    shift,
)

Done = tuple[object, str, str]
Enlace = Callable[..., Done]


@pytest.fixture
def enlace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Enlace:
    """`import`, with nothing behind it: whatever writes would fail."""
    monkeypatch.setenv("ENLACE_AMQP_URL", "amqp://127.0.0.1:1/")
    monkeypatch.setenv("ENLACE_MONGO_URL", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
    monkeypatch.setenv("ENLACE_TENANTS_DIR", str(ROOT / "deploy" / "tenants"))

    def run(what: str, file: Path, mapping: Path, *more: str) -> Done:
        named = ["--tenant", "osinergmin", "--mapping", str(mapping)]
        with pytest.raises(SystemExit) as ended:
            main(["import", what, str(file), *named, *more])
        shown = capsys.readouterr()
        return ended.value.code or 0, shown.out, shown.err

    return run


def test_a_staff_list_with_spanish_headers_is_understood(enlace: Enlace, tmp_path: Path) -> None:
    file = sheet(
        tmp_path / "personal.xlsx",
        STAFF_HEADER,
        person("001", "Quispe, Rosa", Idiomas="Castellano, Quechua; Aymara", Área="Operaciones"),
        person("002", "Solís, Mario", "Monitor y capacitador de calidad / Formador", Canal=""),
        person("003", "Luján, Ana", **{"Último día": "31/03/2026", "Idiomas": "Lengua de señas"}),
    )
    code, said, complained = enlace("people", file, STAFF_MAPPING, "--dry-run")
    assert (code, complained) == (0, "")
    assert "3 would be imported" in said
    assert "roles: adviser 2, quality_monitor 1, trainer 1" in said


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Cargo": "Mago"}, "roles: the mapping has no value for 'Mago'"),
        ({"Cargo": ""}, "roles: is empty"),
        ({"Apellidos y nombres": ""}, "name: is empty"),
        ({"Código": ""}, "no value in Código"),
        ({"Fecha de ingreso": "ayer"}, "starts_on: 'ayer' is not a date"),
        ({"Último día": "31/12/2025"}, "last day"),
        ({"Idiomas": "Castellano, Latín"}, "languages: the mapping has no value for 'Latín'"),
        ({"Área": "Legal"}, "Legal"),
    ],
)
def test_one_bad_row_keeps_all_out_and_is_shown(
    enlace: Enlace, tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    rows = [person("001", "Quispe, Rosa"), person("002", "x", **changes)]
    file = sheet(tmp_path / "personal.xlsx", STAFF_HEADER, *rows)
    code, said, complained = enlace("people", file, STAFF_MAPPING)
    assert (code, said) == (1, "")
    assert "line 3: " in complained
    assert reason in complained
    assert "nothing was imported: see" in complained
    assert reason in (tmp_path / "personal.xlsx.rejects.csv").read_text()


def test_rosters_are_understood_with_the_cells_of_a_sheet(enlace: Enlace, tmp_path: Path) -> None:
    file = sheet(
        tmp_path / "turnos.xlsx",
        ROSTER_HEADER,
        shift("001", "03/08/2026", EIGHT, FOUR),
        shift("002", "03/08/2026", "08:00", "16:00"),
        # a night of Sunday belongs to its own week and ends in the next
        shift("001", "09/08/2026", "22:00", "06:00"),
        shift("001", "10/08/2026", "06:00", "14:00"),
    )
    code, said, complained = enlace("rosters", file, ROSTER_MAPPING, "--dry-run")
    assert (code, complained) == (0, "")
    assert "2 would be imported" in said
    assert "4 shifts in 3 weeks" in said


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (shift("001", "03/08/2026", "15:00", "20:00"), "before the one of"),
        (shift("001", "04/08/2026", "8", "ocho"), "ends: 'ocho' is no time of day"),
        (shift("001", "04/08/2026", "25:00", "26:00"), "starts: '25:00' is no time of day"),
        (shift("001", "", EIGHT, FOUR), "date: is empty"),
        (shift("001", "04/08/2026", "08:00", "07:00"), "hours at most"),
    ],
)
def test_a_person_with_an_impossible_shift_keeps_all_out(
    enlace: Enlace, tmp_path: Path, row: tuple[object, ...], reason: str
) -> None:
    good = [shift(code, "03/08/2026", EIGHT, FOUR) for code in ("001", "002")]
    file = sheet(tmp_path / "turnos.xlsx", ROSTER_HEADER, *good, row)
    code, said, complained = enlace("rosters", file, ROSTER_MAPPING)
    assert (code, said) == (1, "")
    assert reason in complained
    assert "nothing was imported" in complained
