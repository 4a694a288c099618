"""What the routes do: a body becomes a command to the case, the case becomes a view."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from services.incidents.api.inputs import (
    DigestQuery,
    EstimateQuery,
    Forwarding,
    IncidentQuery,
    NewIncident,
)
from services.incidents.api.permissions import PERMISSIONS
from services.incidents.cases import INCIDENT
from services.incidents.catalogue import CatalogueView, catalogue
from services.incidents.digest import Digest, digest
from services.incidents.domain import Command, Incident, evolve
from services.incidents.domain.commands import Convert, Forward, RecordAnswer, Register
from services.incidents.domain.lifecycle import ENDED
from services.incidents.estimates import estimate
from services.incidents.explanations import ExplainedDeadline, explained
from services.incidents.policy import IncidentPolicy
from services.incidents.providers import narrowed, waiting_for, was_asked
from services.incidents.queues import Queues, Wanted
from services.incidents.reporters import Reporters
from services.incidents.views import (
    IncidentView,
    incident_view,
    listed_view,
)
from shared.contracts import body_of
from shared.contracts.stages import Estimate
from shared.decider import Stamp, Unknown
from shared.histories import HistoryEvent, history_page
from shared.http import Call, Page, PageQuery, page_of
from shared.ids import derived_id
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome
from shared.store.cases import MAX_HISTORY
from shared.words import search_words

GRANTED: Final = "granted"


class Desk:
    """The operations on incidents."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._cases: Cases[Incident] = workshop.of(INCIDENT)
        self._queues = Queues(self._cases)
        self._reporters = Reporters(workshop.database)

    async def register(self, call: Call, body: NewIncident) -> IncidentView:
        policy = self._policy(call)
        command = Register(
            ticket="",
            summary=body.summary,
            description=body.description,
            origin=policy.origin(body.origin),
            area=policy.area(body.area),
            channel=policy.channel(body.channel),
            kind=policy.type(body.type) if body.type else "",
            criticality=policy.criticality(body.criticality) if body.criticality else "",
            priority=policy.priority(body.priority) if body.priority else "",
            profile_id=body.profile_id,
            preferential=GRANTED if body.preferential else "",
            line=policy.line(body.line, body.channel),
            point=policy.point(body.point),
        )
        # a number is taken by what is registered, and by nothing that was refused
        command = replace(command, ticket=await self._code(call, policy.section.series))
        cause = cause_of(call)
        # first who reported: an incident without its reporter could never be answered
        await self._reporters.keep(call.tenant, cause.id, body.reporter)
        outcome = await self._cases.create(cause.id, command, cause)
        if outcome.replayed:
            outcome = await self._as_registered(call, outcome)
        return await self._view(call, outcome)

    async def _as_registered(self, call: Call, outcome: Outcome[Incident]) -> Outcome[Incident]:
        """What the first call was answered, whatever has become of the incident since."""
        (first,) = await self._cases.history(outcome.id, call.tenant, 0, 1)
        stamp = Stamp(first["at"], first["actor"], first["seq"])
        state = evolve(Incident(), body_of(first["type"], first["data"]), stamp)
        return Outcome(outcome.id, state, first["seq"])

    async def forward(self, call: Call, case_id: str, body: Forwarding) -> IncidentView:
        state = (await self._cases.get(case_id, call.tenant)).state
        told = await self._estimate(call, state.area, state.kind)
        return await self.give(call, case_id, Forward(body.area, told))

    async def convert(self, call: Call, case_id: str, reason: str, partner: str) -> IncidentView:
        code = await self._code(call, self._policy(call).section.requirement_series)
        # the same conversion asked for again is the same request
        request = derived_id(call.tenant, "requirement", case_id, code)
        return await self.give(call, case_id, Convert(code, reason, partner, request))

    async def give(self, call: Call, case_id: str, command: Command) -> IncidentView:
        """Give a command to an incident on the version the caller saw."""
        outcome = await self._cases.handle(
            case_id, command, cause_of(call), expected=call.expected_version
        )
        return await self._view(call, outcome)

    async def record_answer(self, call: Call, case_id: str, answer: str) -> IncidentView:
        if _outside(call):
            # who was never asked may not know that there is such an incident
            await self._seen(call, case_id)
        return await self.give(call, case_id, RecordAnswer(answer))

    async def read(self, call: Call, case_id: str) -> IncidentView:
        return await self._view(call, await self._seen(call, case_id))

    async def _seen(self, call: Call, case_id: str) -> Outcome[Incident]:
        found = await self._cases.get(case_id, call.tenant)
        if _outside(call) and not was_asked(found.state, self._called(call)):
            raise Unknown("incident.unknown", id=case_id)
        return found

    async def find(self, call: Call, query: IncidentQuery) -> Page[IncidentView]:
        now = self._workshop.now()
        after = query.after(datetime, str)
        where = filters_of(query, now)
        if _outside(call):
            where = {"$and": [where, waiting_for(self._called(call))]}
        wanted = Wanted(
            where=where,
            words=search_words(query.text),
            after=None if after is None else (after[0], after[1]),
            limit=query.limit + 1,
        )
        found = await self._queues.find(call.tenant, wanted)
        page = page_of(found, query, lambda placed: placed.position)
        policy = self._policy(call)
        rows = (placed.row for placed in page.items)
        items = [listed_view(row.outcome, row.deadlines, policy, now) for row in rows]
        return Page(items=[self._shown(call, one) for one in items], next=page.next)

    async def history(self, call: Call, case_id: str, query: PageQuery) -> Page[HistoryEvent]:
        return await history_page(self._cases, call, case_id, query)

    async def deadlines(self, call: Call, case_id: str) -> Page[ExplainedDeadline]:
        outcome = await self._cases.get(case_id, call.tenant)
        history = await self._cases.history(case_id, call.tenant, 0, MAX_HISTORY)
        now, policy = self._workshop.now(), self._policy(call)
        return Page(items=explained(outcome.state, history, policy, now, call.language))

    async def estimate_of(self, call: Call, case_id: str) -> Estimate:
        state = (await self._cases.get(case_id, call.tenant)).state
        return _known(await self._estimate(call, state.area, state.kind))

    async def estimate(self, call: Call, query: EstimateQuery) -> Estimate:
        policy = self._policy(call)
        kind = policy.type(query.type or policy.section.classification.unclassified)
        return _known(await self._estimate(call, policy.area(query.area), kind))

    async def digest(self, call: Call, query: DigestQuery) -> Digest:
        role = None if query.role is None else query.role.value
        return await digest(self._cases, call.tenant, self._policy(call), role)

    async def catalogue(self, call: Call) -> CatalogueView:
        return catalogue(self._policy(call), call.language)

    async def _estimate(self, call: Call, area: str, kind: str) -> Estimate | None:
        rule = self._policy(call).section.estimate
        return await estimate(self._cases, call.tenant, area, kind, rule)

    async def _code(self, call: Call, series: str) -> str:
        year = self._workshop.now().astimezone(self._policy(call).calendar.zone).year
        return await self._workshop.codes.next(call.tenant, series, year)

    async def _view(self, call: Call, outcome: Outcome[Incident]) -> IncidentView:
        reporter = None
        if PERMISSIONS.allow("read_reporter", call.actor.roles):
            reporter = await self._reporters.of(call.tenant, outcome.id)
        view = incident_view(outcome, self._policy(call), self._workshop.now(), reporter)
        return self._shown(call, view)

    def _shown(self, call: Call, view: IncidentView) -> IncidentView:
        return narrowed(view, self._called(call)) if _outside(call) else view

    def _called(self, call: Call) -> frozenset[str]:
        return self._policy(call).called(call.actor.organisation)

    def _policy(self, call: Call) -> IncidentPolicy:
        policy: IncidentPolicy = self._workshop.policy(call.tenant)
        return policy


