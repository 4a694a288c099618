"""Consultations, suggestions and claims begin alike: somebody says something."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import Field

from services.intake.consultations.policy import ConsultationPolicy
from services.intake.desks import Choice, ContactInput, Dated, Desk, Short, Text
from services.intake.private import USER, Contact
from services.intake.voices.policy import VoicePolicy
from shared.decider import Invalid
from shared.http import Call, Input
from shared.service import cause_of

S = TypeVar("S")
V = TypeVar("V", bound=Dated)
Rules = ConsultationPolicy | VoicePolicy
NOBODY = ContactInput()


class Saying(Input):
    """What somebody says; without `consent` nothing about the person is taken."""

    subject: Short
    text: Text
    channel: Choice = "form"
    consent: bool = False
    contact: ContactInput = NOBODY
    preferential: Annotated[str, Field(max_length=80)] = ""

    def sender(self) -> Contact:
        """Who says it.

        Raises:
            Invalid: it tells who, and does not consent.
        """
        contact = self.contact.contact()
        if not self.consent and not contact.is_empty:
            raise Invalid("desk.consent_missing")
        return contact


async def enter(
    desk: Desk[S, V], call: Call, body: Saying, rules: Rules, receive: Callable[..., object]
) -> V:
    """Open a case of what was said; `receive` is the command that does."""
    contact, way = body.sender(), rules.way(body.channel)
    cause, now = cause_of(call), desk.workshop.now()
    # first the words: a case without them could never be answered
    met = await desk.met(call, cause.id, contact, body.preferential)
    text = await desk.private.keep(
        call.tenant, cause.id, USER, body.text, now, subject=body.subject
    )
    # a number is taken by what is received, and by nothing that was refused
    code = await desk.workshop.codes.next(call.tenant, rules.section.series, rules.year(now))
    command = receive(
        code=code,
        channel=way,
        text=text,
        anonymous=contact.is_empty,
        profile_id=met.profile_id,
        preferential=met.preferential,
    )
    return await desk.create(call, command, cause)
