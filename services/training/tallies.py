"""How many have signed: counted from the committed enrolments, never added up.

A count that is derived cannot drift: after any crash the next one is right again. Callers that wait
at the same moment share one count, which begins after all of them have asked; so what a caller has
seen committed is in the count it gets.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.training.cases import ENROLMENT
from services.training.domain.enrolment import Enrolment
from services.training.domain.lifecycle import EnrolmentStatus
from services.training.domain.plan_state import Plan, Tally
from shared.service import Workshop
from shared.store import Cases
from shared.store.group import Coalescer

Asked = tuple[str, str, int, int, bool]


class Tallies:
    """The counts of all plans of one service."""

    def __init__(self, enrolments: Cases[Enrolment]) -> None:
        self._collection = enrolments.collection
        self._counts: Coalescer[Asked, Tally] = Coalescer(self._answer)

    async def of(self, tenant: str, plan_id: str, plan: Plan) -> Tally:
        """The tally of a plan; with `last_done_at` once all its eligible are done.

        Raises:
            Transient: the database did not answer.
        """
        asked = (tenant, plan_id, plan.required, plan.eligible, bool(plan.withdrawn))
        return await self._counts.ask(asked)

    async def _answer(self, asked: list[Asked]) -> list[Tally]:
        distinct = list(dict.fromkeys(asked))
        tallies = await asyncio.gather(*(self._tally(*one) for one in distinct))
        found = dict(zip(distinct, tallies, strict=True))
        return [found[one] for one in asked]

    async def _tally(
        self,
        tenant: str,
        plan_id: str,
        required: int,
        eligible: int,
        withdrawn: bool,  # noqa: FBT001 - a part of what was asked
    ) -> Tally:
        where = {"tenant": tenant, "state.plan_id": plan_id}
        # before the rest: what is withdrawn later is then not taken for known
        withdrawals = await self._withdrawals(where) if withdrawn else 0

        async def number(status: EnrolmentStatus, *, leader: bool) -> int:
            wanted: dict[str, Any] = {
                **where,
                "state.status": status.value,
                "state.leader": leader,
            }
            if status is EnrolmentStatus.SIGNED and required > 1:
                wanted["state.material_version"] = {"$gte": required}
            return await self._collection.count_documents(wanted)

        tally = Tally(
            leaders_signed=await number(EnrolmentStatus.SIGNED, leader=True),
            leaders_exempt=await number(EnrolmentStatus.EXEMPT, leader=True),
            signed=await number(EnrolmentStatus.SIGNED, leader=False),
            exempt=await number(EnrolmentStatus.EXEMPT, leader=False),
            required=required,
            withdrawals=withdrawals,
        )
        if not eligible or tally.done < eligible:
            return tally
        return replace(tally, last_done_at=await self._last_done_at(where))

    async def _withdrawals(self, where: dict[str, Any]) -> int:
        wanted = {**where, "state.withdrawals": {"$gt": 0}}
        total = {"$group": {"_id": None, "number": {"$sum": "$state.withdrawals"}}}
        async for found in await self._collection.aggregate([{"$match": wanted}, total]):
            return int(found["number"])
        return 0

    async def _last_done_at(self, where: dict[str, Any]) -> datetime | None:
        last = {"$group": {"_id": None, "at": {"$max": "$state.done_at"}}}
        async for found in await self._collection.aggregate([{"$match": where}, last]):
            at: datetime | None = found["at"]
            return at
        return None


def tallies_of(workshop: Workshop) -> Tallies:
    """The tallies of a running service: one, so that routes and consumers share their counts."""
    found: Tallies = workshop.memory.setdefault("tallies", Tallies(workshop.of(ENROLMENT)))
    return found
