"""The figures in MongoDB, changed by one transaction a batch.

facts     one a source case: what indicators need of it, the last event of each of its streams, and
          what it has added to which buckets
buckets   amounts by tenant, family, day (and month, whole or cut) and dimensions: all that queries
          read
cursors   only of streams with a gap or a buried event: what waits, what was passed over
marks     how far a rebuild has come
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from pymongo import DeleteOne, InsertOne, ReadPreference, ReplaceOne, UpdateOne, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern

from services.kpi.families import Counts, Key
from services.kpi.kinds import Kind
from services.kpi.ledger import Ledger, Record, streams_of
from shared.bus.order import from_document, to_document
from shared.decider import Transient
from shared.store.document import CODEC
from shared.store.group import AWAY, DUPLICATE_KEY, Document, as_transient

T = TypeVar("T")
SNAPSHOT: Final = ReadConcern("snapshot")
MAJORITY: Final = WriteConcern("majority", j=True)
MAX_RACES: Final = 8
RETRYABLE: Final = ("TransientTransactionError", "UnknownTransactionCommitResult")


class Books:
    """Facts, buckets and cursors of the kpi service."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._client = database.client
        self.facts = database.get_collection("facts", codec_options=CODEC)
        self.buckets = database.get_collection("buckets", codec_options=CODEC)
        self.marks = database.get_collection("marks", codec_options=CODEC)
        self.periods = database.get_collection("periods", codec_options=CODEC)
        self.cursors = database.get_collection("cursors", codec_options=CODEC)

    async def prepare(self) -> None:
        """Indexes, and the collections that a transaction must find."""
        await self.facts.create_index([("counted.b", 1), ("_id", 1)])
        await self.buckets.create_index([("tenant", 1), ("family", 1), ("period", 1)])
        await self.buckets.create_index(
            [("tenant", 1), ("period", 1)], partialFilterExpression={"whole": True}
        )

    async def transact(self, work: Callable[[AsyncClientSession], Awaitable[T]]) -> T:
        """Do `work` as one transaction; it may be called again after a lost race.

        Raises:
            Transient: the database did not answer, or the races were lost too often.
        """
        for _ in range(MAX_RACES):
            try:
                async with self._client.start_session() as session:
                    return await session.with_transaction(
                        work,
                        read_concern=SNAPSHOT,
                        write_concern=MAJORITY,
                        read_preference=ReadPreference.PRIMARY,
                    )
            except AWAY as error:
                raise as_transient(error) from error
            except BulkWriteError as error:
                if not _lost_insert(error):
                    raise
            except PyMongoError as error:
                if any(error.has_error_label(label) for label in RETRYABLE):
                    raise as_transient(error) from error
                raise
        raise Transient("figures: races lost")

    def snapshot(self) -> AsyncClientSession:
        """A session whose reads all see the same moment, committed by a majority."""
        return self._client.start_session(snapshot=True)

    async def load(self, ids: Iterable[str], session: AsyncClientSession) -> dict[str, Record]:
        """The records of these facts that exist, with their irregular cursors."""
        found = self.facts.find({"_id": {"$in": list(ids)}}, session=session)
        records = {document["_id"]: Record.of(document) async for document in found}
        streams = streams_of(records.values())
        if streams:
            cursors = self.cursors.find({"_id": {"$in": list(streams)}}, session=session)
            async for document in cursors:
                record, service = streams[document["_id"]]
                record.cursors[service] = from_document(document)
        return records

    async def save(self, ledger: Ledger, session: AsyncClientSession) -> None:
        """Write what the batch has changed."""
        records, counts = ledger.settle()
        await self.write(records, counts, session)

    async def write(
        self, records: Sequence[Record], counts: Counts, session: AsyncClientSession
    ) -> None:
        if records:
            await self.facts.bulk_write(
                [_fact_write(record) for record in records], ordered=False, session=session
            )
        if cursors := [write for record in records for write in _cursor_writes(record)]:
            await self.cursors.bulk_write(cursors, ordered=False, session=session)
        await self.add(counts, session)

    async def add(self, counts: Counts, session: AsyncClientSession) -> None:
        """Add amounts to buckets, those first that are contended least."""
        if counts:
            writes = [bucket_write(key, counts[key]) for key in sorted(counts)]
            await self.buckets.bulk_write(writes, ordered=False, session=session)


def of_kind(kind: Kind) -> Document:
    """What finds the facts of one kind."""
    return {"_id": {"$gt": f"{kind.name}:", "$lt": f"{kind.name};"}}


def _fact_write(record: Record) -> InsertOne[Document] | ReplaceOne[Document] | UpdateOne:
    if not record.stored:
        return InsertOne(record.to_document())
    if record.recount:
        return ReplaceOne({"_id": record.id}, record.to_document())
    # only the places that its streams have reached
    change: Document = {"$set": {"reached": record.reached}}
    if record.irregular:
        change["$set"]["irregular"] = sorted(record.irregular)
    else:
        change["$unset"] = {"irregular": ""}
    return UpdateOne({"_id": record.id}, change)


def _cursor_writes(record: Record) -> Iterable[ReplaceOne[Document] | DeleteOne]:
    for cursor in record.cursors.values():
        if cursor.early or cursor.passed_over:
            yield ReplaceOne({"_id": cursor.stream}, to_document(cursor), upsert=True)
        elif cursor.stored:
            yield DeleteOne({"_id": cursor.stream})


def bucket_write(text: str, amounts: dict[str, int]) -> UpdateOne:
    """Add to one bucket, which may not exist yet."""
    key = Key.parse(text)
    about: dict[str, Any] = {"tenant": key.tenant, "family": key.family, "period": key.period}
    if key.is_whole:
        about["whole"] = True
    return UpdateOne(
        {"_id": text},
        {
            "$inc": {f"counts.{measure}": amount for measure, amount in amounts.items()},
            "$setOnInsert": {**about, "by": key.dimensions},
        },
        upsert=True,
    )


def _lost_insert(error: BulkWriteError) -> bool:
    """Whether another consumer has created the same document just now."""
    errors = (error.details or {}).get("writeErrors", [])
    return any(found["code"] == DUPLICATE_KEY for found in errors)
