"""Who works here no longer need not sign: exempt with that reason, never silently left out.

Said when somebody's leaving is heard and the last day is over, and looked after every minute for
those whose last day was still to come. The denominator stays; the exemption is in the history.
"""

import asyncio
from datetime import date
from typing import Any, Final

import structlog
from pymongo.errors import PyMongoError

from services.training.cases import ENROLMENT, MEMBER, PLAN, enrolment_id
from services.training.domain.enrolment import Enrolment, ExemptLeft
from services.training.domain.lifecycle import SIGNING, EnrolmentStatus
from services.training.domain.member import Member
from services.training.domain.plan_state import Plan
from services.training.pieces import pieces
from services.training.policy import TrainingPolicy
from services.training.recounts import recounts_of
from shared.decider import Rejected, Transient, Unknown
from shared.i18n import load
from shared.service import Workshop
from shared.store import Cases, Cause, Outcome

log = structlog.get_logger()
EVERY: Final = 60.0
SOON: Final = 1.0


class Leavers:
    """The exemptions of those who left."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._plans: Cases[Plan] = workshop.of(PLAN)
        self._members: Cases[Member] = workshop.of(MEMBER)
        self._enrolments: Cases[Enrolment] = workshop.of(ENROLMENT)
        self._words = load()

    async def run(self) -> None:
        """Look after them until cancelled."""
        while True:
            try:
                for tenant in self._workshop.tenants:
                    await self.sweep(tenant)
            except (Transient, PyMongoError) as error:
                log.warning("leavers_interrupted", reason=str(error)[:200])
            await asyncio.sleep(EVERY)

    async def exemptions(
        self, tenant: str, person_id: str, last_on: date
    ) -> list[tuple[str, ExemptLeft]]:
        """The enrolments, with their command, of somebody who left; none before the day is over."""
        if last_on >= self._today(tenant):
            return []
        plans = {plan.id: plan.state for plan in await self._signing(tenant)}
        wanted = {"_id": {"$in": [enrolment_id(plan_id, person_id) for plan_id in plans]}}
        reason = self._reason(tenant, last_on)
        found = await self._enrolments.find(tenant, wanted, limit=len(plans))
        for one in found:
            # once the commands have been given, which is after this answer
            asyncio.get_running_loop().call_later(
                SOON, recounts_of(self._workshop).ask, tenant, one.state.plan_id
            )
        return [(one.id, ExemptLeft(plans[one.state.plan_id], reason)) for one in found]

    async def sweep(self, tenant: str) -> None:
        """Exempt all whose last day was over while a plan has been running."""
        try:
            today = self._today(tenant)
        except Unknown:
            return
        for plan in await self._signing(tenant):
            since = plan.state.launched_at
            if since is None:
                continue
            gone = {"state.last_on": {"$gte": since.date().isoformat(), "$lt": today.isoformat()}}
            async for found in pieces(self._members, tenant, gone):
                await self._exempt(tenant, plan, {one.id: one.state.last_on for one in found})

    async def _exempt(self, tenant: str, plan: Outcome[Plan], gone: dict[str, date | None]) -> None:
        pending: dict[str, Any] = {
            "_id": {"$in": [enrolment_id(plan.id, person) for person in gone]},
            "state.leader": False,
            "state.status": {"$in": [EnrolmentStatus.OPEN.value, EnrolmentStatus.SIGNED.value]},
        }
        for found in await self._enrolments.find(tenant, pending, limit=len(gone)):
            last_on = gone[found.state.person_id]
            if last_on is None:
                continue
            command = ExemptLeft(plan.state, self._reason(tenant, last_on))
            cause = Cause(tenant, "system:training", causation="person_left")
            try:
                outcome = await self._enrolments.handle(found.id, command, cause)
            except Rejected as error:
                log.warning("leaver_not_exempted", enrolment=found.id, code=error.code)
                continue
            if outcome.entries:
                recounts_of(self._workshop).ask(tenant, plan.id)

    async def _signing(self, tenant: str) -> list[Outcome[Plan]]:
        where = {"state.status": {"$in": [status.value for status in SIGNING]}}
        return [plan async for some in pieces(self._plans, tenant, where) for plan in some]

    def _today(self, tenant: str) -> date:
        policy: TrainingPolicy = self._workshop.policy(tenant)
        return policy.today(self._workshop.now())

    def _reason(self, tenant: str, last_on: date) -> str:
        language = self._workshop.tenants[tenant].languages[0]
        return self._words.text(language, "reason.person_left", {"last_on": last_on.isoformat()})


def leavers_of(workshop: Workshop) -> Leavers:
    """The exemptions of those who left a running service."""
    return Leavers(workshop)
