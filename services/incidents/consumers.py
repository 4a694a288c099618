"""What incidents hears: its own solutions, for the knowledge base; what intake channels to it."""

from collections.abc import Iterable
from typing import Final

from services.incidents.cases import ARTICLE, INCIDENT
from services.incidents.domain.article import Apply
from services.incidents.domain.commands import Register
from services.incidents.policy import IncidentPolicy
from shared.bus import Heard, Hears, Send
from shared.contracts.consultations import ConsultationChannelled
from shared.contracts.incidents import IncidentSolved, IncidentValidated
from shared.decider import Unknown
from shared.service import Workshop

VALIDATED: Final = 3
"""The tier whose answers are judged by another."""
HEARS = Hears("incidents")
FOLLOWS = Hears("incidents")
"""Its own events, beside the bus: what each of them is again is not heard then."""


@FOLLOWS(IncidentSolved, IncidentValidated)
async def on_incident_solved(
    heard: Heard[IncidentSolved | IncidentValidated], workshop: Workshop
) -> Iterable[Send]:
    """An entry helped once the answer stands: that of tier 3 when tier 2 has found it right."""
    article = heard.body.article
    if not article or (isinstance(heard.body, IncidentSolved) and heard.body.tier == VALIDATED):
        return []
    try:
        await workshop.of(ARTICLE).get(article, heard.tenant)
    except Unknown:
        # an answer may name an entry of another register
        return []
    return [Send(ARTICLE.stream, article, Apply(heard.subject))]


@HEARS(ConsultationChannelled)
async def on_consultation_channelled(
    heard: Heard[ConsultationChannelled], workshop: Workshop
) -> Iterable[Send]:
    """What comes by other ways is the first tier's too, each time anew (B:L757-762).

    Who reported it is known to intake, which tells him how it ends.
    """
    policy: IncidentPolicy = workshop.policy(heard.tenant)
    year = workshop.now().astimezone(policy.calendar.zone).year
    body = heard.body
    register = Register(
        ticket=await workshop.codes.next(heard.tenant, policy.section.series, year),
        summary=body.summary,
        description=body.description,
        origin=policy.origin(body.origin),
        area=policy.area(body.area),
        channel=policy.channel(body.channel),
        consultation_id=heard.subject,
        profile_id=body.profile_id,
        preferential=body.preferential,
    )
    incident_id = body.incident_id or heard.subject
    return [Send(INCIDENT.stream, incident_id, register, create=True)]
