"""The histories the figures come from, read in the services' own databases, one case after another.

Only the commands `kpi verify` and `kpi rebuild` read them, with the addresses they are given: the
running service knows nothing but events.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from pymongo import AsyncMongoClient
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase

from services.kpi.kinds import KINDS, Kind
from shared.settings import Settings
from shared.store.document import CODEC
from shared.store.group import Collection, Document
from shared.store.history import Entry

Histories = Mapping[str, Sequence[Entry]]
"""The entries of one fact's cases, by service."""


class Archive:
    """The cases of every source; those of one kind are sorted by the id that they share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._collections: dict[str, Collection] = {}

    async def __aenter__(self) -> Self:
        sources = [source for kind in KINDS.values() for source in kind.sources]
        databases: dict[str, AsyncDatabase[Document]] = {}
        for source in sources:
            if source.service not in databases:
                databases[source.service] = self._open(source.service)
            self._collections[source.stream] = databases[source.service][source.collection]
        return self

    def _open(self, service: str) -> AsyncDatabase[Document]:
        own = self._settings.for_service(service)
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            own.mongo_url.get_secret_value(),
            tz_aware=True,
            readConcernLevel="majority",
            serverSelectionTimeoutMS=5_000,
        )
        self._stack.push_async_callback(client.close)
        return client.get_database(own.database, codec_options=CODEC)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def total(self) -> int:
        """About how many cases there are, for a progress bar."""
        total = 0
        for kind in KINDS.values():
            own = [self._collections[source.stream] for source in kind.sources]
            total += max([await one.estimated_document_count() for one in own])
        return total

    async def walk(
        self, kind: Kind, tenant: str | None, after: str = "", *, whole: bool = True
    ) -> AsyncIterator[tuple[str, str, Histories]]:
        """Id, tenant and histories of every case after an id; `whole=False` leaves them empty."""
        fields = ("_id", "tenant", "history") if whole else ("_id", "tenant")
        where: Document = {"_id": {"$gt": after}}
        if tenant is not None:
            where["tenant"] = tenant
        cursors = {
            source.service: self._collections[source.stream]
            .find(where, dict.fromkeys(fields, 1))
            .sort("_id", 1)
            .batch_size(200)
            for source in kind.sources
        }
        async for case_id, documents in merged(cursors):
            owner = next(iter(documents.values()))["tenant"]
            yield case_id, owner, {name: d.get("history", ()) for name, d in documents.items()}

    async def of(self, kind: Kind, ids: Sequence[str]) -> dict[str, tuple[str, Histories]]:
        """Tenant and histories of these cases, as they are now."""
        found: dict[str, tuple[str, dict[str, Sequence[Entry]]]] = {}
        for source in kind.sources:
            collection = self._collections[source.stream]
            query = collection.find({"_id": {"$in": list(ids)}}, {"tenant": 1, "history": 1})
            async for document in query:
                _, own = found.setdefault(document["_id"], (document["tenant"], {}))
                own[source.service] = document["history"]
        return dict(found)


async def merged(
    cursors: Mapping[str, AsyncCursor[Document]],
) -> AsyncIterator[tuple[str, dict[str, Document]]]:
    """Documents of several cursors, each sorted by id, that have the same id."""
    heads: dict[str, Document | None] = {
        name: await anext(cursor, None) for name, cursor in cursors.items()
    }
    while ids := [head["_id"] for head in heads.values() if head is not None]:
        least: Any = min(ids)
        together = {
            name: head for name, head in heads.items() if head is not None and head["_id"] == least
        }
        yield least, together
        for name in together:
            heads[name] = await anext(cursors[name], None)
