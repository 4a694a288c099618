"""The documents desk over HTTP: presented, observed, added to, resolved, notified, proved."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from services.intake.desks import Correspondence, Why
from services.intake.dossiers.desk import Dossiers, dossiers
from services.intake.dossiers.domain import model
from services.intake.dossiers.inputs import (
    MAX_BODY,
    Acceptance,
    Addition,
    DossierQuery,
    NewDossier,
    NewNotification,
    Receipt,
    Resolution,
)
from services.intake.dossiers.views import DossierView, ServicesView
from shared.histories import HistoryEvent
from shared.http import Call, Page, PageQuery, Routes
from shared.security import Role
from shared.service import Workshop

_DESK: Final = {Role.ADVISER, Role.CHANNEL_COORDINATOR, Role.SUPERVISOR}
ROWS: Final[Mapping[str, set[Role]]] = {
    "present_dossier": {Role.PROGRAM, Role.ADVISER, Role.CHANNEL_COORDINATOR},
    # whoever presented it follows it by the portal's program (B:L797)
    "read_dossier": _DESK
    | {Role.PROGRAM, Role.SPECIALIST_L2, Role.SERVICE_MANAGER, Role.AUDITOR, Role.TENANT_ADMIN},
    "read_dossier_words": _DESK | {Role.SPECIALIST_L2},
    "keep_dossier": {Role.ADVISER, Role.CHANNEL_COORDINATOR},
    "resolve_dossier": {Role.SPECIALIST_L2},
}
_ILLEGAL: Final = "dossier.illegal_transition"
_PATH: Final = "/dossiers/{dossier_id}"


def dossier_routes(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/dossiers`."""
    desk = dossiers(workshop)
    _reading(api, desk)
    _user(api, desk)
    _desk(api, desk)
    _area(api, desk)


def _reading(api: Routes, desk: Dossiers) -> None:
    @api.get("/dossier-services", may="read_dossier")
    async def list_dossier_services(call: Call) -> ServicesView:
        """The catalogue of services, with what each needs."""
        return await desk.services(call)

    @api.get("/dossiers", may="read_dossier")
    async def list_dossiers(call: Call, query: DossierQuery) -> Page[DossierView]:
        """Files by the time they have left, the most urgent first."""
        return await desk.queue(call, query)

    @api.get(_PATH, may="read_dossier")
    async def read_dossier(call: Call, dossier_id: str) -> DossierView:
        """One file: where it is, who has it, what is promised, what is proved."""
        return await desk.read(call, dossier_id)

    @api.get(f"{_PATH}/history", may="read_dossier")
    async def read_dossier_history(
        call: Call, dossier_id: str, query: PageQuery
    ) -> Page[HistoryEvent]:
        """All that happened to it, oldest first."""
        return await desk.history(call, dossier_id, query)

    @api.get(f"{_PATH}/messages", may="read_dossier_words")
    async def read_dossier_messages(call: Call, dossier_id: str) -> Correspondence:
        """Who presented it, and all that was written."""
        return await desk.correspondence(call, dossier_id)

    @api.get(
        f"{_PATH}/documents/{{document_id}}",
        may="read_dossier_words",
        media_types=["application/octet-stream"],
    )
    async def download_dossier_document(call: Call, dossier_id: str, document_id: str) -> Response:
        """A document of the file."""
        state = (await desk.cases.get(dossier_id, call.tenant)).state
        return await desk.download(call, state.documents, document_id)


def _user(api: Routes, desk: Dossiers) -> None:
    @api.post(
        "/dossiers",
        may="present_dossier",
        status=201,
        location="/dossiers/{id}",
        max_body=MAX_BODY,
    )
    async def present_dossier(call: Call, body: NewDossier) -> DossierView:
        """Present documents for a service: the file has its number and its date at once."""
        return await desk.present(call, body)

    @api.post(
        f"{_PATH}/add",
        may="present_dossier",
        if_match=True,
        problems=(_ILLEGAL,),
        max_body=MAX_BODY,
    )
    async def add_to_dossier(call: Call, dossier_id: str, body: Addition) -> DossierView:
        """Add to a file that is open, or put right what was observed."""
        return await desk.add(call, dossier_id, body)


def _desk(api: Routes, desk: Dossiers) -> None:
    @api.post(f"{_PATH}/accept", may="keep_dossier", if_match=True, problems=(_ILLEGAL,))
    async def accept_dossier(call: Call, dossier_id: str, body: Acceptance) -> DossierView:
        """It meets the requirements: send it to the area that attends it."""
        return await desk.give(call, dossier_id, model.Accept(body.area))

    @api.post(f"{_PATH}/observe", may="keep_dossier", if_match=True, problems=(_ILLEGAL,))
    async def observe_dossier(call: Call, dossier_id: str, body: Why) -> DossierView:
        """Something is missing: the user has a term to put it right."""
        return await desk.give(call, dossier_id, model.Observe(body.reason))

    @api.post(f"{_PATH}/reject", may="keep_dossier", if_match=True, problems=(_ILLEGAL,))
    async def reject_dossier(call: Call, dossier_id: str, body: Why) -> DossierView:
        """It is not attended, and why."""
        return await desk.give(call, dossier_id, model.Reject(body.reason))

    @api.post(
        f"{_PATH}/notify",
        may="keep_dossier",
        if_match=True,
        problems=(_ILLEGAL, "dossier.no_address"),
    )
    async def notify_dossier(call: Call, dossier_id: str, body: NewNotification) -> DossierView:
        """Notify the answer; by mail it is sent now."""
        return await desk.notify(call, dossier_id, body.means)

    @api.post(f"{_PATH}/acknowledge", may="keep_dossier", if_match=True, problems=(_ILLEGAL,))
    async def acknowledge_dossier(call: Call, dossier_id: str, body: Receipt) -> DossierView:
        """Put on record what proves that the notification arrived."""
        return await desk.acknowledge(call, dossier_id, body)


def _area(api: Routes, desk: Dossiers) -> None:
    @api.post(f"{_PATH}/require", may="resolve_dossier", if_match=True, problems=(_ILLEGAL,))
    async def require_dossier(call: Call, dossier_id: str, body: Why) -> DossierView:
        """Ask the user for more."""
        return await desk.give(call, dossier_id, model.Require(body.reason))

    @api.post(f"{_PATH}/resolve", may="resolve_dossier", if_match=True, problems=(_ILLEGAL,))
    async def resolve_dossier(call: Call, dossier_id: str, body: Resolution) -> DossierView:
        """Give the area's answer; the desk notifies it."""
        return await desk.resolve(call, dossier_id, body.text)
