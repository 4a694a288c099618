"""People by HTTP: join, change roles, leave, look up."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from services.people.cases import PERSON
from services.people.domain.person import ChangeRoles, Command, Describe, Join, Leave, Person
from services.people.profiles import Profile, Profiles
from services.people.programs_api import program_routes
from services.people.rosters_api import roster_routes
from services.people.sign_in_api import sign_in_routes
from services.people.views import PersonQuery, PersonView, filters, person_view
from shared.http import Call, Input, Page, Routes, page_of
from shared.security import Permissions, Role
from shared.security.permissions import ANYONE
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome

_KEEP: Final = {Role.TENANT_ADMIN, Role.SERVICE_MANAGER}
PERMISSIONS: Final = Permissions(
    {
        "join_person": _KEEP,
        "change_roles": _KEEP,
        "leave_person": _KEEP,
        "invite_person": _KEEP,
        "end_sessions": _KEEP,
        "keep_rosters": _KEEP | {Role.SUPERVISOR, Role.TRAINING_COORDINATOR},
        "read_roster": ANYONE - {Role.SYSTEM, Role.PROGRAM},
        "keep_programs": {Role.TENANT_ADMIN},
        "change_password": ANYONE - {Role.SYSTEM},
        "read_person": _KEEP
        | {
            Role.VALIDATION_SUPERVISOR,
            Role.TRAINING_COORDINATOR,
            Role.TRAINER,
            Role.SUPERVISOR,
            Role.QUALITY_MONITOR,
            Role.AUDITOR,
        },
    }
)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Roles = Annotated[tuple[Role, ...], Field(min_length=1, max_length=20)]
Words = Annotated[tuple[Word, ...], Field(max_length=50)]
Optional = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Email = Annotated[str, StringConstraints(pattern=r"^([^@\s]+@[^@\s]+)?$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^[+0-9 ()./-]*$", max_length=40)]


class NewPerson(Input):
    """Somebody who starts to work here, on either side."""

    name: Text
    email: Email = ""
    phone: Phone = ""
    roles: Roles
    starts_on: date
    channel: Optional = ""
    shift: Optional = ""
    languages: Words = ()
    skills: Words = ()
    organisation: Optional = ""
    area: Optional = ""


class Description(Input):
    """Where somebody works and what they know, all of it."""

    channel: Optional = ""
    shift: Optional = ""
    languages: Words = ()
    skills: Words = ()
    organisation: Optional = ""
    area: Optional = ""


class RolesChange(Input):
    """All roles from now on."""

    roles: Roles
    reason: Text


class Departure(Input):
    """The last day, and why."""

    last_on: date
    reason: Text


@dataclass(frozen=True)
class People:
    """The operations on people."""

    cases: Cases[Person]
    profiles: Profiles

    async def join(self, call: Call, body: NewPerson) -> PersonView:
        cause = cause_of(call)
        # The profile first: a crash leaves one that nobody sees, never a person without a name.
        await self.profiles.add(cause.id, call.tenant, Profile(body.name, body.email, body.phone))
        command = Join(
            roles=tuple(role.value for role in body.roles),
            starts_on=body.starts_on,
            channel=body.channel,
            shift=body.shift,
            languages=body.languages,
            skills=body.skills,
            organisation=body.organisation,
            area=body.area,
        )
        return await self._shown(call, await self.cases.create(cause.id, command, cause))

    async def tell(self, call: Call, person_id: str, command: Command) -> PersonView:
        outcome = await self.cases.handle(
            person_id, command, cause_of(call), expected=call.expected_version
        )
        return await self._shown(call, outcome)

    async def read(self, call: Call, person_id: str) -> PersonView:
        return await self._shown(call, await self.cases.get(person_id, call.tenant))

    async def find(self, call: Call, query: PersonQuery) -> Page[PersonView]:
        found = await self.cases.find(call.tenant, filters(query), limit=query.limit + 1)
        page = page_of(found, query, lambda outcome: (outcome.id,))
        profiles = await self.profiles.of(call.tenant, [outcome.id for outcome in page.items])
        views = [person_view(outcome, profiles.get(outcome.id)) for outcome in page.items]
        return Page(items=views, next=page.next)

    async def _shown(self, call: Call, outcome: Outcome[Person]) -> PersonView:
        profiles = await self.profiles.of(call.tenant, [outcome.id])
        return person_view(outcome, profiles.get(outcome.id))


def routes(workshop: Workshop) -> Routes:
    """The operations below `/api/v1/people`, and those by which people and programs sign in."""
    api = Routes("people", PERMISSIONS)
    people = People(workshop.of(PERSON), Profiles(workshop.database))

    @api.post(
        "/people",
        may="join_person",
        status=201,
        location="/people/{id}",
    )
    async def join_person(call: Call, body: NewPerson) -> PersonView:
        """Somebody starts to work here."""
        return await people.join(call, body)

    @api.get("/people", may="read_person")
    async def list_people(call: Call, query: PersonQuery) -> Page[PersonView]:
        """The tenant's people, those who left included unless filtered."""
        return await people.find(call, query)

    @api.get("/people/{person_id}", may="read_person")
    async def read_person(call: Call, person_id: str) -> PersonView:
        """One person."""
        return await people.read(call, person_id)

    _changing(api, people)
    sign_in_routes(api, workshop)
    program_routes(api, workshop)
    roster_routes(api, workshop, people.tell)
    return api


def _changing(api: Routes, people: People) -> None:
    @api.put(
        "/people/{person_id}/description",
        may="join_person",
        problems=("person.illegal_transition",),
    )
    async def describe_person(call: Call, person_id: str, body: Description) -> PersonView:
        """Say where a person works and what they know, all of it, from now on."""
        return await people.tell(call, person_id, Describe(**body.model_dump()))

    @api.put(
        "/people/{person_id}/roles",
        may="change_roles",
        problems=("person.illegal_transition",),
    )
    async def change_roles(call: Call, person_id: str, body: RolesChange) -> PersonView:
        """Give a person these roles, all of them, from now on."""
        roles = tuple(role.value for role in body.roles)
        return await people.tell(call, person_id, ChangeRoles(roles, body.reason))

    @api.post(
        "/people/{person_id}/leave",
        may="leave_person",
        if_match=True,
        problems=("person.illegal_transition",),
    )
    async def leave_person(call: Call, person_id: str, body: Departure) -> PersonView:
        """A person leaves; from the day after the last one eligible for nothing."""
        return await people.tell(call, person_id, Leave(body.last_on, body.reason))
