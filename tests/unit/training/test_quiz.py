"""What is decided about quizzes: terms, attempts, and that a signature needs a pass."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.domain.enrolment import Exempt, GrantAttempt, Release, Sign, TakeQuiz
from services.training.domain.lifecycle import PlanStatus
from services.training.domain.plan import Cancel, ExtendQuiz, Launch, OpenPlan, Publish, SetQuiz
from services.training.domain.quiz import Question, draw, grade
from services.training.policy import Method
from shared.contracts.training import (
    EnrolmentAttemptGranted,
    EnrolmentQuizTaken,
    EnrolmentSigned,
    PlanCascadeOpened,
    PlanQuizExtended,
    PlanQuizSet,
)
from shared.decider import Invalid, NotAllowed, Rejected
from tests.support.evaluations import lima
from tests.support.replications import LEADERS, SHA, Replication, told_to_client

NOON = lima(1, 12)
END = lima(1, 15)
QUIZ = SetQuiz("f" * 64, "procedure_change", 10, 5, END)
BANK = [
    Question(str(number), f"¿{number}?", {"a": "sí", "b": "no", "c": "quizá"}, frozenset(right))
    for number, right in enumerate(["a", "b", "ab", "c", "a", "b", "c", "a", "b", "abc"], 1)
]


@pytest.fixture
def quizzed(opened: Replication) -> Replication:
    """Launched with a quiz of five questions, open until three."""
    opened.give(Publish(SHA), lima(1))
    opened.give(QUIZ, lima(1))
    opened.give(Launch("r1", LEADERS, 2), NOON)
    opened.enrol(NOON, "ana", "beto")
    return opened


def takes(
    replication: Replication, name: str, attempt: int, correct: int, at: Any = NOON, **more: Any
) -> list[Any]:
    return replication.to(name, TakeQuiz(replication.plan, attempt, correct, 5, **more), at)


def refusal(replication: Replication, name: str, command: Any, at: Any = NOON) -> Rejected:
    with pytest.raises(Rejected) as found:
        replication.to(name, command, at)
    return found.value


def test_the_policy_sets_pass_mark_and_attempts(opened: Replication) -> None:
    assert opened.give(QUIZ, lima(1)) == [
        PlanQuizSet(
            sha256="f" * 64,
            trigger="procedure_change",
            questions=10,
            drawn=5,
            pass_mark=70,
            max_attempts=3,
            ends_at=END,
        )
    ]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (SetQuiz("f" * 64, "scheduled", 4, 5), "quiz.too_few_questions"),
        (SetQuiz("f" * 64, "scheduled", 5, 5, lima(1, 9)), "quiz.ends_in_the_past"),
        (ExtendQuiz(END), "quiz.none"),
    ],
)
def test_terms_that_cannot_be(opened: Replication, command: Any, code: str) -> None:
    with pytest.raises(Rejected) as found:
        opened.give(command, lima(1))
    assert found.value.code == code


def test_the_end_of_a_quiz_is_moved_later(quizzed: Replication) -> None:
    later = lima(2)
    assert quizzed.give(ExtendQuiz(later), NOON) == [PlanQuizExtended(ends_at=later)]
    assert quizzed.give(ExtendQuiz(later), NOON) == []
    assert len(takes(quizzed, "sofia", 1, 5, END + timedelta(hours=1))) == 1


def anew(replication: Replication, *, substantial: bool) -> PlanQuizSet:
    """The next version of the quiz, set while people sign."""
    command = SetQuiz("e" * 64, "procedure_change", 10, 5, END, substantial=substantial)
    (event,) = replication.give(command, NOON)
    assert isinstance(event, PlanQuizSet)
    return event


def test_a_correction_of_a_running_quiz_leaves_passes_good(quizzed: Replication) -> None:
    takes(quizzed, "sofia", 1, 5)
    for attempt in (1, 2, 3):
        takes(quizzed, "mario", attempt, 0)
    event = anew(quizzed, substantial=False)
    assert (event.quiz_version, event.required_version) == (2, 1)
    sign = Sign(quizzed.plan, SHA, Method.CLICK)
    assert refusal(quizzed, "mario", sign).code == "signature.quiz_pending"
    assert isinstance(quizzed.to("sofia", sign, NOON)[0], EnrolmentSigned)
    # who had failed begins anew
    (taken,) = takes(quizzed, "mario", 1, 5)
    assert (taken.attempt, taken.quiz_version, taken.passed) == (1, 2, True)
    assert isinstance(quizzed.to("mario", sign, NOON)[0], EnrolmentSigned)


def test_another_quiz_asks_all_who_have_not_signed_anew(quizzed: Replication) -> None:
    for name in ("sofia", "mario"):
        takes(quizzed, name, 1, 5)
    quizzed.to("sofia", Sign(quizzed.plan, SHA, Method.CLICK), NOON)
    event = anew(quizzed, substantial=True)
    assert (event.quiz_version, event.required_version) == (2, 2)
    sign = Sign(quizzed.plan, SHA, Method.CLICK)
    assert refusal(quizzed, "mario", sign).code == "signature.quiz_pending"
    (failed,) = takes(quizzed, "mario", 1, 0)
    assert not failed.passed
    assert refusal(quizzed, "mario", sign).code == "signature.quiz_pending"
    for attempt in (2, 3):
        takes(quizzed, "mario", attempt, 0)
    assert refusal(quizzed, "mario", TakeQuiz(quizzed.plan, 4, 5, 5)).code == (
        "quiz.no_attempts_left"
    )
    quizzed.to("mario", GrantAttempt(quizzed.plan, "Reforzado"), NOON)
    takes(quizzed, "mario", 4, 5)
    assert isinstance(quizzed.to("mario", sign, NOON)[0], EnrolmentSigned)
    # what was signed stays signed
    assert quizzed.recount(NOON) == [PlanCascadeOpened(advisers=2)]


def test_a_signature_counts_only_with_a_pass_and_so_does_the_gate(quizzed: Replication) -> None:
    sign = Sign(quizzed.plan, SHA, Method.CLICK)
    assert refusal(quizzed, "sofia", sign).code == "signature.quiz_pending"
    (failed,) = takes(quizzed, "sofia", 1, 3)
    assert failed == EnrolmentQuizTaken(
        plan_id="p1",
        person_id="sofia",
        leader=True,
        attempt=1,
        correct=3,
        asked=5,
        score=60,
        passed=False,
    )
    assert refusal(quizzed, "sofia", sign).code == "signature.quiz_pending"
    (passed,) = takes(quizzed, "sofia", 2, 4)
    assert (passed.score, passed.passed) == (80, True)
    assert isinstance(quizzed.to("sofia", sign, NOON)[0], EnrolmentSigned)
    assert quizzed.recount(NOON) == []
    takes(quizzed, "mario", 1, 5)
    quizzed.to("mario", sign, NOON)
    assert quizzed.recount(NOON) == [PlanCascadeOpened(advisers=2)]


def test_no_adviser_answers_before_the_leaders_have_signed(quizzed: Replication) -> None:
    early = refusal(quizzed, "ana", TakeQuiz(quizzed.plan, 1, 5, 5))
    assert early.code == "signature.leaders_first"


def test_attempts_end_and_one_more_is_granted(quizzed: Replication) -> None:
    few = refusal(quizzed, "sofia", GrantAttempt(quizzed.plan, "Reforzada"))
    assert (few.code, few.fields) == ("quiz.attempts_left", {"left": 3})
    for attempt in (1, 2, 3):
        takes(quizzed, "sofia", attempt, 0)
    spent = refusal(quizzed, "sofia", TakeQuiz(quizzed.plan, 4, 5, 5))
    assert (spent.code, spent.fields) == ("quiz.no_attempts_left", {"limit": 3})
    assert quizzed.to("sofia", GrantAttempt(quizzed.plan, "Reforzada"), NOON) == [
        EnrolmentAttemptGranted(plan_id="p1", person_id="sofia", reason="Reforzada")
    ]
    (passed,) = takes(quizzed, "sofia", 4, 5)
    assert passed.passed


def test_an_attempt_is_taken_once_and_none_after_a_pass(quizzed: Replication) -> None:
    takes(quizzed, "sofia", 1, 0)
    again = refusal(quizzed, "sofia", TakeQuiz(quizzed.plan, 1, 5, 5))
    assert (again.code, again.fields) == ("quiz.other_attempt", {"attempt": 2})
    takes(quizzed, "sofia", 2, 5)
    for command in (TakeQuiz(quizzed.plan, 3, 5, 5), GrantAttempt(quizzed.plan, "x")):
        assert refusal(quizzed, "sofia", command).code == "quiz.already_passed"


def test_a_quiz_ends_at_its_instant_and_with_its_plan(quizzed: Replication) -> None:
    assert len(takes(quizzed, "sofia", 1, 0, END)) == 1
    late = refusal(
        quizzed, "sofia", TakeQuiz(quizzed.plan, 2, 5, 5), END + timedelta(milliseconds=1)
    )
    assert late.code == "quiz.ended"
    quizzed.give(Cancel("Anulada"), NOON)
    assert quizzed.plan.status is PlanStatus.CANCELLED
    assert refusal(quizzed, "mario", TakeQuiz(quizzed.plan, 1, 5, 5)).code == "quiz.ended"


def test_who_need_not_or_may_not_sign_takes_no_quiz(quizzed: Replication) -> None:
    gone = refusal(quizzed, "sofia", TakeQuiz(quizzed.plan, 1, 5, 5, active=False))
    assert isinstance(gone, NotAllowed)
    quizzed.to("ana", Exempt(quizzed.plan, "De licencia"), NOON)
    quizzed.to("sofia", Release("susana"), NOON)
    assert refusal(quizzed, "ana", TakeQuiz(quizzed.plan, 1, 5, 5)).code == "signature.exempt"
    assert refusal(quizzed, "sofia", TakeQuiz(quizzed.plan, 1, 5, 5)).code == "signature.released"


def test_a_plan_without_a_quiz_has_none(opened: Replication) -> None:
    opened.give(Publish(SHA), lima(1))
    opened.give(Launch("r1", LEADERS, 1), NOON)
    opened.enrol(NOON, "ana")
    for command in (TakeQuiz(opened.plan, 1, 5, 5), GrantAttempt(opened.plan, "x")):
        assert refusal(opened, "sofia", command).code == "quiz.none"


def test_a_pass_stays_good_when_the_material_changes(quizzed: Replication) -> None:
    takes(quizzed, "sofia", 1, 5)
    quizzed.to("sofia", Sign(quizzed.plan, SHA, Method.CLICK), NOON)
    quizzed.give(Publish("b" * 64), NOON)
    events = quizzed.to("sofia", Sign(quizzed.plan, "b" * 64, Method.CLICK), NOON)
    assert isinstance(events[-1], EnrolmentSigned)


def test_who_signed_an_older_version_is_granted_a_try_of_the_new_quiz(
    quizzed: Replication,
) -> None:
    takes(quizzed, "sofia", 1, 5)
    quizzed.to("sofia", Sign(quizzed.plan, SHA, Method.CLICK), NOON)
    anew(quizzed, substantial=True)
    signed = refusal(quizzed, "sofia", GrantAttempt(quizzed.plan, "Reforzada"))
    assert signed.fields["action"] == "grant"
    quizzed.give(Publish("b" * 64), NOON)
    for attempt in (1, 2, 3):
        takes(quizzed, "sofia", attempt, 0)
    (granted,) = quizzed.to("sofia", GrantAttempt(quizzed.plan, "Reforzada"), NOON)
    assert isinstance(granted, EnrolmentAttemptGranted)
    takes(quizzed, "sofia", 4, 5)
    events = quizzed.to("sofia", Sign(quizzed.plan, "b" * 64, Method.CLICK), NOON)
    assert isinstance(events[-1], EnrolmentSigned)


def test_the_same_attempt_asks_the_same_and_others_ask_otherwise() -> None:
    first = [q.id for q in draw(BANK, 5, "p1", "ana", 1)]
    assert first == [q.id for q in draw(BANK, 5, "p1", "ana", 1)]
    assert len(set(first)) == 5
    others = {
        tuple(q.id for q in draw(BANK, 5, "p1", person, attempt))
        for person in ("ana", "beto", "caro")
        for attempt in (1, 2, 3)
    }
    assert len(others) > 5


def test_all_questions_of_a_bank_are_asked_of_somebody() -> None:
    asked = Counter(q.id for n in range(200) for q in draw(BANK, 5, "p1", f"person-{n}", 1))
    assert set(asked) == {q.id for q in BANK}
    assert min(asked.values()) > 60  # a hundred each, more or less


def test_only_exactly_the_right_options_are_right() -> None:
    right = {question.id: question.correct for question in BANK}
    assert grade(BANK, right) == 10
    assert grade(BANK, {**right, "3": frozenset("a"), "1": frozenset("ab")}) == 8


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"1": frozenset("z")}, "quiz.unknown_option"),
        ({"1": frozenset()}, "quiz.unknown_option"),
        ({"99": frozenset("a")}, "quiz.unknown_question"),
    ],
)
def test_answers_that_cannot_be(change: dict[str, frozenset[str]], code: str) -> None:
    right = {question.id: question.correct for question in BANK}
    with pytest.raises(Invalid) as found:
        grade(BANK, {**right, **change})
    assert found.value.code == code
    del right["4"]
    with pytest.raises(Invalid) as found:
        grade(BANK, right)
    assert (found.value.code, found.value.fields) == ("quiz.unanswered", {"questions": ["4"]})


STEPS = st.lists(st.tuples(st.sampled_from(["take", "grant", "sign"]), st.integers(0, 5)))


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_nobody_signs_without_a_pass_nor_tries_more_than_allowed(
    steps: list[tuple[str, int]],
) -> None:
    replication = Replication()
    replication.plan = _launched()
    replication.enrol(NOON, "ana")
    taken, granted = 0, 0
    for name, correct in steps:
        state = replication.enrolments["sofia"]
        command: Any = {
            "take": TakeQuiz(replication.plan, state.attempts + 1, correct, 5),
            "grant": GrantAttempt(replication.plan, "x"),
            "sign": Sign(replication.plan, SHA, Method.CLICK),
        }[name]
        try:
            events = replication.to("sofia", command, NOON)
        except Rejected:
            assert replication.enrolments["sofia"] == state
            continue
        taken += sum(isinstance(event, EnrolmentQuizTaken) for event in events)
        granted += sum(isinstance(event, EnrolmentAttemptGranted) for event in events)
        assert taken <= 3 + granted
        if any(isinstance(event, EnrolmentSigned) for event in events):
            assert state.passed


def _launched() -> Any:
    replication = Replication()
    replication.give(OpenPlan("c", "t", "s", lima(1), told_to_client(END, lima(1))), lima(1))
    replication.give(Publish(SHA), lima(1))
    replication.give(QUIZ, lima(1))
    replication.give(Launch("r1", LEADERS, 1), NOON)
    return replication.plan
