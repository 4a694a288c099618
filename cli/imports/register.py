"""What can be imported: how rows become cases of which service, and what is counted of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol

from cli.imports.mapping import BadRow, RowMapping
from shared.i18n import load

if TYPE_CHECKING:
    from cli.imports.tables import Row
    from shared.decider import Rejected
    from shared.service import Service
    from shared.store import Cause, Kind

ACTOR: Final = "system:import"
MAX_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Rows made ready: whose id, what is entered, and what makes a repetition harmless.

    `aside` is what is kept beside the case, never in it.
    """

    line: int
    id: str
    code: str
    command: Any
    cause: Cause
    aside: Any = None


class Figures(Protocol):
    """What a register itself is known by, counted over all that is or was taken."""

    def add(self, command: Any) -> None: ...  # noqa: ANN401 - each register knows its own

    def told(self) -> str: ...


Reading = Callable[[Sequence["Row"]], Entry]
"""Makes the rows of one case an entry; raises `BadRow`."""


@dataclass(frozen=True)
class Register:
    """A kind of register.

    `optional` fields may be missing, `hidden` ones only a mapping can name. `gathered` when several
    rows tell of one case, wherever they stand. `whole` when one bad row keeps all the others out.
    `keep` writes what entries have aside, before their cases.
    """

    name: str
    service: Service
    kind: Kind[Any]
    fields: Sequence[str]
    optional: frozenset[str]
    row_id: str
    reading: Callable[[Any, str, Any], Reading]
    figures: Callable[[], Figures]
    hidden: frozenset[str] = frozenset()
    mapping: type[RowMapping] = RowMapping
    gathered: bool = False
    whole: bool = False
    keep: Callable[[Any, Sequence[Entry]], Awaitable[None]] | None = None


def text_of(
    name: str,
    mapping: RowMapping,
    cells: Mapping[str, str | datetime],
    *,
    needed: bool = False,
) -> str:
    """A field's text; raises `BadRow` when it is needed and empty, or too long."""
    text = mapping.text(name, cells)
    if needed and not text:
        raise BadRow(f"{name}: is empty")
    if len(text) > MAX_TEXT:
        raise BadRow(f"{name}: {len(text)} characters, {MAX_TEXT} at most")
    return text


def one_of(
    name: str,
    known: frozenset[str],
    mapping: RowMapping,
    cells: Mapping[str, str | datetime],
) -> str:
    """A field's text when it is one of the known; raises `BadRow` with them."""
    text = text_of(name, mapping, cells, needed=True)
    if text not in known:
        raise BadRow(f"{name}: {text[:80]!r} is none of {', '.join(sorted(known))}")
    return text


def refusal(error: Rejected) -> BadRow:
    """A refusal of the domain in words."""
    parts = (f"problem.{error.code}.{part}" for part in ("title", "detail"))
    words = [load().find("en", part, error.fields) for part in parts]
    return BadRow(": ".join(one.rstrip(".") for one in words if one) or str(error))


def require_past(name: str, at: datetime | None) -> None:
    """Refuse what a register says of a day that has not come: it is mistyped.

    An hour may be ahead: whoever exports a sheet and whoever imports it have two clocks.
    """
    if at is not None and at > datetime.now(UTC) + timedelta(days=1):
        raise BadRow(f"{name}: {at.date()} has not come yet")


def fingerprint(rows: Sequence[Row]) -> str:
    """Differs when rows with the same id say something else."""
    digest = blake2b(digest_size=16)
    for row in rows:
        cells = (f"{name}\x1e{value}" for name, value in row.cells.items())
        digest.update("\x1f".join(cells).encode())
        digest.update(b"\x1d" if len(rows) > 1 else b"")
    return digest.hexdigest()
