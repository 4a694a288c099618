"""Who is to sign, while a plan runs: people who come or come back, leaders who leave."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from services.training.api_terms import Name, Reason
from services.training.cases import MEMBER, enrolment_id
from services.training.desk import Desk
from services.training.domain.enrolment import Enrolment
from services.training.domain.lifecycle import EnrolmentStatus
from services.training.domain.member import Member
from services.training.domain.plan_state import Extend, Leader, Plan, ReplaceLeader
from services.training.policy import TrainingPolicy
from services.training.rosters import Rosters
from services.training.views import TrainingView, training
from shared.decider import Invalid, Rejected, Transient
from shared.http import Call, Input, Routes
from shared.service import Workshop
from shared.store import Outcome

MAX_PEOPLE = 100
DONE = (EnrolmentStatus.SIGNED, EnrolmentStatus.EXEMPT)


class MorePeople(Input):
    """Who came or came back since the launch."""

    person_ids: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_PEOPLE)]


class NewLeader(Input):
    """Who leads in whose place, and why."""

    leaving: Name
    replacement: Name
    reason: Reason


class Crew:
    """Changes of who is to sign.

    All are made on the version of the plan that the caller saw: what is checked here against its
    lists cannot change before the command is decided.
    """

    def __init__(self, workshop: Workshop, desk: Desk) -> None:
        self._workshop = workshop
        self._desk = desk
        self._members = workshop.of(MEMBER)
        self._rosters = Rosters(workshop.database)

    async def extend(self, call: Call, plan_id: str, people: Sequence[str]) -> Outcome[Plan]:
        """Put people on the plan's lists; the denominator grows by them."""
        people = tuple(dict.fromkeys(people))
        plan = await self._desk.plan(call, plan_id)
        policy: TrainingPolicy = self._workshop.policy(call.tenant)
        members = await self._active(call, people)
        await self._refuse_listed(plan, people)
        odd = [p for p in people if not _learns(members[p], policy)]
        if odd:
            raise Invalid("roster.not_a_learner", people=odd)
        newcomers = [Leader(person, ()) for person in people]
        roster = await self._rosters.write(call.tenant, [], [one.person_id for one in newcomers])
        return await self._desk.with_roster(call, plan_id, Extend(roster, len(people)), roster)

    async def replace(self, call: Call, plan_id: str, change: NewLeader) -> Outcome[Plan]:
        """Have another lead in the place of one who has yet to sign and no longer will."""
        plan = await self._desk.plan(call, plan_id)
        if not plan.state.rosters:
            raise Rejected("plan.not_launched", status=plan.state.status.value)
        if change.leaving not in plan.state.leaders:
            raise Invalid("leader.unknown", leaders=list(plan.state.leaders))
        leaving = await self._leaving(call, plan, change.leaving)
        members = await self._active(call, (change.replacement,))
        await self._refuse_listed(plan, (change.replacement,))
        roles = members[change.replacement].roles
        if missing := [role for role in leaving.leads if role not in roles]:
            raise Invalid("leader.role_missing", roles=missing)
        leader = Leader(change.replacement, leaving.leads)
        roster = await self._rosters.write(call.tenant, [leader], [])
        command = ReplaceLeader(change.leaving, change.replacement, roster, change.reason)
        return await self._desk.with_roster(call, plan_id, command, roster)

    async def _leaving(self, call: Call, plan: Outcome[Plan], person: str) -> Enrolment:
        found = await self._desk.enrolments.find(
            call.tenant, {"_id": enrolment_id(plan.id, person)}, limit=1
        )
        if not found:
            raise Transient("the enrolment is being opened")
        enrolment: Enrolment = found[0].state
        if enrolment.status in DONE and not enrolment.is_outdated(plan.state):
            raise Rejected("leader.already_done")
        return enrolment

    async def _active(self, call: Call, people: Sequence[str]) -> dict[str, Member]:
        policy: TrainingPolicy = self._workshop.policy(call.tenant)
        today = policy.today(self._workshop.now())
        found = await self._members.find(call.tenant, {"_id": {"$in": list(people)}})
        members = {one.id: one.state for one in found if one.state.is_active(today)}
        if absent := [person for person in people if person not in members]:
            raise Invalid("roster.not_active", people=absent)
        return members

    async def _refuse_listed(self, plan: Outcome[Plan], people: Sequence[str]) -> None:
        if listed := await self._rosters.listed(plan.state.rosters, people):
            raise Rejected("roster.already_listed", people=listed)


def _learns(member: Member, policy: TrainingPolicy) -> bool:
    roles = set(member.roles)
    return bool(roles & set(policy.learners)) and not roles & set(policy.leaders)


def crew_routes(api: Routes, workshop: Workshop, desk: Desk) -> None:
    """Operations on who is to sign."""
    crew = Crew(workshop, desk)

    async def shown(call: Call, plan: Outcome[Plan]) -> TrainingView:
        return training(plan, await desk.tally(call, plan), call.language)

    @api.post(
        "/trainings/{training_id}/roster",
        may="launch_training",
        if_match=True,
        problems=("plan.not_launched", "plan.closed", "roster.already_listed"),
    )
    async def extend_roster(call: Call, training_id: str, body: MorePeople) -> TrainingView:
        """Add people who came or came back while it runs; the denominator grows by them."""
        return await shown(call, await crew.extend(call, training_id, body.person_ids))

    @api.post(
        "/trainings/{training_id}/leaders",
        may="launch_training",
        if_match=True,
        problems=(
            "plan.not_launched",
            "plan.closed",
            "leader.already_done",
            "roster.already_listed",
        ),
    )
    async def replace_leader(call: Call, training_id: str, body: NewLeader) -> TrainingView:
        """Replace a leader who leaves before he has signed."""
        return await shown(call, await crew.replace(call, training_id, body))
