"""Suggestions and claims over HTTP: the same operations, each with its own responsible."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from starlette.responses import Response

from services.intake.desks import Correspondence
from services.intake.forwarding import forwarded_id
from services.intake.voices.desk import (
    Dismissal,
    Doing,
    Evaluation,
    NewVoice,
    Referral,
    VoiceQuery,
    Voices,
    voices,
)
from services.intake.voices.domain import model
from services.intake.voices.policy import VoiceKind
from services.intake.voices.views import ResultView, VoiceView
from shared.histories import HistoryEvent
from shared.http import Call, Page, PageQuery, Routes
from shared.security import Role
from shared.service import Workshop, cause_of

H = TypeVar("H", bound=Callable[..., Any])
_OFFICER: Final[Mapping[VoiceKind, Role]] = {
    VoiceKind.SUGGESTION: Role.SUGGESTIONS_OFFICER,
    VoiceKind.CLAIM: Role.CLAIMS_OFFICER,
}


def _rows(kind: VoiceKind) -> Mapping[str, set[Role]]:
    officer = _OFFICER[kind]
    words = {officer, Role.SPECIALIST_L2, Role.ADVISER}
    read = {Role.PROGRAM, Role.SERVICE_MANAGER, Role.SUPERVISOR, Role.AUDITOR, Role.TENANT_ADMIN}
    return {
        # whoever of the staff hears one enters it (B:L1408)
        f"receive_{kind}": {officer, Role.PROGRAM, Role.ADVISER, Role.CHANNEL_COORDINATOR},
        f"read_{kind}": words | read,
        f"read_{kind}_words": words,
        # the portal shows it to whoever has the id: there is no other way to who gave no name
        f"read_{kind}_answer": words | {Role.PROGRAM},
        f"keep_{kind}": {officer},
        f"evaluate_{kind}": {Role.SPECIALIST_L2},
    }


ROWS: Final[Mapping[str, set[Role]]] = {
    operation: roles for kind in VoiceKind for operation, roles in _rows(kind).items()
}


def voice_routes(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/suggestions` and `/api/v1/claims`."""
    for kind in VoiceKind:
        desk = voices(workshop, kind)
        _reading(api, desk, kind)
        _responsible(api, desk, kind)
        _unit(api, desk, kind)


def _called(name: str) -> Callable[[H], H]:
    """The same operation under the name of its kind."""

    def rename(handler: H) -> H:
        handler.__name__ = name
        return handler

    return rename


def _reading(api: Routes, desk: Voices, kind: VoiceKind) -> None:
    path = f"/{kind.section}"

    @api.get(path, may=f"read_{kind}")
    @_called(f"list_{kind.section}")
    async def list_voices(call: Call, query: VoiceQuery) -> Page[VoiceView]:
        """All of them, those with a term first and the tightest before."""
        return await desk.queue(call, query)

    @api.get(path + "/{case_id}", may=f"read_{kind}")
    @_called(f"read_{kind}")
    async def read_voice(call: Call, case_id: str) -> VoiceView:
        """One: where it is, who has it, what came of it."""
        return await desk.read(call, case_id)

    @api.get(path + "/{case_id}/history", may=f"read_{kind}")
    @_called(f"read_{kind}_history")
    async def read_voice_history(call: Call, case_id: str, query: PageQuery) -> Page[HistoryEvent]:
        """All that happened to it, oldest first."""
        return await desk.history(call, case_id, query)

    @api.get(path + "/{case_id}/messages", may=f"read_{kind}_words")
    @_called(f"read_{kind}_messages")
    async def read_voice_messages(call: Call, case_id: str) -> Correspondence:
        """Who said it, and all that was written."""
        return await desk.correspondence(call, case_id)

    @api.get(path + "/{case_id}/answer", may=f"read_{kind}_answer")
    @_called(f"read_{kind}_answer")
    async def read_voice_answer(call: Call, case_id: str) -> ResultView:
        """Where it stands and what came of it, for whoever said it, also without a name."""
        return await desk.result(call, case_id)

    @api.get(
        path + "/{case_id}/documents/{document_id}",
        may=f"read_{kind}_words",
        media_types=["application/octet-stream"],
    )
    @_called(f"download_{kind}_document")
    async def download_voice_document(call: Call, case_id: str, document_id: str) -> Response:
        """A document that came with it."""
        state = (await desk.cases.get(case_id, call.tenant)).state
        return await desk.download(call, state.enclosures, document_id)


def _responsible(api: Routes, desk: Voices, kind: VoiceKind) -> None:
    path, illegal = f"/{kind.section}", (f"{kind}.illegal_transition",)

    @api.post(path, may=f"receive_{kind}", status=201, location=path + "/{id}")
    @_called(f"receive_{kind}")
    async def receive_voice(call: Call, body: NewVoice) -> VoiceView:
        """Enter what somebody says: it has its code at once."""
        return await desk.receive(call, body)

    @api.post(path + "/{case_id}/refer", may=f"keep_{kind}", if_match=True, problems=illegal)
    @_called(f"refer_{kind}")
    async def refer_voice(call: Call, case_id: str, body: Referral) -> VoiceView:
        """It is one: send it to the organ that knows, with the order for it."""
        return await desk.give(call, case_id, model.Refer(body.unit, body.order))

    @api.post(path + "/{case_id}/dismiss", may=f"keep_{kind}", if_match=True, problems=illegal)
    @_called(f"dismiss_{kind}")
    async def dismiss_voice(call: Call, case_id: str, body: Dismissal) -> VoiceView:
        """It is none, and where it belongs."""
        new = forwarded_id(cause_of(call))
        return await desk.give(call, case_id, model.Dismiss(body.reason, body.forwarded_to, new))

    @api.post(path + "/{case_id}/inform", may=f"keep_{kind}", if_match=True, problems=illegal)
    @_called(f"inform_{kind}")
    async def inform_voice(call: Call, case_id: str) -> VoiceView:
        """Tell the user the result."""
        return await desk.give(call, case_id, model.Inform())

    @api.post(path + "/{case_id}/heed", may=f"keep_{kind}", if_match=True, problems=illegal)
    @_called(f"heed_{kind}")
    async def heed_voice(call: Call, case_id: str) -> VoiceView:
        """What the user said after the end was read, and nothing more is to be done."""
        return await desk.give(call, case_id, model.Heed())


def _unit(api: Routes, desk: Voices, kind: VoiceKind) -> None:
    path, illegal = f"/{kind.section}", (f"{kind}.illegal_transition",)

    @api.post(path + "/{case_id}/evaluate", may=f"evaluate_{kind}", if_match=True, problems=illegal)
    @_called(f"evaluate_{kind}")
    async def evaluate_voice(call: Call, case_id: str, body: Evaluation) -> VoiceView:
        """Say what the organ found, with the words for the user."""
        return await desk.evaluate(call, case_id, body)

    @api.post(
        path + "/{case_id}/implement", may=f"evaluate_{kind}", if_match=True, problems=illegal
    )
    @_called(f"implement_{kind}")
    async def implement_voice(call: Call, case_id: str, body: Doing) -> VoiceView:
        """Put on record what the organ did of it, for the yearly report."""
        return await desk.give(call, case_id, model.Implement(body.action))
