"""The knowledge base as it is searched and shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.incidents.cases import ARTICLE
from services.incidents.domain.article import Article, Standing
from services.incidents.views import View
from shared.service import Workshop
from shared.store import Cases, Outcome
from shared.store.group import transient_when_away
from shared.words import stems

TITLE_WEIGHT = 5


class ArticleView(View):
    """An entry; `applied` counts the incidents it solved, `helpful` and `unhelpful` its votes."""

    id: str
    status: str
    title: str
    symptoms: str
    causes: Sequence[str]
    treatment: str
    template: str
    area: str
    type: str
    applied: int
    incidents: Sequence[str]
    helpful: int
    unhelpful: int
    changed_at: datetime | None
    version: int


class FoundArticles(View):
    """The best entries for the words, the best first."""

    items: Sequence[ArticleView]


def article_view(outcome: Outcome[Article]) -> ArticleView:
    """An entry as it is shown."""
    state = outcome.state
    if state.content is None:
        raise ValueError(f"article {outcome.id} was not published")
    return ArticleView(
        id=outcome.id,
        status=state.standing,
        title=state.content.title,
        symptoms=state.content.symptoms,
        causes=state.content.causes,
        treatment=state.content.treatment,
        template=state.content.template,
        area=state.area,
        type=state.kind,
        applied=state.applied,
        incidents=state.incidents,
        helpful=state.helpful,
        unhelpful=len(state.votes) - state.helpful,
        changed_at=state.changed_at,
        version=outcome.version,
    )


async def prepare(workshop: Workshop) -> None:
    """The index of words. They are stemmed already, so the database is told of no language."""
    await workshop.of(ARTICLE).collection.create_index(
        [("tenant", 1), ("state.title_words", "text"), ("state.words", "text")],
        default_language="none",
        weights={"state.title_words": TITLE_WEIGHT, "state.words": 1},
        name="words",
    )


async def search(
    articles: Cases[Article], tenant: str, text: str, where: dict[str, Any], limit: int
) -> list[Outcome[Article]]:
    """Published entries with any of the words, the best first; the newest when there are none.

    Raises:
        Transient: the database did not answer.
    """
    wanted = {**where, "state.standing": Standing.PUBLISHED.value}
    words = stems(text)
    if not words:
        newest = (("state.changed_at", -1), ("_id", -1))
        return await articles.find(tenant, wanted, order=newest, limit=limit)
    wanted |= {"tenant": tenant, "$text": {"$search": words}}
    score = {"score": {"$meta": "textScore"}}
    cursor = articles.collection.find(wanted, {**score, "history": 0})
    with transient_when_away():
        best = cursor.sort([("score", {"$meta": "textScore"}), ("_id", 1)]).limit(limit)
        found = [document async for document in best]
    return [Outcome(d["_id"], articles.shape.load(d["state"]), d["version"]) for d in found]
