"""Who is asked: whoever was answered and can be reached, once a case."""

from services.intake.policy import IntakePolicy
from services.intake.private import Contact, Private
from services.intake.profiles.meeting import Meeting
from services.intake.profiles.reported import INCIDENT, Report, Reported
from services.intake.surveys.cases import SURVEY
from services.intake.surveys.domain import Invite
from shared.bus.hears import Send
from shared.decider import Unknown
from shared.ids import derived_id
from shared.service import Workshop


def survey_id(kind: str, case_id: str) -> str:
    """One survey a case, whoever asks for it."""
    return derived_id("survey", kind, case_id)


async def attended_by(workshop: Workshop, tenant: str, kind: str, case_id: str) -> str:
    """Who answered the user, whoever tells that it reached him or asks how it was."""
    if kind == INCIDENT:
        return (await _report(workshop, tenant, case_id)).attended_by
    state = (await workshop.cases[kind].get(case_id, tenant)).state
    return str(state.attended_by)


async def code_of(workshop: Workshop, tenant: str, kind: str, case_id: str) -> str:
    """The code by which the user knows the case."""
    if kind == INCIDENT:
        return (await _report(workshop, tenant, case_id)).code
    return str((await workshop.cases[kind].get(case_id, tenant)).state.code)


async def contact_of(workshop: Workshop, tenant: str, kind: str, case_id: str) -> Contact:
    """How whoever is asked is reached: an incident's reporter as his profile says."""
    if kind != INCIDENT:
        return await Private(workshop.database).contact(tenant, case_id)
    report = await Reported(workshop.database).look(tenant, case_id)
    return Contact() if report is None else await Meeting(workshop).reach(tenant, report.profile_id)


async def invitation(workshop: Workshop, tenant: str, kind: str, case_id: str) -> list[Send]:
    """The command that asks about a case; none where nobody asks or nobody can be asked."""
    policy: IntakePolicy = workshop.policy(tenant)
    if policy.public.care.section.survey is None:
        return []
    contact = await contact_of(workshop, tenant, kind, case_id)
    if not contact.email:
        return []
    command = Invite(kind, case_id, await attended_by(workshop, tenant, kind, case_id))
    return [Send(SURVEY.stream, survey_id(kind, case_id), command, create=True)]


async def _report(workshop: Workshop, tenant: str, incident_id: str) -> Report:
    found = await Reported(workshop.database).look(tenant, incident_id)
    if found is None:
        raise Unknown("incident.unknown", id=incident_id)
    return found
