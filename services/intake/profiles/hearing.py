"""What profiles hear of incidents: which are whose, however they came (B:L879-892)."""

from collections.abc import Iterable

from services.intake.consumers import hears
from services.intake.profiles.reported import OPEN, Report, Reported
from shared.bus.hears import Heard, Send
from shared.contracts.incidents import IncidentRegistered, IncidentReopened
from shared.service import Workshop


@hears(IncidentRegistered)
async def on_incident_registered(
    heard: Heard[IncidentRegistered], workshop: Workshop
) -> Iterable[Send]:
    body = heard.body
    if body.profile_id:
        report = Report(heard.subject, body.profile_id, body.ticket, OPEN, body.registered_at, "")
        await Reported(workshop.database).begin(heard.tenant, report, heard.sequence)
    return []


@hears(IncidentReopened)
async def on_incident_reopened(
    heard: Heard[IncidentReopened], workshop: Workshop
) -> Iterable[Send]:
    await Reported(workshop.database).resume(heard.tenant, heard.subject, heard.sequence)
    return []
