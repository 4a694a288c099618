"""Programs by HTTP: register with a key that is shown once, look up, revoke."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.people.cases import PROGRAM
from services.people.credentials.keys import ProgramKeys
from services.people.domain.program import Program, ProgramStatus, Register, Revoke
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Role
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome, behind_id

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=80)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NewProgram(Input):
    """A program, what it may do, and until when."""

    name: Annotated[Name, Field(examples=["crm-sync"])]
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=20)]
    expires_at: AwareDatetime
    organisation: Annotated[str, Field(max_length=80, description="Whose program it is")] = ""


class Revocation(Input):
    """Why a program may act no more."""

    reason: Reason


class ProgramView(BaseModel):
    """A program; its key is shown once, in the answer that makes it."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    status: ProgramStatus
    roles: tuple[str, ...]
    expires_at: AwareDatetime | None
    organisation: str
    key: str | None = Field(description="To get tokens with; shown this once")
    version: int


def _view(outcome: Outcome[Program], key: str | None = None) -> ProgramView:
    program = outcome.state
    return ProgramView(
        id=outcome.id,
        name=program.name,
        status=program.status,
        roles=program.roles,
        expires_at=program.expires_at,
        organisation=program.organisation,
        key=key,
        version=outcome.version,
    )


@dataclass(frozen=True)
class _Programs:
    cases: Cases[Program]
    keys: ProgramKeys

    async def register(self, call: Call, body: NewProgram) -> ProgramView:
        cause = cause_of(call)
        roles = tuple(role.value for role in body.roles)
        command = Register(body.name, roles, body.expires_at, body.organisation)
        outcome = await self.cases.create(cause.id, command, cause)
        # after the case: a crash in between leaves a program whose repetition shows the key
        return _view(outcome, await self.keys.make(call.tenant, outcome.id))

    async def revoke(self, call: Call, program_id: str, reason: str) -> ProgramView:
        outcome = await self.cases.handle(
            program_id, Revoke(reason), cause_of(call), expected=call.expected_version
        )
        await self.keys.forget(program_id)
        return _view(outcome)

    async def page(self, call: Call, query: PageQuery) -> Page[ProgramView]:
        where = behind_id(query.after(str))
        found = await self.cases.find(call.tenant, where, limit=query.limit + 1)
        return page_of([_view(one) for one in found], query, lambda one: (one.id,))


def program_routes(api: Routes, workshop: Workshop) -> None:
    """Operations on programs."""
    programs = _Programs(workshop.of(PROGRAM), ProgramKeys(workshop.database))

    @api.post("/programs", may="keep_programs", status=201, location="/programs/{id}")
    async def register_program(call: Call, body: NewProgram) -> ProgramView:
        """Let a program act in some roles until an instant."""
        return await programs.register(call, body)

    @api.get("/programs", may="keep_programs")
    async def list_programs(call: Call, query: PageQuery) -> Page[ProgramView]:
        """The tenant's programs, the revoked ones included."""
        return await programs.page(call, query)

    @api.get("/programs/{program_id}", may="keep_programs")
    async def read_program(call: Call, program_id: str) -> ProgramView:
        """One program."""
        return _view(await programs.cases.get(program_id, call.tenant))

    @api.post(
        "/programs/{program_id}/revoke",
        may="keep_programs",
        if_match=True,
        problems=("program.illegal_transition",),
    )
    async def revoke_program(call: Call, program_id: str, body: Revocation) -> ProgramView:
        """Take a program's key away; tokens it has are good until they expire, minutes later."""
        return await programs.revoke(call, program_id, body.reason)
