"""Who may look at the client's systems: given, taken away, and the list of who has (A26)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.intake.cases import GRANT, REQUEST
from services.intake.departures import Departures
from services.intake.domain.grant import Give, Grant, GrantStatus, Leave, Revoke
from services.intake.inputs import Reason
from shared.decider import Unknown
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.ids import derived_id
from shared.service import Workshop, cause_of
from shared.store import Cases, Cause, Outcome, behind_id

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class NewGrant(Input):
    """Who, to which of the client's systems, for how many days from now."""

    person_id: Name
    system: Name
    days: Annotated[int, Field(ge=1, le=3_650)]


class Revocation(Input):
    """Why it is taken away."""

    reason: Reason


class GrantView(BaseModel):
    """An access; `mode` is `view`: nothing is changed or downloaded with it."""

    model_config = ConfigDict(frozen=True)

    id: str
    request_id: str
    person_id: str
    system: str
    mode: str
    status: GrantStatus
    given_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    reason: str
    version: int


class GrantQuery(PageQuery):
    """Filters of the list; without `status`, those that somebody has now."""

    status: Annotated[tuple[GrantStatus, ...], Field(max_length=20)] = (GrantStatus.ACTIVE,)
    person_id: Name | None = None
    system: Name | None = None
    request_id: Name | None = None


@dataclass(frozen=True)
class Grants:
    """The operations on accesses."""

    workshop: Workshop

    @property
    def cases(self) -> Cases[Grant]:
        return self.workshop.of(GRANT)

    async def give(self, call: Call, request_id: str, body: NewGrant) -> GrantView:
        departures = Departures(self.workshop.database)
        request = (await self.workshop.of(REQUEST).get(request_id, call.tenant)).state
        command = Give(
            request_id=request_id,
            request_type=request.request_type,
            status=request.status,
            outcome=request.outcome,
            person_id=body.person_id,
            system=body.system,
            days=body.days,
            leaves_at=await departures.of(call.tenant, body.person_id),
        )
        # one person, one system, one request: another one needs a request of its own
        grant_id = derived_id(call.tenant, "grant", request_id, body.person_id, body.system)
        outcome = await self.cases.create(grant_id, command, cause_of(call))
        # he may have gone meanwhile, and what he had was looked for before this was there
        if command.leaves_at is None and (end := await departures.of(call.tenant, body.person_id)):
            outcome = await self.cases.handle(
                grant_id, Leave(end), Cause(call.tenant, "system:intake")
            )
        return grant_view(outcome)

    async def find(self, call: Call, query: GrantQuery) -> Page[GrantView]:
        where: dict[str, Any] = {"state.status": {"$in": [one.value for one in query.status]}}
        for name in ("person_id", "system", "request_id"):
            if (value := getattr(query, name)) is not None:
                where[f"state.{name}"] = value
        where |= behind_id(query.after(str))
        found = await self.cases.find(call.tenant, where, limit=query.limit + 1)
        return page_of([grant_view(one) for one in found], query, lambda one: (one.id,))

    async def read(self, call: Call, grant_id: str) -> GrantView:
        return grant_view(await self.cases.get(grant_id, call.tenant))

    async def revoke(self, call: Call, grant_id: str, body: Revocation) -> GrantView:
        outcome = await self.cases.handle(
            grant_id, Revoke(body.reason), cause_of(call), expected=call.expected_version
        )
        return grant_view(outcome)


def grant_view(outcome: Outcome[Grant]) -> GrantView:
    """An access as it is shown."""
    state = outcome.state
    if state.status is GrantStatus.NEW:
        raise Unknown("grant.unknown", id=outcome.id)
    return GrantView(
        id=outcome.id,
        request_id=state.request_id,
        person_id=state.person_id,
        system=state.system,
        mode=state.mode,
        status=state.status,
        given_at=state.given_at,
        expires_at=state.expires_at,
        ended_at=state.ended_at,
        reason=state.reason,
        version=outcome.version,
    )


def grant_routes(api: Routes, grants: Grants) -> None:
    """The operations below `/api/v1/grants`, and on a request's own."""

    @api.post(
        "/requests/{request_id}/grants",
        may="grant_access",
        status=201,
        location="/grants/{id}",
        problems=("grant.request_not_viable", "grant.already_given", "grant.person_left"),
    )
    async def give_access(call: Call, request_id: str, body: NewGrant) -> GrantView:
        """Let one named person look at one system for a time, as a request for access asked."""
        return await grants.give(call, request_id, body)

    @api.get("/grants", may="read_grant")
    async def list_grants(call: Call, query: GrantQuery) -> Page[GrantView]:
        """Who may look at what now; with `status` also who might."""
        return await grants.find(call, query)

    @api.get("/grants/{grant_id}", may="read_grant")
    async def read_grant(call: Call, grant_id: str) -> GrantView:
        """One access."""
        return await grants.read(call, grant_id)

    @api.post(
        "/grants/{grant_id}/revoke",
        may="grant_access",
        if_match=True,
        problems=("grant.ended",),
    )
    async def revoke_access(call: Call, grant_id: str, body: Revocation) -> GrantView:
        """Take it away, from now on."""
        return await grants.revoke(call, grant_id, body)
