"""What is sent and shown of quizzes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.training.api_terms import Name, Reason
from services.training.domain.plan_state import Plan
from services.training.domain.quiz import Question, Trigger
from shared.decider import Unknown
from shared.http import Input
from shared.store import Outcome

Line = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
Option = Annotated[str, Field(pattern=r"^[a-j]$")]
OPTIONS = "abcdefghij"


class NewQuestion(Input):
    """A question with its options, called a, b, c … in their order, and which are right."""

    text: Line
    options: Annotated[tuple[Line, ...], Field(min_length=2, max_length=len(OPTIONS))]
    correct: Annotated[tuple[Option, ...], Field(min_length=1, max_length=len(OPTIONS))]

    @model_validator(mode="after")
    def _has_its_right_answers(self) -> "NewQuestion":
        if not set(self.correct) <= set(OPTIONS[: len(self.options)]):
            raise ValueError("correct names options of the question")
        return self


class NewQuiz(Input):
    """The bank, how many of it an attempt asks (all when nothing is said), and until when.

    After the launch it is another version: who has passed need not pass it, unless `substantial`.
    """

    trigger: Trigger = Trigger.REPLICATION
    questions: Annotated[tuple[NewQuestion, ...], Field(min_length=1, max_length=200)]
    draw: Annotated[int | None, Field(ge=1, le=200)] = None
    ends_at: AwareDatetime | None = None
    substantial: bool = False

    def bank(self) -> list[Question]:
        """The questions as they are kept, numbered."""
        return [
            Question(
                str(number),
                one.text,
                dict(zip(OPTIONS, one.options, strict=False)),
                frozenset(one.correct),
            )
            for number, one in enumerate(self.questions, 1)
        ]


class NewEnd(Input):
    """Until when the quiz may be taken."""

    ends_at: AwareDatetime


class Chosen(Input):
    """What somebody answers to one question."""

    question_id: Name
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=len(OPTIONS))]


class NewAttempt(Input):
    """All answers of one attempt, by its number, to the version of the quiz that was read."""

    attempt: Annotated[int, Field(ge=1, le=1_000)]
    quiz_version: Annotated[int, Field(ge=1, le=1_000)] = 1
    answers: Annotated[tuple[Chosen, ...], Field(min_length=1, max_length=200)]


class NewGrant(Input):
    """Who may try once more, and why."""

    person_id: Name
    reason: Reason


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuizTermsView(_View):
    """A plan's quiz, for who prepares it."""

    sha256: str
    trigger: str
    drawn: int
    pass_mark: int
    max_attempts: int
    ends_at: datetime | None
    quiz_version: int
    required_version: int
    version: int


class AskedView(_View):
    """A question as it is asked; which options are right is not told."""

    id: str
    text: str
    options: Mapping[str, str]


class BankedView(AskedView):
    """A question with its right options, for who prepares it."""

    correct: Sequence[str]


class BankView(_View):
    """The whole bank."""

    sha256: str
    questions: Sequence[BankedView]


class AttemptView(_View):
    """What the caller is asked in the next attempt."""

    attempt: int
    quiz_version: int
    attempts_left: int
    pass_mark: int
    ends_at: datetime | None
    questions: Sequence[AskedView]


class ResultView(_View):
    """How an attempt went: how many were right, not which."""

    attempt: int
    correct: int
    asked: int
    score: int
    passed: bool
    attempts_left: int


def terms(outcome: Outcome[Plan]) -> QuizTermsView:
    """A plan's quiz as it stands."""
    quiz = outcome.state.quiz
    if quiz is None:
        raise Unknown("quiz.unknown")
    return QuizTermsView(
        sha256=quiz.sha256,
        trigger=quiz.trigger,
        drawn=quiz.drawn,
        pass_mark=quiz.pass_mark,
        max_attempts=quiz.max_attempts,
        ends_at=quiz.ends_at,
        quiz_version=quiz.version,
        required_version=quiz.required,
        version=outcome.version,
    )


def asked_view(question: Question) -> AskedView:
    """A question without its answer."""
    return AskedView(id=question.id, text=question.text, options=question.options)


def banked_view(question: Question) -> BankedView:
    """A question with its answer."""
    return BankedView(
        id=question.id,
        text=question.text,
        options=question.options,
        correct=sorted(question.correct),
    )
