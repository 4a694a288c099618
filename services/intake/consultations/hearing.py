"""What consultations hear of the incidents that they became: a later date, and their end."""

from collections.abc import Iterable

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.domain.model import Resume
from services.intake.consultations.writing import write_extension
from services.intake.consumers import hears
from shared.bus.hears import Heard, Send
from shared.contracts.incidents import (
    IncidentClosed,
    IncidentDismissed,
    IncidentExtensionTold,
)
from shared.service import Workshop

DISMISSED = "dismissed"


@hears(IncidentClosed, IncidentDismissed)
async def on_incident_ended(
    heard: Heard[IncidentClosed | IncidentDismissed], workshop: Workshop
) -> Iterable[Send]:
    body = heard.body
    case_id = await _asked_by(body.consultation_id or heard.subject, heard.tenant, workshop)
    if case_id is None:
        return []
    outcome = body.outcome if isinstance(body, IncidentClosed) else DISMISSED
    return [Send(CONSULTATION.stream, case_id, Resume(outcome, heard.subject))]


@hears(IncidentExtensionTold)
async def on_extension_told(
    heard: Heard[IncidentExtensionTold], workshop: Workshop
) -> Iterable[Send]:
    """Whoever asked is written the new date (B:L1507)."""
    named = heard.body.consultation_id or heard.subject
    case_id = await _asked_by(named, heard.tenant, workshop)
    if case_id is not None:
        await write_extension(workshop, case_id, heard)
    return []


async def _asked_by(named: str, tenant: str, workshop: Workshop) -> str | None:
    """Most incidents have no consultation; one that names none may have its very id."""
    found = await workshop.of(CONSULTATION).look(named, tenant)
    return None if found is None else found.id
