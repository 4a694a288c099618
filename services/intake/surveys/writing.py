"""The letter that asks how somebody was attended."""

from collections.abc import Iterable
from typing import Final

from services.intake.correspondence import Correspondent, letter_id
from services.intake.following import follows
from services.intake.letterbox.policy import DeskName
from services.intake.policy import IntakePolicy
from services.intake.private import Contact
from services.intake.profiles.reported import INCIDENT
from services.intake.surveys.inviting import code_of, contact_of, invitation
from shared.bus.hears import Heard, Send
from shared.contracts.dossiers import DossierAcknowledged
from shared.contracts.surveys import SurveyInvited
from shared.mail import Composed, Letter
from shared.service import Workshop

TEMPLATE: Final = "survey_invited"
TEMPLATES: Final = frozenset({TEMPLATE})
_DESKS: Final = {
    "intake.consultation": DeskName.CONSULTATIONS,
    "intake.dossier": DeskName.DOCUMENTS,
    "intake.suggestion": DeskName.SUGGESTIONS,
    "intake.claim": DeskName.CLAIMS,
    INCIDENT: DeskName.CONSULTATIONS,
}
KNOWN: Final = frozenset(_DESKS)
"""What somebody may be asked about."""


class _Asking(Correspondent):
    """Writes to whoever can be asked about the case, which need not be one of this service."""

    async def contact(self, tenant: str, case_id: str) -> Contact:
        return await contact_of(self.workshop, tenant, self.kind, case_id)


@follows(SurveyInvited)
async def on_survey_invited(heard: Heard[SurveyInvited], workshop: Workshop) -> Iterable[Send]:
    """Write it down to be sent."""
    body = heard.body
    await _Asking(workshop, body.about, _DESKS[body.about]).write(
        letter_id(heard.subject, heard.sequence),
        heard.tenant,
        TEMPLATE,
        case=body.case_id,
        survey=heard.subject,
    )
    return []


@follows(DossierAcknowledged)
async def on_dossier_acknowledged(
    heard: Heard[DossierAcknowledged], workshop: Workshop
) -> Iterable[Send]:
    return await invitation(workshop, heard.tenant, "intake.dossier", heard.subject)


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The words of the invitation.

    Raises:
        Unsendable: there is nobody to send it to.
    """
    policy: IntakePolicy = workshop.policy(letter.tenant)
    kind, case_id = str(letter.facts["kind"]), str(letter.facts["case"])
    code = await code_of(workshop, letter.tenant, kind, case_id)
    survey = policy.public.care.survey
    words = {"code": code, "survey": survey.address(str(letter.facts["survey"]))}
    correspondent = _Asking(workshop, kind, _DESKS[kind])
    return await correspondent.compose(letter, survey.letter, words)
