"""What incidents hears: its own solutions, so that the knowledge base knows what it solved."""

from collections.abc import Iterable

from services.incidents.cases import ARTICLE
from services.incidents.domain.article import Apply
from shared.bus import Heard, Hears, Send
from shared.contracts.incidents import IncidentSolved
from shared.decider import Unknown
from shared.service import Workshop

HEARS = Hears("incidents")


@HEARS(IncidentSolved)
async def on_incident_solved(heard: Heard[IncidentSolved], workshop: Workshop) -> Iterable[Send]:
    article = heard.body.article
    if not article:
        return []
    try:
        await workshop.of(ARTICLE).get(article, heard.tenant)
    except Unknown:
        # an answer may name an entry of another register
        return []
    return [Send(ARTICLE.stream, article, Apply(heard.subject))]
