"""Erases what lies beside cases that ended long ago: words, documents, contacts, messages.

Messages that became no case go, too, when they have been kept for as long.

Events name nobody, so the histories stay as they are, and so do their hashes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from pymongo.errors import PyMongoError

from services.intake.letterbox.mails import Mail, Mails, case_id_of
from services.intake.letterbox.unclaimed import Unclaimed
from services.intake.private import Private
from services.intake.profiles.meeting import Meeting
from services.intake.profiles.reported import Reported
from shared.decider import Transient, Unknown
from shared.files import Files
from shared.service import Workshop
from shared.store import Kind, Outcome

log = structlog.get_logger()
LOOK_EVERY: Final = 3_600.0
BATCH: Final = 100
MAX_CASES: Final = 1_000
ENDED: Final = ("none", "answered", "lapsed")
"""Nobody has the case; a survey has no holder, and its status says so."""


@dataclass(frozen=True)
class Erasing:
    """Looks for cases that ended more than so many days ago; `days` by account."""

    workshop: Workshop
    files: Files
    kinds: Sequence[Kind[Any]]
    days: Mapping[str, int]

    @property
    def private(self) -> Private:
        return Private(self.workshop.database)

    @property
    def reported(self) -> Reported:
        return Reported(self.workshop.database)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.erase()
            except (Transient, PyMongoError) as error:
                log.warning("erasing_interrupted", reason=str(error)[:200])
            await asyncio.sleep(LOOK_EVERY)

    async def erase(self) -> int:
        """One look at all accounts; returns of how many cases something was erased."""
        number = 0
        for tenant, days in self.days.items():
            before, last = self.workshop.now() - timedelta(days=days), None
            while found := await self.private.written_before(tenant, before, last, BATCH):
                for case_id in dict.fromkeys(one.case_id for one in found):
                    number += await self._case(tenant, case_id, before)
                last = found[-1]
            await self._unclaimed(tenant, before)
            await self._reporters(tenant, before)
            await self._callers(tenant, before)
        if number:
            log.info("private_data_erased", cases=number)
        return number

    async def _case(self, tenant: str, case_id: str, before: datetime) -> bool:
        """Its words go last: whoever is interrupted finds the case by them again."""
        found = await self._found(tenant, case_id)
        # words of a step that was refused are beside no case
        if found is not None and not await self._ended(tenant, *found, before):
            return False
        await Mails(self.workshop.database, self.files, self.workshop.now).erase(tenant, case_id)
        for file_id in await self.private.files_of(tenant, case_id):
            await self.files.delete(file_id)
        await self.private.forget(tenant, case_id)
        if found is not None and (profile_id := getattr(found[1].state, "profile_id", "")):
            await self._person(tenant, profile_id, before)
        await self.private.forget_texts(tenant, case_id)
        return True

    async def _unclaimed(self, tenant: str, before: datetime) -> None:
        """Mail that was given up or put away, with the documents it brought."""
        mails, last, number = Unclaimed(self.workshop.database, self.files), "", 0
        while found := await mails.ended_before(tenant, before, last, BATCH):
            for mail in found:
                if await self._goes(mail):
                    await self._case(tenant, case_id_of(mail), before)
                    number += await mails.erase(mail)
            last = found[-1].id
        if number:
            log.info("mail_erased", tenant=tenant, messages=number)

    async def _goes(self, mail: Mail) -> bool:
        """Whether it belongs to no case whose words are still kept; with those it goes later."""
        return not (mail.case_id and await self.private.texts(mail.tenant, mail.case_id))

    async def _found(self, tenant: str, case_id: str) -> tuple[Kind[Any], Outcome[Any]] | None:
        for kind in self.kinds:
            try:
                return kind, await self.workshop.of(kind).get(case_id, tenant)
            except Unknown:
                continue
        return None

    async def _ended(
        self, tenant: str, kind: Kind[Any], case: Outcome[Any], before: datetime
    ) -> bool:
        if getattr(case.state, "holder", str(case.state.status)) not in ENDED:
            return False
        cases = self.workshop.of(kind)
        (last,) = await cases.history(case.id, tenant, case.version - 1, 1)
        at: datetime = last["at"]
        return at < before

    async def _reporters(self, tenant: str, before: datetime) -> None:
        """Whoever had nothing else left but an incident is forgotten with that."""
        last = ""
        while found := await self.reported.ended_before(tenant, before, last, BATCH):
            for one in found:
                await self._person(tenant, one.profile_id, before)
            last = found[-1].id

    async def _callers(self, tenant: str, before: datetime) -> None:
        """Whoever was registered and never had a case is forgotten, long after he came last."""
        meeting, last = Meeting(self.workshop), ""
        while found := await meeting.came_before(tenant, before, last, BATCH):
            for profile_id in dict.fromkeys(of for _, of in found):
                await self._person(tenant, profile_id, before)
                await meeting.settle(tenant, [profile_id], before)
            last, _ = found[-1]

    async def _person(self, tenant: str, profile_id: str, before: datetime) -> None:
        """How somebody is reached is forgotten with the last of his cases and incidents."""
        meeting = Meeting(self.workshop)
        if await meeting.cases.look(profile_id, tenant) is None:
            # whoever reported an incident may have named a profile that there is not
            await meeting.forget(tenant, [profile_id], before)
            await self.reported.settle(tenant, [profile_id])
            return
        ids = await meeting.whole(tenant, profile_id)
        if await self._kept(tenant, ids, before):
            return
        await meeting.forget(tenant, ids, before)
        for one in ids:
            await self.private.change_ground(tenant, one, "")
        await self.reported.settle(tenant, ids)

    async def _kept(self, tenant: str, ids: Sequence[str], before: datetime) -> bool:
        """Whether he came since, or something of his is open or ended since."""
        if await Meeting(self.workshop).came_since(tenant, ids, before):
            return True
        if await self.reported.kept(tenant, ids, before):
            return True
        theirs = [one for one in self.kinds if hasattr(one.decider.initial(), "profile_id")]
        for kind in theirs:
            where = {"state.profile_id": {"$in": list(ids)}}
            for case in await self.workshop.of(kind).find(tenant, where, limit=MAX_CASES):
                if not (await self.private.contact(tenant, case.id)).is_empty:
                    return True
        return False
