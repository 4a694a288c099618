"""What people says: who works here in which role. Names and contact data never travel."""

from datetime import date, datetime

from shared.contracts.events import EventBody


class PersonJoined(EventBody, event_type="people.person.joined.v1"):
    """Somebody holds roles in the tenant from a day on; the subject is the person's id."""

    roles: tuple[str, ...]
    starts_on: date
    channel: str = ""
    shift: str = ""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


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
    """A program may act in these roles, with a key that is told nowhere, until an instant."""

    name: str
    roles: tuple[str, ...]
    expires_at: datetime


class ProgramRevoked(EventBody, event_type="people.program.revoked.v1"):
    """The program may act no more."""

    reason: str
