"""Forgets who reported what was closed long ago; the incident and its history name nobody."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from services.incidents.cases import INCIDENT
from services.incidents.policy import SECTION, IncidentPolicy
from services.incidents.reporters import Reporters
from shared.decider import Transient
from shared.service import Workshop
from shared.store.group import transient_when_away

log = structlog.get_logger()
LOOK_EVERY: Final = 3_600.0
BATCH: Final = 1_000
DAY: Final = timedelta(days=1)


def kept_for(workshop: Workshop) -> Mapping[str, int]:
    """For how many days each account keeps it; one that does not say keeps it for good."""
    offering = [key for key, tenant in workshop.tenants.items() if SECTION in tenant.documents]
    policies: dict[str, IncidentPolicy] = {key: workshop.policy(key) for key in offering}
    rows = {key: policy.section.retention for key, policy in policies.items()}
    return {key: row.days for key, row in rows.items() if row is not None}


@dataclass(frozen=True)
class Forgetting:
    """Looks for incidents that ended more than so many days ago; `days` by account.

    The first look is at all of them, the next ones at what has come of age since the last.
    """

    workshop: Workshop
    days: Mapping[str, int]
    seen: dict[str, datetime] = field(default_factory=dict)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.forget()
            except (Transient, PyMongoError) as error:
                log.warning("forgetting_interrupted", reason=str(error)[:200])
            await asyncio.sleep(LOOK_EVERY)

    async def forget(self) -> int:
        """One look at all accounts; returns of how many incidents the reporter is forgotten.

        Raises:
            Transient: the database did not answer.
        """
        number = 0
        for tenant, days in self.days.items():
            before = self.workshop.now() - timedelta(days=days)
            number += await self._ended(tenant, before)
            # another process's clock may be behind
            self.seen[tenant] = before - DAY
        if number:
            log.info("reporters_forgotten", incidents=number)
        return number

    async def _ended(self, tenant: str, before: datetime) -> int:
        span = {"$lt": before}
        if tenant in self.seen:
            span["$gte"] = self.seen[tenant]
        number, ids = 0, list[str]()
        collection = self.workshop.of(INCIDENT).collection
        with transient_when_away():
            cursor = collection.find({"tenant": tenant, "state.closed_at": span}, {"_id": 1})
            async for found in cursor:
                ids.append(found["_id"])
                if len(ids) == BATCH:
                    number += await self._forget(tenant, ids)
                    ids = []
        return number + await self._forget(tenant, ids)

    async def _forget(self, tenant: str, ids: Sequence[str]) -> int:
        return await Reporters(self.workshop.database).forget(tenant, ids) if ids else 0
