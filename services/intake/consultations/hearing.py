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
    """Most incidents have no consultation; one that names none may have its very id."""
    body = heard.body
    case_id = body.consultation_id or heard.subject
    try:
        await workshop.of(CONSULTATION).get(case_id, heard.tenant)
    except Unknown:
        return []
    outcome = body.outcome if isinstance(body, IncidentClosed) else DISMISSED
    return [Send(CONSULTATION.stream, case_id, Resume(outcome, heard.subject))]
