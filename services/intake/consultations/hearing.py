"""What consultations hear: how the incidents that they became have ended."""

from collections.abc import Iterable

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.domain.model import Resume
from services.intake.consumers import hears
from shared.bus.hears import Heard, Send
from shared.contracts.incidents import IncidentClosed, IncidentDismissed
from shared.decider import Unknown
from shared.service import Workshop

DISMISSED = "dismissed"


@hears(IncidentClosed, IncidentDismissed)
async def on_incident_ended(
    heard: Heard[IncidentClosed | IncidentDismissed], workshop: Workshop
) -> Iterable[Send]:
    """An incident has its consultation's id; most incidents have none."""
    try:
        await workshop.of(CONSULTATION).get(heard.subject, heard.tenant)
    except Unknown:
        return []
    body = heard.body
    outcome = body.outcome if isinstance(body, IncidentClosed) else DISMISSED
    return [Send(CONSULTATION.stream, heard.subject, Resume(outcome))]
