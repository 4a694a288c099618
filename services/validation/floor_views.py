"""What the operation sees of an evaluation: the information, and the answers to its doubts."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from services.validation.domain import Doubt, DoubtStatus, Evaluation
from services.validation.domain.query import ClientQuery
from shared.decider import Unknown
from shared.i18n import Catalogue, load
from shared.store import Outcome


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Clarification(_View):
    """A question and the client's word on it."""

    question: str
    answer: str


class InformationView(_View):
    """What may be known and not yet applied (A40); `notice` says so in the caller's language."""

    id: str
    code: str
    topic: str
    title: str
    use: str
    notice: str
    content: str
    shared_at: datetime
    clarifications: Sequence[Clarification]


class DoubtView(_View):
    """A doubt as one may see it.

    `askers` are all whom the answer concerns for those who evaluate, the caller alone for the
    operation. `answered_by` is `provider` or `client`; `into` the doubt it was merged into.
    """

    id: str
    text: str
    status: str
    askers: Sequence[str]
    into: str | None
    query_id: str | None
    answer: str | None
    answered_by: str | None
    version: int = Field(description="The evaluation's version, for the ETag")


class ClientQueryView(_View):
    """The client's clock on one query."""

    id: str
    evaluation_id: str
    status: str
    asked_at: datetime
    closed_at: datetime | None
    reminders: int
    remind_at: datetime | None
    version: int


@cache
def _words() -> Catalogue:
    return load()


def information(outcome: Outcome[Evaluation], language: str) -> InformationView:
    """What operations shared, or `Unknown` before they did and after it was withdrawn."""
    state = outcome.state
    if state.shared_at is None or state.use == "none":
        raise Unknown("evaluation.not_shared", id=outcome.id)
    said = [
        Clarification(question=question.text, answer=answer.text)
        for query in state.queries
        for question, answer in zip(query.questions, query.answers, strict=False)
    ]
    return InformationView(
        id=outcome.id,
        code=state.code,
        topic=state.topic,
        title=state.title,
        use=state.use,
        notice=_words().text(language, f"information.{state.use}"),
        content=state.shared,
        shared_at=state.shared_at,
        clarifications=said,
    )


def doubt(outcome: Outcome[Evaluation], one: Doubt, asker: str | None) -> DoubtView:
    """A doubt for its `asker`, or with all askers for those who evaluate (None)."""
    docket = outcome.state.docket
    final = docket.final(one)
    merged = one.status is DoubtStatus.MERGED
    return DoubtView(
        id=one.id,
        text=one.text,
        status=final.status if asker else one.status,
        askers=docket.askers(final) if asker is None else (asker,),
        into=final.id if merged and asker is None else None,
        query_id=final.query_id or None,
        answer=final.answer or None,
        answered_by=final.answered_by or None,
        version=outcome.version,
    )


def client_query(outcome: Outcome[ClientQuery]) -> ClientQueryView:
    """A query from the client's side."""
    state = outcome.state
    if state.asked_at is None:
        raise Unknown("query.unknown", query=outcome.id)
    return ClientQueryView(
        id=outcome.id,
        evaluation_id=state.evaluation_id,
        status=state.status,
        asked_at=state.asked_at,
        closed_at=state.closed_at,
        reminders=state.reminders,
        remind_at=state.remind_at,
        version=outcome.version,
    )
