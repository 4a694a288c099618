"""The ladder's messages: what was announced within some minutes, as one letter a role.

The announcements themselves are events of the incidents, each told once. Here they are gathered:
a window is claimed by one of several processes, its letters are written, and only then it counts
as done, so that a crash between repeats the writing and the letter's own id makes it one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.incidents.cases import INCIDENT
from services.incidents.policy import IncidentPolicy
from shared.contracts.incidents import IncidentBreached, IncidentWarned
from shared.decider import Transient, Unknown
from shared.ids import derived_id
from shared.mail import Letter, Letters, mail_of
from shared.service import Workshop
from shared.store.group import Document, transient_when_away
from shared.waiting import pause

log = structlog.get_logger()
TEMPLATE: Final = "incident_digest"
LOOK_EVERY: Final = 1.0
SETTLING: Final = timedelta(seconds=10)
"""What was decided in a window may be saved a little later."""
ANNOUNCEMENTS: Final = (IncidentWarned.event_type, IncidentBreached.event_type)
EPOCH_SECONDS: Final = 60


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

    def __init__(self, workshop: Workshop, letters: Letters) -> None:
        self._workshop = workshop
        self._letters = letters
        self._marks = workshop.database["digests"]
        self._incidents = workshop.of(INCIDENT).collection
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
        for tenant in self._workshop.tenants:
            policy = self._policy(tenant)
            if policy is None or mail_of(policy.tenant) is None:
                continue
            until = window_end(self._workshop.now(), policy.section.digest.minutes)
            if self._done.get(tenant) == until:
                continue
            with transient_when_away():
                await self._tell(tenant, until, policy)
            self._done[tenant] = until

    def _policy(self, tenant: str) -> IncidentPolicy | None:
        try:
            policy: IncidentPolicy = self._workshop.policy(tenant)
        except Unknown:
            return None
        return policy

    async def _tell(self, tenant: str, until: datetime, policy: IncidentPolicy) -> None:
        length = timedelta(minutes=policy.section.digest.minutes)
        mark = await self._mark(tenant, until - length)
        # a window that somebody claimed and did not finish comes first
        while mark.get("pending") or mark["upto"] < until:
            if not mark.get("pending"):
                mark = await self._claim(tenant, mark["upto"], until)
                continue
            pending = mark["pending"]
            window = Window(pending["since"], pending["until"])
            for role in await self._roles(tenant, window):
                await self._letters.write(_letter(tenant, role, window))
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
        pipeline = [
            *said_within(tenant, window),
            {"$unwind": "$said.data.notify"},
            {"$group": {"_id": "$said.data.notify"}},
            {"$sort": {"_id": 1}},
        ]
        return [found["_id"] async for found in await self._incidents.aggregate(pipeline)]


def _letter(tenant: str, role: str, window: Window) -> Letter:
    facts = {"since": window.since.isoformat(), "until": window.until.isoformat()}
    letter_id = derived_id("digest", tenant, role, facts["until"])
    return Letter(letter_id, tenant, role, TEMPLATE, facts)


def said_within(tenant: str, window: Window, role: str | None = None) -> list[Mapping[str, Any]]:
    """The announcements of a window, each with its incident's ticket and tier."""
    within = [
        {"$in": ["$$said.type", list(ANNOUNCEMENTS)]},
        {"$gte": ["$$said.at", window.since]},
        {"$lt": ["$$said.at", window.until]},
    ]
    if role is not None:
        within.append({"$in": [role, "$$said.data.notify"]})
    said = {"$filter": {"input": "$history", "as": "said", "cond": {"$and": within}}}
    return [
        {"$match": {"tenant": tenant, "state.told_at": {"$gte": window.since}}},
        {"$project": {"ticket": "$state.ticket", "tier": "$state.tier", "said": said}},
        {"$unwind": "$said"},
    ]
