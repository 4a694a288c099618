"""What the routes do with suggestions and claims."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from services.intake.desks import Choice, Desk, QueueQuery, Reason, Text, Why
from services.intake.policy import IntakePolicy
from services.intake.private import DRAFT
from services.intake.saying import Saying, enter
from services.intake.voices.cases import VOICES
from services.intake.voices.domain import Status, Voice, model
from services.intake.voices.policy import VoiceKind, VoicePolicy
from services.intake.voices.views import ResultView, VoiceView, result_view, voice_view
from shared.http import Call, Input, Page
from shared.service import Workshop
from shared.store import Outcome


class NewVoice(Saying):
    """What somebody says; without `consent` nothing about the person is taken."""


class Referral(Input):
    """To which organ, with which order (proveído)."""

    unit: Choice
    order: Reason


class Evaluation(Input):
    """What the organ found, and the words for the user."""

    outcome: Choice
    text: Text


class Doing(Input):
    """What the organ did of it."""

    action: Reason


class Dismissal(Why):
    """Why it is none, and the way in that it belongs to, as the policy names them.

    In that of suggestions or claims a case is opened from it.
    """

    forwarded_to: Annotated[str, Field(max_length=80)] = ""


class VoiceQuery(QueueQuery):
    """Filters of the list."""

    status: Annotated[tuple[Status, ...], Field(max_length=20)] = ()
    unit: str | None = Field(None, max_length=80)
    outcome: str | None = Field(None, max_length=80)
    said_more: bool | None = Field(None, description="The user wrote after the end, unread")


@dataclass(frozen=True)
class Voices(Desk[Voice, VoiceView]):
    """The operations on one of the two."""

    which: VoiceKind = VoiceKind.SUGGESTION

    def policy(self, call: Call) -> VoicePolicy:
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        return policy.public.voice(self.which)

    async def receive(self, call: Call, body: NewVoice) -> VoiceView:
        return await enter(self, call, body, self.policy(call), model.Receive)

    async def result(self, call: Call, case_id: str) -> ResultView:
        """Only what the user was told: what an organ found is not told yet."""
        state = (await self.cases.get(case_id, call.tenant)).state
        words = ""
        if state.status is Status.INFORMED:
            words = (await self.private.text(call.tenant, state.answer)).words
        return result_view(state, words)

    async def evaluate(self, call: Call, case_id: str, body: Evaluation) -> VoiceView:
        text = await self.keep_words(call, case_id, DRAFT, body.text)
        return await self.give(call, case_id, model.Evaluate(body.outcome, text))

    async def queue(self, call: Call, query: VoiceQuery) -> Page[VoiceView]:
        # one of before does not say
        more = {None: None, True: True, False: {"$ne": True}}[query.said_more]
        return await self.find(call, query, unit=query.unit, outcome=query.outcome, said_more=more)


def voices(workshop: Workshop, kind: VoiceKind) -> Voices:
    """The desk of one of the two, put together."""

    def show(call: Call, outcome: Outcome[Voice]) -> VoiceView:
        return voice_view(outcome, call.language)

    return Voices(workshop, VOICES[kind], show, kind)
