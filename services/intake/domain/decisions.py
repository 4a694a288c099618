"""What happens when the registry is told something: commands and the events they lead to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.intake.domain import stages as promises
from services.intake.domain import succession, verbal
from services.intake.domain.gate import SHUT, gate_after
from services.intake.domain.lifecycle import (
    HOLDER,
    LIFECYCLE,
    NEWS,
    TERMINAL,
    Action,
    Holder,
    Status,
)
from services.intake.domain.request import (
    Advance,
    Attach,
    Command,
    Complete,
    Confirm,
    Contradict,
    Document,
    PassDeadline,
    Receive,
    Replace,
    Request,
    TakeOver,
    Withdraw,
)
from services.intake.domain.stages import Stages, StageState
from services.intake.policy import IntakePolicy
from shared.contracts import EventBody
from shared.contracts.intake import (
    RequestAttached,
    RequestClosed,
    RequestDeadlineBreached,
    RequestProgressed,
    RequestReceived,
)
from shared.contracts.terms import Deadline
from shared.decider import Given, Rejected

STAGE_OF: Final = {
    Action.ANSWER: promises.EVALUATION,
    Action.APPROVE: promises.ATTENTION,
    Action.PREPARE: promises.REPLICATION,
    Action.REOPEN: promises.ATTENTION,
    Action.RESUME: promises.REPLICATION,
}


def follow(status: Status, action: Action) -> Status:
    """Where the action leads.

    Raises:
        Rejected: from this status it leads nowhere.
    """
    try:
        return LIFECYCLE[status, action]
    except KeyError:
        raise Rejected("request.illegal_transition", status=status, action=action) from None


def decide(  # noqa: C901, PLR0911 - one return a command
    request: Request, command: Command, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    """The events that a command leads to; repeated or late news leads to none."""
    match command:
        case Receive():
            return _received(request, command, given)
        case TakeOver():
            return [] if request.status is not Status.NEW else [command.imported]
        case Advance():
            return _advanced(request, command)
        case Complete():
            return _completed(request, command, given)
        case Withdraw():
            follow(request.status, Action.WITHDRAW)
            return [
                *_breaches(request, given.at),
                RequestClosed(outcome="withdrawn", closed_at=given.at, reason=command.reason),
            ]
        case Replace():
            follow(request.status, Action.REPLACE)
            return [*_breaches(request, given.at), *succession.replaced(command, given.at)]
        case Contradict():
            return succession.contradicted(request, command)
        case Confirm():
            return _confirmed(request, command, given)
        case Attach(document):
            known = any(one.id == document.id for one in request.documents)
            return [] if known else [_attached(document)]
        case PassDeadline():
            return _passed(request, command.due_at, given)


def _received(
    request: Request, command: Receive, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    if succession.has_begun(request, command):
        return []
    follow(request.status, Action.RECEIVE)
    deadlines = given.policy.promises(command.request_type, given.at)
    effective = max((d.effective_at for d in deadlines), default=given.at)
    received = RequestReceived(
        code=command.code,
        request_type=command.request_type,
        topic=command.topic,
        title=command.title,
        description=command.description,
        received_at=given.at,
        effective_received_at=max(effective, given.at),
        deadlines=deadlines,
        holder=HOLDER[Status.RECEIVED],
        channel=command.channel,
        area=command.area,
        effective_on=command.effective_on,
        verbal=command.verbal,
        touches=command.touches,
        attachments=command.attachments,
        replaces=command.replaces.request_id if command.replaces else "",
        replaces_code=command.replaces.code if command.replaces else "",
        incident_id=command.incident_id,
    )
    events: list[EventBody] = [received]
    if command.verbal:
        events.append(verbal.asked(received, given))
    if command.overlaps:
        events.append(succession.overlapped(command.overlaps))
    return events


def _attached(document: Document) -> RequestAttached:
    return RequestAttached(
        attachment_id=document.id,
        name=document.name,
        size=document.size,
        sha256=document.sha256,
    )


def _confirmed(
    request: Request, command: Confirm, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    if request.status in TERMINAL:
        raise Rejected("request.illegal_transition", status=request.status, action="confirm")
    late = _lapsed(request, given.at, given) if request.confirmation.is_late(given.at) else []
    if any(isinstance(event, RequestClosed) for event in late):
        raise Rejected("request.confirmation_lapsed", due_at=request.confirmation.due_at)
    return [*late, verbal.confirmed(request.confirmation, command.remark, given.at)]


def _passed(request: Request, due_at: datetime, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """What a promised instant brings: breaches of our own, a lapse of the client's."""
    breaches = [_breach(request, stage) for stage in _fallen_due(request, due_at)]
    if request.status in TERMINAL or not request.confirmation.is_due(due_at):
        return breaches
    return [*breaches, *_lapsed(request, given.at, given)]


