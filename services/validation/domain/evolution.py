"""What an event changes."""

from dataclasses import replace

from services.validation.domain.docket import DoubtEvent, evolve_doubts, replied
from services.validation.domain.lifecycle import Action, follow
from services.validation.domain.model import Evaluation, Query
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationApproved,
    EvaluationAwaitsConfirmation,
    EvaluationBreached,
    EvaluationConfirmed,
    EvaluationDeploymentBlocked,
    EvaluationDeploymentStarted,
    EvaluationDeploymentUnblocked,
    EvaluationObserved,
    EvaluationOpened,
    EvaluationRefused,
    EvaluationShared,
    EvaluationWithdrawn,
)
from shared.decider import Stamp

Told = EvaluationDeploymentBlocked | EvaluationDeploymentUnblocked
Event = (
    EvaluationOpened
    | EvaluationObserved
    | EvaluationAnswered
    | EvaluationApproved
    | EvaluationRefused
    | EvaluationWithdrawn
    | EvaluationBreached
    | EvaluationAwaitsConfirmation
    | EvaluationConfirmed
    | EvaluationShared
    | EvaluationDeploymentStarted
    | Told
    | DoubtEvent
)


def evolve(  # noqa: C901, PLR0911, PLR0912 - one return a kind of event
    state: Evaluation, event: Event, stamp: Stamp
) -> Evaluation:
    """The evaluation after one of its events."""
    match event:
        case EvaluationOpened():
            return _opened(state, event)
        case EvaluationObserved():
            return _observed(state, event, stamp)
        case EvaluationAnswered():
            return _answered(state, event, stamp)
        case EvaluationApproved():
            return _approved(state, event, stamp)
        case EvaluationRefused():
            return _ended(state, Action.REFUSE, event.reason, stamp)
        case EvaluationWithdrawn():
            return _ended(state, Action.WITHDRAW, event.reason, stamp)
        case EvaluationBreached():
            return replace(state, breached=True)
        case EvaluationAwaitsConfirmation() | EvaluationConfirmed():
            return replace(state, unconfirmed=isinstance(event, EvaluationAwaitsConfirmation))
        case EvaluationShared():
            status = follow(state.status, Action.SHARE)
            return replace(state, status=status, shared=event.content, shared_at=stamp.at)
        case EvaluationDeploymentStarted():
            return replace(state, status=follow(state.status, Action.DEPLOY))
        case EvaluationDeploymentUnblocked():
            return replace(state, promised=event.deadline or state.promised)
        case EvaluationDeploymentBlocked():
            # said for others: the open query itself is the gate
            return state
        case _:
            return evolve_doubts(state, event)


def _opened(state: Evaluation, event: EvaluationOpened) -> Evaluation:
    return replace(
        state,
        status=follow(state.status, Action.OPEN),
        code=event.code,
        request_type=event.request_type,
        topic=event.topic,
        title=event.title,
        received_at=event.received_at,
        deadline=event.deadline,
    )


def _observed(state: Evaluation, event: EvaluationObserved, stamp: Stamp) -> Evaluation:
    query = Query(event.query_id, event.questions, stamp.at)
    status = follow(state.status, Action.OBSERVE)
    return replace(state, status=status, queries=(*state.queries, query))


def _ended(state: Evaluation, action: Action, reason: str, stamp: Stamp) -> Evaluation:
    status = follow(state.status, action)
    return replace(state, status=status, reason=reason, decided_at=stamp.at)


def _answered(state: Evaluation, event: EvaluationAnswered, stamp: Stamp) -> Evaluation:
    *earlier, query = state.queries
    answered = replace(query, answered_at=stamp.at, answers=event.answers)
    return replace(
        replied(state, query.id, event.answers),
        status=follow(state.status, Action.ANSWER),
        queries=(*earlier, answered),
        deadline=event.deadline or state.deadline,
    )


def _approved(state: Evaluation, event: EvaluationApproved, stamp: Stamp) -> Evaluation:
    return replace(
        state,
        status=follow(state.status, Action.APPROVE),
        checks=event.checks,
        complexity=event.complexity,
        promised=event.deadline,
        decided_at=stamp.at,
    )
