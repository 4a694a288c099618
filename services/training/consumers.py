"""What training hears: approvals, people, and what its own plans ask for.

It does not hear its enrolments: twenty thousand of them are counted together (`recounts`), which
costs neither a message nor a place in a queue for each.
"""

from collections.abc import Iterable

from services.training.cases import ENROLMENT, MEMBER, PLAN, enrolment_id
from services.training.domain.enrolment import OpenEnrolment, Release, WithdrawOwn
from services.training.domain.member import (
    ChangeRoles,
    ComeBack,
    Enlist,
    GoAway,
    Leave,
    Roster,
)
from services.training.domain.plan import Block, Cancel, OpenPlan, Recount, Unblock
from services.training.leavers import leavers_of
from services.training.rosters import Rosters
from services.training.tallies import tallies_of
from shared.bus import Heard, Hears, Send
from shared.contracts import EventBody
from shared.contracts.people import (
    PersonAbsenceCancelled,
    PersonAbsencePlanned,
    PersonJoined,
    PersonLeft,
    PersonRolesChanged,
    PersonRostered,
)
from shared.contracts.training import (
    PlanExemptionWithdrawn,
    PlanFellDue,
    PlanLaunched,
    PlanLeaderReplaced,
    PlanRosterExtended,
)
from shared.contracts.validation import (
    EvaluationApproved,
    EvaluationDeploymentBlocked,
    EvaluationDeploymentUnblocked,
    EvaluationWithdrawn,
)
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
    # withdrawn before it was approved: there is nothing to cancel
    return await _to_plan(heard, workshop, Cancel(heard.body.reason))


@HEARS(EvaluationDeploymentBlocked)
async def on_deployment_blocked(
    heard: Heard[EvaluationDeploymentBlocked], workshop: Workshop
) -> Iterable[Send]:
    return await _to_plan(heard, workshop, Block(heard.body.query_id, heard.at))


@HEARS(EvaluationDeploymentUnblocked)
async def on_deployment_unblocked(
    heard: Heard[EvaluationDeploymentUnblocked], workshop: Workshop
) -> Iterable[Send]:
    return await _to_plan(heard, workshop, Unblock(heard.body.query_id, heard.at))


@HEARS(PersonJoined)
def on_person_joined(heard: Heard[PersonJoined]) -> Iterable[Send]:
    command = Enlist(heard.body.roles, heard.body.starts_on)
    yield Send(MEMBER.stream, heard.subject, command, create=True)


@HEARS(PersonRolesChanged)
def on_person_roles_changed(heard: Heard[PersonRolesChanged]) -> Iterable[Send]:
    yield Send(MEMBER.stream, heard.subject, ChangeRoles(heard.body.roles))


@HEARS(PersonLeft)
async def on_person_left(heard: Heard[PersonLeft], workshop: Workshop) -> Iterable[Send]:
    leave = Send(MEMBER.stream, heard.subject, Leave(heard.body.last_on))
    gone = await leavers_of(workshop).exemptions(heard.tenant, heard.subject, heard.body.last_on)
    return [leave, *(Send(ENROLMENT.stream, one, command) for one, command in gone)]


@HEARS(PersonRostered)
def on_person_rostered(heard: Heard[PersonRostered]) -> Iterable[Send]:
    duties = tuple((shift.starts_at, shift.ends_at) for shift in heard.body.shifts)
    yield Send(MEMBER.stream, heard.subject, Roster(heard.body.week, duties))


@HEARS(PersonAbsencePlanned)
def on_absence_planned(heard: Heard[PersonAbsencePlanned]) -> Iterable[Send]:
    command = GoAway(heard.body.first_on, heard.body.last_on)
    yield Send(MEMBER.stream, heard.subject, command)


@HEARS(PersonAbsenceCancelled)
def on_absence_cancelled(heard: Heard[PersonAbsenceCancelled]) -> Iterable[Send]:
    yield Send(MEMBER.stream, heard.subject, ComeBack(heard.body.first_on))


@HEARS(PlanLaunched)
async def on_plan_launched(heard: Heard[PlanLaunched], workshop: Workshop) -> Iterable[Send]:
    return await _enrol(heard.subject, heard.body.roster, workshop)


@HEARS(PlanRosterExtended)
async def on_roster_extended(
    heard: Heard[PlanRosterExtended], workshop: Workshop
) -> Iterable[Send]:
    return await _enrol(heard.subject, heard.body.roster, workshop)


@HEARS(PlanLeaderReplaced)
async def on_leader_replaced(
    heard: Heard[PlanLeaderReplaced], workshop: Workshop
) -> Iterable[Send]:
    leaving = enrolment_id(heard.subject, heard.body.leaving)
    release = Send(ENROLMENT.stream, leaving, Release(heard.body.replacement))
    return [release, *await _enrol(heard.subject, heard.body.roster, workshop)]


@HEARS(PlanExemptionWithdrawn)
def on_exemption_withdrawn(heard: Heard[PlanExemptionWithdrawn]) -> Iterable[Send]:
    # the route has told the person's case already, unless it was stopped in between
    command = WithdrawOwn(heard.body.number, heard.body.reason)
    yield Send(ENROLMENT.stream, enrolment_id(heard.subject, heard.body.person_id), command)


@HEARS(PlanFellDue)
async def on_plan_fell_due(heard: Heard[PlanFellDue], workshop: Workshop) -> Iterable[Send]:
    plan = (await workshop.of(PLAN).get(heard.subject, heard.tenant)).state
    tally = await tallies_of(workshop).of(heard.tenant, heard.subject, plan)
    return [Send(PLAN.stream, heard.subject, Recount(tally, due=True))]


async def _to_plan(
    heard: Heard[EventBody], workshop: Workshop, command: Cancel | Block | Unblock
) -> list[Send]:
    """A command to the evaluation's plan, where there is one."""
    try:
        await workshop.of(PLAN).get(heard.subject, heard.tenant)
    except Unknown:
        return []
    return [Send(PLAN.stream, heard.subject, command)]


async def _enrol(plan_id: str, roster: str, workshop: Workshop) -> list[Send]:
    return [
        Send(
            ENROLMENT.stream,
            enrolment_id(plan_id, person.person_id),
            OpenEnrolment(plan_id, person.person_id, person.roles),
            create=True,
        )
        async for person in Rosters(workshop.database).read(roster)
    ]
