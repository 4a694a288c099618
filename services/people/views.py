"""People as they are read."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.people.domain.person import Person, Status
from services.people.profiles import NOBODY, Profile
from shared.http import PageQuery
from shared.security import Role
from shared.store import Outcome, behind_id


class AbsenceView(BaseModel):
    """Days away, both included."""

    model_config = ConfigDict(frozen=True)

    first_on: date
    last_on: date


class PersonView(BaseModel):
    """A person, with the profile that only this service keeps."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    email: str
    phone: str
    status: Status
    roles: Sequence[str]
    starts_on: date | None
    last_on: date | None
    channel: str
    shift: str
    languages: Sequence[str]
    skills: Sequence[str]
    organisation: str
    area: str
    absences: Sequence[AbsenceView]
    version: int


class PersonQuery(PageQuery):
    """Filters of the list; they narrow each other."""

    role: Role | None = None
    status: Status | None = None
    channel: str | None = Field(None, max_length=80)
    language: str | None = Field(None, max_length=80)
    skill: str | None = Field(None, max_length=80)
    organisation: str | None = Field(None, max_length=80)


def person_view(outcome: Outcome[Person], profile: Profile | None) -> PersonView:
    person, known = outcome.state, profile or NOBODY
    return PersonView.model_construct(
        id=outcome.id,
        name=known.name,
        email=known.email,
        phone=known.phone,
        status=person.status,
        roles=person.roles,
        starts_on=person.starts_on,
        last_on=person.last_on,
        channel=person.channel,
        shift=person.shift,
        languages=person.languages,
        skills=person.skills,
        organisation=person.organisation,
        area=person.area,
        absences=[
            AbsenceView(first_on=one.first_on, last_on=one.last_on) for one in person.plans.absences
        ],
        version=outcome.version,
    )


def filters(query: PersonQuery) -> dict[str, Any]:
    """The list's query as the store asks it."""
    asked = {
        "state.roles": query.role,
        "state.status": query.status,
        "state.channel": query.channel,
        "state.languages": query.language,
        "state.skills": query.skill,
        "state.organisation": query.organisation,
    }
    wanted: dict[str, Any] = {name: str(value) for name, value in asked.items() if value}
    return wanted | behind_id(query.after(str))
