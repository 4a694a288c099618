"""What is said of the knowledge base; the subject is the entry's id."""

from shared.contracts.events import EventBody


class ArticlePublished(EventBody, event_type="incidents.article.published.v1"):
    """An entry of the knowledge base: causes, treatment, and a template of the answer (B73)."""

    title: str
    symptoms: str
    causes: tuple[str, ...]
    treatment: str
    template: str
    area: str
    kind: str


class ArticleRevised(EventBody, event_type="incidents.article.revised.v1"):
    """The entry as it is from now on."""

    title: str
    symptoms: str
    causes: tuple[str, ...]
    treatment: str
    template: str
    area: str
    kind: str


class ArticleRetired(EventBody, event_type="incidents.article.retired.v1"):
    """The entry holds no more, and why."""

    reason: str


class ArticleRated(EventBody, event_type="incidents.article.rated.v1"):
    """The actor said whether it was useful; a person's last word counts."""

    helpful: bool


class ArticleApplied(EventBody, event_type="incidents.article.applied.v1"):
    """An incident was solved with it."""

    incident_id: str
