"""How evaluations look from outside."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.validation.domain import Evaluation, Query, Status, clock_of
from services.validation.policy import EvaluationPolicy
from shared.clock import Step, left, sentence
from shared.contracts.terms import Deadline
from shared.store import Outcome

OPEN = (Status.EVALUATING, Status.OBSERVED)


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class DeadlineView(_View):
    """A promise; `state` is running, paused, met or breached, `explain` how its date came about."""

    stage: str
    due_at: datetime
    effective_at: datetime
    state: str
    explain: Sequence[str]


class QuestionView(_View):
    id: str
    text: str
    answer: str | None = None


class QueryView(_View):
    """One consolidated query; open while `answered_at` is null."""

    id: str
    asked_at: datetime
    answered_at: datetime | None
    questions: Sequence[QuestionView]


class EvaluationView(_View):
    """An evaluation; its id is the request's."""

    id: str
    code: str
    request_type: str
    topic: str
    title: str
    status: str
    holder: str = Field(description="`provider`, `client`, or empty when it is over")
    received_at: datetime
    deadline: DeadlineView
    time_left_seconds: int | None = Field(
        description="Working time left to evaluate, negative after a breach; null when it is over"
    )
    round_trips: int
    queries: Sequence[QueryView]
    checks: Sequence[str]
    promised: DeadlineView | None = Field(description="The term told to the client on approval")
    unconfirmed: bool = Field(description="A verbal instruction that the client has to confirm")
    reason: str
    decided_at: datetime | None
    use: str = Field(
        description="What the operation may do with it: `none`, `information_only`, `deploying`"
    )
    shared_at: datetime | None = Field(description="When operations last shared it")
    open_doubts: int = Field(description="Doubts of the operation that wait for the evaluator")
    version: int


def view(
    outcome: Outcome[Evaluation], policy: EvaluationPolicy, now: datetime, language: str
) -> EvaluationView:
    """An evaluation at an instant, in a language."""
    state = outcome.state
    if state.received_at is None or state.deadline is None:
        raise ValueError(f"evaluation {outcome.id} was not opened")
    return EvaluationView(
        id=outcome.id,
        code=state.code,
        request_type=state.request_type,
        topic=state.topic,
        title=state.title,
        status=state.status,
        holder=state.holder,
        received_at=state.received_at,
        deadline=_deadline(state.deadline, _standing(state), language),
        time_left_seconds=_time_left(state, policy, now) if state.status in OPEN else None,
        round_trips=len(state.queries),
        queries=[_query(query) for query in state.queries],
        checks=state.checks,
        promised=_promised(state, language),
        unconfirmed=state.unconfirmed,
        reason=state.reason,
        decided_at=state.decided_at,
        use=state.use,
        shared_at=state.shared_at,
        open_doubts=state.docket.open,
        version=outcome.version,
    )


def _promised(state: Evaluation, language: str) -> DeadlineView | None:
    if state.promised is None:
        return None
    return _deadline(state.promised, "paused" if state.open_query else "running", language)


def _standing(state: Evaluation) -> str:
    if state.breached:
        return "breached"
    if state.status is Status.WITHDRAWN:
        return "cancelled"
    if state.status in OPEN:
        return "paused" if state.open_query else "running"
    return "met"


def _time_left(state: Evaluation, policy: EvaluationPolicy, now: datetime) -> int:
    clock = clock_of(state, policy.clock)
    return left(clock, clock.promises[0], max(now, clock.last_at), policy.clock.calendar)


def _deadline(deadline: Deadline, state: str, language: str) -> DeadlineView:
    steps = (Step(step.code, step.params) for step in deadline.steps)
    return DeadlineView(
        stage=deadline.stage,
        due_at=deadline.due_at,
        effective_at=deadline.effective_at,
        state=state,
        explain=[sentence(step, language) for step in steps],
    )


def _query(query: Query) -> QueryView:
    answers = {answer.question_id: answer.text for answer in query.answers}
    return QueryView(
        id=query.id,
        asked_at=query.asked_at,
        answered_at=query.answered_at,
        questions=[
            QuestionView(id=question.id, text=question.text, answer=answers.get(question.id))
            for question in query.questions
        ],
    )
