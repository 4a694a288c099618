"""The keys of programs: shown once, kept as a hash."""

from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from services.people.credentials.marks import Mark, new_mark
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

KEY: Final = "enk"


class ProgramKeys:
    """One key a program."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._keys: Collection = database.get_collection("program_keys", codec_options=CODEC)

    async def make(self, tenant: str, program_id: str) -> str | None:
        """A new program's key as it is shown; None when it was made, and shown, before."""
        mark = new_mark(KEY, program_id)
        values = {"$setOnInsert": {"tenant": tenant, "sha256": mark.kept}}
        with transient_when_away():
            done = await self._keys.update_one({"_id": program_id}, values, upsert=True)
        return mark.text if done.upserted_id is not None else None

    async def tenant_of(self, mark: Mark) -> str | None:
        """Whose program shows this key; None when it is nobody's."""
        with transient_when_away():
            found = await self._keys.find_one({"_id": mark.id, "sha256": mark.kept})
        return None if found is None else str(found["tenant"])

    async def forget(self, program_id: str) -> None:
        """A revoked program has none."""
        with transient_when_away():
            await self._keys.delete_one({"_id": program_id})
