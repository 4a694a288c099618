"""Order within a case, whatever the broker does: the place reached in each stream of events.

A repeated event is dropped, a late one's followers wait for it here, and one that could not be
handled is passed over and remembered, so that its replay is still accepted.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from shared.ids import new_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, GroupReader, GroupWriter

MAX_EARLY = 256


class Place(StrEnum):
    """Where an event stands against what was handled before."""

    NEXT = "next"
    REPEATED = "repeated"
    EARLY = "early"


@dataclass(slots=True)
class Cursor:
    """The place reached in one stream."""

    stream: str
    reached: int = 0
    early: dict[int, bytes] = field(default_factory=dict)
    passed_over: set[int] = field(default_factory=set)
    stored: int = 0

    def place(self, sequence: int, *, replay: bool = False) -> Place:
        if replay and sequence in self.passed_over:
            return Place.NEXT
        if sequence <= self.reached:
            return Place.REPEATED
        return Place.NEXT if sequence == self.reached + 1 else Place.EARLY

    def advance(self, sequence: int, *, handled: bool) -> None:
        if sequence == self.reached + 1:
            self.reached = sequence
        if handled:
            self.passed_over.discard(sequence)
        else:
            self.passed_over.add(sequence)

    def park(self, sequence: int, body: bytes) -> bool:
        """Keep an early event; False when too many wait already."""
        if len(self.early) >= MAX_EARLY:
            return False
        self.early[sequence] = body
        return True

    def next_parked(self) -> bytes | None:
        """The event that waited for the one just handled."""
        return self.early.pop(self.reached + 1, None)


class Cursors:
    """Cursors in the consumer's own database, saved with a guard so that two consumers agree."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection: Collection = database.get_collection("cursors", codec_options=CODEC)
        self._reader = GroupReader(self.collection)
        self._writer = GroupWriter(self.collection)

    async def load(self, stream: str) -> Cursor:
        document = await self._reader.get(stream)
        return Cursor(stream) if document is None else from_document(document)

    async def save(self, cursor: Cursor) -> bool:
        """False when another consumer was faster: load again and look anew."""
        document = to_document(cursor)
        if cursor.stored == 0:
            saved = await self._writer.insert(document)
        else:
            del document["_id"]
            guard = {"_id": cursor.stream, "stored": cursor.stored}
            saved = await self._writer.update(guard, {"$set": document})
        if saved:
            cursor.stored += 1
        return saved

    async def waiting(self) -> int:
        """How many streams have a gap."""
        return await self.collection.count_documents({"gap": True})

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("gap", partialFilterExpression={"gap": True})


def to_document(cursor: Cursor) -> Document:
    return {
        "_id": cursor.stream,
        "reached": cursor.reached,
        "early": {str(sequence): body for sequence, body in cursor.early.items()},
        "passed_over": sorted(cursor.passed_over),
        "gap": bool(cursor.early),
        "stored": cursor.stored + 1,
        "commit": new_id(),
    }


def from_document(document: dict[str, Any]) -> Cursor:
    return Cursor(
        stream=document["_id"],
        reached=document["reached"],
        early={int(sequence): body for sequence, body in document["early"].items()},
        passed_over=set(document["passed_over"]),
        stored=document["stored"],
    )
