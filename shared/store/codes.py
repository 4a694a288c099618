"""Codes for people: counted per tenant, series and year, never given twice.

A number that was reserved and not used (a refused request, a stop) stays unused: codes are unique
and nearly ascending, not gapless. Under load a crowd reserves as many again for the next one, so
that the counter is not asked for each.
"""

from collections import deque

from pymongo import ReturnDocument

from shared.decider import Transient
from shared.store.group import Coalescer, Collection, Document

MAX_AHEAD = 128


class Codes:
    """Hands out numbers; callers that wait together share one increment."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._series: dict[str, Coalescer[None, int]] = {}
        self._spare: dict[str, deque[int]] = {}

    async def next(self, tenant: str, series: str, year: int) -> str:
        """The next code, such as `SOL-2026-000123`."""
        key = f"{tenant}:{series}:{year}"
        if key not in self._series:
            self._series[key] = Coalescer(lambda asked: self._take(key, len(asked)))
            self._spare[key] = deque()
        spare = self._spare[key]
        number = spare.popleft() if spare else await self._series[key].ask(None)
        return f"{series}-{year}-{number:06d}"

    async def _take(self, key: str, count: int) -> list[int]:
        ahead = min(count * 4, MAX_AHEAD) if count > 1 else 0
        counter: Document | None = await self._collection.find_one_and_update(
            {"_id": key},
            {"$inc": {"last": count + ahead}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if counter is None:
            raise Transient("database: the counter was not returned")
        last = counter["last"]
        self._spare[key].extend(range(last - ahead + 1, last + 1))
        return list(range(last - ahead - count + 1, last - ahead + 1))
