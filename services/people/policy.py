"""The organisations of a tenant and the roles that people hold in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from services.people.domain.tries import TryRules
from shared.clock import Calendar
from shared.decider import Invalid, Unknown
from shared.policy import Frozen, Key, Source, Tenant
from shared.security import Role

SECTION = "people"
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Side(StrEnum):
    """Whose people an organisation's are; a third party's are those whom incidents are asked of."""

    CLIENT = "client"
    PROVIDER = "provider"
    THIRD_PARTY = "third_party"


class OrganisationRow(Frozen):
    """An organisation, the areas it has, and the roles its people may hold."""

    name: Name
    side: Side
    areas: tuple[Name, ...] = ()
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    source: Source


class SignIn(Frozen):
    """How people and programs prove who they are; what a tenant does not say is as here.

    `free_tries` wrong passwords at once, then waits that double up to `longest_wait_minutes`.
    From one client address `free_tries_of_address`, of all logins; then waits up to a minute.
    A session ends `session_hours` after its sign-in, or `idle_hours` after its last refresh.
    """

    password_length: Annotated[int, Field(ge=8, le=64)] = 12
    free_tries: Annotated[int, Field(ge=1, le=20)] = 5
    free_tries_of_address: Annotated[int, Field(ge=1, le=10_000)] = 200
    longest_wait_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15
    session_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24
    idle_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 10
    invitation_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 72
    key_days: Annotated[int, Field(ge=1, le=730)] = 366

    @property
    def tries(self) -> TryRules:
        return TryRules(self.free_tries, longest=timedelta(minutes=self.longest_wait_minutes))

    @property
    def tries_of_address(self) -> TryRules:
        # many may share an address: one of them must not keep the others out for long
        return TryRules(self.free_tries_of_address, longest=timedelta(minutes=1))

    @property
    def session_lifetime(self) -> timedelta:
        return timedelta(hours=self.session_hours)

    @property
    def idle_time(self) -> timedelta:
        return timedelta(hours=self.idle_hours)

    @property
    def invitation_lifetime(self) -> timedelta:
        return timedelta(hours=self.invitation_hours)

    @property
    def key_lifetime(self) -> timedelta:
        return timedelta(days=self.key_days)


class Post(Frozen):
    """Seats that are to be filled: how many people of a channel and shift."""

    channel: Key
    shift: Key
    seats: Annotated[int, Field(ge=1)]
    source: Source


class PeopleSection(Frozen):
    """`people.yaml`. `shifts` and `languages` are what a person's may be."""

    organisations: Annotated[Mapping[Key, OrganisationRow], Field(min_length=1)]
    shifts: tuple[Key, ...] = ()
    channels: tuple[Key, ...] = ()
    languages: tuple[Key, ...] = ()
    posts: Mapping[Key, Post] = {}
    longest_shift_hours: Annotated[int, Field(ge=1, le=24)] = 14
    sign_in: SignIn = SignIn()


# Held by programs and by the system itself, never by a person.
NOT_FOR_PEOPLE = frozenset({Role.PROGRAM, Role.SYSTEM})
# They open every door or see every trail: only an administrator grants or takes them.
GUARDED = frozenset({Role.TENANT_ADMIN.value, Role.AUDITOR.value})
GUARDIAN = Role.TENANT_ADMIN.value


@dataclass(frozen=True)
class PeoplePolicy:
    """What the decisions about people are given."""

    organisations: Mapping[str, OrganisationRow]
    roles: frozenset[str]
    shifts: frozenset[str]
    channels: frozenset[str]
    languages: frozenset[str]
    calendar: Calendar
    sign_in: SignIn
    posts: Mapping[str, Post]
    longest_shift_hours: int

    @property
    def longest_shift(self) -> timedelta:
        return timedelta(hours=self.longest_shift_hours)

    def today(self, at: datetime) -> date:
        """The tenant's local date."""
        return at.astimezone(self.calendar.zone).date()

    def check(self, field: str, values: tuple[str, ...]) -> None:
        """Refuse what the tenant does not have.

        Raises:
            Invalid: with the field, the unknown value and the known ones.
        """
        known: frozenset[str] = getattr(self, field)
        for value in values:
            if value not in known:
                raise _unknown(field, value, known)

    def check_place(self, organisation: str, area: str, roles: Sequence[str]) -> None:
        """Refuse an organisation or area there is not, and roles that it does not have.

        Raises:
            Invalid: with the field, the unknown value and the known ones.
        """
        if not organisation:
            if area:
                raise Invalid("person.area_without_organisation", area=area)
            if Role.PROVIDER.value in roles:
                # he sees what his organisation was asked: of none that is nothing
                raise Invalid("person.provider_without_organisation")
            return
        row = self.organisations.get(organisation)
        if row is None:
            raise _unknown("organisation", organisation, self.organisations)
        if area and area not in row.areas:
            raise _unknown("area", area, row.areas)
        offered = frozenset(role.value for role in row.roles)
        for role in roles:
            if role not in offered:
                raise _unknown("roles", role, offered)


def _unknown(field: str, value: str, known: Iterable[str]) -> Invalid:
    shown = ", ".join(sorted(known))
    return Invalid("person.unknown_value", field=field, value=value, known=shown)


def people_policy(tenant: Tenant) -> PeoplePolicy:
    """The tenant's organisations and roles.

    Raises:
        Unknown: the tenant has no `people.yaml`, it keeps no people here.
        PolicyError: the section is wrong.
    """
    if SECTION not in tenant.documents:
        raise Unknown("people.not_offered", tenant=tenant.key)
    section = tenant.section(SECTION, PeopleSection)
    offered = {role for row in section.organisations.values() for role in row.roles}
    return PeoplePolicy(
        organisations=section.organisations,
        roles=frozenset(role.value for role in offered - NOT_FOR_PEOPLE),
        shifts=frozenset(section.shifts),
        channels=frozenset(section.channels),
        languages=frozenset(section.languages),
        calendar=next(iter(tenant.calendars.values())),
        sign_in=section.sign_in,
        posts=section.posts,
        longest_shift_hours=section.longest_shift_hours,
    )
