"""The operation's side of evaluations: information, doubts, and the client's clock on a query."""

from typing import Annotated

from pydantic import Field

from services.validation import floor_views
from services.validation.cases import EVALUATION, QUERY
from services.validation.domain import (
    AnswerDoubt,
    Command,
    Doubt,
    Evaluation,
    MergeDoubt,
    RaiseDoubt,
    Share,
)
from services.validation.floor_views import ClientQueryView, DoubtView, InformationView
from shared.decider import NotAllowed, Unknown
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security.actor import Kind
from shared.service import Workshop, cause_of
from shared.store import Outcome

Text = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"\S")]
Short = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\w")]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class NewInformation(Input):
    """What the advisers are told, for information and not for application."""

    content: Text


class NewDoubt(Input):
    """What somebody of the operation does not understand."""

    text: Short


class SameDoubt(Input):
    """The doubt that says the same."""

    into: Name


class DoubtAnswer(Input):
    """The provider's own answer."""

    text: Text


class Floor:
    """What the routes do."""

    def __init__(self, workshop: Workshop, all_doubts: frozenset[str]) -> None:
        self._evaluations = workshop.of(EVALUATION)
        self._queries = workshop.of(QUERY)
        self._all_doubts = all_doubts

    async def evaluation(self, call: Call, evaluation_id: str) -> Outcome[Evaluation]:
        """The caller's evaluation, or `Unknown`."""
        return await self._evaluations.get(evaluation_id, call.tenant)

    async def give(self, call: Call, evaluation_id: str, command: Command) -> Outcome[Evaluation]:
        """Give a command on the version the caller saw."""
        return await self._evaluations.handle(
            evaluation_id, command, cause_of(call), expected=call.expected_version
        )

    async def ask(self, call: Call, evaluation_id: str, text: str) -> DoubtView:
        """Raise the caller's doubt, and show where it stands."""
        if call.actor.kind is not Kind.PERSON:
            raise NotAllowed("doubt.in_person")
        asker = call.actor.subject
        command = RaiseDoubt(asker, text)
        # no version is asked for: a doubt does not depend on what the asker has seen
        outcome = await self._evaluations.handle(evaluation_id, command, cause_of(call))
        raised = outcome.state.docket.alike(text)
        if raised is None:
            raise Unknown("doubt.unknown", doubt="")
        return floor_views.doubt(outcome, raised, asker)

    async def change(self, call: Call, evaluation_id: str, command: Command) -> DoubtView:
        """What an evaluator does to a doubt."""
        if not isinstance(command, MergeDoubt | AnswerDoubt):
            raise TypeError("not a command to a doubt")
        outcome = await self.give(call, evaluation_id, command)
        return floor_views.doubt(outcome, outcome.state.docket.get(command.doubt_id), None)

    async def doubts(self, call: Call, evaluation_id: str, query: PageQuery) -> Page[DoubtView]:
        """All doubts for who evaluates or watches, his own for an adviser."""
        outcome = await self.evaluation(call, evaluation_id)
        after = query.after(int)
        skipped = 0 if after is None else after[0]
        asker = None if call.actor.roles & self._all_doubts else call.actor.subject
        seen = [
            doubt
            for doubt in outcome.state.doubts
            if int(doubt.id) > skipped and (asker is None or asker in doubt.askers)
        ]
        views = [self._view(outcome, doubt, asker) for doubt in seen[: query.limit + 1]]
        return page_of(views, query, lambda shown: (int(shown.id),))

    async def query(self, call: Call, evaluation_id: str, query_id: str) -> ClientQueryView:
        """The client's clock on a query of this evaluation."""
        view = floor_views.client_query(await self._queries.get(query_id, call.tenant))
        if view.evaluation_id != evaluation_id:
            raise Unknown("query.unknown", query=query_id)
        return view

    @staticmethod
    def _view(outcome: Outcome[Evaluation], doubt: Doubt, asker: str | None) -> DoubtView:
        return floor_views.doubt(outcome, doubt, asker)


def floor_routes(api: Routes, workshop: Workshop) -> None:
    """The operation's operations below `/api/v1/evaluations/{id}`."""
    floor = Floor(workshop, frozenset(api.permissions.roles_for("read_all_doubts")))
    _information(api, floor)
    _doubts(api, floor)


def _information(api: Routes, floor: Floor) -> None:
    @api.get("/evaluations/{evaluation_id}/information", may="read_information")
    async def read_information(call: Call, evaluation_id: str) -> InformationView:
        """What operations shared, "for information, not application" until one has signed."""
        outcome = await floor.evaluation(call, evaluation_id)
        return floor_views.information(outcome, call.language)

    @api.post(
        "/evaluations/{evaluation_id}/share",
        may="share_information",
        if_match=True,
        problems=("evaluation.not_approved", "evaluation.deployment_started"),
    )
    async def share_information(
        call: Call, evaluation_id: str, body: NewInformation
    ) -> InformationView:
        """Tell the advisers what was approved, for information only; again to say it better."""
        outcome = await floor.give(call, evaluation_id, Share(body.content))
        return floor_views.information(outcome, call.language)

    @api.get("/evaluations/{evaluation_id}/queries/{query_id}", may="read_evaluation")
    async def read_query(call: Call, evaluation_id: str, query_id: str) -> ClientQueryView:
        """How long the client has had a query, and when he is reminded of it."""
        return await floor.query(call, evaluation_id, query_id)


def _doubts(api: Routes, floor: Floor) -> None:
    @api.get("/evaluations/{evaluation_id}/doubts", may="read_doubts")
    async def list_doubts(call: Call, evaluation_id: str, query: PageQuery) -> Page[DoubtView]:
        """The operation's doubts with their answers; an adviser sees his own."""
        return await floor.doubts(call, evaluation_id, query)

    @api.post(
        "/evaluations/{evaluation_id}/doubts",
        may="raise_doubt",
        status=201,
        problems=("doubt.request_over", "doubt.too_many"),
    )
    async def raise_doubt(call: Call, evaluation_id: str, body: NewDoubt) -> DoubtView:
        """Ask; who asks what was asked before in the same words is answered with the others."""
        return await floor.ask(call, evaluation_id, body.text)

    @api.post(
        "/evaluations/{evaluation_id}/doubts/{doubt_id}/merge",
        may="answer_doubt",
        if_match=True,
        problems=("doubt.with_client", "doubt.already_answered", "doubt.merged"),
    )
    async def merge_doubt(
        call: Call, evaluation_id: str, doubt_id: str, body: SameDoubt
    ) -> DoubtView:
        """Say that a doubt is the same as another one; its askers are kept."""
        return await floor.change(call, evaluation_id, MergeDoubt(doubt_id, body.into))

    @api.post(
        "/evaluations/{evaluation_id}/doubts/{doubt_id}/answer",
        may="answer_doubt",
        if_match=True,
        problems=("doubt.with_client", "doubt.already_answered", "doubt.merged"),
    )
    async def answer_doubt(
        call: Call, evaluation_id: str, doubt_id: str, body: DoubtAnswer
    ) -> DoubtView:
        """Answer without asking the client; everybody who asked may read it."""
        return await floor.change(call, evaluation_id, AnswerDoubt(doubt_id, body.text))
