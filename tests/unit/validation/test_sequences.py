"""What holds over any sequence of commands, in whatever order and however late they come."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.domain import (
    AnswerQuery,
    Approve,
    Evaluation,
    Expire,
    Observe,
    Open,
    Refuse,
    Status,
    Withdraw,
    evolve,
)
from shared.contracts.validation import EvaluationApproved, EvaluationBreached
from shared.decider import Rejected
from tests.support.evaluations import Case, lima, osinergmin

COMMANDS = st.sampled_from(["observe", "answer", "approve", "refuse", "withdraw", "expire"])
STEPS = st.lists(st.tuples(COMMANDS, st.integers(0, 200_000)), max_size=14)


def command_of(case: Case, name: str, number: int) -> Any:
    query = case.state.queries[-1].id if case.state.queries else "q0"
    return {
        "observe": Observe(f"q{number}", ("¿?",)),
        "answer": AnswerQuery(query, (("1", "Sí."),)),
        "approve": Approve(case.policy.checks),
        "refuse": Refuse("No."),
        "withdraw": Withdraw("Anulada.", undeployed=True),
        "expire": Expire(case.due or lima(1)),
    }[name]


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_promises_are_kept_or_told_once_and_gates_hold(steps: list[tuple[str, int]]) -> None:
    case, at = Case(osinergmin()), lima(1)
    case.give(Open("SOL-2026-000001", "information", "t", "t", at), at)
    for number, (name, seconds) in enumerate(steps, 1):
        at += timedelta(seconds=seconds)
        before = case.state
        try:
            events = case.give(command_of(case, name, number), at)
        except Rejected:
            assert case.state == before
            continue
        if any(isinstance(event, EvaluationApproved) for event in events):
            assert before.open_query is None
        assert case.state.deadline is not None
        assert before.deadline is not None
        assert case.state.deadline.due_at >= before.deadline.due_at
        assert case.due is None or case.state.status is Status.EVALUATING
    breaches = [event for event, _ in case.told if isinstance(event, EvaluationBreached)]
    assert len(breaches) == case.state.breached
    refolded = Evaluation()
    for event, stamp in case.told:
        refolded = evolve(refolded, event, stamp)  # type: ignore[arg-type]
    assert refolded == case.state


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90_000), st.integers(1, 400_000)), min_size=1, max_size=5))
def test_waits_for_the_client_never_cost_the_provider_time(waits: list[tuple[int, int]]) -> None:
    """However long the client takes, what is left of the business day stays as it was."""
    case, at = Case(osinergmin()), lima(1)
    case.give(Open("SOL-2026-000001", "information", "t", "t", at), at)
    calendar = case.policy.clock.calendar
    for number, (work, wait) in enumerate(waits):
        assert case.state.deadline is not None
        asked = min(at + timedelta(seconds=work), case.state.deadline.due_at)
        left = calendar.elapsed_business_time(asked, case.state.deadline.due_at)
        case.give(Observe(f"q{number}", ("¿?",)), asked)
        at = asked + timedelta(seconds=wait)
        case.give(AnswerQuery(f"q{number}", (("1", "Sí."),)), at)
        assert calendar.elapsed_business_time(at, case.state.deadline.due_at) == left