def _outside(call: Call) -> bool:
    """Whether the caller may read as a provider alone."""
    return not PERMISSIONS.allow("read_incident", call.actor.roles)


def _known(found: Estimate | None) -> Estimate:
    if found is None:
        raise Unknown("incident.no_estimate")
    return found


def filters_of(query: IncidentQuery, now: datetime) -> Mapping[str, Any]:
    """What a page of the queue is found by; all indexes of the queue begin with what is open."""
    where: dict[str, Any] = {}
    if query.status:
        where["state.status"] = {"$in": [status.value for status in query.status]}
        where["state.open"] = {"$in": sorted({status not in ENDED for status in query.status})}
    elif query.ticket is None and not search_words(query.text):
        where["state.open"] = True
    chosen = {
        "tier": query.tier,
        "desk": query.desk,
        "holder": query.holder,
        "area": query.area,
        "criticality": query.criticality,
        "ticket": query.ticket,
        "profile_id": query.profile_id,
    }
    where |= {f"state.{name}": value for name, value in chosen.items() if value is not None}
    if query.preferential is not None:
        where["state.preferential"] = GRANTED if query.preferential else {"$ne": GRANTED}
    if query.overdue is not None:
        where["state.due_at"] = {"$lt": now} if query.overdue else {"$gte": now}
    return where
