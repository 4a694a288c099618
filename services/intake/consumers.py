"""What intake hears: how validation and training get on with a request."""

from collections.abc import Iterable
from typing import Final

from services.intake.cases import DELIVERY, REQUEST
from services.intake.domain import Action, Advance, Attach, Coverage, Document
from services.intake.domain.changes import OUTCOMES
from services.intake.domain.delivery import Message, Open
from services.intake.domain.lifecycle import Status
from services.intake.domain.subscription import occasion_of
from services.intake.subscribers import active_subscriptions
from shared.bus.hears import Heard, Hears, Send
from shared.contracts.intake import (
    AttachmentCompleted,
    RequestClosed,
    RequestProgressed,
    RequestReceived,
)
from shared.contracts.training import (
    PlanCascadeOpened,
    PlanCompleted,
    PlanLaunched,
    PlanOpened,
    PlanProgressed,
)
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationApproved,
    EvaluationObserved,
    EvaluationOpened,
    EvaluationRefused,
)
from shared.ids import derived_id
from shared.service import Workshop

hears: Final = Hears("intake")
follows: Final = Hears("intake")
Changed = RequestReceived | RequestProgressed | RequestClosed


@hears(EvaluationOpened)
def on_evaluation_opened(heard: Heard[EvaluationOpened]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.EVALUATE, heard.at))


@hears(EvaluationObserved)
def on_evaluation_observed(heard: Heard[EvaluationObserved]) -> Iterable[Send]:
    yield _to(heard.subject, Advance(Action.OBSERVE, heard.at))


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


@follows(AttachmentCompleted)
def on_attachment_completed(heard: Heard[AttachmentCompleted]) -> Iterable[Send]:
    body = heard.body
    document = Document(heard.subject, body.name, body.size, body.sha256)
    yield Send(REQUEST.stream, body.request_id, Attach(document))


@follows(RequestReceived, RequestProgressed, RequestClosed)
async def on_request_changed(heard: Heard[Changed], workshop: Workshop) -> Iterable[Send]:
    """Whoever subscribed to the occasion is told, by a delivery of its own."""
    occasion = occasion_of(heard.body)
    if occasion is None:
        return []
    active = await active_subscriptions(workshop, heard.tenant)
    subscribers = [one for one in active if occasion in one.state.occasions]
    if not subscribers:
        return []
    request = (await workshop.of(REQUEST).get(heard.subject, heard.tenant)).state
    return [
        Send(
            DELIVERY.stream,
            derived_id("delivery", one.id, heard.subject, str(heard.sequence)),
            Open(
                Message(
                    subscription_id=one.id,
                    request_id=heard.subject,
                    sequence=heard.sequence,
                    occasion=occasion,
                    code=request.code,
                    status=_status_in(heard.body),
                    coverage_pct=_coverage_in(heard.body, request.coverage),
                    occurred_at=heard.at,
                )
            ),
            create=True,
        )
        for one in subscribers
    ]


def _status_in(body: Changed) -> str:
    match body:
        case RequestProgressed():
            return body.status
        case RequestClosed():
            return OUTCOMES[body.outcome]
        case RequestReceived():
            return Status.RECEIVED


def _coverage_in(body: Changed, present: Coverage) -> float:
    match body:
        case RequestProgressed():
            seen = (body.coverage_signed, body.coverage_exempt, body.coverage_eligible)
            return Coverage(*seen).percent
        case RequestClosed():
            return present.percent
        case RequestReceived():
            return 0.0


def _to(request_id: str, command: Advance) -> Send:
    return Send(REQUEST.stream, request_id, command)
