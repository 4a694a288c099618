"""The letters of a service, beside its cases: waiting, under way, sent, given up."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from shared.decider import Rejected, Unknown
from shared.store.group import Document, transient_when_away

LOG_LENGTH: Final = 50
ASKED: Final = "asked"
Fact = str | int | float | bool | None


class LetterStatus(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Letter:
    """Who is to be told what.

    `id` follows from the occasion; `addressee` and `facts` name things that the composer knows,
    never an address or anything else about a person.
    """

    id: str
    tenant: str
    addressee: str
    template: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Try:
    """One line of the log; `outcome` is `sent`, `later` or `failed`, `reason` a stable code.

    Where somebody asked for it once more, `outcome` is `asked` and `reason` says who.
    """

    number: int
    at: datetime
    outcome: str
    reason: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter and how it stands.

    `since` is when it was last asked for, `first` the number of the first try since then, `tries`
    how many of them counted.
    """

    letter: Letter
    status: LetterStatus
    written_at: datetime
    since: datetime
    next_at: datetime | None
    number: int
    first: int
    tries: int
    log: tuple[Try, ...]


class Letters:
    """The queue and the log, in the service's own database."""

    def __init__(self, database: AsyncDatabase[Document], now: Callable[[], datetime]) -> None:
        self._collection = database["letters"]
        self._now = now

    async def ensure_indexes(self) -> None:
        """Make what looking for due letters and paging through the log need."""
        with transient_when_away():
            # sparse: what has ended has no `next_at`
            await self._collection.create_index([("next_at", ASCENDING)], name="due", sparse=True)
            log = [("tenant", ASCENDING), ("written_at", DESCENDING), ("_id", DESCENDING)]
            await self._collection.create_index(log, name="log")

    async def write(self, letter: Letter) -> None:
        """Keep a letter to be sent now; one of the same id is there already and stays."""
        now = self._now()
        values = {
            "tenant": letter.tenant,
            "addressee": letter.addressee,
            "template": letter.template,
            "facts": dict(letter.facts),
            "status": LetterStatus.WAITING.value,
            "written_at": now,
            "since": now,
            "next_at": now,
            "number": 0,
            "first": 1,
            "tries": 0,
            "log": [],
        }
        with transient_when_away():
            await self._collection.update_one(
                {"_id": letter.id}, {"$setOnInsert": values}, upsert=True
            )

    async def due(self, limit: int) -> list[str]:
        """Ids of what is to be sent now, the longest waiting first."""
        wanted = {"next_at": {"$lte": self._now()}}
        with transient_when_away():
            cursor = self._collection.find(wanted, {"_id": 1}).sort("next_at", 1).limit(limit)
            return [found["_id"] for found in await cursor.to_list()]

    async def take(self, letter_id: str, lease: Callable[[str], timedelta]) -> Kept | None:
        """Make a due letter the caller's for `lease(tenant)`; None when another was quicker."""
        now = self._now()
        with transient_when_away():
            found = await self._collection.find_one({"_id": letter_id})
            if found is None or found.get("next_at") is None or found["next_at"] > now:
                return None
            changes = {
                "$set": {
                    "status": LetterStatus.SENDING.value,
                    "next_at": now + lease(found["tenant"]),
                },
                "$inc": {"number": 1},
            }
            mine = {"_id": letter_id, "number": found["number"], "next_at": found["next_at"]}
            taken = await self._collection.find_one_and_update(
                mine, changes, return_document=ReturnDocument.AFTER
            )
        return None if taken is None else _kept(taken)

    async def conclude(
        self, kept: Kept, ended: Try, next_at: datetime | None, *, counts: bool = True
    ) -> None:
        """Write down how a try ended; without `next_at` it was the last. A try counts or not."""
        if next_at is not None:
            status = LetterStatus.WAITING
        else:
            status = LetterStatus.SENT if ended.outcome == "sent" else LetterStatus.FAILED
        changes: dict[str, Any] = {
            "$set": {"status": status.value},
            "$inc": {"tries": int(counts)},
            "$push": _logged(ended),
        }
        if next_at is None:
            changes["$unset"] = {"next_at": ""}
        else:
            changes["$set"]["next_at"] = next_at
        mine = {"_id": kept.letter.id, "number": kept.number}
        with transient_when_away():
            await self._collection.update_one(mine, changes)

    async def find(self, tenant: str, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """The tenant's letters, newest first, behind the last one seen."""
        where: dict[str, Any] = {"tenant": tenant}
        if after is not None:
            at, last = after
            where["$or"] = [
                {"written_at": {"$lt": at}},
                {"written_at": at, "_id": {"$lt": last}},
            ]
        with transient_when_away():
            cursor = self._collection.find(where).sort([("written_at", -1), ("_id", -1)])
            return [_kept(found) for found in await cursor.limit(limit).to_list()]

    async def get(self, tenant: str, letter_id: str) -> Kept:
        """One letter; `Unknown` when this tenant has none of that id."""
        with transient_when_away():
            found = await self._collection.find_one({"_id": letter_id, "tenant": tenant})
        if found is None:
            raise Unknown("letter.unknown", id=letter_id)
        return _kept(found)

    async def send_again(self, tenant: str, letter_id: str, by: str) -> Kept:
        """Start anew with a letter that was sent or given up; the log says that `by` asked for it.

        Raises:
            Unknown: this tenant has none of that id.
            Rejected: it is still waiting or under way.
        """
        kept, now = await self.get(tenant, letter_id), self._now()
        mine = {"_id": letter_id, "number": kept.number, "next_at": None, "since": kept.since}
        changes = {
            "$set": {
                "status": LetterStatus.WAITING.value,
                "next_at": now,
                "since": now,
                "first": kept.number + 1,
                "tries": 0,
            },
            "$push": _logged(Try(kept.number, now, ASKED, by, 0)),
        }
        with transient_when_away():
            found = await self._collection.find_one_and_update(
                mine, changes, return_document=ReturnDocument.AFTER
            )
        if found is None:
            raise Rejected("letter.under_way", status=kept.status)
        return _kept(found)


def _logged(line: Try) -> Document:
    return {"log": {"$each": [asdict(line)], "$slice": -LOG_LENGTH}}


def _kept(found: Document) -> Kept:
    return Kept(
        letter=Letter(
            found["_id"], found["tenant"], found["addressee"], found["template"], found["facts"]
        ),
        status=LetterStatus(found["status"]),
        written_at=found["written_at"],
        since=found["since"],
        next_at=found.get("next_at"),
        number=found["number"],
        first=found.get("first", 1),
        tries=found["tries"],
        log=tuple(Try(**line) for line in found["log"]),
    )
