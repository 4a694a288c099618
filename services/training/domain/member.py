"""What training keeps of a person: roles and the days between which they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from services.training.policy import TrainingPolicy
from shared.contracts import EventBody
from shared.contracts.training import MemberEnlisted, MemberLeft, MemberRolesChanged
from shared.decider import Given, Stamp


@dataclass(frozen=True, slots=True)
class Member:
    """The present of one person; its id is the person's. `since` is when the roles were told."""

    roles: tuple[str, ...] = ()
    starts_on: date | None = None
    last_on: date | None = None
    since: datetime | None = None

    def is_active(self, today: date) -> bool:
        """Whether the person works here on a local date."""
        started = self.starts_on is not None and self.starts_on <= today
        return started and (self.last_on is None or today <= self.last_on)


@dataclass(frozen=True, slots=True)
class Enlist:
    """The person joined, or came back."""

    roles: tuple[str, ...]
    starts_on: date


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """The roles from now on."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """The last day is known."""

    last_on: date


Command = Enlist | ChangeRoles | Leave
Event = MemberEnlisted | MemberRolesChanged | MemberLeft


def decide(state: Member, command: Command, given: Given[TrainingPolicy]) -> Sequence[EventBody]:  # noqa: ARG001
    """The events a command leads to; what is known already leads to none."""
    match command:
        case Enlist(roles, starts_on):
            known = state == replace(state, roles=roles, starts_on=starts_on, last_on=None)
            return [] if known else [MemberEnlisted(roles=roles, starts_on=starts_on)]
        case ChangeRoles(roles):
            return [] if roles == state.roles else [MemberRolesChanged(roles=roles)]
        case Leave(last_on):
            return [] if last_on == state.last_on else [MemberLeft(last_on=last_on)]


def evolve(state: Member, event: Event, stamp: Stamp) -> Member:
    """The member after one of its events."""
    match event:
        case MemberEnlisted():
            return Member(event.roles, event.starts_on, None, stamp.at)
        case MemberRolesChanged():
            return replace(state, roles=event.roles, since=stamp.at)
        case MemberLeft():
            return replace(state, last_on=event.last_on)
        case _:
            assert_never(event)
