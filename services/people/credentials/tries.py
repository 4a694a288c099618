"""The tries of every login that was tried, whether somebody has it or not."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.people.domain.tries import Tries, TryRules
from shared.decider import Transient
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

FORGOTTEN_AFTER: Final = timedelta(days=1)
RACES: Final = 50


class TriesKept:
    """Counted one by one in the database, so that every process counts the same tries."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._tries: Collection = database.get_collection("tries", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        """The database forgets tries by itself."""
        await self._tries.create_index("forgotten_at", expireAfterSeconds=0)

    async def count(self, key: str, at: datetime, rules: TryRules) -> timedelta:
        """Count a try; how long to wait when it may not be made now, and then it is not counted."""
        with transient_when_away():
            for _ in range(RACES):
                if await self._freely(key, at, rules):
                    return timedelta()
                found = await self._tries.find_one({"_id": key})
                tries = Tries() if found is None else Tries(found["failed"], found["until"])
                if wait := tries.wait(at):
                    return wait
                after = tries.counted(at, rules)
                forgotten_at = at + FORGOTTEN_AFTER
                if found is None:
                    kept = await self._begun(key, after, forgotten_at)
                else:
                    kept = await self._changed(key, tries, after, forgotten_at)
                if kept:
                    return timedelta()
        raise Transient("too many tries at once")

    async def _freely(self, key: str, at: datetime, rules: TryRules) -> bool:
        """Count a try that is far from the limit, in one step: many may share an address."""
        free = {
            "_id": key,
            "failed": {"$lt": rules.free - 1},
            "$or": [{"until": None}, {"until": {"$lte": at}}],
        }
        more = {"$inc": {"failed": 1}, "$set": {"forgotten_at": at + FORGOTTEN_AFTER}}
        return (await self._tries.update_one(free, more)).matched_count == 1

    async def _begun(self, key: str, first: Tries, forgotten_at: datetime) -> bool:
        document = {"_id": key, **asdict(first), "forgotten_at": forgotten_at}
        try:
            await self._tries.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def _changed(self, key: str, before: Tries, after: Tries, forgotten_at: datetime) -> bool:
        guard = {"_id": key, "failed": before.failed}
        values = {**asdict(after), "forgotten_at": forgotten_at}
        return (await self._tries.update_one(guard, {"$set": values})).matched_count == 1

    async def forgive(self, key: str) -> None:
        """Take one try back: it was not made, or was right."""
        with transient_when_away():
            await self._tries.update_one(
                {"_id": key, "failed": {"$gt": 0}}, {"$inc": {"failed": -1}}
            )

    async def forget(self, key: str) -> None:
        """The password was right."""
        with transient_when_away():
            await self._tries.delete_one({"_id": key})
