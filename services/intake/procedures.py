"""The publication of what is in force (A28): by topic and by procedure, for all involved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from services.intake.cases import PROCEDURE, REQUEST
from services.intake.domain.procedure import Procedure, Subject, Version
from services.intake.policy import IntakePolicy
from shared.http import Call, Page, PageQuery, Routes, page_of
from shared.service import Workshop
from shared.store import Outcome, behind


class VersionView(BaseModel):
    """What a deployed request made of it; it holds from the local day `applies_on` on."""

    model_config = ConfigDict(frozen=True)

    number: int
    request_id: str
    code: str
    type: str
    title: str
    applies_on: date
    deployed_at: datetime


class ProcedureView(BaseModel):
    """A topic or procedure, and what holds for it today."""

    model_config = ConfigDict(frozen=True)

    id: str
    subject: Subject
    name: str
    in_force: VersionView | None = Field(description="None until the first version applies")
    ahead: Sequence[VersionView] = Field(description="Versions that apply from a later day")
    version: int


class PublishedProcedure(ProcedureView):
    """With its content and the versions before, the newest first."""

    content: str = Field(description="What the request in force asked for")
    versions: Sequence[VersionView]


class ProcedureQuery(PageQuery):
    """Which of them."""

    subject: Subject | None = None


@dataclass(frozen=True)
class Publication:
    """The operations on what is in force."""

    workshop: Workshop

    async def find(self, call: Call, query: ProcedureQuery) -> Page[ProcedureView]:
        where: dict[str, object] = {}
        if query.subject is not None:
            where["state.subject"] = query.subject.value
        where |= behind("state.name", query.after(str, str))
        order = (("state.name", 1), ("_id", 1))
        cases = self.workshop.of(PROCEDURE)
        found = await cases.find(call.tenant, where, order=order, limit=query.limit + 1)
        today = self._today(call.tenant)
        views = [procedure_view(one, today) for one in found]
        return page_of(views, query, lambda one: (one.name, one.id))

    async def read(self, call: Call, procedure_id: str) -> PublishedProcedure:
        today = self._today(call.tenant)
        found = await self.workshop.of(PROCEDURE).get(procedure_id, call.tenant)
        holding = found.state.in_force(today)
        content = ""
        if holding is not None:
            request = await self.workshop.of(REQUEST).get(holding.request_id, call.tenant)
            content = request.state.description
        shown = procedure_view(found, today)
        return PublishedProcedure(
            **dict(shown),
            content=content,
            versions=[_version_view(one) for one in reversed(found.state.versions)],
        )

    def _today(self, tenant: str) -> date:
        policy: IntakePolicy = self.workshop.policy(tenant)
        return self.workshop.now().astimezone(policy.calendar.zone).date()


def procedure_view(outcome: Outcome[Procedure], today: date) -> ProcedureView:
    """A procedure on a local day."""
    state = outcome.state
    holding = state.in_force(today)
    return ProcedureView(
        id=outcome.id,
        subject=Subject(state.subject),
        name=state.name,
        in_force=None if holding is None else _version_view(holding),
        ahead=[_version_view(one) for one in state.ahead(today)],
        version=outcome.version,
    )


def _version_view(version: Version) -> VersionView:
    return VersionView(
        number=version.number,
        request_id=version.request_id,
        code=version.code,
        type=version.request_type,
        title=version.title,
        applies_on=version.applies_on,
        deployed_at=version.deployed_at,
    )


def procedure_routes(api: Routes, publication: Publication) -> None:
    """The operations below `/api/v1/procedures`."""

    @api.get("/procedures", may="read_procedure")
    async def list_procedures(call: Call, query: ProcedureQuery) -> Page[ProcedureView]:
        """What is in force today by topic and procedure, since when and by which request."""
        return await publication.find(call, query)

    @api.get("/procedures/{procedure_id}", may="read_procedure")
    async def read_procedure(call: Call, procedure_id: str) -> PublishedProcedure:
        """One of them with its content and all its versions."""
        return await publication.read(call, procedure_id)
