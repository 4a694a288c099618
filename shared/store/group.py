"""Group commit and coalesced reads: what waits at the same moment travels together.

Each caller still gets its own answer. While one round trip is under way the next batch gathers, so
a lone caller pays one round trip and a crowd shares it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    PyMongoError,
    WriteConcernError,
)

from shared.decider import Transient

Document = dict[str, Any]
Collection = AsyncCollection[Document]
Q = TypeVar("Q")
A = TypeVar("A")

# Worth another try; any other database error is the fault of what was asked. (A bulk write tells
# of its write concern within its own error.)
AWAY = (ConnectionFailure, ExecutionTimeout, WriteConcernError)
MAX_BATCH = 500
DUPLICATE_KEY = 11000


class Coalescer(Generic[Q, A]):
    """Gathers questions and has them answered in batches by `answer`, one batch at a time.

    When the database is away, each caller of the batch gets `Transient`. Any other failure may be
    the fault of one question: each is then asked alone, so that only the culprit's caller fails.
    """

    def __init__(
        self, answer: Callable[[list[Q]], Awaitable[list[A]]], max_batch: int = MAX_BATCH
    ) -> None:
        self._answer = answer
        self._max_batch = max_batch
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = (
                    self._waiting[: self._max_batch],
                    self._waiting[self._max_batch :],
                )
                await self._one_batch(batch)
        finally:
            self._runner = None

    async def _one_batch(self, batch: list[tuple[Q, asyncio.Future[A]]]) -> None:
        try:
            answers = await self._answer([question for question, _ in batch])
        except AWAY as error:
            _fail(batch, as_transient(error))
        except PyMongoError as error:
            if len(batch) == 1:
                _fail(batch, error)
            for one in batch if len(batch) > 1 else ():
                await self._one_batch([one])
        except BaseException as error:
            # A bug or a cancellation must reach every caller; none may be left waiting for ever.
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


@contextmanager
def transient_when_away() -> Iterator[None]:
    """Around a direct read: a database that is away is `Transient`, other errors pass."""
    try:
        yield
    except AWAY as error:
        raise as_transient(error) from error


def as_transient(error: PyMongoError) -> Transient:
    failure = Transient(f"database: {type(error).__name__}")
    failure.__cause__ = error
    return failure


def _fail(batch: list[tuple[Q, asyncio.Future[A]]], error: BaseException) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)


class GroupWriter:
    """Inserts and guarded updates of one collection, committed in bulk.

    Every update must set `commit` to a value of its own: a bulk write reports totals only, and when
    fewer matched than were sent, the documents are asked which commits won.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._writes: Coalescer[InsertOne[Document] | UpdateOne, bool] = Coalescer(self._commit)

    async def insert(self, document: Document) -> bool:
        """True when inserted, False when the id (or another unique key) is taken."""
        return await self._writes.ask(InsertOne(document))

    async def update(self, guard: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
        """True when the guard held and the change is committed."""
        return await self._writes.ask(UpdateOne(guard, change))

    async def _commit(self, writes: list[InsertOne[Document] | UpdateOne]) -> list[bool]:
        taken: set[int] = set()
        try:
            result = await self._collection.bulk_write(writes, ordered=False)
            matched = result.matched_count
        except BulkWriteError as error:
            details = error.details or {}
            others = [e for e in details["writeErrors"] if e["code"] != DUPLICATE_KEY]
            if others:
                raise
            if details.get("writeConcernErrors"):
                # written, and not known to stay: a repetition will find out
                raise as_transient(error) from error
            taken = {e["index"] for e in details["writeErrors"]}
            matched = details["nMatched"]
        outcome = [index not in taken for index in range(len(writes))]
        updates = [i for i, write in enumerate(writes) if isinstance(write, UpdateOne)]
        if matched < len([i for i in updates if i not in taken]):
            await self._ask_which_won(writes, updates, outcome)
        return outcome

    async def _ask_which_won(
        self, writes: list[Any], updates: list[int], outcome: list[bool]
    ) -> None:
        ids = [writes[i]._filter["_id"] for i in updates]  # noqa: SLF001 - the operation is ours
        found = self._collection.find({"_id": {"$in": ids}}, {"commit": 1})
        won = {(d["_id"], d.get("commit")) async for d in found}
        for i in updates:
            commit = writes[i]._doc["$set"]["commit"]  # noqa: SLF001 - the operation is ours
            outcome[i] = outcome[i] and (writes[i]._filter["_id"], commit) in won  # noqa: SLF001


class GroupReader:
    """Reads by id, coalesced into one query for all that ask at the same moment."""

    def __init__(self, collection: Collection, projection: Mapping[str, Any] | None = None) -> None:
        self._collection = collection
        self._projection = projection
        self._reads: Coalescer[str, Document | None] = Coalescer(self._find)

    async def get(self, document_id: str) -> Document | None:
        return await self._reads.ask(document_id)

    async def _find(self, ids: list[str]) -> list[Document | None]:
        cursor = self._collection.find({"_id": {"$in": list(set(ids))}}, self._projection)
        found = {document["_id"]: document async for document in cursor}
        return [found.get(one) for one in ids]
