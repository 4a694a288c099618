"""What is heard of incidents' ends and later dates, for the consultations that became them."""

from collections.abc import Iterable

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.domain.model import Resume
from services.intake.consultations.writing import write_extension
from services.intake.consumers import hears
from services.intake.profiles.reported import INCIDENT, Reported
from services.intake.surveys.inviting import invitation
from shared.bus.hears import Heard, Send
from shared.contracts.incidents import (
    IncidentClosed,
    IncidentDismissed,
    IncidentExtensionTold,
)
from shared.service import Workshop

CLOSED = "closed"
DISMISSED = "dismissed"


@hears(IncidentClosed, IncidentDismissed)
async def on_incident_ended(
    heard: Heard[IncidentClosed | IncidentDismissed], workshop: Workshop
) -> Iterable[Send]:
    """A consultation goes on with its outcome; whoever reported otherwise is asked how it was."""
    body = heard.body
    closed = isinstance(body, IncidentClosed)
    await Reported(workshop.database).end(
        heard.tenant,
        heard.subject,
        CLOSED if closed else DISMISSED,
        heard.actor,
        heard.at,
        heard.sequence,
    )
    case_id = await _asked_by(body.consultation_id or heard.subject, heard.tenant, workshop)
    if case_id is None:
        return await invitation(workshop, heard.tenant, INCIDENT, heard.subject) if closed else []
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
