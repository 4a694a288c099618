"""What the routes do: reads that a decision needs, then the command."""

from collections.abc import Mapping
from typing import Any

from services.training.cases import ENROLMENT, MEMBER, PLAN, enrolment_id
from services.training.domain.application import lock
from services.training.domain.enrolment import Command as EnrolmentCommand
from services.training.domain.enrolment import Enrolment, Exempt, Sign, WithdrawOwn
from services.training.domain.lifecycle import EnrolmentStatus
from services.training.domain.member import Member
from services.training.domain.plan import (
    Command,
    Launch,
    Plan,
    Publish,
    Tally,
    WithdrawExemption,
)
from services.training.evidence import Evidences
from services.training.materials import Materials, MemoryAid
from services.training.policy import Method, TrainingPolicy
from services.training.recounts import recounts_of
from services.training.rosters import Rosters
from services.training.tallies import tallies_of
from services.training.views import last_told
from shared.decider import NotAllowed, Rejected, Transient, Unknown
from shared.http import Call
from shared.security.actor import Kind
from shared.service import Workshop, cause_of
from shared.store import Outcome
from shared.store.group import transient_when_away


class Desk:
    """The training service at work."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self.plans = workshop.of(PLAN)
        self.enrolments = workshop.of(ENROLMENT)
        self._members = workshop.of(MEMBER)
        self._rosters = Rosters(workshop.database)
        self._materials = Materials(workshop.database)
        self._evidence = Evidences(workshop.database)
        self._tallies = tallies_of(workshop)
        self._recounts = recounts_of(workshop)

    async def plan(self, call: Call, plan_id: str) -> Outcome[Plan]:
        """The caller's plan, or `Unknown`."""
        return await self.plans.get(plan_id, call.tenant)

    async def tally(self, call: Call, plan: Outcome[Plan]) -> Tally:
        """Who has signed, at this moment."""
        if not plan.state.roster:
            return last_told(plan.state)
        return await self._tallies.of(call.tenant, plan.id, plan.state)

    async def not_yet_eligible(self, call: Call, plan: Outcome[Plan]) -> int:
        """How many are to be trained who came after the launch: apart, not in the denominator."""
        if plan.state.launched_at is None:
            return 0
        policy: TrainingPolicy = self._workshop.policy(call.tenant)
        today = policy.today(self._workshop.now())
        later = await self._rosters.came_later(call.tenant, policy, today, plan.state.launched_at)
        enrolled = {"_id": {"$in": [enrolment_id(plan.id, person) for person in later]}}
        with transient_when_away():
            return len(later) - await self.enrolments.collection.count_documents(enrolled)

    async def publish(
        self, call: Call, plan_id: str, aid: MemoryAid, *, substantial: bool
    ) -> Outcome[Plan]:
        """Keep the text under its hash, then tell the plan the hash."""
        await self.plan(call, plan_id)
        await self._materials.keep(call.tenant, plan_id, aid)
        return await self._give(call, plan_id, Publish(aid.sha256, substantial, aid.file_name))

    async def material(self, call: Call, plan: Outcome[Plan]) -> MemoryAid:
        """The memory-aid in force."""
        if plan.state.material is None:
            raise Unknown("material.unknown", sha256="")
        return await self._materials.get(call.tenant, plan.id, plan.state.material.sha256)

    async def launch(self, call: Call, plan_id: str) -> Outcome[Plan]:
        """Write down who is on duty, then launch with them."""
        await self.plan(call, plan_id)
        policy: TrainingPolicy = self._workshop.policy(call.tenant)
        today = policy.today(self._workshop.now())
        leaders, advisers = await self._rosters.on_duty(call.tenant, policy, today)
        roster = await self._rosters.write(call.tenant, leaders, advisers)
        command = Launch(roster, tuple(leaders), len(advisers))
        return await self.with_roster(call, plan_id, command, roster)

    async def with_roster(
        self, call: Call, plan_id: str, command: Command, roster: str
    ) -> Outcome[Plan]:
        """Give a command that names a new list; the list is dropped when it was not taken."""
        try:
            outcome = await self._give(call, plan_id, command)
        except Transient:
            # the write may have happened all the same: a list too many is better than one missing
            raise
        except Exception:
            await self._rosters.drop(roster)
            raise
        if roster not in outcome.state.rosters:
            await self._rosters.drop(roster)
        return outcome

    async def sign(
        self,
        call: Call,
        plan_id: str,
        sha256: str,
        method: Method,
        evidence: Mapping[str, Any] | None = None,
    ) -> Outcome[Enrolment]:
        """The caller's own signature, and what it was made with."""
        person_id = person_of(call)
        plan = await self.plan(call, plan_id)
        active = await self.is_active(call, person_id)
        kept = ""
        if evidence is not None:
            kept = await self._evidence.keep(call.tenant, plan_id, person_id, evidence)
        command = Sign(plan.state, sha256, method, active=active, evidence=kept)
        try:
            outcome = await self.to_person(call, plan, person_id, command)
        except Rejected:
            await self._forget(kept)
            raise
        if outcome.state.evidence != kept:
            await self._forget(kept)
        return outcome

    async def _forget(self, kept: str) -> None:
        if kept:
            await self._evidence.drop(kept)

    async def exempt(
        self, call: Call, plan_id: str, person_id: str, reason: str
    ) -> Outcome[Enrolment]:
        """Somebody need not sign; a leader only where another has signed in his roles."""
        plan = await self.plan(call, plan_id)
        signed = {"tenant": call.tenant, **_leaders_signed(plan_id, plan.state.required)}
        with transient_when_away():
            led = frozenset(await self.enrolments.collection.distinct("state.leads", signed))
        return await self.to_person(call, plan, person_id, Exempt(plan.state, reason, led))

    async def withdraw(
        self, call: Call, plan_id: str, person_id: str, reason: str
    ) -> Outcome[Enrolment]:
        """Somebody who was exempt is to sign after all.

        The plan is told first: from then on it believes no count that does not know of it.
        """
        plan = await self.plan(call, plan_id)
        found = await self._enrolment(call, plan_id, person_id)
        exempt = found is not None and found.status is EnrolmentStatus.EXEMPT
        # asked again, it was the last one that is meant
        number = found.withdrawals + exempt if found is not None else 0
        if found is None or number == 0:
            raise Rejected("exemption.none")
        command = WithdrawExemption(person_id, found.leader, reason, number)
        await self.plans.handle(plan_id, command, cause_of(call))
        return await self.to_person(call, plan, person_id, WithdrawOwn(number, reason))

    async def application(self, call: Call, plan_id: str, person_id: str) -> tuple[Plan, str]:
        """Whether a person may apply what is replicated: empty, or why not."""
        plan = (await self.plan(call, plan_id)).state
        found = await self._enrolment(call, plan_id, person_id)
        active = await self.is_active(call, person_id)
        return plan, lock(plan, found, active=active)

    async def _enrolment(self, call: Call, plan_id: str, person_id: str) -> Enrolment | None:
        wanted = {"_id": enrolment_id(plan_id, person_id)}
        found = await self.enrolments.find(call.tenant, wanted, limit=1)
        return found[0].state if found else None

    async def to_person(
        self, call: Call, plan: Outcome[Plan], person_id: str, command: EnrolmentCommand
    ) -> Outcome[Enrolment]:
        """Give a command to a person's enrolment, and have the plan counted."""
        try:
            outcome: Outcome[Enrolment] = await self.enrolments.handle(
                enrolment_id(plan.id, person_id), command, cause_of(call)
            )
        except Unknown:
            if not plan.state.roster:
                raise Rejected("plan.not_launched", status=plan.state.status.value) from None
            if await self._rosters.listed(plan.state.rosters, [person_id]):
                raise Transient("the enrolment is being opened") from None
            raise NotAllowed("signature.not_eligible") from None
        self._recounts.ask(call.tenant, plan.id)
        return outcome

    async def is_active(self, call: Call, person_id: str) -> bool:
        """Whether a person works here today."""
        policy: TrainingPolicy = self._workshop.policy(call.tenant)
        try:
            member: Outcome[Member] = await self._members.get(person_id, call.tenant)
        except Unknown:
            return False
        return member.state.is_active(policy.today(self._workshop.now()))

    async def _give(self, call: Call, plan_id: str, command: Command) -> Outcome[Plan]:
        return await self.plans.handle(
            plan_id, command, cause_of(call), expected=call.expected_version
        )


def person_of(call: Call) -> str:
    """The person who calls; programs neither sign nor take quizzes."""
    if call.actor.kind is not Kind.PERSON:
        raise NotAllowed("signature.in_person")
    return call.actor.subject


def _leaders_signed(plan_id: str, required: int) -> dict[str, Any]:
    return {
        "state.material_version": {"$gte": required},
        "state.plan_id": plan_id,
        "state.status": EnrolmentStatus.SIGNED.value,
        "state.leader": True,
    }
