"""The one who acts: a person, a program, or the system itself."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shared.security.roles import Role


class Kind(StrEnum):
    PERSON = "person"
    PROGRAM = "program"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for which tenant, with which roles; recorded in every event.

    `areas` are those of the house that somebody works in, as the tenant calls them; whoever has
    none works in all. `organisation` is whose people somebody is of; a provider sees what his
    was asked.
    """

    subject: str
    tenant: str
    roles: frozenset[Role] = frozenset()
    kind: Kind = Kind.PERSON
    areas: frozenset[str] = frozenset()
    organisation: str = ""

    @property
    def role_names(self) -> frozenset[str]:
        """The roles as commands and decisions know them."""
        return _names_of(self.roles)

    def __str__(self) -> str:
        """The form that travels in an event's ``actor`` attribute: ``person:ana``."""
        return f"{self.kind.value}:{self.subject}"


@lru_cache(maxsize=1_000)
def _names_of(roles: frozenset[Role]) -> frozenset[str]:
    return frozenset(role.value for role in roles)


def system(service: str, tenant: str) -> Actor:
    """The service acting by itself: a deadline that fell due, an event of a neighbour."""
    return Actor(subject=service, tenant=tenant, roles=frozenset({Role.SYSTEM}), kind=Kind.SYSTEM)
