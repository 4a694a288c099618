"""What people says: who works here in which role. Names and contact data never travel."""

from datetime import date

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
