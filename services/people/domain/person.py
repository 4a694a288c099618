"""A person of a tenant: joins with roles, changes them, leaves. Names are kept elsewhere.

The events tell every other service who works here in which role; that is all they need to know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from services.people.policy import GUARDED, GUARDIAN, PeoplePolicy
from shared.contracts import EventBody
from shared.contracts.people import (
    PersonInvited,
    PersonJoined,
    PersonLeft,
    PersonPasswordSet,
    PersonRolesChanged,
    PersonSessionsEnded,
)
from shared.decider import Decider, Given, Invalid, NotAllowed, Rejected, Stamp


class Status(StrEnum):
    NEW = "new"
    ACTIVE = "active"
    LEFT = "left"


class Action(StrEnum):
    JOIN = "join"
    CHANGE_ROLES = "change_roles"
    INVITE = "invite"
    SET_PASSWORD = "set_password"  # noqa: S105 - an action, no password
    END_SESSIONS = "end_sessions"
    LEAVE = "leave"


LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    (Status.NEW, Action.JOIN): Status.ACTIVE,
    (Status.ACTIVE, Action.CHANGE_ROLES): Status.ACTIVE,
    (Status.ACTIVE, Action.INVITE): Status.ACTIVE,
    (Status.ACTIVE, Action.SET_PASSWORD): Status.ACTIVE,
    (Status.ACTIVE, Action.END_SESSIONS): Status.ACTIVE,
    (Status.ACTIVE, Action.LEAVE): Status.LEFT,
    # the last day may be in the future: until then sessions can be taken away as before
    (Status.LEFT, Action.END_SESSIONS): Status.LEFT,
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

    def may_act(self, today: date) -> bool:
        """Whether the person works here on a local date."""
        started = self.starts_on is not None and self.starts_on <= today
        return started and (self.last_on is None or today <= self.last_on)


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


@dataclass(frozen=True, slots=True)
class Invite:
    """To choose a password, until an instant."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SetPassword:
    """The person chose a password, by `invitation` or by `change` of the one before."""

    how: str


@dataclass(frozen=True, slots=True)
class EndSessions:
    """Whoever is signed in as this person no longer is."""

    reason: str


Command = Join | ChangeRoles | Leave | Invite | SetPassword | EndSessions


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
        case Invite():
            follow(person.status, Action.INVITE)
            # who invites can set the password in the other's place
            may_grant(frozenset(person.roles), given)
            return [PersonInvited(expires_at=command.expires_at)]
        case SetPassword():
            follow(person.status, Action.SET_PASSWORD)
            return [PersonPasswordSet(how=command.how)]
        case EndSessions():
            follow(person.status, Action.END_SESSIONS)
            return [PersonSessionsEnded(reason=command.reason)]


def _joined(command: Join, given: Given[PeoplePolicy]) -> PersonJoined:
    policy = given.policy
    roles = _ordered(command.roles)
    may_grant(frozenset(roles), given)
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
    may_grant(frozenset(roles) ^ frozenset(person.roles), given)
    given.policy.check("roles", roles)
    if roles == person.roles:
        return []
    return [PersonRolesChanged(roles=roles, reason=command.reason)]


def _left(person: Person, command: Leave, given: Given[PeoplePolicy]) -> PersonLeft:
    may_grant(frozenset(person.roles), given)
    if person.starts_on is not None and command.last_on < person.starts_on:
        raise Invalid(
            "person.leaves_before_start",
            starts_on=person.starts_on.isoformat(),
            last_on=command.last_on.isoformat(),
        )
    return PersonLeft(last_on=command.last_on, reason=command.reason)


def may_grant(touched: frozenset[str], given: Given[PeoplePolicy]) -> None:
    """Refuse what only an administrator may: to grant and take the guarded roles.

    Raises:
        NotAllowed: somebody else tries.
    """
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


def diagram(life: Mapping[tuple[StrEnum, StrEnum], StrEnum], last: str) -> str:
    """A table as a Mermaid state diagram; `docs/lifecycles/people.md` holds it."""
    lines = ["stateDiagram-v2"]
    for (start, action), end in life.items():
        source = "[*]" if start == "new" else start
        lines.append(f"    {source} --> {end}: {action}")
    return "\n".join([*lines, f"    {last} --> [*]"])
