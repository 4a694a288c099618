"""What the user is written about a consultation: that it is here and until when, and the answer."""

from collections.abc import Iterable
from typing import Final

from services.intake.consultations.cases import CONSULTATION
from services.intake.correspondence import Correspondent, spoken
from services.intake.following import follows
from services.intake.letterbox.policy import DeskName
from services.intake.policy import IntakePolicy
from services.intake.surveys.inviting import invitation
from shared.bus.hears import Heard, Send
from shared.contracts.consultations import (
    ConsultationAnswered,
    ConsultationChannelled,
    ConsultationReceived,
)
from shared.ids import derived_id
from shared.mail import Composed, Letter, Unsendable
from shared.service import Workshop

RECEIVED: Final = "consultation_received"
ANSWERED: Final = "consultation_answered"
CHANNELLED: Final = "consultation_channelled"
TEMPLATES: Final = frozenset({RECEIVED, ANSWERED, CHANNELLED})
Told = ConsultationReceived | ConsultationAnswered | ConsultationChannelled


def _correspondent(workshop: Workshop) -> Correspondent:
    return Correspondent(workshop, CONSULTATION.stream, DeskName.CONSULTATIONS)


@follows(ConsultationReceived, ConsultationAnswered, ConsultationChannelled)
async def on_consultation_told(heard: Heard[Told], workshop: Workshop) -> Iterable[Send]:
    """Write it down to be sent; the occasion names the letter, so that it is written once."""
    body = heard.body
    letter_id = derived_id("letter", heard.subject, str(heard.sequence))
    facts = {"case": heard.subject}
    match body:
        case ConsultationReceived():
            template = RECEIVED
        case ConsultationChannelled():
            template = CHANNELLED
        case ConsultationAnswered(text=text):
            template, facts = ANSWERED, {**facts, "text": text.id}
    await _correspondent(workshop).write(letter_id, heard.tenant, template, **facts)
    if template != ANSWERED:
        return []
    kind = CONSULTATION.stream
    return await invitation(workshop, heard.tenant, kind, heard.subject, heard.actor)


async def compose(workshop: Workshop, letter: Letter) -> Composed:
    """The words of a letter about a consultation.

    Raises:
        Unsendable: nobody to send it to, or no words for it in the policy.
    """
    policy: IntakePolicy = workshop.policy(letter.tenant)
    rules = policy.public.consultations
    state = (await workshop.of(CONSULTATION).get(str(letter.facts["case"]), letter.tenant)).state
    correspondent = _correspondent(workshop)
    words = {"code": state.code, "due": "", "answer": "", "reason": ""}
    if letter.template == ANSWERED:
        rows = rules.section.letters.get("answered")
        text = await correspondent.private.text(letter.tenant, str(letter.facts["text"]))
        words["answer"] = text.words
    elif letter.template == CHANNELLED:
        rows = rules.section.letters.get("channelled")
    else:
        rows = rules.section.letters.get("received")
        if state.promise is not None:
            words["due"] = spoken(state.promise.due_at, rules.calendar)
    if rows is None:
        raise Unsendable("no_words")
    return await correspondent.compose(letter, rows, words)
