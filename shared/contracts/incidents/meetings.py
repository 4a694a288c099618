"""What is said of the teams' meetings; the subject is the meeting's id (B:L1212-1374).

Owners are roles, areas or persons' ids, never names.
"""

from datetime import date, datetime
from operator import not_

from pydantic import Field

from shared.contracts.events import EventBody


class MeetingPlanned(EventBody, event_type="incidents.meeting.planned.v1"):
    """A team is to meet on a day, with its objectives."""

    team: str
    on: date
    objectives: tuple[str, ...]
    due_at: datetime


class MeetingHeld(EventBody, event_type="incidents.meeting.held.v1"):
    """It took place; `minutes` is the acta, `duration` in minutes."""

    on: date
    minutes: str
    duration: int
    present: tuple[str, ...]


class MeetingCancelled(EventBody, event_type="incidents.meeting.cancelled.v1"):
    """It will not take place, and why."""

    reason: str


class MeetingMissed(EventBody, event_type="incidents.meeting.missed.v1"):
    """Its day has passed, and nobody said that it was held."""

    team: str
    due_at: datetime


class MeetingCommitted(EventBody, event_type="incidents.meeting.committed.v1"):
    """Somebody is to do something by a day; `area` and `kind` name the problem it is for."""

    number: int
    text: str
    owner: str
    due_on: date
    due_at: datetime
    area: str = ""
    kind: str = ""


class MeetingFulfilled(EventBody, event_type="incidents.meeting.fulfilled.v1"):
    """A commitment was kept, in time or not; `owner` as it was taken on, empty in older events."""

    number: int
    note: str
    in_time: bool
    owner: str = Field("", exclude_if=not_)


class MeetingOverdue(EventBody, event_type="incidents.meeting.overdue.v1"):
    """The day of a commitment has passed."""

    number: int
    owner: str
    due_at: datetime
