"""What profiles hear of incidents: which are whose, however they came (B:L879-892)."""

from collections.abc import Iterable

from services.intake.consumers import hears
from services.intake.profiles.reported import Reported
from shared.bus.hears import Heard, Send
from shared.contracts.incidents import IncidentReopened
from shared.service import Workshop


@hears(IncidentReopened)
async def on_incident_reopened(
    heard: Heard[IncidentReopened], workshop: Workshop
) -> Iterable[Send]:
    await Reported(workshop.database).resume(heard.tenant, heard.subject, heard.sequence)
    return []
