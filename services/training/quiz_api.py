"""Quizzes over HTTP: the trainer's bank, the person's own attempts."""

from services.training.banks import Banks
from services.training.cases import enrolment_id
from services.training.desk import Desk, person_of
from services.training.domain.enrolment import (
    Enrolment,
    GrantAttempt,
    TakeQuiz,
    require_quiz,
)
from services.training.domain.plan_state import ExtendQuiz, Plan, Quiz, SetQuiz
from services.training.domain.quiz import Question, draw, grade
from services.training.quiz_terms import (
    AttemptView,
    BankView,
    NewAttempt,
    NewEnd,
    NewGrant,
    NewQuiz,
    QuizTermsView,
    ResultView,
    asked_view,
    banked_view,
    terms,
)
from services.training.views import EnrolmentView, enrolment
from shared.decider import NotAllowed, Rejected, Unknown
from shared.http import Call, Routes
from shared.service import Workshop, cause_of
from shared.store import Outcome


class QuizDesk:
    """What the routes do."""

    def __init__(self, workshop: Workshop, desk: Desk) -> None:
        self._desk = desk
        self._now = workshop.now
        self._banks = Banks(workshop.database)

    async def set(self, call: Call, plan_id: str, body: NewQuiz) -> QuizTermsView:
        """Keep the bank, then tell the plan its hash."""
        await self._desk.plan(call, plan_id)
        sha256 = await self._banks.keep(call.tenant, plan_id, body.bank())
        size = len(body.questions)
        drawn = body.draw or size
        command = SetQuiz(
            sha256, body.trigger, size, drawn, body.ends_at, substantial=body.substantial
        )
        try:
            outcome = await self.give(call, plan_id, command)
        except Rejected:
            await self._banks.drop(plan_id, sha256)
            raise
        if outcome.state.quiz is None or outcome.state.quiz.sha256 != sha256:
            await self._banks.drop(plan_id, sha256)
        return terms(outcome)

    async def give(self, call: Call, plan_id: str, command: SetQuiz | ExtendQuiz) -> Outcome[Plan]:
        """A command to the plan, on the version the caller saw."""
        return await self._desk.plans.handle(
            plan_id, command, cause_of(call), expected=call.expected_version
        )

    async def bank(self, call: Call, plan_id: str) -> BankView:
        """The bank with its right answers."""
        plan = await self._desk.plan(call, plan_id)
        quiz = plan.state.quiz
        if quiz is None:
            raise Unknown("quiz.unknown")
        bank = await self._banks.get(call.tenant, plan_id, quiz.sha256)
        return BankView(sha256=quiz.sha256, questions=[banked_view(one) for one in bank])

    async def next(self, call: Call, plan_id: str) -> AttemptView:
        """What the caller is asked next, or why nothing."""
        plan, person, state = await self._caller(call, plan_id)
        active = await self._desk.is_active(call, person)
        quiz = require_quiz(state, plan.state, self._now(), active=active)
        attempt = state.tried(quiz) + 1
        asked = await self._asked(call, plan, person, quiz, attempt)
        return AttemptView(
            attempt=attempt,
            quiz_version=quiz.version,
            attempts_left=_left(state, quiz),
            pass_mark=quiz.pass_mark,
            ends_at=quiz.ends_at,
            questions=[asked_view(one) for one in asked],
        )

    async def take(self, call: Call, plan_id: str, body: NewAttempt) -> ResultView:
        """Grade the caller's answers against what this attempt asked."""
        plan, person, state = await self._caller(call, plan_id)
        quiz = plan.state.quiz
        if quiz is None:
            raise Rejected("quiz.none")
        if body.quiz_version != quiz.version:
            # the same numbers are other questions there
            raise Rejected("quiz.other_version", version=quiz.version)
        chosen = {one.question_id: frozenset(one.options) for one in body.answers}
        asked = await self._asked(call, plan, person, quiz, body.attempt)
        active = await self._desk.is_active(call, person)
        if body.attempt == state.tried(quiz) + 1:
            # refusals of the moment come before those of what was written
            require_quiz(state, plan.state, self._now(), active=active)
        correct = grade(asked, chosen)
        command = TakeQuiz(plan.state, body.attempt, correct, len(asked), active=active)
        outcome = await self._desk.to_person(call, plan, person, command)
        score = 100 * correct // len(asked)
        return ResultView(
            attempt=body.attempt,
            correct=correct,
            asked=len(asked),
            score=score,
            passed=100 * correct >= quiz.pass_mark * len(asked),
            attempts_left=_left(outcome.state, quiz),
        )

    async def grant(self, call: Call, plan_id: str, body: NewGrant) -> EnrolmentView:
        """One attempt more for somebody who has none left."""
        plan = await self._desk.plan(call, plan_id)
        command = GrantAttempt(plan.state, body.reason)
        return enrolment(await self._desk.to_person(call, plan, body.person_id, command))

    async def _caller(self, call: Call, plan_id: str) -> tuple[Outcome[Plan], str, Enrolment]:
        person = person_of(call)
        plan = await self._desk.plan(call, plan_id)
        wanted = {"_id": enrolment_id(plan_id, person)}
        found = await self._desk.enrolments.find(call.tenant, wanted, limit=1)
        if not found:
            if not plan.state.rosters:
                raise Rejected("plan.not_launched", status=plan.state.status.value)
            raise NotAllowed("signature.not_eligible")
        return plan, person, found[0].state

    async def _asked(
        self, call: Call, plan: Outcome[Plan], person: str, quiz: Quiz, attempt: int
    ) -> list[Question]:
        bank = await self._banks.get(call.tenant, plan.id, quiz.sha256)
        return draw(bank, quiz.drawn, plan.id, person, attempt)


