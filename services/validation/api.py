"""The evaluations' HTTP edge: the queue, the query to the client, go and no go."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from services.validation.cases import EVALUATION
from services.validation.domain import (
    AnswerQuery,
    Approve,
    Evaluation,
    Observe,
    Refuse,
)
from services.validation.domain import Command as EvaluationCommand
from services.validation.floor import floor_routes
from services.validation.views import EvaluationView, view
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.ids import new_id
from shared.security import Permissions, Role
from shared.service import Workshop, cause_of
from shared.store import Outcome, behind

Text = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"\S")]
Name = Annotated[str, Field(min_length=1, max_length=80)]

Standing = Literal[
    "evaluating",
    "observed",
    "approved",
    "informative",
    "consulting",
    "clarified",
    "deploying",
    "refused",
    "withdrawn",
]

_WATCHES: Final = [
    Role.VALIDATION_SUPERVISOR,
    Role.TRAINING_COORDINATOR,
    Role.TRAINER,
    Role.SERVICE_MANAGER,
    Role.SUPERVISOR,
    Role.QUALITY_MONITOR,
    Role.AUDITOR,
    Role.TENANT_ADMIN,
]
_EVALUATES: Final = [Role.VALIDATION_SUPERVISOR, Role.TRAINING_COORDINATOR]
_ASKS: Final = [Role.ADVISER, Role.SUPERVISOR, Role.QUALITY_MONITOR]
PERMISSIONS: Final = Permissions(
    {
        "read_evaluation": [Role.REQUESTER, Role.LIAISON, *_WATCHES],
        "evaluate": _EVALUATES,
        "answer_query": [Role.REQUESTER, Role.LIAISON],
        "share_information": [Role.SUPERVISOR],
        "read_information": [Role.ADVISER, *_WATCHES],
        "raise_doubt": _ASKS,
        "read_doubts": [Role.ADVISER, *_WATCHES],
        "read_all_doubts": _WATCHES,
        "answer_doubt": _EVALUATES,
    }
)


class EvaluationQuery(PageQuery):
    """Filters of the queue; without `status` those that somebody has to decide or to answer."""

    status: Annotated[tuple[Standing, ...], Field(max_length=20)] = (
        "evaluating",
        "observed",
        "consulting",
    )
    request_type: Name | None = None


class NewQuery(Input):
    """All doubts in one communication (A42): the evaluator's own, and the operation's by id."""

    questions: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    doubts: Annotated[tuple[Name, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _asks_something(self) -> "NewQuery":
        if not self.questions and not self.doubts:
            raise ValueError("questions or doubts, at least one")
        return self


class NewAnswer(Input):
    """The client's word on one question."""

    question_id: Name
    text: Text


class NewAnswers(Input):
    """The client's word on every question of the open query."""

    query_id: Name
    answers: Annotated[list[NewAnswer], Field(min_length=1, max_length=100)]


class Approval(Input):
    """The checks that were made (A31); `complexity` where the type's term has a range (A34)."""

    checks: Annotated[list[Name], Field(max_length=20)]
    complexity: Annotated[str, Field(max_length=80)] = ""


class Refusal(Input):
    """Why it is not viable."""

    reason: Text


