"""Incidents as pages show them, each version read once.

A queue is looked at all the time by all who work from it, and few of its incidents change between
two looks. To read one again is three quarters of what a page takes; whether it changed is told by
its version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, NamedTuple

from services.incidents.domain import Incident
from services.incidents.domain.stages import Stage
from services.incidents.views import DeadlineView, deadline_view, standing_of
from shared.store import Cases, Outcome
from shared.store.group import Document

MOST: Final = 5_000
"""So many are remembered, with a few kilobytes each; then from the beginning."""
_PROMISED: Final = ("name", "due_at", "standing", "broken")
"""What a page shows of a promise."""
_LEFT_OUT: Final = (
    *("history", "seen", "heard", "state.words", "state.desks", "state.persons"),
    *(f"state.stages.{one.name}" for one in fields(Stage) if one.name not in _PROMISED),
)
SHOWN: Final = dict.fromkeys(_LEFT_OUT, 0)
"""To make all the instants of a page's promises would be a third of what it takes."""
FOUND: Final = {"version": 1, "shape": 1, "state.due_at": 1}
"""What tells whether a row is known, and its place on the page."""


@dataclass(frozen=True, slots=True)
class Row:
    """An incident that was read without its promises; these as they are shown."""

    outcome: Outcome[Incident]
    deadlines: list[DeadlineView]


class Placed(NamedTuple):
    """A row where it was found: it may have another date by the time it is read."""

    row: Row
    due_at: datetime

    @property
    def position(self) -> tuple[datetime, str]:
        return self.due_at, self.row.outcome.id


class Rows:
    """The rows of one process, of whatever queue."""

    def __init__(self, incidents: Cases[Incident]) -> None:
        self._incidents = incidents
        self._known: dict[str, Row] = {}

    async def read(self, tenant: str, found: Sequence[Document]) -> list[Placed]:
        """What was found as `FOUND` tells, in its order; without what has gone meanwhile."""
        rows = {one["_id"]: row for one in found if (row := self._same(one)) is not None}
        fresh = await self._fresh(tenant, [one["_id"] for one in found if one["_id"] not in rows])
        rows |= fresh
        if len(self._known) + len(fresh) > MOST:
            self._known.clear()
        self._known |= fresh
        return [
            Placed(rows[one["_id"]], one["state"]["due_at"]) for one in found if one["_id"] in rows
        ]

    def _same(self, found: Document) -> Row | None:
        known = self._known.get(found["_id"])
        return known if known is not None and known.outcome.version == found["version"] else None

    async def _fresh(self, tenant: str, ids: Sequence[str]) -> dict[str, Row]:
        if not ids:
            return {}
        cursor = self._incidents.collection.find({"_id": {"$in": ids}, "tenant": tenant}, SHOWN)
        placed = await self.of(tenant, [one async for one in cursor])
        return {one.row.outcome.id: one.row for one in placed}

    async def of(self, tenant: str, documents: Sequence[Document]) -> list[Placed]:
        """What was found as `SHOWN` tells, and is looked for too seldom to be remembered."""
        rows = [
            (await self._row(document, tenant), document["state"]["due_at"])
            for document in documents
        ]
        return [Placed(row, due_at) for row, due_at in rows if row is not None]

    async def _row(self, document: Document, tenant: str) -> Row | None:
        if document["shape"] != self._incidents.kind.shape:
            whole = await self._incidents.look(document["_id"], tenant)
            if whole is None:
                return None
            return Row(whole, [deadline_view(stage) for stage in whole.state.stages])
        state = document["state"]
        deadlines = [_deadline(stage) for stage in state.pop("stages")]
        loaded = self._incidents.shape.load(state)
        return Row(Outcome(document["_id"], loaded, document["version"]), deadlines)


def _deadline(stored: Document) -> DeadlineView:
    state = standing_of(stored["standing"], broken=stored["broken"])
    return DeadlineView(stored["name"], stored["due_at"], state)
