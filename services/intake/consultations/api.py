"""Consultations over HTTP: the inbox, the drafts, the supervisor's judgement, the answer."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from services.intake.consultations.desk import Consultations, consultations
from services.intake.consultations.domain import model
from services.intake.consultations.inputs import (
    Channelling,
    ConsultationQuery,
    Discarding,
    Distribution,
    Escalation,
    Labels,
    NewConsultation,
    NewDraft,
    Sending,
)
from services.intake.consultations.views import AnswerView, ConsultationView
from services.intake.desks import Correspondence, Why
from services.intake.forwarding import forwarded_id
from shared.histories import HistoryEvent
from shared.http import Call, Page, PageQuery, Routes
from shared.ids import new_id
from shared.security import Role
from shared.service import Workshop, cause_of

_DESK: Final = {Role.ADVISER, Role.CHANNEL_COORDINATOR, Role.SUPERVISOR}
_WORDS: Final = _DESK | {Role.LEGAL_REVIEWER, Role.SPECIALIST_L2}
ROWS: Final[Mapping[str, set[Role]]] = {
    "receive_consultation": {Role.PROGRAM, Role.ADVISER, Role.CHANNEL_COORDINATOR},
    "read_consultation": _WORDS
    | {Role.PROGRAM, Role.SERVICE_MANAGER, Role.QUALITY_MONITOR, Role.AUDITOR, Role.TENANT_ADMIN},
    "read_consultation_words": _WORDS,
    # the portal shows it to whoever has the id, which is how an anonymous one comes to his answer
    "read_consultation_answer": _WORDS | {Role.PROGRAM},
    "distribute_consultation": {Role.CHANNEL_COORDINATOR, Role.SUPERVISOR},
    "attend_consultation": {Role.ADVISER, Role.CHANNEL_COORDINATOR},
    "inform_consultation": {Role.SPECIALIST_L2},
    # the quality supervisor's own judgement: nobody else gives it (B:L744-749)
    "review_consultation": {Role.LEGAL_REVIEWER},
}
_ILLEGAL: Final = "consultation.illegal_transition"
_PATH: Final = "/consultations/{consultation_id}"


def consultation_routes(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/consultations`."""
    desk = consultations(workshop)
    _reading(api, desk)
    _inbox(api, desk)
    _attending(api, desk)
    _reviewing(api, desk)


def _reading(api: Routes, desk: Consultations) -> None:
    @api.get("/consultations", may="read_consultation")
    async def list_consultations(call: Call, query: ConsultationQuery) -> Page[ConsultationView]:
        """Consultations by the time they have left, the most urgent first."""
        return await desk.queue(call, query)

    @api.get(_PATH, may="read_consultation")
    async def read_consultation(call: Call, consultation_id: str) -> ConsultationView:
        """One consultation: where it is, who has it, what is promised, what to beware of."""
        return await desk.read(call, consultation_id)

    @api.get(f"{_PATH}/history", may="read_consultation")
    async def read_consultation_history(
        call: Call, consultation_id: str, query: PageQuery
    ) -> Page[HistoryEvent]:
        """All that happened to it, oldest first; no words of anybody."""
        return await desk.history(call, consultation_id, query)

    @api.get(f"{_PATH}/messages", may="read_consultation_words")
    async def read_consultation_messages(call: Call, consultation_id: str) -> Correspondence:
        """Who asks, and all that was written."""
        return await desk.correspondence(call, consultation_id)

    @api.get(f"{_PATH}/answer", may="read_consultation_answer")
    async def read_consultation_answer(call: Call, consultation_id: str) -> AnswerView:
        """Where it stands and what was answered, for whoever asked, also without a name."""
        return await desk.answer(call, consultation_id)

    @api.get(
        f"{_PATH}/documents/{{document_id}}",
        may="read_consultation_words",
        media_types=["application/octet-stream"],
    )
    async def download_consultation_document(
        call: Call, consultation_id: str, document_id: str
    ) -> Response:
        """A document that came with it."""
        return await desk.document(call, consultation_id, document_id)


def _inbox(api: Routes, desk: Consultations) -> None:
    @api.post(
        "/consultations",
        may="receive_consultation",
        status=201,
        location="/consultations/{id}",
    )
    async def receive_consultation(call: Call, body: NewConsultation) -> ConsultationView:
        """Enter a question: it gets its code and its date at once."""
        return await desk.receive(call, body)

    @api.post(
        f"{_PATH}/distribute",
        may="distribute_consultation",
        if_match=True,
        problems=(_ILLEGAL,),
    )
    async def distribute_consultation(
        call: Call, consultation_id: str, body: Distribution
    ) -> ConsultationView:
        """Put it into a folder; a draft that was approved for another is to be approved again."""
        return await desk.give(call, consultation_id, model.Distribute(body.folder))

    @api.post(
        f"{_PATH}/discard", may="distribute_consultation", if_match=True, problems=(_ILLEGAL,)
    )
    async def discard_consultation(
        call: Call, consultation_id: str, body: Discarding
    ) -> ConsultationView:
        """It is no consultation, or belongs to another way in."""
        new = forwarded_id(cause_of(call))
        command = model.Discard(body.reason, body.forwarded_to, new, body.service)
        return await desk.give(call, consultation_id, command)


