"""The sessions of all tenants, each a family of refresh tokens (`domain.session`)."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from services.people.credentials.accounts import Account
from services.people.credentials.marks import Mark, new_mark
from services.people.domain.session import Ending, Session, Verdict
from shared.ids import new_id
from shared.store.document import CODEC
from shared.store.group import Collection, Document, transient_when_away

REFRESH: Final = "enr"
# long enough to tell a reused token from one that never was
KEPT_AFTER: Final = timedelta(days=7)


class Sessions:
    """Begins, refreshes and ends sessions; every change is guarded by the token it replaces."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._sessions: Collection = database.get_collection("sessions", codec_options=CODEC)

    async def ensure_indexes(self) -> None:
        """By person, to end them all; the database forgets them by itself."""
        await self._sessions.create_index(["tenant", "person_id"])
        seconds = int(KEPT_AFTER.total_seconds())
        await self._sessions.create_index("expires_at", expireAfterSeconds=seconds)

    async def begin(
        self, account: Account, at: datetime, lifetime: timedelta, idle: timedelta
    ) -> tuple[Mark, Session]:
        """A new session by the account's password, and the token that refreshes it."""
        mark = new_mark(REFRESH, new_id())
        expires_at = at + lifetime
        session = Session(
            account.person_id,
            mark.kept,
            expires_at,
            min(at + idle, expires_at),
            opened_by=account.opens_by,
        )
        document = {"_id": mark.id, "tenant": account.tenant, **asdict(session)}
        with transient_when_away():
            await self._sessions.insert_one(document)
        return mark, session

    async def find(self, session_id: str) -> tuple[str, Session] | None:
        """A session with its tenant."""
        with transient_when_away():
            found = await self._sessions.find_one({"_id": session_id})
        if found is None:
            return None
        tenant = found.pop("tenant")
        del found["_id"]
        return tenant, Session(**{**found, "used": tuple(found["used"])})

    async def refresh(
        self, mark: Mark, session: Session, at: datetime, idle: timedelta
    ) -> tuple[Verdict, Mark, Session]:
        """What the presented token leads to, and the token that follows."""
        following = new_mark(REFRESH, mark.id)
        verdict, changed = session.refreshed(mark.kept, following.kept, at, idle)
        if verdict is Verdict.ROTATED and not await self._replaced(mark, session, changed):
            # the same token came twice at once: the other one was first
            verdict, changed = Verdict.REUSED, session.ended(at, Ending.REUSED)
        if verdict is Verdict.REUSED:
            await self.end(mark.id, at, Ending.REUSED)
        return verdict, following, changed

    async def _replaced(self, mark: Mark, before: Session, after: Session) -> bool:
        guard = {"_id": mark.id, "current": before.current, "ended_at": None}
        change = {
            "$set": {"current": after.current, "idle_until": after.idle_until},
            "$push": {"used": before.current},
        }
        with transient_when_away():
            return (await self._sessions.update_one(guard, change)).matched_count == 1

    async def end(self, session_id: str, at: datetime, reason: Ending) -> bool:
        """End one session; False when it has ended."""
        guard = {"_id": session_id, "ended_at": None}
        change = {"$set": {"ended_at": at, "reason": reason.value}}
        with transient_when_away():
            return (await self._sessions.update_one(guard, change)).matched_count == 1

    async def end_all(self, tenant: str, person_id: str, at: datetime, reason: Ending) -> int:
        """End whatever sessions a person has; how many there were."""
        guard = {"tenant": tenant, "person_id": person_id, "ended_at": None}
        change = {"$set": {"ended_at": at, "reason": reason.value}}
        with transient_when_away():
            return (await self._sessions.update_many(guard, change)).matched_count
