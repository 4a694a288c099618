"""The registry's HTTP edge: what the client may ask, and what everybody concerned may read."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from services.intake.attachments import Attachments, attachment_routes
from services.intake.cases import REQUEST
from services.intake.domain import (
    TERMINAL,
    Complete,
    Confirm,
    Overlap,
    Receive,
    Request,
    Withdraw,
    evolve,
)
from services.intake.notice import MAX_REQUESTS, NoticeView, by_area, notice_of
from services.intake.policy import IntakePolicy
from services.intake.secrets import Secrets
from services.intake.views import (
    ConfirmationNotes,
    ExplainedDeadline,
    HistoryEvent,
    RequestQuery,
    RequestView,
    confirmation_notes,
    explained,
    filters,
    history_event,
    request_view,
)
from services.intake.webhooks import Webhooks, webhook_routes
from shared.contracts import body_of
from shared.decider import Stamp
from shared.files import GridFiles
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Permissions, Role
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome
from shared.store.cases import MAX_HISTORY

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
PERMISSIONS: Final = Permissions(
    {
        "receive_request": _ASK,
        "read_request": _READ,
        "attach": _ASK,
        "keep_webhooks": {Role.TENANT_ADMIN},
        "withdraw_request": {Role.REQUESTER, Role.LIAISON, Role.VALIDATION_SUPERVISOR},
        # the client's own word: nobody of the provider gives it for him
        "confirm_request": {Role.REQUESTER, Role.LIAISON},
        "complete_request": {Role.VALIDATION_SUPERVISOR, Role.SERVICE_MANAGER},
    }
)
_MAX_EXPLAINED: Final = 1_000
_FIRST_EVENTS: Final = 8
_MAX_OVERLAPS: Final = 50
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class NewRequest(Input):
    """What the client asks for. `touches` names the procedures it changes."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    topic: Short
    subject: Short
    description: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
    effective_on: date | None = None
    area: Annotated[str, StringConstraints(max_length=200)] = ""
    verbal: bool = False
    touches: Annotated[tuple[Short, ...], Field(max_length=50)] = ()
    attachments: Annotated[tuple[Short, ...], Field(max_length=50)] = ()


class Withdrawal(Input):
    """Why the client takes it back."""

    reason: Reason


class Confirmation(Input):
    """The client stands by what he said; `remark` is his own addition."""

    remark: Annotated[str, StringConstraints(max_length=2_000)] = ""


class Completion(Input):
    """What was done."""

    note: Annotated[str, StringConstraints(max_length=2_000)] = ""


@dataclass(frozen=True)
class Registry:
    """The operations on requests."""

    workshop: Workshop

    @property
    def cases(self) -> Cases[Request]:
        return self.workshop.of(REQUEST)

    async def receive(self, call: Call, body: NewRequest) -> RequestView:
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        series, year = policy.series_of(body.type, self.workshop.now())
        code = await self.workshop.codes.next(call.tenant, series, year)
        cause = cause_of(call)
        command = Receive(
            code=code,
            request_type=body.type,
            topic=body.topic,
            title=body.subject,
            description=body.description,
            area=body.area,
            effective_on=body.effective_on,
            verbal=body.verbal,
            touches=body.touches,
            attachments=body.attachments,
            overlaps=await self._overlaps(call.tenant, body.touches, cause.id),
        )
        # the cause's id is derived from the caller's key: a repetition meets the first one's case
        outcome = await self.cases.create(cause.id, command, cause)
        return await self._as_received(call, outcome) if outcome.replayed else _shown(outcome)

    async def _overlaps(
        self, tenant: str, touches: tuple[str, ...], own: str
    ) -> tuple[Overlap, ...]:
        """Requests in course that touch one of the same procedures (A31)."""
        if not touches:
            return ()
        ended = [status.value for status in TERMINAL]
        where = {"state.touches": {"$in": touches}, "state.status": {"$nin": ended}}
        found = await self.cases.find(tenant, {**where, "_id": {"$ne": own}}, limit=_MAX_OVERLAPS)
        return tuple(
            Overlap(
                one.id, one.state.code, tuple(t for t in one.state.touches if t in set(touches))
            )
            for one in found
        )

    async def notice(self, call: Call) -> NoticeView:
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        found = await self.cases.find(call.tenant, {}, order=(("_id", -1),), limit=MAX_REQUESTS)
        notices = [notice_of(one.state, policy.calendar) for one in found]
        return NoticeView(considered=len(notices), areas=by_area(notices))

    async def _as_received(self, call: Call, outcome: Outcome[Request]) -> RequestView:
        """The answer that the first call got, whatever has become of the request since."""
        entries = await self.cases.history(outcome.id, call.tenant, 0, _FIRST_EVENTS)
        request, version = Request(), 0
        for entry in entries:
            if entry["cause"] != entries[0]["cause"]:
                break
            stamp = Stamp(entry["at"], entry["actor"], entry["seq"])
            request = evolve(request, body_of(entry["type"], entry["data"]), stamp)
            version = entry["seq"]
        return request_view(outcome.id, request, version)

    async def read(self, call: Call, case_id: str) -> RequestView:
        return _shown(await self.cases.get(case_id, call.tenant))

    async def find(self, call: Call, query: RequestQuery) -> Page[RequestView]:
        found = await self.cases.find(
            call.tenant,
            filters(query, self.workshop.now()),
            order=(("state.due_at", 1), ("_id", 1)),
            limit=query.limit + 1,
        )
        page = page_of(found, query, lambda outcome: (outcome.state.due_at, outcome.id))
        return Page(items=[_shown(outcome) for outcome in page.items], next=page.next)

    async def history(self, call: Call, case_id: str, query: PageQuery) -> Page[HistoryEvent]:
        after = query.after(int)
        start = min(max(0, after[0]), MAX_HISTORY) if after else 0
        entries = await self.cases.history(case_id, call.tenant, start, query.limit + 1)
        events = [history_event(entry) for entry in entries]
        return page_of(events, query, lambda event: (event.sequence,))

    async def deadlines(self, call: Call, case_id: str) -> Page[ExplainedDeadline]:
        outcome = await self.cases.get(case_id, call.tenant)
        history = await self.cases.history(case_id, call.tenant, 0, _MAX_EXPLAINED)
        policy = self.workshop.policy(call.tenant)
        return Page(items=explained(outcome.state, history, policy, call.language))

    async def confirmation(self, call: Call, case_id: str) -> ConfirmationNotes:
        outcome = await self.cases.get(case_id, call.tenant)
        history = await self.cases.history(case_id, call.tenant, 0, _FIRST_EVENTS)
        return confirmation_notes(outcome.state, history)

    async def tell(
        self, call: Call, case_id: str, command: Withdraw | Complete | Confirm
    ) -> RequestView:
        outcome = await self.cases.handle(
            case_id, command, cause_of(call), expected=call.expected_version
        )
        return _shown(outcome)


def _shown(outcome: Outcome[Request]) -> RequestView:
    return request_view(outcome.id, outcome.state, outcome.version)


def routes(workshop: Workshop) -> Routes:
    """The operations under `/api/v1/requests`."""
    api = Routes("intake", PERMISSIONS)
    registry = Registry(workshop)
    _reading(api, registry)
    webhook_routes(api, Webhooks(workshop, Secrets(workshop.database)))
    attachment_routes(api, Attachments(workshop, GridFiles(workshop.database)))

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
        problems=("request.illegal_transition", "request.replicated", "request.unconfirmed"),
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