class Evaluations:
    """What the routes do."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._cases = workshop.of(EVALUATION)

    async def read(self, call: Call, evaluation_id: str) -> EvaluationView:
        """One evaluation."""
        return self._view(call, await self._cases.get(evaluation_id, call.tenant))

    async def find(self, call: Call, query: EvaluationQuery) -> Page[EvaluationView]:
        """The queue, the most urgent first."""
        where: dict[str, object] = {"state.status": {"$in": list(query.status)}}
        if query.request_type is not None:
            where["state.request_type"] = query.request_type
        where |= behind("state.deadline.due_at", query.after(datetime, str))
        order = (("state.deadline.due_at", 1), ("_id", 1))
        found = await self._cases.find(call.tenant, where, order=order, limit=query.limit + 1)
        views = [self._view(call, outcome) for outcome in found]
        return page_of(views, query, lambda shown: (shown.deadline.due_at, shown.id))

    async def give(self, call: Call, case_id: str, command: EvaluationCommand) -> EvaluationView:
        """Give a command to an evaluation on the version the caller saw."""
        outcome = await self._cases.handle(
            case_id, command, cause_of(call), expected=call.expected_version
        )
        return self._view(call, outcome)

    def _view(self, call: Call, outcome: Outcome[Evaluation]) -> EvaluationView:
        policy = self._workshop.policy(call.tenant)
        return view(outcome, policy, self._workshop.now(), call.language)


def routes(workshop: Workshop) -> Routes:
    """The operations below `/api/v1/evaluations`."""
    api = Routes("validation", PERMISSIONS)
    evaluations = Evaluations(workshop)

    _queries(api, evaluations)
    _commands(api, evaluations)
    floor_routes(api, workshop)
    return api


def _queries(api: Routes, evaluations: Evaluations) -> None:
    @api.get("/evaluations", may="read_evaluation")
    async def list_evaluations(call: Call, query: EvaluationQuery) -> Page[EvaluationView]:
        """Evaluations by the time they have left, the most urgent first."""
        return await evaluations.find(call, query)

    @api.get("/evaluations/{evaluation_id}", may="read_evaluation")
    async def read_evaluation(call: Call, evaluation_id: str) -> EvaluationView:
        """One evaluation: who holds it, what was asked, what is promised and why."""
        return await evaluations.read(call, evaluation_id)


def _commands(api: Routes, evaluations: Evaluations) -> None:
    @api.post(
        "/evaluations/{evaluation_id}/observe",
        may="evaluate",
        if_match=True,
        problems=(
            "evaluation.query_open",
            "evaluation.deployment_started",
            "evaluation.illegal_transition",
            "doubt.with_client",
            "doubt.already_answered",
            "doubt.merged",
        ),
    )
    async def observe_evaluation(call: Call, evaluation_id: str, body: NewQuery) -> EvaluationView:
        """Ask the client all doubts at once; the provider's clock stands still until the answer.

        After the approval it keeps the deployment from starting until the client has answered.
        """
        command = Observe(new_id(), body.questions, body.doubts)
        return await evaluations.give(call, evaluation_id, command)

    @api.post(
        "/evaluations/{evaluation_id}/answer",
        may="answer_query",
        if_match=True,
        problems=(
            "evaluation.no_query_open",
            "query.already_answered",
            "query.withdrawn",
            "query.unknown",
        ),
    )
    async def answer_evaluation(call: Call, evaluation_id: str, body: NewAnswers) -> EvaluationView:
        """Answer every question of the open query, as the client."""
        answers = tuple((answer.question_id, answer.text) for answer in body.answers)
        return await evaluations.give(call, evaluation_id, AnswerQuery(body.query_id, answers))

    @api.post(
        "/evaluations/{evaluation_id}/approve",
        may="evaluate",
        if_match=True,
        problems=(
            "evaluation.query_open",
            "evaluation.checks_missing",
            "evaluation.unconfirmed",
            "evaluation.illegal_transition",
        ),
    )
    async def approve_evaluation(call: Call, evaluation_id: str, body: Approval) -> EvaluationView:
        """Viable: the term of the type is promised to the client."""
        command = Approve(tuple(body.checks), body.complexity)
        return await evaluations.give(call, evaluation_id, command)

    @api.post(
        "/evaluations/{evaluation_id}/refuse",
        may="evaluate",
        if_match=True,
        problems=("evaluation.query_open", "evaluation.illegal_transition"),
    )
    async def refuse_evaluation(call: Call, evaluation_id: str, body: Refusal) -> EvaluationView:
        """Not viable, and why."""
        return await evaluations.give(call, evaluation_id, Refuse(body.reason))
