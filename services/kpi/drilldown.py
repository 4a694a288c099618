"""From a figure to its cases: the buckets that it sums up, and the facts that are counted there."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from pymongo.asynchronous.cursor import AsyncCursor

from services.kpi.books import Books
from services.kpi.views import Cut, Period
from shared.store.group import Document

MAX_DAYS: Final = 400
MAX_KEYS: Final = 256
"""How many buckets one question leads to the cases of."""
Measures = tuple[Sequence[str], Sequence[str]]
"""Of which a case must have an amount, and of which it must have less."""


class Cases:
    """The cases behind figures."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def of(
        self,
        family: str,
        measures: Measures,
        period: Period,
        cut: Cut,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[tuple[str, Document]]:
        """The first cases that have more of the first measures than of the second, by day.

        Each comes with the key of its bucket: one that is counted in several comes several times.
        """
        present, _ = measures
        where = {**cut.where(family), "period": period.between, **_any_of("counts", present)}
        if after is not None:
            where["_id"] = {"$gte": after[0]}
        keys = self._books.buckets.find(where, {"_id": 1}).sort("_id", 1)
        found: list[tuple[str, Document]] = []
        async for some in _growing(keys):
            steps = _steps(some, measures, after, limit - len(found))
            cursor = await self._books.facts.aggregate(steps)
            found += [(document["place"]["b"], document) async for document in cursor]
            if len(found) == limit:
                break
        return found


async def _growing(keys: AsyncCursor[Document]) -> AsyncIterator[list[str]]:
    """Few keys at first, where cases are mostly found, then more where they are rare."""
    some: list[str] = []
    size = 1
    async for entry in keys:
        some.append(entry["_id"])
        if len(some) == size:
            yield some
            size, some = min(2 * size, MAX_KEYS), []
    if some:
        yield some


def _steps(
    keys: Sequence[str],
    measures: Measures,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Document]:
    """What leads from buckets to their cases, each once for every bucket, by bucket and id."""
    more, less = (_total(f"$$one.m.{name}" for name in names) for names in measures)
    own = {"$and": [{"$in": ["$$one.b", keys]}, {"$gt": [more, less]}]}
    beyond: Document = {}
    if after is not None:
        key, passed = after
        beyond = {"$or": [{"place.b": {"$gt": key}}, {"place.b": key, "_id": {"$gt": passed}}]}
    return [
        {"$match": {"counted": {"$elemMatch": {"b": {"$in": keys}, **_any_of("m", measures[0])}}}},
        {"$set": {"place": {"$filter": {"input": "$counted", "as": "one", "cond": own}}}},
        {"$unwind": "$place"},
        {"$match": beyond},
        {"$sort": {"place.b": 1, "_id": 1}},
        {"$limit": limit},
    ]


def _total(amounts: Iterable[str]) -> Document:
    return {"$add": [0, *({"$ifNull": [amount, 0]} for amount in amounts)]}


def _any_of(path: str, names: Sequence[str]) -> Document:
    """What finds documents with an amount of one of these measures."""
    return {"$or": [{f"{path}.{name}": {"$gt": 0}} for name in names]}
