"""What a command leads to: one business day to evaluate, one query at a time (A30-A44).

The provider's clock runs while it evaluates and stands still while the client has the query. A
promise that passes is told once, by the deadline or by the first command that comes after it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.validation.domain.lifecycle import Action, Status, follow
from services.validation.domain.model import (
    AnswerQuery,
    Approve,
    Command,
    Evaluation,
    Expire,
    Observe,
    Open,
    Query,
    Refuse,
    Withdraw,
)
from services.validation.policy import EvaluationPolicy, TypeTerms
from shared.clock import Change, Plan, Promised, SlaClock, replay, start
from shared.contracts import EventBody
from shared.contracts.terms import Deadline, DeadlineStep
from shared.contracts.validation import (
    Answer,
    EvaluationAnswered,
    EvaluationApproved,
    EvaluationBreached,
    EvaluationObserved,
    EvaluationOpened,
    EvaluationRefused,
    EvaluationWithdrawn,
    Question,
)
from shared.decider import Given, Invalid, Rejected

CLIENT_WAIT = "consulta"


def decide(
    state: Evaluation, command: Command, given: Given[EvaluationPolicy]
) -> Sequence[EventBody]:
    """The events a command leads to."""
    due = next_due(state)
    match command:
        case Expire():
            return _breach(state) if due is not None and due <= given.at else []
        case Open():
            return _open(command, given.policy) if state.status is Status.NEW else []
        case Withdraw():
            events = _withdraw(state, command)
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
    return [
        EvaluationOpened(
            code=command.code,
            request_type=command.request_type,
            topic=command.topic,
            title=command.title,
            received_at=command.received_at,
            deadline=_deadline(clock),
        )
    ]


def _withdraw(state: Evaluation, command: Withdraw) -> list[EventBody]:
    running = state.status in (Status.EVALUATING, Status.OBSERVED)
    if running or (command.undeployed and state.status is Status.APPROVED):
        return [EvaluationWithdrawn(reason=command.reason)]
    return []


def _observe(state: Evaluation, command: Observe, policy: EvaluationPolicy) -> list[EventBody]:
    follow(state.status, Action.OBSERVE)
    if len(command.questions) > policy.max_questions:
        raise Invalid("query.too_many_questions", limit=policy.max_questions)
    questions = tuple(
        Question(id=str(number), text=text) for number, text in enumerate(command.questions, 1)
    )
    return [
        EvaluationObserved(
            query_id=command.query_id, questions=questions, round_trip=len(state.queries) + 1
        )
    ]


def _answer(
    state: Evaluation, command: AnswerQuery, given: Given[EvaluationPolicy]
) -> list[EventBody]:
    query = state.open_query
    if query is None or query.id != command.query_id:
        if any(command.query_id == known.id for known in state.queries):
            raise Rejected("query.already_answered", query=command.query_id)
        follow(state.status, Action.ANSWER)
        raise Rejected("query.unknown", query=command.query_id)
    answers = _complete(query, command)
    answered = replace(query, answered_at=given.at)
    clock = clock_of(replace(state, queries=(*state.queries[:-1], answered)), given.policy.clock)
    return [
        EvaluationAnswered(
            query_id=query.id,
            answers=answers,
            deadline=_deadline(clock),
        )
    ]


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
            deadline=_deadline(clock),
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


def clock_of(state: Evaluation, plan: Plan) -> SlaClock:
    """The provider's clock of an open evaluation, standing still while the client has a query."""
    if state.received_at is None:
        raise ValueError("an evaluation that was not opened has no clock")
    changes: list[Change] = []
    at = state.received_at
    for query in state.queries:
        # two processes' clocks may differ by milliseconds: the order is the history's
        at = max(at, query.asked_at)
        changes.append(Change("pause", at, f"{CLIENT_WAIT} {query.id}"))
        if query.answered_at is not None:
            at = max(at, query.answered_at)
            changes.append(Change("resume", at, f"{CLIENT_WAIT} {query.id}"))
    return replay(start(plan, state.received_at), changes, plan)


def _deadline(clock: SlaClock) -> Deadline:
    (promised,) = clock.promises
    return Deadline(
        stage=promised.target,
        due_at=promised.due_at,
        effective_at=promised.effective_at,
        policy=clock.version,
        steps=_steps(promised),
    )


def _steps(promised: Promised) -> tuple[DeadlineStep, ...]:
    return tuple(DeadlineStep(code=step.code, params=step.params) for step in promised.steps)


def next_due(state: Evaluation) -> datetime | None:
    """When the running promise passes; None while none runs, or when its breach was told."""
    if state.status is not Status.EVALUATING or state.breached or state.deadline is None:
        return None
    return state.deadline.due_at


def _breach(state: Evaluation) -> list[EventBody]:
    if state.deadline is None:
        return []
    return [EvaluationBreached(stage=state.deadline.stage, due_at=state.deadline.due_at)]
