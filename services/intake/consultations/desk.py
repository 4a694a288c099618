"""What the routes do with consultations: a body becomes a command, words go where words lie."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from starlette.responses import Response

from services.intake.consultations.cases import CONSULTATION
from services.intake.consultations.domain import Consultation, Status, model
from services.intake.consultations.inputs import ConsultationQuery, NewConsultation
from services.intake.consultations.policy import ConsultationPolicy
from services.intake.consultations.views import AnswerView, ConsultationView, consultation_view
from services.intake.desks import Desk
from services.intake.policy import IntakePolicy
from services.intake.private import DRAFT, SPECIALIST
from services.intake.saying import enter
from shared.http import Call, Page
from shared.service import Workshop
from shared.store import Outcome


@dataclass(frozen=True)
class Consultations(Desk[Consultation, ConsultationView]):
    """The operations on consultations."""

    async def receive(self, call: Call, body: NewConsultation) -> ConsultationView:
        return await enter(self, call, body, policy_of(self.workshop, call), model.Receive)

    async def draft(self, call: Call, case_id: str, words: str) -> ConsultationView:
        text = await self.keep_words(call, case_id, DRAFT, words)
        return await self.give(call, case_id, model.Draft(text))

    async def answer_of_unit(self, call: Call, case_id: str, words: str) -> ConsultationView:
        text = await self.keep_words(call, case_id, SPECIALIST, words)
        return await self.give(call, case_id, model.Return(text))

    async def queue(self, call: Call, query: ConsultationQuery) -> Page[ConsultationView]:
        return await self.find(
            call,
            query,
            folder=query.folder,
            channel=query.channel,
            answered_by=query.answered_by,
            answered_at=self._day(call, query),
        )

    async def answer(self, call: Call, case_id: str) -> AnswerView:
        """Only what was sent: a draft is nobody's answer yet."""
        state = (await self.cases.get(case_id, call.tenant)).state
        words = ""
        if state.status is Status.ANSWERED:
            words = (await self.private.text(call.tenant, state.draft)).words
        waits = state.promise is not None and state.promise.finished_at is None
        return AnswerView(
            code=state.code,
            status=state.status,
            due_at=state.promise.due_at if state.promise is not None and waits else None,
            answered_at=state.answered_at,
            answer=words,
            incident_id=state.incident_id,
            forwarded_to=state.forwarded_to,
            forwarded_case=state.forwarded_case,
        )

    async def document(self, call: Call, case_id: str, enclosure_id: str) -> Response:
        state = (await self.cases.get(case_id, call.tenant)).state
        return await self.download(call, state.enclosures, enclosure_id)

    def _day(self, call: Call, query: ConsultationQuery) -> dict[str, datetime] | None:
        """A day of the account, as the register of a shift asks for it (B:L751-755)."""
        if query.answered_on is None:
            return None
        zone = policy_of(self.workshop, call).calendar.zone
        start = datetime.combine(query.answered_on, time(), zone)
        following = datetime.combine(query.answered_on + timedelta(days=1), time(), zone)
        return {"$gte": start, "$lt": following}


def policy_of(workshop: Workshop, call: Call) -> ConsultationPolicy:
    policy: IntakePolicy = workshop.policy(call.tenant)
    return policy.public.consultations


def consultations(workshop: Workshop) -> Consultations:
    """The desk, put together."""

    def show(call: Call, outcome: Outcome[Consultation]) -> ConsultationView:
        return consultation_view(outcome, policy_of(workshop, call), call.language)

    return Consultations(workshop, CONSULTATION, show)
