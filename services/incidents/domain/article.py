"""The knowledge base ("matriz de incidencias"): causes, treatment, templates (B:L1366)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.incidents.policy import IncidentPolicy
from shared.contracts import EventBody
from shared.contracts.incidents import (
    ArticleApplied,
    ArticlePublished,
    ArticleRated,
    ArticleRetired,
    ArticleRevised,
)
from shared.decider import Given, Rejected, Stamp
from shared.words import stems


class Standing(StrEnum):
    """Whether it may be searched."""

    NEW = "new"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Content:
    """What a specialist knows of one kind of fault."""

    title: str
    symptoms: str
    causes: tuple[str, ...]
    treatment: str
    template: str
    area: str
    kind: str


@dataclass(frozen=True, slots=True)
class Vote:
    """A person's last word on an entry."""

    person: str
    helpful: bool


@dataclass(frozen=True, slots=True)
class Article:
    """One entry. `applied` counts the incidents it solved; a person has one vote, the last."""

    standing: Standing = Standing.NEW
    content: Content | None = None
    area: str = ""
    kind: str = ""
    title_words: str = ""
    words: str = ""
    incidents: tuple[str, ...] = ()
    applied: int = 0
    votes: tuple[Vote, ...] = ()
    changed_at: datetime | None = None

    @property
    def helpful(self) -> int:
        """How many found it useful."""
        return sum(vote.helpful for vote in self.votes)

    def vote_of(self, person: str) -> bool | None:
        """What somebody said, if anything."""
        return next((vote.helpful for vote in self.votes if vote.person == person), None)


@dataclass(frozen=True, slots=True)
class Publish:
    """A new entry."""

    content: Content


@dataclass(frozen=True, slots=True)
class Revise:
    """The whole entry as it is to be from now on."""

    content: Content


@dataclass(frozen=True, slots=True)
class Retire:
    """It holds no more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rate:
    """The caller's vote."""

    helpful: bool


@dataclass(frozen=True, slots=True)
class Apply:
    """An incident was solved with it."""

    incident_id: str


Command = Publish | Revise | Retire | Rate | Apply
KEPT = 200


def decide(state: Article, command: Command, given: Given[IncidentPolicy]) -> Sequence[EventBody]:
    """The events a command leads to."""
    match command:
        case Apply(incident_id):
            # a solution may come late, and the same incident may be solved again
            known = state.standing is Standing.NEW or incident_id in state.incidents
            return [] if known else [ArticleApplied(incident_id=incident_id)]
        case Publish(content):
            if state.standing is not Standing.NEW:
                raise Rejected("article.already_published")
            return [ArticlePublished(**_checked(content, given.policy))]
        case Revise(content):
            _require_published(state)
            return [ArticleRevised(**_checked(content, given.policy))]
        case Retire(reason):
            _require_published(state)
            return [ArticleRetired(reason=reason)]
        case Rate(helpful):
            _require_published(state)
            same = state.vote_of(given.actor) is helpful
            return [] if same else [ArticleRated(helpful=helpful)]


def _require_published(state: Article) -> None:
    if state.standing is not Standing.PUBLISHED:
        raise Rejected("article.retired")


def _checked(content: Content, policy: IncidentPolicy) -> dict[str, object]:
    return {
        "title": content.title,
        "symptoms": content.symptoms,
        "causes": content.causes,
        "treatment": content.treatment,
        "template": content.template,
        "area": policy.area(content.area),
        "kind": policy.type(content.kind),
    }


def evolve(state: Article, event: EventBody, stamp: Stamp) -> Article:
    """The entry after one of its events."""
    match event:
        case ArticlePublished() | ArticleRevised():
            return _written(state, event, stamp)
        case ArticleRetired():
            return replace(state, standing=Standing.RETIRED, changed_at=stamp.at)
        case ArticleRated():
            others = (vote for vote in state.votes if vote.person != stamp.actor)
            return replace(state, votes=(*others, Vote(stamp.actor, event.helpful)))
        case ArticleApplied():
            incidents = (*state.incidents, event.incident_id)[-KEPT:]
            return replace(state, incidents=incidents, applied=state.applied + 1)
    raise TypeError(type(event).__name__)


def _written(state: Article, event: ArticlePublished | ArticleRevised, stamp: Stamp) -> Article:
    content = Content(
        event.title,
        event.symptoms,
        event.causes,
        event.treatment,
        event.template,
        event.area,
        event.kind,
    )
    body = (content.symptoms, *content.causes, content.treatment, content.template)
    return replace(
        state,
        standing=Standing.PUBLISHED,
        content=content,
        area=content.area,
        kind=content.kind,
        title_words=stems(content.title),
        words=stems("\n".join(body)),
        changed_at=stamp.at,
    )
