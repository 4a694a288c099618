"""What is heard of incidents, for the consultations that became them and for who reported."""

from collections.abc import Iterable
from math import ceil

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.domain import Consultation, Status
from services.intake.consultations.domain.model import Resume
from services.intake.consultations.writing import OfIncident, write_of_incident
from services.intake.consumers import hears
from services.intake.private import DRAFT, Private
from services.intake.profiles.reported import INCIDENT, OPEN, Report, Reported
from services.intake.surveys.inviting import invitation
from shared.bus.hears import Heard, Send
from shared.contracts.incidents import (
    IncidentClosed,
    IncidentDismissed,
    IncidentExtensionTold,
    IncidentForwarded,
    IncidentRegistered,
)
from shared.contracts.stages import Estimate
from shared.service import Workshop
from shared.store import Outcome

CLOSED = "closed"
DISMISSED = "dismissed"


@hears(IncidentRegistered)
async def on_incident_registered(
    heard: Heard[IncidentRegistered], workshop: Workshop
) -> Iterable[Send]:
    """Whose it is, however it came (B:L879-892); whoever asked is written his ticket (B:L1447)."""
    body = heard.body
    if body.profile_id:
        report = Report(heard.subject, body.profile_id, body.ticket, OPEN, body.registered_at, "")
        await Reported(workshop.database).begin(heard.tenant, report, heard.sequence)
    await _write(heard, workshop, ticket=body.ticket)
    return []


@hears(IncidentForwarded)
async def on_incident_forwarded(
    heard: Heard[IncidentForwarded], workshop: Workshop
) -> Iterable[Send]:
    """Whoever asked is written what was done, and how long that takes on average (B:L1646)."""
    body = heard.body
    if body.ticket:
        usual = {} if body.told is None else _usual(body.told)
        await _write(heard, workshop, ticket=body.ticket, **usual)
    return []


def _usual(told: Estimate) -> dict[str, str]:
    return {"average": _hours(told.average_seconds), "p90": _hours(told.p90_seconds)}


def _hours(seconds: int) -> str:
    """Working time as it is told to people: whole hours, one at least."""
    return str(max(1, ceil(seconds / 3_600)))


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
    case = await _asked_by(body.consultation_id or heard.subject, heard.tenant, workshop)
    if case is None:
        return await invitation(workshop, heard.tenant, INCIDENT, heard.subject) if closed else []
    command = Resume(DISMISSED, heard.subject)
    if isinstance(body, IncidentClosed):
        draft, by = None, ""
        if case.state.status is Status.CHANNELLED and case.state.incident_id == heard.subject:
            private = Private(workshop.database)
            draft = await private.keep(heard.tenant, case.id, DRAFT, body.message, heard.at)
            by = heard.actor
        command = Resume(body.outcome, heard.subject, draft, by)
    return [Send(CONSULTATION.stream, case.id, command)]


@hears(IncidentExtensionTold)
async def on_extension_told(
    heard: Heard[IncidentExtensionTold], workshop: Workshop
) -> Iterable[Send]:
    """Whoever asked is written the new date (B:L1507)."""
    body = heard.body
    await _write(heard, workshop, reason=body.message, due=body.due_at.isoformat())
    return []


async def _write(heard: Heard[OfIncident], workshop: Workshop, **facts: str) -> None:
    named = heard.body.consultation_id or heard.subject
    case = await _asked_by(named, heard.tenant, workshop)
    if case is not None:
        await write_of_incident(workshop, case.id, heard, **facts)


async def _asked_by(named: str, tenant: str, workshop: Workshop) -> Outcome[Consultation] | None:
    """Most incidents have no consultation; one that names none may have its very id."""
    return await workshop.of(CONSULTATION).look(named, tenant)