def _attending(api: Routes, desk: Consultations) -> None:
    @api.post(f"{_PATH}/label", may="attend_consultation", if_match=True, problems=(_ILLEGAL,))
    async def label_consultation(
        call: Call, consultation_id: str, body: Labels
    ) -> ConsultationView:
        """Set its labels."""
        return await desk.give(call, consultation_id, model.Label(body.labels))

    @api.post(f"{_PATH}/draft", may="attend_consultation", if_match=True, problems=(_ILLEGAL,))
    async def draft_consultation(
        call: Call, consultation_id: str, body: NewDraft
    ) -> ConsultationView:
        """Draft the answer, or draft it anew."""
        return await desk.draft(call, consultation_id, body.text)

    @api.post(f"{_PATH}/escalate", may="attend_consultation", if_match=True, problems=(_ILLEGAL,))
    async def escalate_consultation(
        call: Call, consultation_id: str, body: Escalation
    ) -> ConsultationView:
        """Ask an organ of the second level; the term goes on."""
        return await desk.give(call, consultation_id, model.Escalate(body.unit, body.reason))

    @api.post(
        f"{_PATH}/channel",
        may="attend_consultation",
        if_match=True,
        problems=(_ILLEGAL,),
    )
    async def channel_consultation(
        call: Call, consultation_id: str, body: Channelling
    ) -> ConsultationView:
        """It reports an incident: the first tier attends it, and then the user is answered."""
        command = model.Channel(
            body.summary, body.description, body.area, body.origin, incident_id=new_id()
        )
        return await desk.give(call, consultation_id, command)

    @api.post(f"{_PATH}/take-back", may="attend_consultation", if_match=True, problems=(_ILLEGAL,))
    async def take_back_consultation(call: Call, consultation_id: str) -> ConsultationView:
        """Answer one that became an incident without waiting for its end; it has a new term."""
        return await desk.give(call, consultation_id, model.TakeBack())

    @api.post(
        f"{_PATH}/heed",
        may="attend_consultation",
        if_match=True,
        problems=(_ILLEGAL, "consultation.not_answered"),
    )
    async def heed_consultation(call: Call, consultation_id: str) -> ConsultationView:
        """What the user said after the answer was read, and nothing more is to be done."""
        return await desk.give(call, consultation_id, model.Heed())

    @api.post(f"{_PATH}/inform", may="inform_consultation", if_match=True, problems=(_ILLEGAL,))
    async def inform_consultation(
        call: Call, consultation_id: str, body: NewDraft
    ) -> ConsultationView:
        """Say what the organ knows; the first level goes on."""
        return await desk.answer_of_unit(call, consultation_id, body.text)

    @api.post(
        f"{_PATH}/send",
        may="attend_consultation",
        if_match=True,
        problems=(
            _ILLEGAL,
            "consultation.not_drafted",
            "consultation.not_approved",
            "consultation.unchecked",
        ),
    )
    async def send_consultation(
        call: Call, consultation_id: str, body: Sending
    ) -> ConsultationView:
        """Let the draft leave as the answer, after the last look."""
        return await desk.give(call, consultation_id, model.Send(body.checks))


def _reviewing(api: Routes, desk: Consultations) -> None:
    @api.post(
        f"{_PATH}/submit",
        may="attend_consultation",
        if_match=True,
        problems=(_ILLEGAL, "consultation.not_drafted"),
    )
    async def submit_consultation(call: Call, consultation_id: str) -> ConsultationView:
        """Put the draft before the quality supervisor."""
        return await desk.give(call, consultation_id, model.Submit())

    @api.post(
        f"{_PATH}/approve",
        may="review_consultation",
        if_match=True,
        problems=(_ILLEGAL, "consultation.own_draft"),
    )
    async def approve_consultation(call: Call, consultation_id: str) -> ConsultationView:
        """Find the draft right: it may leave."""
        return await desk.give(call, consultation_id, model.Approve())

    @api.post(
        f"{_PATH}/observe",
        may="review_consultation",
        if_match=True,
        problems=(_ILLEGAL, "consultation.own_draft"),
    )
    async def observe_consultation(call: Call, consultation_id: str, body: Why) -> ConsultationView:
        """Give the draft back, and say why."""
        return await desk.give(call, consultation_id, model.Observe(body.reason))
