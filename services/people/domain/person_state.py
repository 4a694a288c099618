"""A person as the tenant's work needs to know them, and what may be asked of them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.people.domain.roster import CancelAbsence, PlanAbsence, Plans, PlanShifts


class Status(StrEnum):
    NEW = "new"
    ACTIVE = "active"
    LEFT = "left"


class Action(StrEnum):
    JOIN = "join"
    CHANGE_ROLES = "change_roles"
    DESCRIBE = "describe"
    PLAN = "plan"
    INVITE = "invite"
    SET_PASSWORD = "set_password"  # noqa: S105 - an action, no password
    END_SESSIONS = "end_sessions"
    LEAVE = "leave"


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
    organisation: str = ""
    area: str = ""
    plans: Plans = field(default_factory=Plans)

    def may_act(self, today: date) -> bool:
        """Whether the person works here on a local date."""
        started = self.starts_on is not None and self.starts_on <= today
        return started and (self.last_on is None or today <= self.last_on)


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody holds roles from a day on; until `last_on` when that is past already (imports)."""

    roles: tuple[str, ...]
    starts_on: date
    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    organisation: str = ""
    area: str = ""
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Describe:
    """Where the person works and what they know, all of it, from now on."""

    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    organisation: str = ""
    area: str = ""


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


Plan = PlanShifts | PlanAbsence | CancelAbsence
Command = Join | Describe | ChangeRoles | Plan | Leave | Invite | SetPassword | EndSessions
