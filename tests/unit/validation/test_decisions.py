"""What is decided about an evaluation: given, when, then."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from services.validation.domain import (
    AnswerQuery,
    Approve,
    Expire,
    Observe,
    Open,
    Refuse,
    Status,
    Withdraw,
    clock_of,
)
from shared.clock import State, left
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationApproved,
    EvaluationBreached,
    EvaluationObserved,
    EvaluationRefused,
    EvaluationWithdrawn,
)
from shared.decider import Invalid, Rejected
from tests.support.evaluations import Case, lima

Opened = Callable[..., Case]
ALL = ("other_requests", "resources", "areas")


def code_of(case: Case, command: object, at: datetime) -> tuple[str, dict[str, object]]:
    with pytest.raises(Rejected) as refusal:
        case.give(command, at)  # type: ignore[arg-type]
    return refusal.value.code, refusal.value.fields


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (lima(24, 16, 30), lima(27, 16, 30)),  # the last second of Friday's window counts
        (lima(24, 16, 30, 1), lima(30, 16, 30)),  # 23, 28 and 29 July are holidays
        (lima(25, 12), lima(30, 16, 30)),
        (lima(1, 10), lima(2, 16, 30)),
    ],
)
def test_there_is_one_business_day_to_evaluate(
    opened: Opened, received: datetime, due: datetime
) -> None:
    case = opened(received)

    assert case.state.deadline is not None
    assert (case.state.deadline.stage, case.state.deadline.due_at) == ("request.evaluate", due)
    assert case.due == due
    assert (case.state.status, case.state.holder) == (Status.EVALUATING, "provider")
    assert case.state.deadline.policy == "2026-07"
    assert case.state.deadline.steps[-1].params == {"source": "A:L1867"}


def test_opening_again_changes_nothing(opened: Opened) -> None:
    case = opened()
    assert case.give(Open("X", "information", "t", "t", lima(2)), lima(2)) == []


def test_all_doubts_go_in_one_query_and_the_clock_stands_still(opened: Opened) -> None:
    case = opened()
    (event,) = case.give(Observe("q1", ("¿Dónde?", "¿Cuándo?")), lima(1, 11))

    assert isinstance(event, EvaluationObserved)
    assert [(q.id, q.text) for q in event.questions] == [("1", "¿Dónde?"), ("2", "¿Cuándo?")]
    assert event.round_trip == 1
    assert (case.state.status, case.state.holder, case.due) == (Status.OBSERVED, "client", None)
    assert clock_of(case.state, case.policy.clock).state is State.PAUSED
    assert case.give(Expire(lima(2, 16, 30)), lima(6)) == []


@pytest.mark.parametrize("command", [Observe("q2", ("¿?",)), Approve(ALL), Refuse("no")])
def test_nothing_is_decided_while_a_query_is_open(opened: Opened, command: object) -> None:
    case = opened()
    case.give(Observe("q1", ("¿?",)), lima(1, 11))

    assert code_of(case, command, lima(1, 12))[0] == "evaluation.query_open"


def test_the_answer_moves_the_date_by_the_wait_and_explains_it(opened: Opened) -> None:
    case = opened()  # due on Thursday 2 July at 16:30
    case.give(Observe("q1", ("¿?",)), lima(1, 12, 30))
    (event,) = case.give(AnswerQuery("q1", (("1", "Sí."),)), lima(3, 12, 30))

    assert isinstance(event, EvaluationAnswered)
    assert event.deadline is not None
    assert event.deadline.due_at == lima(6, 16, 30)  # two business days later, over the weekend
    assert "wait_paused" in [step.code for step in event.deadline.steps]
    assert (case.state.status, case.due) == (Status.EVALUATING, lima(6, 16, 30))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (AnswerQuery("other", (("1", "a"), ("2", "b"))), "query.unknown"),
        (AnswerQuery("q1", (("1", "a"),)), "query.unanswered"),
        (AnswerQuery("q1", (("1", "a"), ("2", "b"), ("3", "c"))), "query.unknown_question"),
        (AnswerQuery("q1", (("1", "a"), ("2", "b"), ("2", "c"))), "query.answered_twice"),
    ],
)
def test_an_answer_is_to_the_open_query_and_whole(
    opened: Opened, command: AnswerQuery, code: str
) -> None:
    case = opened()
    case.give(Observe("q1", ("¿a?", "¿b?")), lima(1, 11))
    assert code_of(case, command, lima(1, 12))[0] == code


def test_a_query_is_answered_once_and_another_may_follow(opened: Opened) -> None:
    case = opened()
    case.give(Observe("q1", ("¿?",)), lima(1, 11))
    case.give(AnswerQuery("q1", (("1", "Sí."),)), lima(1, 12))

    again = code_of(case, AnswerQuery("q1", (("1", "No."),)), lima(1, 13))
    unasked = code_of(case, AnswerQuery("q9", (("1", "No."),)), lima(1, 13))
    (second,) = case.give(Observe("q2", ("¿Y?",)), lima(1, 14))

    assert again == ("query.already_answered", {"query": "q1"})
    assert unasked[0] == "evaluation.no_query_open"
    assert isinstance(second, EvaluationObserved)
    assert second.round_trip == 2


def test_more_questions_than_the_policy_takes_are_refused(opened: Opened) -> None:
    code, fields = code_of(opened(), Observe("q1", ("¿?",) * 51), lima(1, 11))
    assert (code, fields) == ("query.too_many_questions", {"limit": 50})


def test_approving_promises_the_term_of_the_type(opened: Opened) -> None:
    case = opened()
    (event,) = case.give(Approve(ALL), lima(2, 9))

    assert isinstance(event, EvaluationApproved)
    assert (event.deadline.stage, event.deadline.due_at) == ("request.information", lima(3, 16, 30))
    assert event.checks == ALL
    assert event.replicated
    assert (case.state.status, case.due) == (Status.APPROVED, None)


@pytest.mark.parametrize(
    ("level", "due"),
    # calendar days (AMB-1) from 1 July; the 31st is a Friday
    [("low", lima(16, 16, 30)), ("medium", lima(21, 16, 30)), ("high", lima(31, 16, 30))],
)
def test_a_change_of_systems_takes_15_to_30_days_by_complexity(
    opened: Opened, level: str, due: datetime
) -> None:
    case = opened(request_type="system_change")
    (event,) = case.give(Approve(ALL, level), lima(1, 12))

    assert isinstance(event, EvaluationApproved)
    assert (event.deadline.due_at, event.complexity) == (due, level)


def test_access_trains_nobody(opened: Opened) -> None:
    (event,) = opened(request_type="system_access").give(Approve(ALL), lima(1, 12))
    assert isinstance(event, EvaluationApproved)
    assert not event.replicated


@pytest.mark.parametrize(
    ("request_type", "command", "code", "fields"),
    [
        (
            "information",
            Approve(("areas",)),
            "evaluation.checks_missing",
            {"missing": ["other_requests", "resources"]},
        ),
        (
            "information",
            Approve((*ALL, "luck")),
            "evaluation.checks_unknown",
            {"unknown": ["luck"]},
        ),
        ("information", Approve(ALL, "low"), "evaluation.complexity", {"levels": []}),
        (
            "system_change",
            Approve(ALL),
            "evaluation.complexity",
            {"levels": ["low", "medium", "high"]},
        ),
        ("rumour", Approve(ALL), "evaluation.type_without_term", {"type": "rumour"}),
    ],
)
def test_an_approval_is_complete_or_refused(
    opened: Opened, request_type: str, command: Approve, code: str, fields: dict[str, object]
) -> None:
    assert code_of(opened(request_type=request_type), command, lima(1, 12)) == (code, fields)


def test_refusing_needs_no_more_than_a_reason(opened: Opened) -> None:
    case = opened()
    assert case.give(Refuse("Ya existe."), lima(1, 12)) == [EvaluationRefused(reason="Ya existe.")]
    assert (case.state.reason, case.due) == ("Ya existe.", None)


def test_the_promise_is_missed_once_at_its_instant(opened: Opened) -> None:
    case, due = opened(), lima(2, 16, 30)

    assert case.give(Expire(due), due - timedelta(milliseconds=1)) == []
    assert case.give(Expire(due), due) == [EvaluationBreached(stage="request.evaluate", due_at=due)]
    assert case.due is None
    assert case.give(Expire(due), due + timedelta(days=1)) == []
    (approved,) = case.give(Approve(ALL), due + timedelta(hours=1))
    assert isinstance(approved, EvaluationApproved)


def test_the_due_instant_itself_is_in_time(opened: Opened) -> None:
    assert len(opened().give(Approve(ALL), lima(2, 16, 30))) == 1


def test_a_late_decision_tells_the_breach_that_no_timer_told(opened: Opened) -> None:
    case = opened()
    breach, approved = case.give(Approve(ALL), lima(2, 16, 30, 1))

    assert breach == EvaluationBreached(stage="request.evaluate", due_at=lima(2, 16, 30))
    assert isinstance(approved, EvaluationApproved)


def test_a_query_sent_late_is_late_and_only_once(opened: Opened) -> None:
    case = opened()
    case.give(Observe("q1", ("¿?",)), lima(3))
    case.give(AnswerQuery("q1", (("1", "Sí."),)), lima(6))
    case.give(Approve(ALL), lima(9))

    assert sum(isinstance(event, EvaluationBreached) for event, _ in case.told) == 1


@pytest.mark.parametrize("undeployed", [True, False])
def test_a_request_that_ends_takes_its_evaluation_along(
    opened: Opened, *, undeployed: bool
) -> None:
    evaluating, observed, approved = opened(), opened(), opened()
    observed.give(Observe("q1", ("¿?",)), lima(1, 11))
    approved.give(Approve(ALL), lima(1, 11))
    command = Withdraw("Anulada.", undeployed)
    gone = [EvaluationWithdrawn(reason="Anulada.")]

    assert evaluating.give(command, lima(1, 12)) == gone
    assert observed.give(command, lima(1, 12)) == gone
    assert approved.give(command, lima(1, 12)) == (gone if undeployed else [])
    assert evaluating.give(command, lima(1, 13)) == []


def test_invalid_and_rejected_are_told_apart(opened: Opened) -> None:
    """What is not well formed for the tenant is 422, what comes at the wrong moment 409."""
    case = opened()
    with pytest.raises(Invalid):
        case.give(Approve((*ALL, "luck")), lima(1, 12))


def test_time_left_stands_still_while_the_client_has_it(opened: Opened) -> None:
    case = opened()
    case.give(Observe("q1", ("¿?",)), lima(1, 11))
    clock = clock_of(case.state, case.policy.clock)

    at_once, days_later = (
        left(clock, clock.promises[0], at, case.policy.clock.calendar)
        for at in (lima(1, 11), lima(7, 11))
    )
    assert at_once == days_later
