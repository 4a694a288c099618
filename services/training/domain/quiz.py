"""Knowledge checks (A56): which questions somebody is asked, what he got right, the plan's terms.

The questions of an attempt follow from plan, person and attempt: asking again for them shows the
same ones, and nobody chooses them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.training.domain.lifecycle import SIGNING, PlanAction, follow_plan
from services.training.domain.plan_state import ExtendQuiz, Plan, SetQuiz
from services.training.policy import TrainingPolicy
from shared.contracts import EventBody
from shared.contracts.training import PlanQuizExtended, PlanQuizSet
from shared.decider import Given, Invalid, Rejected


class Trigger(StrEnum):
    """Why knowledge is checked: a scheduled topic, a replication, a changed procedure."""

    SCHEDULED = "scheduled"
    REPLICATION = "replication"
    PROCEDURE_CHANGE = "procedure_change"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the bank: its options by id, and the ids of those that are right."""

    id: str
    text: str
    options: Mapping[str, str]
    correct: frozenset[str]


def draw(
    bank: Sequence[Question], number: int, plan_id: str, person_id: str, attempt: int
) -> list[Question]:
    """The questions of one attempt."""

    def place(question: Question) -> str:
        seed = "\x1f".join((plan_id, person_id, str(attempt), question.id))
        return hashlib.sha256(seed.encode()).hexdigest()

    return sorted(bank, key=place)[:number]


def grade(asked: Sequence[Question], answers: Mapping[str, frozenset[str]]) -> int:
    """How many were answered right; all of them must be answered, with options they have."""
    known = {question.id: question for question in asked}
    if unknown := sorted(set(answers) - set(known)):
        raise Invalid("quiz.unknown_question", questions=unknown)
    if missing := sorted(set(known) - set(answers)):
        raise Invalid("quiz.unanswered", questions=missing)
    for question_id, chosen in answers.items():
        if not chosen or not chosen <= set(known[question_id].options):
            raise Invalid("quiz.unknown_option", question=question_id)
    return sum(answers[question.id] == question.correct for question in asked)


def set_quiz(
    state: Plan, command: SetQuiz | ExtendQuiz, given: Given[TrainingPolicy]
) -> list[EventBody]:
    """The plan's quiz, and another version of it while people sign; its end.

    Signatures that were given stay good. Who has passed an earlier version need not pass the new
    one, unless it is substantial; who has not begins anew with all attempts.
    """
    _require_later(command.ends_at, given.at)
    if isinstance(command, ExtendQuiz):
        follow_plan(state.status, PlanAction.EXTEND_QUIZ)
        if state.quiz is None:
            raise Rejected("quiz.none")
        known = state.quiz.ends_at == command.ends_at
        return [] if known else [PlanQuizExtended(ends_at=command.ends_at)]
    follow_plan(state.status, PlanAction.SET_QUIZ)
    if not 1 <= command.drawn <= command.questions:
        raise Invalid("quiz.too_few_questions", questions=command.questions)
    rules, before = given.policy.quiz, state.quiz
    version = required = 1 if before is None else before.version + 1
    if before is not None and state.status in SIGNING and not command.substantial:
        required = before.required
    return [
        PlanQuizSet(
            sha256=command.sha256,
            trigger=command.trigger,
            questions=command.questions,
            drawn=command.drawn,
            pass_mark=rules.pass_mark,
            max_attempts=rules.attempts,
            ends_at=command.ends_at,
            quiz_version=version,
            required_version=required,
        )
    ]


def _require_later(ends_at: datetime | None, now: datetime) -> None:
    if ends_at is not None and ends_at <= now:
        raise Invalid("quiz.ends_in_the_past")
