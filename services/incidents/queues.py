"""How incidents are found: by the time they have left, and by their words."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bson import MaxKey, MinKey
from pymongo.asynchronous.cursor import AsyncCursor

from services.incidents.cases import BY_WORDS
from services.incidents.domain import Incident
from services.incidents.rows import FOUND, SHOWN, Placed, Rows
from shared.store import Cases, behind
from shared.store.group import Document, transient_when_away

ENOUGH: Final = 5_000
"""A word that so many have is no better a start than any other."""
REMEMBERED: Final = 600.0
"""How often a word occurs hardly changes, and only chooses where to begin."""
MOST_WORDS: Final = 10_000
Position = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters on the state, words that must all be there, and the last incident seen."""

    where: Mapping[str, Any]
    words: Sequence[str] = ()
    after: Position | None = None
    limit: int = 50


class Queues:
    """Where incidents are looked for."""

    def __init__(self, incidents: Cases[Incident]) -> None:
        self._incidents = incidents
        self._rows = Rows(incidents)
        self._numbers: dict[tuple[str, str], tuple[int, float]] = {}

    async def find(self, tenant: str, wanted: Wanted) -> list[Placed]:
        """Incidents by their tightest running promise; those where none runs come last.

        Raises:
            Transient: the database did not answer.
        """
        with transient_when_away():
            if wanted.words:
                numbers = await self._numbers_of(tenant, wanted.words)
                rarest = wanted.words[numbers.index(min(numbers))]
                cursor = _by_words(self._incidents, tenant, wanted, rarest)
                return await self._rows.of(tenant, await cursor.limit(wanted.limit).to_list())
            cursor = _by_time(self._incidents, tenant, wanted)
            return await self._rows.read(tenant, await cursor.limit(wanted.limit).to_list())

    async def _numbers_of(self, tenant: str, words: Sequence[str]) -> list[int]:
        if len(words) == 1:
            return [0]
        return await asyncio.gather(*(self._number(tenant, word) for word in words))

    async def _number(self, tenant: str, word: str) -> int:
        number, until = self._numbers.get((tenant, word), (0, 0.0))
        if time.monotonic() < until:
            return number
        number = await self._count({"tenant": tenant, "state.words": word})
        if len(self._numbers) >= MOST_WORDS:
            self._numbers.clear()
        self._numbers[tenant, word] = number, time.monotonic() + REMEMBERED
        return number

    async def _count(self, where: Mapping[str, Any]) -> int:
        """Up to `ENOUGH`, by the index alone: half of what counting by a pipeline takes."""
        collection = self._incidents.collection
        command = {"count": collection.name, "query": where, "limit": ENOUGH}
        number: int = (await collection.database.command(command))["n"]
        return number


def _by_time(incidents: Cases[Incident], tenant: str, wanted: Wanted) -> AsyncCursor[Document]:
    where: Mapping[str, Any] = {**wanted.where, "tenant": tenant}
    if wanted.after is not None:
        # the bound leads the index to the page, the pair tells those of one instant apart
        ahead = {"state.due_at": {"$gte": wanted.after[0]}}
        where = {"$and": [where, ahead, behind("state.due_at", wanted.after)]}
    cursor = incidents.collection.find(where, FOUND)
    return cursor.sort([("state.due_at", 1), ("_id", 1)])


def _by_words(
    incidents: Cases[Incident], tenant: str, wanted: Wanted, rarest: str
) -> AsyncCursor[Document]:
    """By the index of words, entered at the rarest: its order is that of the queue already."""
    parts: list[Mapping[str, Any]] = [wanted.where, {"state.words": {"$all": list(wanted.words)}}]
    first: tuple[Any, Any] = (MinKey(), MinKey())
    if wanted.after is not None:
        parts.append(behind("state.due_at", wanted.after))
        first = wanted.after
    cursor = incidents.collection.find({"$and": parts}, SHOWN)
    until = (tenant, rarest, MaxKey(), MaxKey())
    # a bound that the planner chose itself might be at a frequent word
    cursor.hint([(name, 1) for name in ("tenant", *BY_WORDS)])
    return cursor.min(_bound((tenant, rarest, *first))).max(_bound(until))


def _bound(values: tuple[Any, ...]) -> list[tuple[str, Any]]:
    return list(zip(("tenant", *BY_WORDS), values, strict=True))
