"""What intake hears: how validation and training get on with a request, and what becomes one."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final

from services.intake.cases import GRANT, REQUEST
from services.intake.departures import Departures
from services.intake.domain import Action, Advance, Coverage, Receive
from services.intake.domain.grant import GrantStatus, Leave
from services.intake.notices import write_notice
from services.intake.policy import IntakePolicy
from shared.bus.hears import Heard, Hears, Send
from shared.contracts.incidents import IncidentConverted
from shared.contracts.people import PersonLeft
from shared.contracts.training import (
    PlanBlocked,
    PlanCascadeOpened,
    PlanCompleted,
    PlanLaunched,
    PlanOpened,
    PlanProgressed,
    PlanUnblocked,
)
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationApproved,
    EvaluationDeploymentBlocked,
    EvaluationDeploymentUnblocked,
    EvaluationObserved,
    EvaluationOpened,
    EvaluationRefused,
    QueryReminded,
)
from shared.service import Workshop

hears: Final = Hears("intake")
MAX_GRANTS: Final = 500


@hears(IncidentConverted)
def on_incident_converted(heard: Heard[IncidentConverted]) -> Iterable[Send]:
    """An incident that needs development goes on as a request of the client's (B:L1703)."""
    body = heard.body
    if body.request_id:
        request = Receive(
            code=body.requirement,
            request_type=body.request_type,
            topic=body.topic,
            title=body.title,
            description=body.description,
            area=body.request_area,
            channel="incident",
            incident_id=heard.subject,
        )
        yield Send(REQUEST.stream, body.request_id, request, create=True)


@hears(PersonLeft)
async def on_person_left(heard: Heard[PersonLeft], workshop: Workshop) -> Iterable[Send]:
    """Whoever leaves may look until the end of his last day."""
    policy: IntakePolicy = workshop.policy(heard.tenant)
    midnight = datetime.combine(heard.body.last_on + timedelta(days=1), time())
    end = midnight.replace(tzinfo=policy.calendar.zone).astimezone(UTC)
    # first this: whoever gives him something meanwhile looks for it
    await Departures(workshop.database).keep(heard.tenant, heard.subject, end)
    where = {"state.person_id": heard.subject, "state.status": GrantStatus.ACTIVE.value}
    found = await workshop.of(GRANT).find(heard.tenant, where, limit=MAX_GRANTS)
    return [Send(GRANT.stream, one.id, Leave(end)) for one in found]


@hears(EvaluationOpened)
def on_evaluation_opened(heard: Heard[EvaluationOpened]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.EVALUATE, heard.at))


@hears(EvaluationObserved)
async def on_evaluation_observed(
    heard: Heard[EvaluationObserved], workshop: Workshop
) -> Iterable[Send]:
    await write_notice(workshop, heard.tenant, heard.subject, heard.body)
    return [_to(heard.subject, Advance(Action.OBSERVE, heard.at))]


@hears(QueryReminded)
async def on_query_reminded(heard: Heard[QueryReminded], workshop: Workshop) -> Iterable[Send]:
    request_id = heard.body.evaluation_id
    await write_notice(workshop, heard.tenant, request_id, heard.body, query_id=heard.subject)
    return []


@hears(EvaluationAnswered)
def on_evaluation_answered(heard: Heard[EvaluationAnswered]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.ANSWER, heard.at, deadline=heard.body.deadline))


@hears(EvaluationApproved)
def on_evaluation_approved(heard: Heard[EvaluationApproved]) -> Iterable[Send]:
    body = heard.body
    approved = Advance(Action.APPROVE, heard.at, deadline=body.deadline, replicated=body.replicated)
    yield _to(heard.subject, approved)


@hears(EvaluationRefused)
def on_evaluation_refused(heard: Heard[EvaluationRefused]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.REFUSE, heard.at, reason=heard.body.reason))


@hears(EvaluationDeploymentBlocked)
def on_deployment_blocked(heard: Heard[EvaluationDeploymentBlocked]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.SHUT, heard.at, query_id=heard.body.query_id))


@hears(EvaluationDeploymentUnblocked)
def on_deployment_unblocked(heard: Heard[EvaluationDeploymentUnblocked]) -> Iterable[Send]:
    body = heard.body
    opened = Advance(Action.REOPEN, heard.at, deadline=body.deadline, query_id=body.query_id)
    yield _to(heard.subject, opened)


@hears(PlanBlocked)
def on_plan_blocked(heard: Heard[PlanBlocked]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.SUSPEND, heard.body.since))


@hears(PlanUnblocked)
def on_plan_unblocked(heard: Heard[PlanUnblocked]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.RESUME, heard.at, deadline=heard.body.deadline))


@hears(PlanOpened)
def on_plan_opened(heard: Heard[PlanOpened]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.PREPARE, heard.at, deadline=heard.body.deadline))


@hears(PlanLaunched)
def on_plan_launched(heard: Heard[PlanLaunched]) -> Iterable[Send]:
    coverage = Coverage(eligible=heard.body.eligible)
    yield _to(heard.subject, Advance(Action.LAUNCH, heard.at, coverage=coverage))


@hears(PlanCascadeOpened)
def on_plan_cascade_opened(heard: Heard[PlanCascadeOpened]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.CASCADE, heard.at))


@hears(PlanProgressed)
def on_plan_progressed(heard: Heard[PlanProgressed]) -> Iterable[Send]:
    body = heard.body
    coverage = Coverage(body.signed, body.exempt, body.eligible)
    yield _to(heard.subject, Advance(Action.COVER, heard.at, coverage=coverage))


@hears(PlanCompleted)
def on_plan_completed(heard: Heard[PlanCompleted]) -> Iterable[Send]:
    body = heard.body
    coverage = Coverage(body.signed, body.exempt, body.eligible)
    yield _to(heard.subject, Advance(Action.COMPLETE, body.done_at, coverage=coverage))


def _to(request_id: str, command: Advance) -> Send:
    return Send(REQUEST.stream, request_id, command)