def _left(state: Enrolment, quiz: Quiz) -> int:
    return state.limit(quiz) - state.tried(quiz)


def quiz_routes(api: Routes, workshop: Workshop, desk: Desk) -> None:
    """Operations on quizzes."""
    quizzes = QuizDesk(workshop, desk)
    _preparing(api, quizzes)
    _taking(api, quizzes)


def _preparing(api: Routes, quizzes: QuizDesk) -> None:
    @api.post(
        "/trainings/{training_id}/quiz",
        may="publish_material",
        if_match=True,
        problems=("plan.closed",),
    )
    async def set_quiz(call: Call, training_id: str, body: NewQuiz) -> QuizTermsView:
        """Have a signature need a passed quiz; after the launch, another version of it."""
        return await quizzes.set(call, training_id, body)

    @api.post(
        "/trainings/{training_id}/quiz/end",
        may="publish_material",
        if_match=True,
        problems=("quiz.none", "plan.closed"),
    )
    async def extend_quiz(call: Call, training_id: str, body: NewEnd) -> QuizTermsView:
        """Move the end of the quiz."""
        return terms(await quizzes.give(call, training_id, ExtendQuiz(body.ends_at)))

    @api.get("/trainings/{training_id}/quiz/bank", may="publish_material")
    async def read_bank(call: Call, training_id: str) -> BankView:
        """The whole bank with its right answers."""
        return await quizzes.bank(call, training_id)

    @api.post(
        "/trainings/{training_id}/quiz/grants",
        may="publish_material",
        status=201,
        problems=("quiz.none", "quiz.attempts_left", "quiz.already_passed", "plan.closed"),
    )
    async def grant_attempt(call: Call, training_id: str, body: NewGrant) -> EnrolmentView:
        """Let somebody who has been trained again try once more."""
        return await quizzes.grant(call, training_id, body)


_MOMENT = (
    "quiz.none",
    "quiz.ended",
    "quiz.already_passed",
    "quiz.no_attempts_left",
    "signature.leaders_first",
    "plan.not_launched",
    "plan.blocked",
)


def _taking(api: Routes, quizzes: QuizDesk) -> None:
    @api.get("/trainings/{training_id}/quiz", may="sign_training", problems=_MOMENT)
    async def read_quiz(call: Call, training_id: str) -> AttemptView:
        """What the caller is asked in the next attempt; the same however often it is read."""
        return await quizzes.next(call, training_id)

    @api.post(
        "/trainings/{training_id}/quiz/attempts",
        may="sign_training",
        status=201,
        problems=(*_MOMENT, "quiz.other_attempt", "quiz.other_version"),
    )
    async def take_quiz(call: Call, training_id: str, body: NewAttempt) -> ResultView:
        """Answer as the caller; tells how many were right, not which."""
        return await quizzes.take(call, training_id, body)
