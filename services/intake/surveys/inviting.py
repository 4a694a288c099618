"""Who is asked: whoever was answered and can be reached, once a case."""

from services.intake.policy import IntakePolicy
from services.intake.private import Private
from services.intake.surveys.cases import SURVEY
from services.intake.surveys.domain import Invite
from shared.bus.hears import Send
from shared.ids import derived_id
from shared.service import Workshop


def survey_id(kind: str, case_id: str) -> str:
    """One survey a case, whoever asks for it."""
    return derived_id("survey", kind, case_id)


async def attended_by(workshop: Workshop, tenant: str, kind: str, case_id: str) -> str:
    """Who answered the user, whoever tells that it reached him or asks how it was."""
    state = (await workshop.cases[kind].get(case_id, tenant)).state
    return str(state.attended_by)


async def invitation(workshop: Workshop, tenant: str, kind: str, case_id: str) -> list[Send]:
    """The command that asks about a case; none where nobody asks or nobody can be asked."""
    policy: IntakePolicy = workshop.policy(tenant)
    if policy.public.care.section.survey is None:
        return []
    contact = await Private(workshop.database).contact(tenant, case_id)
    if not contact.email:
        return []
    command = Invite(kind, case_id, await attended_by(workshop, tenant, kind, case_id))
    return [Send(SURVEY.stream, survey_id(kind, case_id), command, create=True)]
