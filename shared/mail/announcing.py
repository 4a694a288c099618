"""The ladder's messages: what was announced within some minutes, as one letter a role.

The announcements themselves are events of the cases, each told once. Here they are gathered: a
window is claimed by one of several processes, its letters are written, and only then it counts as
done, so that a crash between repeats the writing and the letter's own id makes it one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.decider import Transient, Unknown
from shared.ids import derived_id
from shared.service import Workshop
from shared.store import Kind
from shared.store.group import Document, transient_when_away
from shared.waiting import pause

from .letters import Letter, Letters
from .policy import mail_of

log = structlog.get_logger()
LOOK_EVERY: Final = 1.0
SETTLING: Final = timedelta(seconds=30)
"""What was decided in a window may be saved later: a write waits for the one before it, then for
its own answer, up to 8 s each; one that comes when its window was told is in no letter."""
EPOCH_SECONDS: Final = 60


class Now(StrEnum):
    """How a promise stands that was warned of some minutes ago; not all are running still."""

    RUNNING = "running"
    WAITING = "waiting"
    SETTLED = "settled"


@dataclass(frozen=True)
class Announced:
    """Cases of a kind, and the events in which their ladder announces; `told_at` is in their state.

    A letter's line is filled with `facts`, by where a case's document has them, and with `words`,
    by how the catalogue calls them; their names may have what the event says in braces. `standing`
    tells of what the document has at `promises` how that which the event names stands by now.
    """

    kind: Kind[Any]
    types: tuple[str, ...]
    facts: Mapping[str, str]
    words: Mapping[str, str]
    promises: str
    standing: Callable[[Any, Mapping[str, Any]], Now]


@dataclass(frozen=True)
class Ladder:
    """What a service announces together: `name` is in its letters' ids, `template` their words.

    `minutes` is how much of it is one letter by a policy; None where nobody is written to.
    """

    name: str
    template: str
    announced: tuple[Announced, ...]
    minutes: Callable[[Any], int | None]


@dataclass(frozen=True, slots=True)
class Window:
    """From an instant up to another, without it."""

    since: datetime
    until: datetime


def window_end(now: datetime, minutes: int) -> datetime:
    """The end of the last window that is over and settled."""
    length = minutes * EPOCH_SECONDS
    seconds = int((now - SETTLING).timestamp()) // length * length
    return datetime.fromtimestamp(seconds, tz=now.tzinfo)


class Announcer:
    """Writes the letters of each window of each account that has mail."""

    def __init__(self, workshop: Workshop, letters: Letters, ladder: Ladder) -> None:
        self._workshop = workshop
        self._letters = letters
        self._ladder = ladder
        self._marks = workshop.database["digests"]
        self._done: dict[str, datetime] = {}

    async def watch(self) -> None:
        """Look for windows that are over until cancelled."""
        while True:
            try:
                await self.announce()
            except (Transient, PyMongoError) as error:
                log.warning("digests_interrupted", reason=str(error)[:200])
            await pause(LOOK_EVERY)

    async def announce(self) -> None:
        """Write what is to be told of windows that are over."""
        for key, tenant in self._workshop.tenants.items():
            minutes = self._minutes(key)
            if minutes is None or mail_of(tenant) is None:
                continue
            until = window_end(self._workshop.now(), minutes)
            if self._done.get(key) == until:
                continue
            with transient_when_away():
                await self._tell(key, until, timedelta(minutes=minutes))
            self._done[key] = until

    def _minutes(self, tenant: str) -> int | None:
        try:
            return self._ladder.minutes(self._workshop.policy(tenant))
        except Unknown:
            return None

    async def _tell(self, tenant: str, until: datetime, length: timedelta) -> None:
        mark = await self._mark(tenant, until - length)
        # a window that somebody claimed and did not finish comes first
        while mark.get("pending") or mark["upto"] < until:
            if not mark.get("pending"):
                mark = await self._claim(tenant, mark["upto"], until)
                continue
            pending = mark["pending"]
            window = Window(pending["since"], pending["until"])
            for role in await self._roles(tenant, window):
                await self._letters.write(_letter(self._ladder, tenant, role, window))
            settled = {"_id": tenant, "pending.until": window.until}
            await self._marks.update_one(settled, {"$unset": {"pending": ""}})
            mark = await self._mark(tenant, window.until)

    async def _mark(self, tenant: str, first: datetime) -> Document:
        try:
            found = await self._marks.find_one_and_update(
                {"_id": tenant},
                {"$setOnInsert": {"upto": first}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError as error:
            msg = "another process made the mark"
            raise Transient(msg) from error
        if found is None:
            msg = "database: the mark was not returned"
            raise Transient(msg)
        return found

    async def _claim(self, tenant: str, since: datetime, until: datetime) -> Document:
        free = {"_id": tenant, "upto": since, "pending": {"$exists": False}}
        claim = {"upto": until, "pending": {"since": since, "until": until}}
        await self._marks.update_one(free, {"$set": claim})
        return await self._mark(tenant, until)

    async def _roles(self, tenant: str, window: Window) -> list[str]:
        found: set[str] = set()
        for announced in self._ladder.announced:
            pipeline = [
                *said_within(announced, tenant, window),
                {"$unwind": "$said.data.notify"},
                {"$group": {"_id": "$said.data.notify"}},
            ]
            cases = self._workshop.of(announced.kind).collection
            found |= {role["_id"] async for role in await cases.aggregate(pipeline)}
        return sorted(found)


def _letter(ladder: Ladder, tenant: str, role: str, window: Window) -> Letter:
    facts = {"since": window.since.isoformat(), "until": window.until.isoformat()}
    letter_id = derived_id(ladder.name, tenant, role, facts["until"])
    return Letter(letter_id, tenant, role, ladder.template, facts)


def said_within(
    announced: Announced, tenant: str, window: Window, role: str | None = None
) -> list[Mapping[str, Any]]:
    """The announcements of a window, each with what is to be told of its case."""
    within = [
        {"$in": ["$$said.type", list(announced.types)]},
        {"$gte": ["$$said.at", window.since]},
        {"$lt": ["$$said.at", window.until]},
    ]
    if role is not None:
        within.append({"$in": [role, "$$said.data.notify"]})
    said = {"$filter": {"input": "$history", "as": "said", "cond": {"$and": within}}}
    facts = {name: f"${place}" for name, place in announced.facts.items()}
    return [
        {"$match": {"tenant": tenant, "state.told_at": {"$gte": window.since}}},
        {"$project": {"facts": facts, "promises": f"${announced.promises}", "said": said}},
        {"$unwind": "$said"},
    ]
