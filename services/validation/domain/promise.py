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


def attention_of(state: Evaluation, plan: Plan) -> Deadline | None:
    """The term promised on approval, moved by what the client has had since (A43).

    None when nothing was promised, or when it had passed before he was asked: it stays missed.
    """
    if state.decided_at is None or state.promised is None:
        return None
    clock = start(plan, state.decided_at)
    at, due = state.decided_at, state.promised.due_at
    for query in state.queries:
        if query.answered_at is None or query.asked_at < state.decided_at:
            continue
        if query.asked_at > due:
            return None
        reason = f"{CLIENT_WAIT} {query.id}"
        begun = max(at, query.asked_at)
        at = max(begun, query.answered_at)
        wait = [Change("pause", begun, reason), Change("resume", at, reason)]
        clock = replay(clock, wait, plan)
        due = clock.promises[0].due_at
    return deadline_of(clock)


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
