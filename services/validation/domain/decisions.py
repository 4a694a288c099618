"""What a command leads to: one business day to evaluate, one query at a time (A30-A44).

The provider's clock runs while it evaluates and stands still while the client has the query. A
promise that passes is told once, by the deadline or by the first command that comes after it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.validation.domain import docket
from services.validation.domain.lifecycle import LIFECYCLE, VIABLE, Action, Status, follow
from services.validation.domain.model import (
    AnswerDoubt,
    AnswerQuery,
    Approve,
    Command,
    Confirm,
    Deploy,
    Evaluation,
    Expire,
    MergeDoubt,
    Observe,
    Open,
    Query,
    RaiseDoubt,
    Refuse,
    Share,
    Withdraw,
)
from services.validation.domain.promise import attention_of, clock_of, deadline_of
from services.validation.policy import EvaluationPolicy, TypeTerms
from shared.clock import Plan, start
from shared.contracts import EventBody
from shared.contracts.terms import Deadline
from shared.contracts.validation import (
    Answer,
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
    Question,
)
from shared.decider import Given, Invalid, Rejected


def decide(  # noqa: C901 - one case a command
    state: Evaluation, command: Command, given: Given[EvaluationPolicy]
) -> Sequence[EventBody]:
    """The events a command leads to."""
    due = next_due(state)
    match command:
        case Expire():
            return _breach(state) if due is not None and due <= given.at else []
        case Open():
            return _open(command, given.policy) if state.status is Status.NEW else []
        case Confirm(lapsed):
            return [EvaluationConfirmed(lapsed=lapsed)] if state.unconfirmed else []
        case Deploy():
            return _deploy(state)
        case Withdraw():
            events = _withdraw(state, command)
        case Share() | RaiseDoubt() | MergeDoubt() | AnswerDoubt():
            events = _heed_operations(state, command, given.policy)
        case Observe():
            events = _observe(state, command, given.policy)
        case AnswerQuery():
            events = _answer(state, command, given)
        case Approve():
            events = _approve(state, command, given)
        case Refuse(reason):
            follow(state.status, Action.REFUSE)
            events = [EvaluationRefused(reason=reason)]
    # what came too late is told before what came
    late = _breach(state) if events and due is not None and due < given.at else []
    return [*late, *events]


def _open(command: Open, policy: EvaluationPolicy) -> list[EventBody]:
    clock = start(policy.clock, command.received_at)
    opened = EvaluationOpened(
        code=command.code,
        request_type=command.request_type,
        topic=command.topic,
        title=command.title,
        received_at=command.received_at,
        deadline=deadline_of(clock),
    )
    return [opened, EvaluationAwaitsConfirmation()] if command.verbal else [opened]


def _withdraw(state: Evaluation, command: Withdraw) -> list[EventBody]:
    running = state.status in (Status.EVALUATING, Status.OBSERVED)
    if running or (command.undeployed and state.status in VIABLE):
        return [EvaluationWithdrawn(reason=command.reason)]
    return []


def _deploy(state: Evaluation) -> list[EventBody]:
    # told by training, which may be heard after the request has ended
    if (state.status, Action.DEPLOY) not in LIFECYCLE:
        return []
    return [EvaluationDeploymentStarted()]


def _heed_operations(
    state: Evaluation,
    command: Share | RaiseDoubt | MergeDoubt | AnswerDoubt,
    policy: EvaluationPolicy,
) -> list[EventBody]:
    match command:
        case Share(content):
            follow(state.status, Action.SHARE)
            return [] if content == state.shared else [EvaluationShared(content=content)]
        case RaiseDoubt():
            return docket.raise_doubt(state, command, policy)
        case MergeDoubt():
            return docket.merge(state, command)
        case AnswerDoubt():
            return docket.answer(state, command)


def _observe(state: Evaluation, command: Observe, policy: EvaluationPolicy) -> list[EventBody]:
    follow(state.status, Action.OBSERVE)
    if len(command.questions) + len(command.doubts) > policy.max_questions:
        raise Invalid("query.too_many_questions", limit=policy.max_questions)
    own = [Question(id=str(number), text=text) for number, text in enumerate(command.questions, 1)]
    asked, gathered = docket.gather(state, command.query_id, command.doubts, len(own))
    observed = EvaluationObserved(
        query_id=command.query_id,
        questions=(*own, *asked),
        round_trip=len(state.queries) + 1,
    )
    if state.status not in VIABLE:
        return [observed, *gathered]
    return [observed, *gathered, EvaluationDeploymentBlocked(query_id=command.query_id)]


def _answer(
    state: Evaluation, command: AnswerQuery, given: Given[EvaluationPolicy]
) -> list[EventBody]:
    query = state.open_query
    if query is None or query.id != command.query_id:
        known = next((one for one in state.queries if one.id == command.query_id), None)
        if known is not None and known.answered_at is None:
            raise Rejected("query.withdrawn", query=known.id)
        if known is not None:
            raise Rejected("query.already_answered", query=known.id)
        follow(state.status, Action.ANSWER)
        raise Rejected("query.unknown", query=command.query_id)
    answers = _complete(query, command)
    told = docket.reply(state, query.id)
    queries = (*state.queries[:-1], replace(query, answered_at=given.at))
    after = replace(state, queries=queries)
    if state.status in VIABLE:
        # the evaluation's own promise was kept before: the term of attention moves instead
        answered = EvaluationAnswered(query_id=query.id, answers=answers)
        deadline = _attention(after, given.policy)
        unblocked = EvaluationDeploymentUnblocked(query_id=query.id, deadline=deadline)
        return [answered, *told, unblocked]
    clock = clock_of(after, given.policy.clock)
    answered = EvaluationAnswered(query_id=query.id, answers=answers, deadline=deadline_of(clock))
    return [answered, *told]


def _attention(state: Evaluation, policy: EvaluationPolicy) -> Deadline | None:
    terms = policy.types.get(state.request_type)
    plan = None if terms is None else terms.plans.get(state.complexity)
    # a term that the policy no longer has cannot be counted anew: its date stays
    return None if plan is None else attention_of(state, plan)


def _complete(query: Query, command: AnswerQuery) -> tuple[Answer, ...]:
    texts = dict(command.answers)
    asked = [question.id for question in query.questions]
    if len(texts) < len(command.answers):
        raise Invalid("query.answered_twice")
    if unknown := sorted(set(texts) - set(asked)):
        raise Invalid("query.unknown_question", questions=unknown)
    if missing := [one for one in asked if one not in texts]:
        raise Invalid("query.unanswered", questions=missing)
    return tuple(Answer(question_id=one, text=texts[one]) for one in asked)


def _approve(
    state: Evaluation, command: Approve, given: Given[EvaluationPolicy]
) -> list[EventBody]:
    follow(state.status, Action.APPROVE)
    policy = given.policy
    if state.unconfirmed:
        raise Rejected("evaluation.unconfirmed", id=state.code)
    if missing := [check for check in policy.checks if check not in command.checks]:
        raise Rejected("evaluation.checks_missing", missing=missing)
    if unknown := sorted(set(command.checks) - set(policy.checks)):
        raise Invalid("evaluation.checks_unknown", unknown=unknown)
    terms = policy.types.get(state.request_type)
    if terms is None:
        raise Invalid("evaluation.type_without_term", type=state.request_type)
    clock = start(_plan_at(terms, command.complexity), given.at)
    return [
        EvaluationApproved(
            code=state.code,
            request_type=state.request_type,
            topic=state.topic,
            title=state.title,
            deadline=deadline_of(clock),
            checks=policy.checks,
            complexity=command.complexity,
            replicated=terms.replicated,
        )
    ]


def _plan_at(terms: TypeTerms, complexity: str) -> Plan:
    plan = terms.plans.get(complexity)
    if plan is None:
        raise Invalid("evaluation.complexity", levels=[level for level in terms.plans if level])
    return plan


def next_due(state: Evaluation) -> datetime | None:
    """When the running promise passes; None while none runs, or when its breach was told."""
    if state.status is not Status.EVALUATING or state.breached or state.deadline is None:
        return None
    return state.deadline.due_at


def _breach(state: Evaluation) -> list[EventBody]:
    if state.deadline is None:
        return []
    return [EvaluationBreached(stage=state.deadline.stage, due_at=state.deadline.due_at)]