def _lapsed(request: Request, at: datetime, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The client did not confirm in time: the policy says what becomes of the request."""
    lapsed, reason = verbal.lapsed(request.confirmation, given.policy)
    if not reason:
        return [lapsed]
    return [lapsed, RequestClosed(outcome="withdrawn", closed_at=at, reason=reason)]


def _advanced(request: Request, told: Advance) -> Sequence[EventBody]:
    ended = request.status is Status.NEW or request.status in TERMINAL
    if ended or told.action not in NEWS:
        return []
    if told.action is Action.REFUSE and (request.status, told.action) in LIFECYCLE:
        breaches = _breaches(request, told.occurred_at)
        return [*breaches, _closed(request, "not_viable", told.occurred_at, told.reason)]
    step = _progress(request, told)
    if step is None:
        return []
    events: list[EventBody] = [*_breaches(request, told.occurred_at), step]
    if step.status == Status.DEPLOYED:
        events.append(_closed(request, "deployed", told.occurred_at))
    return events


def _progress(request: Request, told: Advance) -> RequestProgressed | None:
    """The step, None when the news changes nothing that the registry shows."""
    status = LIFECYCLE.get((request.status, told.action), request.status)
    gate = gate_after(request, told, status)
    holder = gate.holder
    if status is Status.VIABLE and not told.replicated:
        holder = Holder.SYSTEMS
    coverage = told.coverage or request.coverage
    moved = (status, holder) != (request.status, request.holder)
    moved = moved or bool(gate.word) or gate.paused != request.paused
    grown = int(coverage.percent) != int(request.coverage.percent)
    if not moved and not grown and told.deadline is None:
        return None
    return RequestProgressed(
        status=status,
        holder=holder,
        reason=told.reason,
        deadlines=_renamed(told),
        coverage_signed=coverage.signed,
        coverage_exempt=coverage.exempt,
        coverage_eligible=coverage.eligible,
        occurred_at=told.occurred_at,
        paused=gate.paused,
        gate=gate.word,
        query_id=gate.query_id if gate.word == SHUT else "",
    )


def _renamed(told: Advance) -> tuple[Deadline, ...]:
    """The promise under the registry's own name of the stage."""
    if told.deadline is None:
        return ()
    name = STAGE_OF.get(told.action, told.deadline.stage)
    return (told.deadline.model_copy(update={"stage": name}),)


def _completed(
    request: Request, command: Complete, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    follow(request.status, Action.COMPLETE)
    if request.confirmation.is_awaited:
        raise Rejected("request.unconfirmed", due_at=request.confirmation.due_at)
    if request.query_id:
        raise Rejected("request.query_open", query=request.query_id)
    if request.holder != Holder.SYSTEMS:
        raise Rejected("request.replicated", status=request.status, holder=request.holder)
    return _advanced(request, Advance(Action.COMPLETE, given.at, command.note))


def _closed(request: Request, outcome: str, at: datetime, reason: str = "") -> RequestClosed:
    ended = promises.finish(request.stages, at)
    met = all(stage.state is StageState.MET for stage in ended)
    on_time = None if not ended else met and not request.late
    return RequestClosed(outcome=outcome, closed_at=at, on_time=on_time, reason=reason)


def _breaches(request: Request, at: datetime) -> list[RequestDeadlineBreached]:
    """Deadlines that had passed when this happened and that nobody has told yet."""
    return [_breach(request, stage) for stage in promises.overdue(request.stages, at)]


def _fallen_due(request: Request, due_at: datetime) -> Stages:
    return tuple(
        stage
        for stage in request.stages
        if stage.state is StageState.RUNNING and stage.due_at <= due_at
    )


def _breach(request: Request, stage: promises.Stage) -> RequestDeadlineBreached:
    return RequestDeadlineBreached(stage=stage.name, due_at=stage.due_at, holder=request.holder)
