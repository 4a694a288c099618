"""A row of a register as a request of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.imports.mapping import BadRow, RowMapping
from cli.imports.register import (
    ACTOR,
    Entry,
    Reading,
    Register,
    fingerprint,
    one_of,
    require_past,
    text_of,
)
from services.intake.cases import REQUEST
from services.intake.domain import Status, TakeOver
from services.intake.service import SERVICE
from shared.contracts.intake import RequestImported
from shared.ids import derived_id
from shared.store import Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.imports.tables import Row
    from services.intake.policy import IntakePolicy

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
STATUSES: Final = frozenset(status.value for status in Status if status is not Status.NEW)


@dataclass(slots=True)
class Punctuality:
    """`timed` have a due and a closing date, `on_time` kept it."""

    timed: int = 0
    on_time: int = 0

    def add(self, command: TakeOver) -> None:
        """Count a row that is, or was already, a request of ours."""
        request = command.imported
        if request.due_at is not None and request.closed_at is not None:
            self.timed += 1
            self.on_time += request.closed_at <= request.due_at

    def told(self) -> str:
        """The share in one line."""
        share = f"{100 * self.on_time / self.timed:.2f} %" if self.timed else "unknown"
        return f"closed on time: {share} ({self.on_time} of {self.timed} with both dates)"


def reading(mapping: RowMapping, tenant: str, policy: IntakePolicy) -> Reading:
    """How rows are read for an account."""
    types = frozenset(policy.types)

    def read(rows: Sequence[Row]) -> Entry:
        return entry_of(rows[0], mapping, tenant, types)

    return read


def entry_of(row: Row, mapping: RowMapping, tenant: str, types: frozenset[str]) -> Entry:
    """The request that a row tells of; raises `BadRow`."""
    cells = row.cells
    key = mapping.key(cells)
    received_at = mapping.instant("received_at", cells)
    if received_at is None:
        raise BadRow("received_at: a request must have been received")
    closed_at = mapping.instant("closed_at", cells)
    require_past("received_at", received_at)
    require_past("closed_at", closed_at)
    imported = RequestImported(
        code=text_of("code", mapping, cells, needed=True),
        request_type=one_of("request_type", types, mapping, cells),
        topic=text_of("topic", mapping, cells, needed=True),
        title=text_of("title", mapping, cells, needed=True),
        received_at=received_at,
        due_at=mapping.instant("due_at", cells),
        closed_at=closed_at,
        status=one_of("status", STATUSES, mapping, cells),
        channel=text_of("channel", mapping, cells),
        area=text_of("area", mapping, cells),
        source=mapping.source,
        row=row.line,
    )
    case_id = derived_id(tenant, "import", mapping.source, *key)
    cause = Cause(tenant, ACTOR, case_id, fingerprint([row]), at=received_at)
    return Entry(row.line, case_id, imported.code, TakeOver(imported), cause)


REQUESTS: Final = Register(
    name="request",
    service=SERVICE,
    kind=REQUEST,
    fields=FIELDS,
    optional=OPTIONAL,
    row_id="code",
    reading=reading,
    figures=Punctuality,
)
