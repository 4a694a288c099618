"""Which incidents are a person's, as incidents tells of them; not a word of what was reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

INCIDENT: Final = "incidents.incident"
OPEN: Final = "open"


@dataclass(frozen=True, slots=True)
class Report:
    """An incident that a person reported; `attended_by` is who gave him the final answer."""

    id: str
    profile_id: str
    code: str
    status: str
    received_at: datetime
    attended_by: str


class Reported:
    """The incidents of all profiles. Each event is told once, whoever tells it again."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._all: Collection = database.get_collection("reported_incidents", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        """Make what a person's page and the erasing need."""
        await self._all.create_index(["tenant", "profile_id", "_id"])
        await self._all.create_index(["tenant", "ended_at", "_id"])

    async def begin(self, tenant: str, report: Report, sequence: int) -> None:
        """One that was not known; told again it stays as it has become."""
        content = {
            "tenant": tenant,
            "profile_id": report.profile_id,
            "code": report.code,
            "status": report.status,
            "received_at": report.received_at,
            "attended_by": report.attended_by,
            "ended_at": None,
            "sequence": sequence,
        }
        with transient_when_away():
            await self._all.update_one({"_id": report.id}, {"$setOnInsert": content}, upsert=True)

    async def end(
        self, tenant: str, incident_id: str, status: str, by: str, at: datetime, sequence: int
    ) -> None:
        """It was closed or dismissed, by whom."""
        changes = {"status": status, "attended_by": by, "ended_at": at}
        await self._change(tenant, incident_id, changes, sequence)

    async def resume(self, tenant: str, incident_id: str, sequence: int) -> None:
        """The user came back."""
        changes = {"status": OPEN, "attended_by": "", "ended_at": None}
        await self._change(tenant, incident_id, changes, sequence)

    async def look(self, tenant: str, incident_id: str) -> Report | None:
        """One of them; None for an incident that names nobody's profile."""
        with transient_when_away():
            found = await self._all.find_one({"_id": incident_id, "tenant": tenant})
        return None if found is None else _report(found)

    async def of(self, tenant: str, profile_ids: Sequence[str], limit: int) -> Sequence[Report]:
        """Those of a person, the newest first."""
        mine = {"tenant": tenant, "profile_id": {"$in": list(profile_ids)}}
        with transient_when_away():
            cursor = self._all.find(mine).sort("_id", -1).limit(limit)
            return [_report(found) async for found in cursor]

    async def kept(self, tenant: str, profile_ids: Sequence[str], before: datetime) -> bool:
        """Whether one of a person's is open, or ended since."""
        mine = {"tenant": tenant, "profile_id": {"$in": list(profile_ids)}}
        since = {"$or": [{"ended_at": None}, {"ended_at": {"$gte": before}}]}
        with transient_when_away():
            return await self._all.find_one({**mine, **since}) is not None

    async def ended_before(
        self, tenant: str, before: datetime, after: str, limit: int
    ) -> Sequence[Report]:
        """Those that ended before and whose person was not asked about yet, by id."""
        # null is not less than an instant: what is open is not among them
        ended = {"tenant": tenant, "ended_at": {"$lt": before}, "_id": {"$gt": after}}
        with transient_when_away():
            cursor = self._all.find({**ended, "settled": None}).sort("_id", 1).limit(limit)
            return [_report(found) async for found in cursor]

    async def settle(self, tenant: str, profile_ids: Sequence[str]) -> None:
        """How their person is reached is forgotten: nobody need look at them again."""
        mine = {"tenant": tenant, "profile_id": {"$in": list(profile_ids)}}
        with transient_when_away():
            await self._all.update_many(mine, {"$set": {"settled": True}})

    async def _change(
        self, tenant: str, incident_id: str, changes: Document, sequence: int
    ) -> None:
        before = {"_id": incident_id, "tenant": tenant, "sequence": {"$lt": sequence}}
        with transient_when_away():
            await self._all.update_one(before, {"$set": {**changes, "sequence": sequence}})


def _report(found: Document) -> Report:
    return Report(
        found["_id"],
        found["profile_id"],
        found["code"],
        found["status"],
        found["received_at"],
        found["attended_by"],
    )
