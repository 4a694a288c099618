"""A row of a register as a request of ours."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from cli.imports.mapping import BadRow, RowMapping
from services.intake.domain import Status, TakeOver
from shared.contracts.intake import RequestImported
from shared.ids import derived_id
from shared.store import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cli.imports.tables import Row

FIELDS: Final = (
    "code",
    "request_type",
    "topic",
    "title",
    "received_at",
    "due_at",
    "closed_at",
    "status",
    "channel",
    "area",
)
OPTIONAL: Final = frozenset({"due_at", "closed_at", "channel", "area"})
ACTOR: Final = "system:import"
MAX_TEXT: Final = 2_000
STATUSES: Final = frozenset(status.value for status in Status if status is not Status.NEW)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row made ready: whose id, what is entered, and what makes a repetition harmless."""

    line: int
    id: str
    command: TakeOver
    cause: Cause


def entry_of(row: Row, mapping: RowMapping, tenant: str, types: frozenset[str]) -> Entry:
    """The request that a row tells of; raises `BadRow`."""
    if row.fault:
        raise BadRow(row.fault)
    cells = row.cells
    key = mapping.key(cells)
    received_at = mapping.instant("received_at", cells)
    if received_at is None:
        raise BadRow("received_at: a request must have been received")
    imported = RequestImported(
        code=_text("code", mapping, cells, needed=True),
        request_type=_one_of("request_type", types, mapping, cells),
        topic=_text("topic", mapping, cells, needed=True),
        title=_text("title", mapping, cells, needed=True),
        received_at=received_at,
        due_at=mapping.instant("due_at", cells),
        closed_at=mapping.instant("closed_at", cells),
        status=_one_of("status", STATUSES, mapping, cells),
        channel=_text("channel", mapping, cells),
        area=_text("area", mapping, cells),
        source=mapping.source,
        row=row.line,
    )
    case_id = derived_id(tenant, "import", mapping.source, *key)
    cause = Cause(tenant, ACTOR, case_id, _fingerprint(cells), at=received_at)
    return Entry(row.line, case_id, TakeOver(imported), cause)


def _text(
    name: str,
    mapping: RowMapping,
    cells: Mapping[str, str | datetime],
    *,
    needed: bool = False,
) -> str:
    text = mapping.text(name, cells)
    if needed and not text:
        raise BadRow(f"{name}: is empty")
    if len(text) > MAX_TEXT:
        raise BadRow(f"{name}: {len(text)} characters, {MAX_TEXT} at most")
    return text


def _one_of(
    name: str,
    known: frozenset[str],
    mapping: RowMapping,
    cells: Mapping[str, str | datetime],
) -> str:
    text = _text(name, mapping, cells, needed=True)
    if text not in known:
        raise BadRow(f"{name}: {text[:80]!r} is none of {', '.join(sorted(known))}")
    return text


def _fingerprint(cells: Mapping[str, str | datetime]) -> str:
    """Differs when a row with the same id says something else."""
    content = "\x1f".join(f"{name}\x1e{value}" for name, value in cells.items())
    return blake2b(content.encode(), digest_size=16).hexdigest()
