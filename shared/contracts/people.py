"""What people says: who works here in which role. Names and contact data never travel."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.events import EventBody


class PersonJoined(EventBody, event_type="people.person.joined.v1"):
    """Somebody holds roles in the tenant from a day on; the subject is the person's id."""

    roles: tuple[str, ...]
    starts_on: date
    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    organisation: str = ""
    area: str = ""


class PersonDescribed(EventBody, event_type="people.person.described.v1"):
    """Where the person works and what they know from now on, all of it."""

    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    organisation: str = ""
    area: str = ""


class RosteredShift(BaseModel):
    """From when to when somebody works, on which of the account's shifts and channels."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    starts_at: datetime
    ends_at: datetime
    shift: str
    channel: str = ""


class PersonRostered(EventBody, event_type="people.person.rostered.v1"):
    """The person's shifts of a week of ISO 8601 (`2026-W31`), all of them."""

    week: str
    shifts: tuple[RosteredShift, ...]


class PersonAbsencePlanned(EventBody, event_type="people.person.absence_planned.v1"):
    """Away on these days, both included, whatever shifts were planned; why is told nowhere."""

    first_on: date
    last_on: date


class PersonAbsenceCancelled(EventBody, event_type="people.person.absence_cancelled.v1"):
    """Not away after all."""

    first_on: date


class PersonRolesChanged(EventBody, event_type="people.person.roles_changed.v1"):
    """The roles from now on, all of them."""

    roles: tuple[str, ...]
    reason: str = ""


class PersonLeft(EventBody, event_type="people.person.left.v1"):
    """The last day; from the next one the person is eligible for nothing."""

    last_on: date
    reason: str = ""


class PersonInvited(EventBody, event_type="people.person.invited.v1"):
    """The person may choose a password until an instant; the invitation itself is told nowhere."""

    expires_at: datetime


class PersonPasswordSet(EventBody, event_type="people.person.password_set.v1"):
    """The person chose a password, by `invitation` or by `change`; all sessions ended with it."""

    how: str


class PersonSessionsEnded(EventBody, event_type="people.person.sessions_ended.v1"):
    """Whoever was signed in as the person no longer is.

    `refresh_reused` is a stolen refresh token, or one that a client used twice.
    """

    reason: str


class ProgramRegistered(EventBody, event_type="people.program.registered.v1"):
    """A program may act in these roles, with a key that is told nowhere, until an instant.

    `organisation` is whose program it is, where that was said.
    """

    name: str
    roles: tuple[str, ...]
    expires_at: datetime
    organisation: str = ""


class ProgramRevoked(EventBody, event_type="people.program.revoked.v1"):
    """The program may act no more."""

    reason: str
