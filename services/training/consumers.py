"""What training hears: approvals, people, and what its own plans ask for.

It does not hear its enrolments: twenty thousand of them are counted together (`recounts`), which
costs neither a message nor a place in a queue for each.
"""

from collections.abc import Iterable

from services.training.cases import ENROLMENT, MEMBER, PLAN, enrolment_id
from services.training.domain.enrolment import OpenEnrolment
from services.training.domain.member import ChangeRoles, Enlist, Leave
from services.training.domain.plan import Cancel, OpenPlan, Recount
from services.training.rosters import Rosters
from services.training.tallies import tallies_of
from shared.bus import Heard, Hears, Send
from shared.contracts.people import PersonJoined, PersonLeft, PersonRolesChanged
from shared.contracts.training import PlanFellDue, PlanLaunched
from shared.contracts.validation import EvaluationApproved, EvaluationWithdrawn
from shared.decider import Unknown
from shared.service import Workshop

HEARS = Hears("training")


@HEARS(EvaluationApproved)
def on_evaluation_approved(heard: Heard[EvaluationApproved]) -> Iterable[Send]:
    approved = heard.body
    if approved.replicated:
        command = OpenPlan(
            code=approved.code,
            topic=approved.topic,
            title=approved.title,
            approved_at=heard.at,
            promised=approved.deadline,
        )
        yield Send(PLAN.stream, heard.subject, command, create=True)


@HEARS(EvaluationWithdrawn)
async def on_evaluation_withdrawn(
    heard: Heard[EvaluationWithdrawn], workshop: Workshop
) -> Iterable[Send]:
    try:
        await workshop.of(PLAN).get(heard.subject, heard.tenant)
    except Unknown:
        # withdrawn before it was approved: there is nothing to cancel
        return []
    return [Send(PLAN.stream, heard.subject, Cancel(heard.body.reason))]


@HEARS(PersonJoined)
def on_person_joined(heard: Heard[PersonJoined]) -> Iterable[Send]:
    command = Enlist(heard.body.roles, heard.body.starts_on)
    yield Send(MEMBER.stream, heard.subject, command, create=True)


@HEARS(PersonRolesChanged)
def on_person_roles_changed(heard: Heard[PersonRolesChanged]) -> Iterable[Send]:
    yield Send(MEMBER.stream, heard.subject, ChangeRoles(heard.body.roles))


@HEARS(PersonLeft)
def on_person_left(heard: Heard[PersonLeft]) -> Iterable[Send]:
    yield Send(MEMBER.stream, heard.subject, Leave(heard.body.last_on))


@HEARS(PlanLaunched)
async def on_plan_launched(heard: Heard[PlanLaunched], workshop: Workshop) -> Iterable[Send]:
    plan_id = heard.subject
    return [
        Send(
            ENROLMENT.stream,
            enrolment_id(plan_id, person.person_id),
            OpenEnrolment(plan_id, person.person_id, person.roles),
            create=True,
        )
        async for person in Rosters(workshop.database).read(heard.body.roster)
    ]


@HEARS(PlanFellDue)
async def on_plan_fell_due(heard: Heard[PlanFellDue], workshop: Workshop) -> Iterable[Send]:
    plan = (await workshop.of(PLAN).get(heard.subject, heard.tenant)).state
    tally = await tallies_of(workshop).of(heard.tenant, heard.subject, plan.eligible)
    return [Send(PLAN.stream, heard.subject, Recount(tally, due=True))]
