"""Codes for people: counted per tenant, series and year, never given twice.

A number that was handed out and not used (a refused request, a crash) stays unused: codes are
unique and ascending, not gapless.
"""

from pymongo import ReturnDocument

from shared.decider import Transient
from shared.store.group import Coalescer, Collection, Document


class Codes:
    """Hands out numbers; callers that wait together share one increment."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._series: dict[str, Coalescer[None, int]] = {}

    async def next(self, tenant: str, series: str, year: int) -> str:
        """The next code, such as `SOL-2026-000123`."""
        key = f"{tenant}:{series}:{year}"
        if key not in self._series:
            self._series[key] = Coalescer(lambda asked: self._take(key, len(asked)))
        number = await self._series[key].ask(None)
        return f"{series}-{year}-{number:06d}"

    async def _take(self, key: str, count: int) -> list[int]:
        counter: Document | None = await self._collection.find_one_and_update(
            {"_id": key},
            {"$inc": {"last": count}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if counter is None:
            raise Transient("database: the counter was not returned")
        return list(range(counter["last"] - count + 1, counter["last"] + 1))
