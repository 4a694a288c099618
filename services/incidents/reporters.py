"""Who reported an incident: kept apart, because an event may not name a person (B:L385-390)."""

from collections.abc import Sequence

from pymongo.asynchronous.database import AsyncDatabase

from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away


class Reporters:
    """The reporters of all incidents, beside the cases."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._reporters: Collection = database.get_collection("reporters", codec_options=CODEC)

    async def keep(self, tenant: str, incident_id: str, reporter: str) -> None:
        """Keep who reported; keeping it again changes nothing.

        Raises:
            Transient: the database did not answer.
        """
        content = {"tenant": tenant, "reporter": reporter}
        with transient_when_away():
            await self._reporters.update_one(
                {"_id": incident_id}, {"$setOnInsert": content}, upsert=True
            )

    async def of(self, tenant: str, incident_id: str) -> str:
        """Who reported an incident; empty for one of an older register, or of long ago."""
        with transient_when_away():
            found = await self._reporters.find_one({"_id": incident_id, "tenant": tenant})
        return "" if found is None else str(found["reporter"])

    async def forget(self, tenant: str, incident_ids: Sequence[str]) -> int:
        """Who reported these; returns of how many it was known.

        Raises:
            Transient: the database did not answer.
        """
        theirs = {"_id": {"$in": list(incident_ids)}, "tenant": tenant}
        with transient_when_away():
            return (await self._reporters.delete_many(theirs)).deleted_count
