"""The operations on requests."""

import dataclasses
from dataclasses import dataclass
from typing import Final

from services.intake.cases import REQUEST
from services.intake.contradictions import in_course
from services.intake.domain import (
    Complete,
    Confirm,
    Receive,
    Replace,
    Request,
    Withdraw,
    evolve,
)
from services.intake.domain.succession import successor
from services.intake.inputs import NewRequest, Replacement
from services.intake.notice import MAX_REQUESTS, NoticeView, by_area, notice_of
from services.intake.policy import IntakePolicy
from services.intake.views import (
    ConfirmationNotes,
    ExplainedDeadline,
    RequestQuery,
    RequestView,
    confirmation_notes,
    explained,
    filters,
    request_view,
)
from shared.contracts import body_of
from shared.contracts.intake import ReplacingRequest, RequestReplaced
from shared.decider import Stamp
from shared.histories import HistoryEvent, history_page
from shared.http import Call, Page, PageQuery, page_of
from shared.ids import derived_id
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome
from shared.store.cases import MAX_HISTORY

_MAX_EXPLAINED: Final = 1_000
_FIRST_EVENTS: Final = 8


@dataclass(frozen=True)
class Registry:
    """The operations on requests."""

    workshop: Workshop

    @property
    def cases(self) -> Cases[Request]:
        return self.workshop.of(REQUEST)

    async def receive(self, call: Call, body: NewRequest) -> RequestView:
        code = await self._code(call, body)
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
            overlaps=tuple(await in_course(self.workshop, call.tenant, body.touches, cause.id)),
        )
        # the cause's id is derived from the caller's key: a repetition meets the first one's case
        outcome = await self.cases.create(cause.id, command, cause)
        return await self._as_received(call, outcome) if outcome.replayed else _shown(outcome)

    async def replace(self, call: Call, old_id: str, body: Replacement) -> RequestView:
        """End one request and begin another, as one decision: the old one's event holds both."""
        await self.cases.get(old_id, call.tenant)
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        if body.verbal:
            policy.confirmation(self.workshop.now())  # refused here, not when the old one has ended
        new_id, cause = derived_id(call.tenant, "replacement", old_id), cause_of(call)
        by = ReplacingRequest(
            id=new_id,
            code=await self._code(call, body),
            request_type=body.type,
            topic=body.topic,
            title=body.subject,
            description=body.description,
            area=body.area,
            effective_on=body.effective_on,
            verbal=body.verbal,
            touches=body.touches,
            attachments=body.attachments,
        )
        old = await self.cases.handle(
            old_id, Replace(by, body.reason), cause, expected=call.expected_version
        )
        if old.replayed:
            by = await self._replacing(call, old_id)
        overlaps = await in_course(self.workshop, call.tenant, by.touches, new_id)
        begin = successor(by, old_id, old.state.code)
        begin = dataclasses.replace(begin, overlaps=tuple(overlaps))
        outcome = await self.cases.create(new_id, begin, cause)
        return _shown(outcome) if outcome.entries else await self._as_received(call, outcome)

    async def _replacing(self, call: Call, old_id: str) -> ReplacingRequest:
        history = await self.cases.history(old_id, call.tenant, 0, MAX_HISTORY)
        bodies = (body_of(entry["type"], entry["data"]) for entry in reversed(history))
        return next(body.by for body in bodies if isinstance(body, RequestReplaced))

    async def _code(self, call: Call, body: NewRequest) -> str:
        policy: IntakePolicy = self.workshop.policy(call.tenant)
        series, year = policy.series_of(body.type, self.workshop.now())
        return await self.workshop.codes.next(call.tenant, series, year)

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
        return await history_page(self.cases, call, case_id, query)

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
