"""Access to a system of the client's: one named person, to look only, for a time (A26).

Individual and not transferable: it is nobody else's, and there is no way to change whose it is.
It ends by itself; by a word of who may take it away; and with the person's last day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from services.intake.domain.lifecycle import Status
from services.intake.policy import IntakePolicy
from shared.contracts import EventBody
from shared.contracts.registry import GrantEnded, GrantGiven, GrantShortened
from shared.decider import Decider, Given, Invalid, Rejected, Stamp

VIEW: Final = "view"
READY: Final = frozenset({Status.VIABLE, Status.CLOSED})
"""Where a request for access may be fulfilled: found viable, or closed as done."""


class GrantStatus(StrEnum):
    """How an access stands; `left` when its person has."""

    NEW = "new"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    LEFT = "left"


class GrantAction(StrEnum):
    """What moves it."""

    GIVE = "give"
    SHORTEN = "shorten"
    EXPIRE = "expire"
    REVOKE = "revoke"
    LEAVE = "leave"


GRANT_LIFE: Final[Mapping[tuple[GrantStatus, GrantAction], GrantStatus]] = {
    (GrantStatus.NEW, GrantAction.GIVE): GrantStatus.ACTIVE,
    (GrantStatus.ACTIVE, GrantAction.SHORTEN): GrantStatus.ACTIVE,
    (GrantStatus.ACTIVE, GrantAction.EXPIRE): GrantStatus.EXPIRED,
    (GrantStatus.ACTIVE, GrantAction.REVOKE): GrantStatus.REVOKED,
    (GrantStatus.ACTIVE, GrantAction.LEAVE): GrantStatus.LEFT,
}
OUTCOMES: Final = (GrantStatus.EXPIRED, GrantStatus.REVOKED, GrantStatus.LEFT)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may look at what, until when, and for which request."""

    status: GrantStatus = GrantStatus.NEW
    request_id: str = ""
    person_id: str = ""
    system: str = ""
    mode: str = VIEW
    given_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Give:
    """`status`, `outcome` and `request_type` are those of the request it is given for.

    `leaves_at` is when the person is gone, if that is known.
    """

    request_id: str
    request_type: str
    status: Status
    outcome: str
    person_id: str
    system: str
    days: int
    leaves_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    """It is taken away."""

    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Its person goes; what he had ends at that instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Expire:
    """Its time is over."""

    due_at: datetime


Command = Give | Revoke | Leave | Expire


def decide(grant: Grant, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to; news of what has ended leads to none."""
    match command:
        case Give():
            return [_given(grant, command, given)]
        case Revoke(reason):
            _follow(grant, GrantAction.REVOKE)
            return [GrantEnded(how=GrantStatus.REVOKED, ended_at=given.at, reason=reason)]
        case Leave(at):
            return _left(grant, at, given.at)
        case Expire(due_at):
            if grant.status is not GrantStatus.ACTIVE or grant.expires_at != due_at:
                return []
            return [GrantEnded(how=GrantStatus.EXPIRED, ended_at=due_at)]


def _given(grant: Grant, command: Give, given: Given[IntakePolicy]) -> GrantGiven:
    row = given.policy.access(command.request_type)
    deployed = command.status is not Status.CLOSED or command.outcome == "deployed"
    if command.status not in READY or not deployed:
        raise Rejected("grant.request_not_viable", status=command.status)
    if command.system not in row.systems:
        known = ", ".join(sorted(row.systems))
        raise Invalid("grant.unknown_system", system=command.system, known=known)
    if command.days > row.longest_days:
        raise Invalid("grant.too_long", days=command.days, limit=row.longest_days)
    expires_at = given.at + timedelta(days=command.days)
    if command.leaves_at is not None:
        if command.leaves_at <= given.at:
            raise Rejected("grant.person_left", person_id=command.person_id)
        expires_at = min(expires_at, command.leaves_at)
    _follow(grant, GrantAction.GIVE)
    return GrantGiven(
        request_id=command.request_id,
        person_id=command.person_id,
        system=command.system,
        mode=VIEW,
        expires_at=expires_at,
    )


def _follow(grant: Grant, action: GrantAction) -> None:
    if (grant.status, action) not in GRANT_LIFE:
        code = "grant.already_given" if action is GrantAction.GIVE else "grant.ended"
        raise Rejected(code, status=grant.status)


def _left(grant: Grant, at: datetime, now: datetime) -> Sequence[EventBody]:
    if grant.status is not GrantStatus.ACTIVE or grant.expires_at is None:
        return []
    if at <= now:
        return [GrantEnded(how=GrantStatus.LEFT, ended_at=now)]
    return [GrantShortened(expires_at=at)] if at < grant.expires_at else []


def evolve(grant: Grant, event: EventBody, stamp: Stamp) -> Grant:
    """What an event changes."""
    match event:
        case GrantGiven():
            return Grant(
                status=GrantStatus.ACTIVE,
                request_id=event.request_id,
                person_id=event.person_id,
                system=event.system,
                mode=event.mode,
                given_at=stamp.at,
                expires_at=event.expires_at,
            )
        case GrantShortened(expires_at=expires_at):
            return replace(grant, expires_at=expires_at)
        case GrantEnded():
            status = GrantStatus(event.how)
            return replace(grant, status=status, ended_at=event.ended_at, reason=event.reason)
    return grant


def next_due(grant: Grant) -> datetime | None:
    """When it ends by itself."""
    return grant.expires_at if grant.status is GrantStatus.ACTIVE else None


DECIDER: Final[Decider[Grant, Any, IntakePolicy]] = Decider(
    state=Grant,
    initial=Grant,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=Expire,
)
