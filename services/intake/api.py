"""The registry's HTTP edge: what the client may ask, and what everybody concerned may read."""

from typing import Final

from services.intake.attachments import Attachments, attachment_routes
from services.intake.domain import Complete, Confirm, Withdraw
from services.intake.grants import Grants, grant_routes
from services.intake.inputs import Completion, Confirmation, NewRequest, Replacement, Withdrawal
from services.intake.notice import NoticeView
from services.intake.procedures import Publication, procedure_routes
from services.intake.public import ROWS, public_routes
from services.intake.registry import Registry
from services.intake.secrets import Secrets
from services.intake.views import (
    ConfirmationNotes,
    ExplainedDeadline,
    RequestQuery,
    RequestView,
)
from services.intake.webhooks import Webhooks, webhook_routes
from shared.files import GridFiles
from shared.histories import HistoryEvent
from shared.http import Call, Page, PageQuery, Routes
from shared.mail import Letters, letter_routes
from shared.security import Permissions, Role
from shared.service import Workshop

_ASK: Final = {Role.REQUESTER, Role.LIAISON, Role.VALIDATION_SUPERVISOR, Role.PROGRAM}
_READ: Final = _ASK | {
    Role.REPORT_READER,
    Role.TRAINING_COORDINATOR,
    Role.TRAINER,
    Role.SERVICE_MANAGER,
    Role.SUPERVISOR,
    Role.QUALITY_MONITOR,
    Role.AUDITOR,
    Role.TENANT_ADMIN,
}
# A28: the procedure is published to all involved; programs that only run the house are not
_INVOLVED: Final = frozenset(Role) - {Role.SYSTEM}
PERMISSIONS: Final = Permissions(
    {
        "receive_request": _ASK,
        "read_request": _READ,
        "read_procedure": _INVOLVED,
        # the client lets people into his systems, or the provider for him; who has is for both
        "grant_access": {Role.LIAISON, Role.VALIDATION_SUPERVISOR, Role.SERVICE_MANAGER},
        "read_grant": _READ,
        "attach": _ASK,
        "keep_webhooks": {Role.TENANT_ADMIN},
        "keep_letters": {Role.TENANT_ADMIN, Role.VALIDATION_SUPERVISOR},
        "withdraw_request": {Role.REQUESTER, Role.LIAISON, Role.VALIDATION_SUPERVISOR},
        "replace_request": {Role.REQUESTER, Role.LIAISON, Role.VALIDATION_SUPERVISOR},
        # the client's own word: nobody of the provider gives it for him
        "confirm_request": {Role.REQUESTER, Role.LIAISON},
        "complete_request": {Role.VALIDATION_SUPERVISOR, Role.SERVICE_MANAGER},
        **ROWS,
    }
)


def routes(workshop: Workshop) -> Routes:
    """The operations under `/api/v1/requests`."""
    api = Routes("intake", PERMISSIONS)
    registry = Registry(workshop)
    _reading(api, registry)
    letter_routes(api, Letters(workshop.database, workshop.now), prefix="/intake")
    grant_routes(api, Grants(workshop))
    procedure_routes(api, Publication(workshop))
    webhook_routes(api, Webhooks(workshop, Secrets(workshop.database)))
    attachment_routes(api, Attachments(workshop, GridFiles(workshop.database)))
    public_routes(api, workshop)

    @api.post(
        "/requests",
        may="receive_request",
        status=201,
        location="/requests/{id}",
    )
    async def receive_request(call: Call, body: NewRequest) -> RequestView:
        """Enter a request: it gets its code, its deadlines and its holder."""
        return await registry.receive(call, body)

    @api.post(
        "/requests/{request_id}/withdraw",
        may="withdraw_request",
        if_match=True,
        problems=("request.illegal_transition",),
    )
    async def withdraw_request(call: Call, request_id: str, body: Withdrawal) -> RequestView:
        """Take a request back; what is under way for it stops."""
        return await registry.tell(call, request_id, Withdraw(body.reason))

    @api.post(
        "/requests/{request_id}/replace",
        may="replace_request",
        status=201,
        location="/requests/{id}",
        if_match=True,
        problems=("request.illegal_transition",),
    )
    async def replace_request(call: Call, request_id: str, body: Replacement) -> RequestView:
        """Ask for something else instead: the old request ends as replaced, what it led to stops.

        The answer is the new request; `If-Match` is the old one's version.
        """
        return await registry.replace(call, request_id, body)

    @api.post(
        "/requests/{request_id}/confirm",
        may="confirm_request",
        if_match=True,
        problems=(
            "request.illegal_transition",
            "request.nothing_to_confirm",
            "request.confirmation_lapsed",
        ),
    )
    async def confirm_request(call: Call, request_id: str, body: Confirmation) -> RequestView:
        """Confirm in writing what was said by word of mouth: deployment is no longer blocked."""
        return await registry.tell(call, request_id, Confirm(body.remark))

    @api.post(
        "/requests/{request_id}/complete",
        may="complete_request",
        if_match=True,
        problems=(
            "request.illegal_transition",
            "request.replicated",
            "request.unconfirmed",
            "request.query_open",
        ),
    )
    async def complete_request(call: Call, request_id: str, body: Completion) -> RequestView:
        """Say that a request that nobody is trained for is done: access given, system changed."""
        return await registry.tell(call, request_id, Complete(body.note))

    return api


def _reading(api: Routes, registry: Registry) -> None:
    @api.get("/requests", may="read_request")
    async def list_requests(call: Call, query: RequestQuery) -> Page[RequestView]:
        """Requests by the time they have left, the most urgent first."""
        return await registry.find(call, query)

    @api.get("/requests/notice", may="read_request")
    async def read_notice(call: Call) -> NoticeView:
        """Notice given against notice needed, by area of the client (A38)."""
        return await registry.notice(call)

    @api.get("/requests/{request_id}", may="read_request")
    async def read_request(call: Call, request_id: str) -> RequestView:
        """One request: where it is, who has it, what is promised."""
        return await registry.read(call, request_id)

    @api.get("/requests/{request_id}/history", may="read_request")
    async def read_history(call: Call, request_id: str, query: PageQuery) -> Page[HistoryEvent]:
        """All that happened to it, oldest first; each event's hash covers the one before."""
        return await registry.history(call, request_id, query)

    @api.get("/requests/{request_id}/confirmation", may="read_request")
    async def read_confirmation(call: Call, request_id: str) -> ConfirmationNotes:
        """The note that the client was sent about his verbal instruction, and what he said."""
        return await registry.confirmation(call, request_id)

    @api.get("/requests/{request_id}/deadlines", may="read_request")
    async def read_deadlines(call: Call, request_id: str) -> Page[ExplainedDeadline]:
        """What was promised until when, and the steps that led to each date."""
        return await registry.deadlines(call, request_id)
