"""Meetings of the teams: objectives, minutes, and commitments that are followed up (B40, B41, A63).

A day that passes is told once: the meeting's own while nobody said that it was held, and that of
each commitment while it is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from services.incidents.domain.stages import BROKEN_AFTER
from services.incidents.policy import IncidentPolicy
from shared.contracts import EventBody
from shared.contracts.incidents import (
    MeetingCancelled,
    MeetingCommitted,
    MeetingFulfilled,
    MeetingHeld,
    MeetingMissed,
    MeetingOverdue,
    MeetingPlanned,
)
from shared.decider import Given, Invalid, Rejected, Stamp
from shared.security.roles import Role

MAX_COMMITMENTS: Final = 200
ROLES: Final = tuple(role.value for role in Role)


class Standing(StrEnum):
    """Where a meeting stands."""

    NEW = "new"
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Commitment:
    """What somebody is to do; open while `done_at` is None."""

    number: int
    text: str
    owner: str
    due_on: date
    due_at: datetime
    area: str = ""
    kind: str = ""
    done_at: datetime | None = None
    note: str = ""
    in_time: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting; `due_at` is the earliest day of an open commitment, for the follow-up."""

    standing: Standing = Standing.NEW
    team: str = ""
    on: date | None = None
    ends_at: datetime | None = None
    objectives: tuple[str, ...] = ()
    missed: bool = False
    minutes: str = ""
    duration: int = 0
    present: tuple[str, ...] = ()
    reason: str = ""
    commitments: tuple[Commitment, ...] = ()
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A team is to meet."""

    team: str
    on: date
    objectives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """It took place."""

    on: date
    minutes: str
    duration: int
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """It will not take place."""

    reason: str


@dataclass(frozen=True, slots=True)
class Commit:
    """Somebody takes something on."""

    text: str
    owner: str
    due_on: date
    area: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Fulfil:
    """It is done."""

    number: int
    note: str


@dataclass(frozen=True, slots=True)
class Pass:
    """A day has passed."""

    due: datetime


Command = Plan | Hold | Cancel | Commit | Fulfil | Pass


def decide(state: Meeting, command: Command, given: Given[IncidentPolicy]) -> Sequence[EventBody]:
    """The events a command leads to; what has passed before it is told first."""
    passed = _passed(state, given.at)
    match command:
        case Pass():
            return passed
        case Plan():
            return [_planned(state, command, given)]
        case Hold():
            _require(state, Standing.PLANNED)
            if command.on > _day(given.at, given.policy):
                raise Invalid("meeting.in_the_future", on=command.on.isoformat())
            return [*passed, MeetingHeld(**_facts(command))]
        case Cancel(reason):
            _require(state, Standing.PLANNED)
            return [*passed, MeetingCancelled(reason=reason)]
        case Commit():
            _require(state, Standing.HELD)
            return [*passed, _committed(state, command, given)]
        case Fulfil(number, note):
            _require(state, Standing.HELD)
            found = _open(state, number)
            in_time = given.at < found.due_at + BROKEN_AFTER
            kept = MeetingFulfilled(number=number, note=note, in_time=in_time, owner=found.owner)
            return [*passed, kept]


def _facts(command: Hold) -> dict[str, object]:
    names = ("on", "minutes", "duration", "present")
    return {name: getattr(command, name) for name in names}


def _planned(state: Meeting, command: Plan, given: Given[IncidentPolicy]) -> MeetingPlanned:
    _require(state, Standing.NEW)
    team = given.policy.team(command.team)
    return MeetingPlanned(
        team=team,
        on=command.on,
        objectives=command.objectives,
        due_at=_end_of(command.on, given.policy),
    )


def _committed(state: Meeting, command: Commit, given: Given[IncidentPolicy]) -> MeetingCommitted:
    if len(state.commitments) >= MAX_COMMITMENTS:
        raise Rejected("meeting.too_many_commitments", maximum=MAX_COMMITMENTS)
    if command.due_on < _day(given.at, given.policy):
        raise Invalid("meeting.due_in_the_past", due_on=command.due_on.isoformat())
    policy = given.policy
    return MeetingCommitted(
        number=len(state.commitments) + 1,
        text=command.text,
        owner=_owner(command.owner, policy),
        due_on=command.due_on,
        due_at=_end_of(command.due_on, policy),
        area=policy.area(command.area) if command.area else "",
        kind=policy.type(command.kind) if command.kind else "",
    )


def _owner(owner: str, policy: IncidentPolicy) -> str:
    """An area or a role that is there; who is a person is known elsewhere."""
    kind, _, name = owner.partition(":")
    if kind == "area":
        return f"area:{policy.area(name)}"
    if kind == "role" and name not in ROLES:
        raise Invalid("meeting.unknown_role", value=name, known=ROLES)
    return owner


def _require(state: Meeting, wanted: Standing) -> None:
    if state.standing is not wanted:
        raise Rejected("meeting.illegal_step", status=state.standing.value, wanted=wanted.value)


def _open(state: Meeting, number: int) -> Commitment:
    for found in state.commitments:
        if found.number == number:
            if found.done_at is None:
                return found
            raise Rejected("meeting.already_fulfilled", number=number)
    raise Rejected("meeting.no_such_commitment", number=number)


def _day(at: datetime, policy: IncidentPolicy) -> date:
    return at.astimezone(policy.calendar.zone).date()


def _end_of(day: date, policy: IncidentPolicy) -> datetime:
    """The last second of a day where the account is."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=policy.calendar.zone)
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def _passed(state: Meeting, at: datetime) -> list[EventBody]:
    told: list[EventBody] = []
    ends = _ends_at(state)
    if ends is not None and at >= ends + BROKEN_AFTER:
        told.append(MeetingMissed(team=state.team, due_at=ends))
    told += [
        MeetingOverdue(number=found.number, owner=found.owner, due_at=found.due_at)
        for found in _awaited(state)
        if at >= found.due_at + BROKEN_AFTER
    ]
    return told


