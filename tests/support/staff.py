"""A staff list and its rosters as a spreadsheet with Spanish headers, as a personnel office has."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook

ROOT = Path(__file__).resolve().parents[2]
STAFF_MAPPING = ROOT / "deploy" / "mappings" / "personal.toml"
ROSTER_MAPPING = ROOT / "deploy" / "mappings" / "turnos.toml"
STAFF_HEADER = (
    "Código",
    "Apellidos y nombres",
    "Correo",
    "Teléfono",
    "Cargo",
    "Fecha de ingreso",
    "Último día",
    "Canal",
    "Turno",
    "Idiomas",
    "Habilidades",
    "Área",
)
ROSTER_HEADER = ("Código", "Fecha", "Entrada", "Salida", "Turno", "Canal")
SINCE = datetime(2026, 1, 5)  # noqa: DTZ001 - a sheet's dates have no zone


def person(code: str, name: str, roles: str = "Asesor", **changes: Any) -> tuple[Any, ...]:
    """A row of the staff list."""
    row = {
        **dict.fromkeys(STAFF_HEADER, ""),
        "Código": code,
        "Apellidos y nombres": name,
        "Cargo": roles,
        "Fecha de ingreso": SINCE,
        "Canal": "Telefónico",
        "Turno": "Día",
        "Idiomas": "Castellano",
        **changes,
    }
    return tuple(row[name] for name in STAFF_HEADER)


def shift(code: str, day: datetime | str, starts: Any, ends: Any) -> tuple[Any, ...]:
    """A row of the rosters."""
    return (code, day, starts, ends, "Día", "Telefónico")


def sheet(path: Path, header: tuple[str, ...], *rows: tuple[Any, ...]) -> Path:
    """An XLSX file."""
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (header, *rows):
        page.append(row)
    book.save(path)
    return path


EIGHT, FOUR = time(8, 0), time(16, 0)
