"""What each event changes in the registry's picture of a request."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.intake.domain import stages as promises
from services.intake.domain import succession, verbal
from services.intake.domain.gate import with_gate
from services.intake.domain.lifecycle import EVALUATING, HOLDER, Holder, Status
from services.intake.domain.procedure import keys_of
from services.intake.domain.request import Coverage, Document, Link, Request
from services.intake.domain.stages import Stages, StageState
from services.intake.rules.promise import NEVER
from shared.contracts import EventBody
from shared.contracts.intake import (
    RequestAttached,
    RequestClosed,
    RequestConfirmationAsked,
    RequestConfirmationLapsed,
    RequestConfirmed,
    RequestDeadlineBreached,
    RequestImported,
    RequestOverlapped,
    RequestProgressed,
    RequestReceived,
    RequestReplaced,
)
from shared.decider import Stamp
from shared.words import search_words

KEPT_WORDS: Final = 200
OUTCOMES: Final = {
    "deployed": Status.CLOSED,
    "not_viable": Status.NOT_VIABLE,
    "withdrawn": Status.WITHDRAWN,
    "replaced": Status.REPLACED,
}


def evolve(  # noqa: PLR0911 - one return a kind of event
    request: Request, event: EventBody, stamp: Stamp
) -> Request:
    """What an event changes."""
    match event:
        case RequestReceived():
            return _after_reception(event)
        case RequestImported():
            return _after_import(event)
        case RequestProgressed():
            return _after_progress(request, event, event.occurred_at or stamp.at)
        case RequestDeadlineBreached():
            return _with_stages(request, promises.breach(request.stages, event.stage))
        case RequestClosed():
            return _after_closing(request, event)
        case RequestAttached(attachment_id=one, name=name, size=size, sha256=sha256):
            documents = (*request.documents, Document(one, name, size, sha256))
            return replace(request, documents=documents)
        case RequestOverlapped():
            return succession.with_overlaps(request, event)
        case RequestReplaced(by=by):
            return replace(request, replaced_by=Link(by.id, by.code))
        case RequestConfirmationAsked() | RequestConfirmed() | RequestConfirmationLapsed():
            return replace(request, confirmation=verbal.answered(request.confirmation, event))
    return request


def _after_reception(event: RequestReceived) -> Request:
    stages = tuple(promises.promised(deadline) for deadline in event.deadlines)
    return Request(
        status=Status.RECEIVED,
        holder=event.holder,
        code=event.code,
        request_type=event.request_type,
        topic=event.topic,
        title=event.title,
        description=event.description,
        area=event.area,
        channel=event.channel,
        effective_on=event.effective_on,
        verbal=event.verbal,
        touches=event.touches,
        touched=keys_of(event.touches),
        attachments=event.attachments,
        received_at=event.received_at,
        effective_received_at=event.effective_received_at,
        stages=stages,
        due_at=promises.tightest(stages),
        replaces=succession.link_of(event),
        words=_words_of(event, event.description),
        incident_id=event.incident_id,
    )


def _after_import(event: RequestImported) -> Request:
    """As it was: what an old register left open is not promised again and breaches nothing."""
    stages: Stages = ()
    if event.due_at is not None:
        stage = promises.Stage(promises.REGISTER, event.due_at, event.received_at)
        done = event.closed_at
        stages = (stage.cancelled() if done is None else stage.finished(done),)
    on_time = stages[0].state is StageState.MET if stages and event.closed_at else None
    return Request(
        status=Status(event.status),
        holder=HOLDER[Status(event.status)],
        code=event.code,
        request_type=event.request_type,
        topic=event.topic,
        title=event.title,
        area=event.area,
        channel=event.channel,
        received_at=event.received_at,
        effective_received_at=event.received_at,
        stages=stages,
        outcome=_outcome_of(Status(event.status)),
        closed_at=event.closed_at,
        on_time=on_time,
        source=event.source,
        words=_words_of(event),
    )


def _words_of(event: RequestReceived | RequestImported, *more: str) -> tuple[str, ...]:
    told = (event.code, event.topic, event.title, event.area, *more)
    return search_words(*told, kept=KEPT_WORDS)


def _outcome_of(status: Status) -> str:
    return next((outcome for outcome, end in OUTCOMES.items() if end is status), "")


def _after_progress(request: Request, event: RequestProgressed, at: datetime) -> Request:
    status = Status(event.status)
    stages = promises.finish(request.stages, at, _ended_in(status))
    late = request.late or _is_late(stages)
    for deadline in event.deadlines:
        if deadline.stage not in _ended_in(status):
            stages = promises.with_promise(stages, promises.promised(deadline))
        else:
            stages = promises.with_promise(stages, promises.promised(deadline).finished(at))
    return replace(
        _with_stages(with_gate(request, event), promises.paused(stages, event.paused)),
        status=status,
        holder=event.holder,
        reason=event.reason,
        coverage=Coverage(event.coverage_signed, event.coverage_exempt, event.coverage_eligible),
        late=late,
    )


def _ended_in(status: Status) -> Iterable[str]:
    """The stages whose work is done in a status; an observation is an evaluation's answer (A36)."""
    if status is Status.DEPLOYED:
        return promises.NAMES
    if status is Status.OBSERVED or status not in EVALUATING:
        return (promises.EVALUATION,)
    return ()


def _is_late(stages: Stages) -> bool:
    return any(s.state is StageState.BREACHED and s.finished_at is not None for s in stages)


def _after_closing(request: Request, event: RequestClosed) -> Request:
    withdrawn = event.outcome in ("withdrawn", "replaced")
    stages = (
        tuple(stage.cancelled() for stage in request.stages)
        if withdrawn
        else promises.finish(request.stages, event.closed_at)
    )
    return replace(
        _with_stages(request, stages),
        status=OUTCOMES[event.outcome],
        holder=Holder.NOBODY,
        outcome=event.outcome,
        reason=event.reason,
        closed_at=event.closed_at,
        on_time=event.on_time,
        due_at=NEVER,
    )


def _with_stages(request: Request, stages: Stages) -> Request:
    return replace(request, stages=stages, due_at=promises.tightest(stages))