def _ends_at(state: Meeting) -> datetime | None:
    awaited = state.standing is Standing.PLANNED and not state.missed
    return state.ends_at if awaited else None


def _awaited(state: Meeting) -> list[Commitment]:
    return [one for one in state.commitments if one.done_at is None and not one.overdue]


def next_due(state: Meeting) -> datetime | None:
    """When the next day will have passed."""
    days = [found.due_at for found in _awaited(state)]
    ends = _ends_at(state)
    if ends is not None:
        days.append(ends)
    return min(days) + BROKEN_AFTER if days else None


def evolve(state: Meeting, event: EventBody, stamp: Stamp) -> Meeting:
    """The meeting after one of its events."""
    after = _changed(state, event, stamp)
    still = [one.due_at for one in after.commitments if one.done_at is None]
    return replace(after, due_at=min(still, default=None))


def _changed(  # noqa: PLR0911 - one return an event
    state: Meeting, event: EventBody, stamp: Stamp
) -> Meeting:
    match event:
        case MeetingPlanned():
            return Meeting(
                standing=Standing.PLANNED,
                team=event.team,
                on=event.on,
                ends_at=event.due_at,
                objectives=event.objectives,
            )
        case MeetingHeld():
            return replace(
                state,
                standing=Standing.HELD,
                on=event.on,
                minutes=event.minutes,
                duration=event.duration,
                present=event.present,
            )
        case MeetingCancelled():
            return replace(state, standing=Standing.CANCELLED, reason=event.reason)
        case MeetingMissed():
            return replace(state, missed=True)
        case MeetingCommitted():
            made = Commitment(**event.model_dump())
            return replace(state, commitments=(*state.commitments, made))
        case MeetingFulfilled():
            changes = {"done_at": stamp.at, "note": event.note, "in_time": event.in_time}
            return _with(state, event.number, changes)
        case MeetingOverdue():
            return _with(state, event.number, {"overdue": True})
    raise TypeError(type(event).__name__)


def _with(state: Meeting, number: int, changes: dict[str, object]) -> Meeting:
    made = (
        replace(one, **changes) if one.number == number else one  # type: ignore[arg-type]
        for one in state.commitments
    )
    return replace(state, commitments=tuple(made))
