"""A person of a tenant: joins with roles, changes them, leaves. Names are kept elsewhere.

The events tell every other service who works here in which role; that is all they need to know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from services.people.policy import GUARDED, GUARDIAN, PeoplePolicy
from shared.contracts import EventBody
from shared.contracts.people import PersonJoined, PersonLeft, PersonRolesChanged
from shared.decider import Decider, Given, Invalid, NotAllowed, Rejected, Stamp


class Status(StrEnum):
    NEW = "new"
    ACTIVE = "active"
    LEFT = "left"


class Action(StrEnum):
    JOIN = "join"
    CHANGE_ROLES = "change_roles"
    LEAVE = "leave"


LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    (Status.NEW, Action.JOIN): Status.ACTIVE,
    (Status.ACTIVE, Action.CHANGE_ROLES): Status.ACTIVE,
    (Status.ACTIVE, Action.LEAVE): Status.LEFT,
}


@dataclass(frozen=True, slots=True)
class Person:
    """A person without a face: what the tenant's work needs to know."""

    status: Status = Status.NEW
    roles: tuple[str, ...] = ()
    starts_on: date | None = None
    last_on: date | None = None
    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody holds roles from a day on."""

    roles: tuple[str, ...]
    starts_on: date
    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """These roles from now on, all of them."""

    roles: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The last day of work."""

    last_on: date
    reason: str


Command = Join | ChangeRoles | Leave


def follow(status: Status, action: Action) -> Status:
    """Where the action leads.

    Raises:
        Rejected: from this status it leads nowhere.
    """
    try:
        return LIFECYCLE[status, action]
    except KeyError:
        raise Rejected("person.illegal_transition", status=status, action=action) from None


def decide(person: Person, command: Command, given: Given[PeoplePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    match command:
        case Join():
            follow(person.status, Action.JOIN)
            return [_joined(command, given)]
        case ChangeRoles():
            follow(person.status, Action.CHANGE_ROLES)
            return _changed(person, command, given)
        case Leave():
            follow(person.status, Action.LEAVE)
            return [_left(person, command, given)]


def _joined(command: Join, given: Given[PeoplePolicy]) -> PersonJoined:
    policy = given.policy
    roles = _ordered(command.roles)
    _may_grant(frozenset(roles), given)
    policy.check("roles", roles)
    policy.check("languages", command.languages)
    policy.check("channels", (command.channel,) if command.channel else ())
    policy.check("shifts", (command.shift,) if command.shift else ())
    return PersonJoined(
        roles=roles,
        starts_on=command.starts_on,
        channel=command.channel,
        shift=command.shift,
        languages=_ordered(command.languages),
        skills=_ordered(command.skills),
    )


def _changed(
    person: Person, command: ChangeRoles, given: Given[PeoplePolicy]
) -> Sequence[EventBody]:
    roles = _ordered(command.roles)
    _may_grant(frozenset(roles) ^ frozenset(person.roles), given)
    given.policy.check("roles", roles)
    if roles == person.roles:
        return []
    return [PersonRolesChanged(roles=roles, reason=command.reason)]


def _left(person: Person, command: Leave, given: Given[PeoplePolicy]) -> PersonLeft:
    _may_grant(frozenset(person.roles), given)
    if person.starts_on is not None and command.last_on < person.starts_on:
        raise Invalid(
            "person.leaves_before_start",
            starts_on=person.starts_on.isoformat(),
            last_on=command.last_on.isoformat(),
        )
    return PersonLeft(last_on=command.last_on, reason=command.reason)


def _may_grant(touched: frozenset[str], given: Given[PeoplePolicy]) -> None:
    """Guarded roles are granted and taken by an administrator only."""
    guarded = touched & GUARDED
    if guarded and GUARDIAN not in given.roles:
        raise NotAllowed("person.guarded_role", roles=", ".join(sorted(guarded)))


def _ordered(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def evolve(person: Person, event: EventBody, _stamp: Stamp) -> Person:
    """What an event changes."""
    match event:
        case PersonJoined():
            return Person(
                status=Status.ACTIVE,
                roles=event.roles,
                starts_on=event.starts_on,
                channel=event.channel,
                shift=event.shift,
                languages=event.languages,
                skills=event.skills,
            )
        case PersonRolesChanged():
            return replace(person, roles=event.roles)
        case PersonLeft():
            return replace(person, status=Status.LEFT, last_on=event.last_on)
    return person


DECIDER: Final[Decider[Person, Any, PeoplePolicy]] = Decider(
    state=Person, initial=Person, decide=decide, evolve=evolve
)


def diagram() -> str:
    """The table as a Mermaid state diagram; `docs/lifecycles/people.md` holds it."""
    lines = ["stateDiagram-v2"]
    for (start, action), end in LIFECYCLE.items():
        source = "[*]" if start is Status.NEW else start
        lines.append(f"    {source} --> {end}: {action}")
    return "\n".join([*lines, "    left --> [*]"])
