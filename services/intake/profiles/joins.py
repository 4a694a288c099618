"""Joins of an account's profiles, one after another: two at the same moment may not cross.

Each is two profiles' affair and the write of one, so what is wished is written down before it is
done, and nobody wishes anything else meanwhile. Whoever finds another's wish does it first, in its
name: no clock decides, and whoever was cut off, or comes late to his own, finds it done.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import structlog
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.intake.profiles.domain import Join, Profile
from services.intake.profiles.meeting import Meeting
from shared.decider import Rejected, Transient
from shared.ids import new_id
from shared.service import Workshop
from shared.store import Cause, Outcome
from shared.store.document import CODEC
from shared.store.group import Collection, transient_when_away

log = structlog.get_logger()
LOOK_EVERY: Final = 60.0
PATIENCE: Final = 1_000
_KEPT: Final = ("tenant", "actor", "id", "fingerprint", "correlation", "trace")
"""What the history says of a join, whoever does it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """That a profile be joined into another, on the version that somebody saw."""

    id: str
    profile: str
    into: str
    expected: int | None
    cause: Mapping[str, str]


@dataclass(frozen=True)
class Joins:
    """Joins the profiles of all accounts."""

    workshop: Workshop

    @property
    def _wishes(self) -> Collection:
        return self.workshop.database.get_collection("profile_joins", codec_options=CODEC)

    async def join(
        self, profile_id: str, into: str, cause: Cause, expected: int | None
    ) -> Outcome[Profile]:
        """Join a profile into what another is, or became.

        Raises:
            Unknown: there is no such profile.
            Rejected: it is the same person's already, or another version than was seen.
            Transient: the database did not answer; the wish may still be done.
        """
        said = {name: getattr(cause, name) for name in _KEPT}
        wish = Wish(new_id(), profile_id, into, expected, said)
        for _ in range(PATIENCE):
            if await self._begin(wish):
                return await self._settled(wish)
            await self.finish(cause.tenant)
        raise Transient("others join profiles")

    async def watch(self) -> None:
        """Do what somebody who was cut off had wished, until cancelled."""
        while True:
            for tenant in self.workshop.tenants:
                try:
                    await self.finish(tenant)
                except (Transient, PyMongoError) as error:
                    log.warning("join_interrupted", tenant=tenant, reason=str(error)[:200])
            await asyncio.sleep(LOOK_EVERY)

    async def finish(self, tenant: str) -> None:
        """Do what is wished now, if anything is."""
        with transient_when_away():
            found = await self._wishes.find_one({"_id": tenant})
        if found is not None and found["wish"] is not None:
            try:
                await self._settled(Wish(**found["wish"]))
            except Rejected as error:
                log.info("join_refused", tenant=tenant, reason=error.code)

    async def _begin(self, wish: Wish) -> bool:
        """Whether the wish stands; False while another does."""
        free = {"_id": wish.cause["tenant"], "wish": None}
        with transient_when_away():
            try:
                await self._wishes.update_one(free, {"$set": {"wish": asdict(wish)}}, upsert=True)
            except DuplicateKeyError:
                return False
        return True

    async def _settled(self, wish: Wish) -> Outcome[Profile]:
        try:
            outcome = await self._joined(wish)
        except (Transient, PyMongoError):
            raise
        except Exception:
            # what is refused once is refused for good: versions grow, and a join is for ever
            await self._end(wish)
            raise
        await self._end(wish)
        return outcome

    async def _joined(self, wish: Wish) -> Outcome[Profile]:
        meeting, tenant = Meeting(self.workshop), wish.cause["tenant"]
        other = await meeting.last(tenant, wish.into)
        cause: Any = wish.cause
        outcome = await meeting.cases.handle(
            wish.profile, Join(wish.profile, other.id), Cause(**cause), expected=wish.expected
        )
        await meeting.hand_over(tenant, wish.profile, outcome.state.into)
        return outcome

    async def _end(self, wish: Wish) -> None:
        mine = {"_id": wish.cause["tenant"], "wish.id": wish.id}
        with transient_when_away():
            await self._wishes.update_one(mine, {"$set": {"wish": None}})
