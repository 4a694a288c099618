"""A program that acts for a tenant by its key: made with roles and an end, revoked before it.

The key itself is no part of the case: it is shown once and kept as a hash, elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from services.people.domain.person import may_grant
from services.people.policy import PeoplePolicy
from shared.contracts import EventBody
from shared.contracts.people import ProgramRegistered, ProgramRevoked
from shared.decider import Decider, Given, Invalid, Rejected, Stamp
from shared.security import Role

PROGRAM_ROLE: Final = "program"


class ProgramStatus(StrEnum):
    NEW = "new"
    ACTIVE = "active"
    REVOKED = "revoked"


class ProgramAction(StrEnum):
    REGISTER = "register"
    REVOKE = "revoke"


PROGRAM_LIFE: Final[Mapping[tuple[ProgramStatus, ProgramAction], ProgramStatus]] = {
    (ProgramStatus.NEW, ProgramAction.REGISTER): ProgramStatus.ACTIVE,
    (ProgramStatus.ACTIVE, ProgramAction.REVOKE): ProgramStatus.REVOKED,
}


@dataclass(frozen=True, slots=True)
class Program:
    """The present of one program; `roles` are what its key is good for.

    `organisation` is whose it is, where that was said.
    """

    status: ProgramStatus = ProgramStatus.NEW
    name: str = ""
    roles: tuple[str, ...] = ()
    expires_at: datetime | None = None
    organisation: str = ""

    def may_act(self, at: datetime) -> bool:
        """Whether its key is good at an instant."""
        lives = self.expires_at is not None and at < self.expires_at
        return lives and self.status is ProgramStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Register:
    """A program is to act in these roles until an instant."""

    name: str
    roles: tuple[str, ...]
    expires_at: datetime
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Revoke:
    """No more, and why."""

    reason: str


Command = Register | Revoke


def follow_program(status: ProgramStatus, action: ProgramAction) -> ProgramStatus:
    """Where the action leads; `Rejected` when nowhere."""
    try:
        return PROGRAM_LIFE[status, action]
    except KeyError:
        raise Rejected("program.illegal_transition", status=status, action=action) from None


def decide(state: Program, command: Command, given: Given[PeoplePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    match command:
        case Register():
            follow_program(state.status, ProgramAction.REGISTER)
            return [_registered(command, given)]
        case Revoke(reason):
            follow_program(state.status, ProgramAction.REVOKE)
            return [ProgramRevoked(reason=reason)]


def _registered(command: Register, given: Given[PeoplePolicy]) -> ProgramRegistered:
    wanted = tuple(role for role in command.roles if role != PROGRAM_ROLE)
    given.policy.check("roles", wanted)
    given.policy.check_place(command.organisation, "", wanted)
    roles = _good_for(sorted({*wanted, PROGRAM_ROLE}))
    may_grant(frozenset(roles), given)
    longest = given.policy.sign_in.key_lifetime
    if not given.at < command.expires_at <= given.at + longest:
        raise Invalid("program.bad_expiry", days=longest.days)
    return ProgramRegistered(
        name=command.name,
        roles=roles,
        expires_at=command.expires_at,
        organisation=command.organisation,
    )


def _good_for(roles: Iterable[str]) -> tuple[str, ...]:
    """What programs may read is the house's; a provider's is outside it."""
    known = tuple(roles)
    outside = Role.PROVIDER.value in known
    return tuple(role for role in known if not outside or role != PROGRAM_ROLE)


def evolve(state: Program, event: EventBody, _stamp: Stamp) -> Program:
    """The program after one of its events."""
    match event:
        case ProgramRegistered():
            return Program(
                ProgramStatus.ACTIVE,
                event.name,
                _good_for(event.roles),
                event.expires_at,
                event.organisation,
            )
        case ProgramRevoked():
            return replace(state, status=ProgramStatus.REVOKED)
    return state


DECIDER: Final[Decider[Program, Any, PeoplePolicy]] = Decider(
    state=Program, initial=Program, decide=decide, evolve=evolve
)
