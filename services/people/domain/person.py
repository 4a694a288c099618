"""A person of a tenant: joins with roles, changes them, leaves. Names are kept elsewhere.

The events tell every other service who works here in which role; that is all they need to know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from services.people.domain.person_state import (
    Action,
    ChangeRoles,
    Command,
    Describe,
    EndSessions,
    Invite,
    Join,
    Leave,
    Person,
    Plan,
    SetPassword,
    Status,
)
from services.people.domain.roster import (
    CancelAbsence,
    PlanAbsence,
    PlanShifts,
    cancel_absence,
    plan,
    plan_absence,
    planned,
)
from services.people.policy import GUARDED, GUARDIAN, PeoplePolicy
from shared.contracts import EventBody
from shared.contracts.people import (
    PersonAbsenceCancelled,
    PersonAbsencePlanned,
    PersonDescribed,
    PersonInvited,
    PersonJoined,
    PersonLeft,
    PersonPasswordSet,
    PersonRolesChanged,
    PersonRostered,
    PersonSessionsEnded,
)
from shared.decider import Decider, Given, Invalid, NotAllowed, Rejected, Stamp

__all__ = [
    "DECIDER",
    "LIFECYCLE",
    "Action",
    "ChangeRoles",
    "Command",
    "Describe",
    "EndSessions",
    "Invite",
    "Join",
    "Leave",
    "Person",
    "SetPassword",
    "Status",
    "decide",
    "evolve",
    "follow",
    "may_grant",
]

LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    (Status.NEW, Action.JOIN): Status.ACTIVE,
    (Status.ACTIVE, Action.CHANGE_ROLES): Status.ACTIVE,
    (Status.ACTIVE, Action.DESCRIBE): Status.ACTIVE,
    (Status.ACTIVE, Action.PLAN): Status.ACTIVE,
    (Status.ACTIVE, Action.INVITE): Status.ACTIVE,
    (Status.ACTIVE, Action.SET_PASSWORD): Status.ACTIVE,
    (Status.ACTIVE, Action.END_SESSIONS): Status.ACTIVE,
    (Status.ACTIVE, Action.LEAVE): Status.LEFT,
    # the last day may be in the future: until then all goes on as before
    (Status.LEFT, Action.CHANGE_ROLES): Status.LEFT,
    (Status.LEFT, Action.DESCRIBE): Status.LEFT,
    (Status.LEFT, Action.PLAN): Status.LEFT,
    (Status.LEFT, Action.INVITE): Status.LEFT,
    (Status.LEFT, Action.SET_PASSWORD): Status.LEFT,
    (Status.LEFT, Action.END_SESSIONS): Status.LEFT,
}
AFTERWARDS: Final = frozenset({Action.PLAN, Action.END_SESSIONS})
"""What may still be put right when the last day is over."""


def follow(status: Status, action: Action) -> Status:
    """Where the action leads.

    Raises:
        Rejected: from this status it leads nowhere.
    """
    try:
        return LIFECYCLE[status, action]
    except KeyError:
        raise Rejected("person.illegal_transition", status=status, action=action) from None


def _follow(person: Person, action: Action, given: Given[PeoplePolicy]) -> None:
    gone = person.last_on is not None and given.policy.today(given.at) > person.last_on
    if gone and action not in AFTERWARDS:
        raise Rejected("person.illegal_transition", status=person.status, action=action)
    follow(person.status, action)


def decide(  # noqa: PLR0911 - one return a command
    person: Person, command: Command, given: Given[PeoplePolicy]
) -> Sequence[EventBody]:
    """The events that a command leads to."""
    match command:
        case Join():
            _follow(person, Action.JOIN, given)
            return _joined(command, given)
        case Describe():
            _follow(person, Action.DESCRIBE, given)
            return _described(person, command, given.policy)
        case PlanShifts() | PlanAbsence() | CancelAbsence():
            _follow(person, Action.PLAN, given)
            return _planned(person, command, given.policy)
        case ChangeRoles():
            _follow(person, Action.CHANGE_ROLES, given)
            return _changed(person, command, given)
        case Leave():
            _follow(person, Action.LEAVE, given)
            return [_left(person, command, given)]
        case Invite():
            _follow(person, Action.INVITE, given)
            # who invites can set the password in the other's place
            may_grant(frozenset(person.roles), given)
            return [PersonInvited(expires_at=command.expires_at)]
        case SetPassword():
            _follow(person, Action.SET_PASSWORD, given)
            return [PersonPasswordSet(how=command.how)]
        case EndSessions():
            _follow(person, Action.END_SESSIONS, given)
            return [PersonSessionsEnded(reason=command.reason)]


def _joined(command: Join, given: Given[PeoplePolicy]) -> list[EventBody]:
    roles = _ordered(command.roles)
    may_grant(frozenset(roles), given)
    given.policy.check("roles", roles)
    _check(command, roles, given.policy)
    joined = PersonJoined(
        roles=roles,
        starts_on=command.starts_on,
        channel=command.channel,
        shift=command.shift,
        languages=_ordered(command.languages),
        skills=_ordered(command.skills),
        organisation=command.organisation,
        area=command.area,
    )
    if command.last_on is None:
        return [joined]
    person = Person(status=Status.ACTIVE, roles=roles, starts_on=command.starts_on)
    return [joined, _left(person, Leave(command.last_on, ""), given)]


def _check(known: Join | Describe, roles: Sequence[str], policy: PeoplePolicy) -> None:
    policy.check("languages", known.languages)
    policy.check("channels", (known.channel,) if known.channel else ())
    policy.check("shifts", (known.shift,) if known.shift else ())
    policy.check_place(known.organisation, known.area, roles)


def _described(person: Person, command: Describe, policy: PeoplePolicy) -> list[EventBody]:
    _check(command, person.roles, policy)
    described = PersonDescribed(
        channel=command.channel,
        shift=command.shift,
        languages=_ordered(command.languages),
        skills=_ordered(command.skills),
        organisation=command.organisation,
        area=command.area,
    )
    return [] if _with(person, described) == person else [described]


def _planned(person: Person, command: Plan, policy: PeoplePolicy) -> Sequence[EventBody]:
    if person.starts_on is None:
        raise ValueError("a person who joined has a first day")
    match command:
        case PlanShifts():
            return plan(person.plans, command, policy, (person.starts_on, person.last_on))
        case PlanAbsence():
            return plan_absence(person.plans, command)
        case CancelAbsence():
            return cancel_absence(person.plans, command)


def _changed(
    person: Person, command: ChangeRoles, given: Given[PeoplePolicy]
) -> Sequence[EventBody]:
    roles = _ordered(command.roles)
    may_grant(frozenset(roles) ^ frozenset(person.roles), given)
    given.policy.check("roles", roles)
    given.policy.check_place(person.organisation, person.area, roles)
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
        raise NotAllowed("person.guarded_role", roles=sorted(guarded))


def _ordered(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _with(person: Person, told: PersonJoined | PersonDescribed) -> Person:
    return replace(
        person,
        channel=told.channel,
        shift=told.shift,
        languages=told.languages,
        skills=told.skills,
        organisation=told.organisation,
        area=told.area,
    )


def evolve(person: Person, event: EventBody, stamp: Stamp) -> Person:
    """What an event changes."""
    match event:
        case PersonJoined():
            joined = Person(Status.ACTIVE, event.roles, event.starts_on)
            return _with(joined, event)
        case PersonDescribed():
            return _with(person, event)
        case PersonRostered() | PersonAbsencePlanned() | PersonAbsenceCancelled():
            return replace(person, plans=planned(person.plans, event, stamp.at))
        case PersonRolesChanged():
            return replace(person, roles=event.roles)
        case PersonLeft():
            return replace(person, status=Status.LEFT, last_on=event.last_on)
    return person


DECIDER: Final[Decider[Person, Any, PeoplePolicy]] = Decider(
    state=Person, initial=Person, decide=decide, evolve=evolve
)
