"""What training says of the persons it trains: the least that it keeps of them."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.events import EventBody


class MemberEnlisted(EventBody, event_type="training.member.enlisted.v1"):
    """Somebody who may have to be trained, from a day on; the subject is the person's id."""

    roles: tuple[str, ...]
    starts_on: date


class MemberRolesChanged(EventBody, event_type="training.member.roles_changed.v1"):
    """The roles from now on, all of them."""

    roles: tuple[str, ...]


class MemberLeft(EventBody, event_type="training.member.left.v1"):
    """The last day."""

    last_on: date


class DutyHours(BaseModel):
    """From when to when somebody is on shift."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    starts_at: datetime
    ends_at: datetime


class MemberRostered(EventBody, event_type="training.member.rostered.v1"):
    """When the person is on shift in a week of ISO 8601, all of it."""

    week: str
    duties: tuple[DutyHours, ...]


class MemberAbsencePlanned(EventBody, event_type="training.member.absence_planned.v1"):
    """Not there on these days, both included."""

    first_on: date
    last_on: date


class MemberAbsenceCancelled(EventBody, event_type="training.member.absence_cancelled.v1"):
    """There after all."""

    first_on: date
