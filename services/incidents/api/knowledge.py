"""The routes of the knowledge base."""

from services.incidents.api import inputs
from services.incidents.cases import ARTICLE, INCIDENT
from services.incidents.domain import Incident
from services.incidents.domain.article import (
    Article,
    Command,
    Content,
    Publish,
    Rate,
    Retire,
    Revise,
)
from services.incidents.knowledge import ArticleView, FoundArticles, article_view, search
from services.incidents.policy import IncidentPolicy
from shared.http import Call, Routes
from shared.service import Workshop, cause_of

RETIRED = "article.retired"
SUGGESTED = 5


class Shelf:
    """The operations on the knowledge base."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._articles = workshop.of(ARTICLE)
        self._incidents = workshop.of(INCIDENT)

    async def publish(self, call: Call, body: inputs.ArticleContent) -> ArticleView:
        cause = cause_of(call)
        outcome = await self._articles.create(cause.id, Publish(content_of(body)), cause)
        return article_view(outcome)

    async def give(self, call: Call, article_id: str, command: Command) -> ArticleView:
        outcome = await self._articles.handle(
            article_id, command, cause_of(call), expected=call.if_match
        )
        return article_view(outcome)

    async def read(self, call: Call, article_id: str) -> ArticleView:
        return article_view(await self._articles.get(article_id, call.tenant))

    async def suggest(self, call: Call, incident_id: str) -> FoundArticles:
        incident = (await self._incidents.get(incident_id, call.tenant)).state
        text = f"{incident.summary}\n{incident.description}"
        found = await search(self._articles, call.tenant, text, {}, SUGGESTED)
        # of what fits as well, what is of the same kind, helped more and was used more comes first
        found.sort(key=lambda outcome: _merit(outcome.state, incident), reverse=True)
        return FoundArticles(items=[article_view(outcome) for outcome in found])

    async def find(self, call: Call, query: inputs.KnowledgeQuery) -> FoundArticles:
        policy: IncidentPolicy = self._workshop.policy(call.tenant)
        where = {}
        if query.area:
            where["state.area"] = policy.area(query.area)
        if query.type:
            where["state.kind"] = policy.type(query.type)
        found = await search(self._articles, call.tenant, query.text, where, query.limit)
        return FoundArticles(items=[article_view(outcome) for outcome in found])


def _merit(article: Article, incident: Incident) -> tuple[int, int, int]:
    same = (article.area == incident.area) + (article.kind == incident.kind)
    unhelpful = len(article.votes) - article.helpful
    return same, article.helpful - unhelpful, article.applied


def content_of(body: inputs.ArticleContent) -> Content:
    """What was sent, as the domain knows it."""
    return Content(
        title=body.title,
        symptoms=body.symptoms,
        causes=body.causes,
        treatment=body.treatment,
        template=body.template,
        area=body.area,
        kind=body.type,
    )


def knowledge(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/knowledge`."""
    shelf = Shelf(workshop)

    @api.get("/knowledge", may="read_incident")
    async def search_knowledge(call: Call, query: inputs.KnowledgeQuery) -> FoundArticles:
        """Entries for what is being written: in Spanish, accents and endings ignored."""
        return await shelf.find(call, query)

    @api.get("/incidents/{incident_id}/suggestions", may="read_incident")
    async def suggest_articles(call: Call, incident_id: str) -> FoundArticles:
        """Entries that may solve an incident, by its words: those of its kind, and what helped."""
        return await shelf.suggest(call, incident_id)

    @api.get("/knowledge/{article_id}", may="read_incident")
    async def read_article(call: Call, article_id: str) -> ArticleView:
        """One entry, with the incidents it solved."""
        return await shelf.read(call, article_id)

    @api.post("/knowledge", may="write_knowledge", status=201, location="/knowledge/{id}")
    async def publish_article(call: Call, body: inputs.ArticleContent) -> ArticleView:
        """Add causes, treatment and a template of the answer."""
        return await shelf.publish(call, body)

    @api.post(
        "/knowledge/{article_id}/revise",
        may="write_knowledge",
        if_match=True,
        problems=(RETIRED,),
    )
    async def revise_article(
        call: Call, article_id: str, body: inputs.ArticleContent
    ) -> ArticleView:
        """Write it anew; the history keeps what it said."""
        return await shelf.give(call, article_id, Revise(content_of(body)))

    @api.post(
        "/knowledge/{article_id}/retire",
        may="write_knowledge",
        if_match=True,
        problems=(RETIRED,),
    )
    async def retire_article(call: Call, article_id: str, body: inputs.Why) -> ArticleView:
        """It holds no more, and is not found any more."""
        return await shelf.give(call, article_id, Retire(body.reason))

    @api.post("/knowledge/{article_id}/votes", may="note_incident", problems=(RETIRED,))
    async def rate_article(call: Call, article_id: str, body: inputs.Vote) -> ArticleView:
        """Say whether it was useful; a person's last word counts."""
        return await shelf.give(call, article_id, Rate(body.helpful))
