"""Whose last day is known: what somebody is given ends with it, also what he is given later."""

from dataclasses import dataclass
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from shared.ids import derived_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away


@dataclass(frozen=True)
class Departures:
    """The instant after each leaver's last day; nobody comes back under the same id."""

    database: AsyncDatabase[Document]

    @property
    def _all(self) -> Collection:
        return self.database.get_collection("departures", codec_options=CODEC)

    async def keep(self, tenant: str, person_id: str, at: datetime) -> None:
        """The last word holds."""
        fields = {"$set": {"tenant": tenant, "at": at}}
        with transient_when_away():
            await self._all.update_one(_key(tenant, person_id), fields, upsert=True)

    async def of(self, tenant: str, person_id: str) -> datetime | None:
        """From when on somebody is gone; None for who stays."""
        with transient_when_away():
            found = await self._all.find_one(_key(tenant, person_id))
        return None if found is None else found["at"]


def _key(tenant: str, person_id: str) -> Document:
    return {"_id": derived_id("departure", tenant, person_id)}
