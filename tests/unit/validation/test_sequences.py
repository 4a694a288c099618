"""What holds over any sequence of commands, in whatever order and however late they come."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.validation.domain import (
    AnswerDoubt,
    AnswerQuery,
    Approve,
    Deploy,
    DoubtStatus,
    Evaluation,
    Expire,
    MergeDoubt,
    Observe,
    Open,
    Query,
    RaiseDoubt,
    Refuse,
    Share,
    Status,
    Withdraw,
    evolve,
)
from shared.contracts.validation import (
    AskersAnswered,
    EvaluationApproved,
    EvaluationBreached,
    EvaluationDeploymentBlocked,
    EvaluationDeploymentUnblocked,
)
from shared.decider import Rejected
from tests.support.evaluations import Case, lima, osinergmin

COMMANDS = st.sampled_from(
    [
        *("observe", "answer", "approve", "refuse", "withdraw", "expire", "share", "deploy"),
        *("raise", "raise", "merge", "resolve"),
    ]
)
STEPS = st.lists(st.tuples(COMMANDS, st.integers(0, 200_000)), max_size=20)


def command_of(case: Case, name: str, number: int) -> Any:
    query = case.state.queries[-1] if case.state.queries else Query("q0", (), lima(1))
    open_doubts = [one.id for one in case.state.doubts if one.status is DoubtStatus.OPEN]
    first, last = [*open_doubts, "1"][0], [*open_doubts, "1"][-1]
    return {
        "observe": Observe(f"q{number}", ("¿?",), tuple(open_doubts[: number % 3])),
        "answer": AnswerQuery(query.id, tuple((one.id, "Sí.") for one in query.questions)),
        "share": Share(f"texto {number % 3}"),
        "deploy": Deploy(),
        "raise": RaiseDoubt(f"person-{number % 4}", f"¿{number % 5}?"),
        "merge": MergeDoubt(last, str(1 + number % 4)),
        "resolve": AnswerDoubt(first, "Así."),
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
        gate = (EvaluationDeploymentBlocked, EvaluationDeploymentUnblocked)
        told = [event for event, _ in case.told if isinstance(event, gate)]
        closed = [type(event) for event in told][-1:] == [EvaluationDeploymentBlocked]
        waits = case.state.open_query is not None and case.state.status is not Status.OBSERVED
        assert closed is (waits or (case.state.status is Status.WITHDRAWN and closed))
    nobody_is_lost(case)
    breaches = [event for event, _ in case.told if isinstance(event, EvaluationBreached)]
    assert len(breaches) == case.state.breached
    refolded = Evaluation()
    for event, stamp in case.told:
        refolded = evolve(refolded, event, stamp)  # type: ignore[arg-type]
    assert refolded == case.state


def nobody_is_lost(case: Case) -> None:
    """Whoever asked is told of the answer to what he asked, and only when there is one."""
    docket = case.state.docket
    told: list[tuple[str, str]] = []
    for event, _ in case.told:
        if isinstance(event, AskersAnswered):
            told += [(event.doubt_id, asker) for asker in event.askers]
    due = {
        (final.id, asker)
        for doubt in case.state.doubts
        for asker in doubt.askers
        if (final := docket.final(doubt)).answer
    }
    assert set(told) == due


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
