"""Tells plans how many have signed: soon after a signature, and again and again until they end.

A signature says only that its plan is to be counted, in memory; signatures that come meanwhile are
in the same count. What a crash forgets the sweep finds: it counts every plan that people sign, at
start and every few seconds. Counts are of committed enrolments, and a plan ignores one that tells
nothing new, so neither repetition nor delay nor a second process can do harm.
"""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from services.training.cases import PLAN
from services.training.domain.lifecycle import SIGNING
from services.training.domain.plan import Plan, Recount
from services.training.pieces import pieces
from services.training.tallies import tallies_of
from shared.decider import Transient
from shared.service import Workshop
from shared.store import Cases, Cause

log = structlog.get_logger()
SWEEP_EVERY: Final = 15.0
GATHER: Final = 0.05
# counting many takes its time: it has a fifth of it at most, the signatures the rest
SHARE: Final = 4.0
# and the last signature is not kept waiting where a count took long because all else did, too
PAUSE: Final = 2.0


class Recounts:
    """The counting of one service and process."""

    def __init__(self, workshop: Workshop) -> None:
        self._plans: Cases[Plan] = workshop.of(PLAN)
        self._tallies = tallies_of(workshop)
        self._tenants = tuple(workshop.tenants)
        self._asked: set[tuple[str, str]] = set()
        self._wake = asyncio.Event()

    def ask(self, tenant: str, plan_id: str) -> None:
        """Have a plan counted soon."""
        self._asked.add((tenant, plan_id))
        self._wake.set()

    async def run(self) -> None:
        """Count until cancelled."""
        swept = float("-inf")
        while True:
            now, pause = asyncio.get_running_loop().time(), GATHER
            try:
                if now - swept >= SWEEP_EVERY:
                    self._asked |= await self._signing()
                    swept = now
                await self._count_asked()
                took = asyncio.get_running_loop().time() - now
                pause = min(max(GATHER, SHARE * took), PAUSE)
            except (Transient, PyMongoError) as error:
                log.warning("recounts_interrupted", reason=str(error)[:200])
                await asyncio.sleep(1)
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_EVERY):
                    await self._wake.wait()
            await asyncio.sleep(pause)

    async def _signing(self) -> set[tuple[str, str]]:
        where = {"state.status": {"$in": [status.value for status in SIGNING]}}
        return {
            (tenant, plan.id)
            for tenant in self._tenants
            async for some in pieces(self._plans, tenant, where)
            for plan in some
        }

    async def _count_asked(self) -> None:
        self._wake.clear()
        asked, self._asked = self._asked, set()
        for tenant, plan_id in asked:
            plan = (await self._plans.get(plan_id, tenant)).state
            tally = await self._tallies.of(tenant, plan_id, plan)
            cause = Cause(tenant, "system:training", causation="recount")
            await self._plans.handle(plan_id, Recount(tally), cause)


def recounts_of(workshop: Workshop) -> Recounts:
    """The counting of a running service: one, so that its task hears what a route asks."""
    found: Recounts = workshop.memory.setdefault("recounts", Recounts(workshop))
    return found
