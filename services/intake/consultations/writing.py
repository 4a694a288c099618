"""What the user is written about a consultation: that it is here and until when, and the answer."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.policy import Occasion
from services.intake.correspondence import Correspondent
from services.intake.following import follows
from services.intake.letterbox.policy import DeskName
from services.intake.policy import IntakePolicy
from services.intake.surveys.inviting import invitation
from shared import i18n
from shared.bus.hears import Heard, Send
from shared.contracts import EventBody
from shared.contracts.consultations import (
    ConsultationAnswered,
    ConsultationReceived,
)
from shared.contracts.incidents import (
    IncidentExtensionTold,
    IncidentForwarded,
    IncidentRegistered,
)
from shared.ids import derived_id
from shared.mail import Composed, Letter, Unsendable
from shared.service import Workshop

_OCCASIONS: Final[Mapping[type[EventBody], Occasion]] = {
    ConsultationReceived: "received",
    ConsultationAnswered: "answered",
    # the ticket is told, and only incidents gives one
    IncidentRegistered: "channelled",
    IncidentForwarded: "forwarded",
    IncidentExtensionTold: "extended",
}
_BY_TEMPLATE: Final[Mapping[str, Occasion]] = {
    f"consultation_{occasion}": occasion for occasion in _OCCASIONS.values()
}
_WORDS: Final = i18n.load()
TEMPLATES: Final = frozenset(_BY_TEMPLATE)
Told = ConsultationReceived | ConsultationAnswered
OfIncident = IncidentRegistered | IncidentForwarded | IncidentExtensionTold


def _correspondent(workshop: Workshop) -> Correspondent:
    return Correspondent(workshop, CONSULTATION.stream, DeskName.CONSULTATIONS)


@follows(ConsultationReceived, ConsultationAnswered)
async def on_consultation_told(heard: Heard[Told], workshop: Workshop) -> Iterable[Send]:
    """Write it down to be sent; the occasion names the letter, so that it is written once."""
    body = heard.body
    await _correspondent(workshop).write_of(heard, f"consultation_{_OCCASIONS[type(body)]}")
    if not isinstance(body, ConsultationAnswered):
        return []
    kind = CONSULTATION.stream
    return await invitation(workshop, heard.tenant, kind, heard.subject)


async def write_of_incident(
    workshop: Workshop, case_id: str, heard: Heard[OfIncident], **facts: str
) -> None:
    """What the tiers have done, or say of their new date, goes to whoever asked."""
    await _correspondent(workshop).write(
        derived_id("letter", "incident", heard.subject, str(heard.sequence)),
        heard.tenant,
        f"consultation_{_OCCASIONS[type(heard.body)]}",
        case=case_id,
        **facts,
    )


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The words of a letter about a consultation.

    Raises:
        Unsendable: nobody to send it to, or no words for it in the policy.
    """
    policy: IntakePolicy = workshop.policy(letter.tenant)
    rules = policy.public.consultations
    state = (await workshop.of(CONSULTATION).get(str(letter.facts["case"]), letter.tenant)).state
    correspondent = _correspondent(workshop)
    rows = rules.section.letters.get(_BY_TEMPLATE[letter.template])
    if rows is None:
        raise Unsendable("no_words")
    words = await correspondent.words(letter, state.code, rules.calendar)
    words["usual"] = _usual(letter, correspondent.language(letter.tenant, rows))
    return await correspondent.compose(letter, rows, words)


def _usual(letter: Letter, language: str | None) -> str:
    """How long such answers take, as a sentence; none while too few were given to tell."""
    known = language is not None and "average" in letter.facts
    return _WORDS.text(str(language), "consultation.usual", letter.facts) if known else ""
