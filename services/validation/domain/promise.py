"""The promise to evaluate: the provider's clock, which stands still while the client is asked."""

from services.validation.domain.model import Evaluation
from shared.clock import Change, Plan, Promised, SlaClock, replay, start
from shared.contracts.terms import Deadline, DeadlineStep

CLIENT_WAIT = "consulta"


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


def deadline_of(clock: SlaClock) -> Deadline:
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
