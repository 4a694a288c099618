"""A training session: when, by whom, for whom, and who was there (A50, A57, A58).

Whom it may train was read just before: the plan's lists, the shifts, the trainer's other sessions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.training.domain.lifecycle import ENDED, PlanStatus
from services.training.domain.plan_state import Plan
from services.training.policy import TrainingPolicy
from shared.contracts import EventBody
from shared.contracts.training import SessionAttended, SessionCancelled, SessionScheduled
from shared.decider import Given, Invalid, Rejected, Stamp

LONGEST: Final = timedelta(hours=8)


class SessionStatus(StrEnum):
    """Whether it is to come, took place, or will not."""

    NEW = "new"
    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"


class SessionAction(StrEnum):
    """What moves a session."""

    SCHEDULE = "schedule"
    RECORD = "record"
    CANCEL = "cancel"


SESSION_LIFE: Final[Mapping[tuple[SessionStatus, SessionAction], SessionStatus]] = {
    (SessionStatus.NEW, SessionAction.SCHEDULE): SessionStatus.SCHEDULED,
    (SessionStatus.SCHEDULED, SessionAction.RECORD): SessionStatus.HELD,
    # the list is corrected
    (SessionStatus.HELD, SessionAction.RECORD): SessionStatus.HELD,
    (SessionStatus.SCHEDULED, SessionAction.CANCEL): SessionStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Session:
    """The present of one session."""

    status: SessionStatus = SessionStatus.NEW
    plan_id: str = ""
    trainer: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    capacity: int = 0
    people: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    sheet_sha256: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Train these people; `strangers` are not to be trained, `off_shift` do not work then."""

    plan_id: str
    plan: Plan
    trainer: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    people: tuple[str, ...]
    is_trainer: bool = True
    trainer_busy: bool = False
    strangers: tuple[str, ...] = ()
    off_shift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Who was there, all of them, also who came unexpected; `strangers` are on no list."""

    plan: Plan
    present: tuple[str, ...]
    sheet_sha256: str = ""
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelSession:
    """It will not take place."""

    reason: str


Command = Schedule | Record | CancelSession


def follow_session(status: SessionStatus, action: SessionAction) -> SessionStatus:
    """The session's status after the action; `Rejected` when there is none."""
    try:
        return SESSION_LIFE[status, action]
    except KeyError:
        raise Rejected("session.illegal_transition", status=status, action=action) from None


def decide(state: Session, command: Command, given: Given[TrainingPolicy]) -> Sequence[EventBody]:
    """The events a command leads to."""
    match command:
        case Schedule():
            follow_session(state.status, SessionAction.SCHEDULE)
            return [_scheduled(command, given.at)]
        case Record():
            follow_session(state.status, SessionAction.RECORD)
            return _recorded(state, command, given.at)
        case CancelSession(reason):
            follow_session(state.status, SessionAction.CANCEL)
            return [SessionCancelled(plan_id=state.plan_id, reason=reason)]


def _scheduled(command: Schedule, at: datetime) -> SessionScheduled:
    if command.plan.status in ENDED:
        raise Rejected("plan.closed", status=command.plan.status.value)
    length = command.ends_at - command.starts_at
    if not timedelta() < length <= LONGEST:
        raise Invalid("session.bad_times", hours=int(LONGEST.total_seconds()) // 3600)
    if command.starts_at <= at:
        raise Invalid("session.in_the_past")
    if not command.is_trainer:
        raise Invalid("session.no_trainer", trainer=command.trainer)
    if command.strangers:
        raise Invalid("session.not_eligible", people=list(command.strangers))
    if not 1 <= len(command.people) <= command.capacity:
        raise Invalid("session.capacity", people=len(command.people), capacity=command.capacity)
    if command.trainer_busy:
        raise Rejected("session.trainer_busy", trainer=command.trainer)
    if command.off_shift:
        raise Rejected("session.off_shift", people=list(command.off_shift))
    return SessionScheduled(
        plan_id=command.plan_id,
        trainer=command.trainer,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        capacity=command.capacity,
        people=command.people,
    )


def _recorded(state: Session, command: Record, at: datetime) -> list[EventBody]:
    plan = command.plan
    if plan.status in (PlanStatus.NEW, PlanStatus.OPEN, PlanStatus.READY):
        raise Rejected("plan.not_launched", status=plan.status.value)
    if state.starts_at is None or at < state.starts_at:
        raise Rejected("session.not_begun")
    if command.strangers:
        raise Invalid("session.not_eligible", people=list(command.strangers))
    present = tuple(sorted(set(command.present)))
    if len(present) > state.capacity:
        raise Invalid("session.capacity", people=len(present), capacity=state.capacity)
    early = sorted(set(present) - set(plan.leaders))
    if plan.status is PlanStatus.LEADERS and early:
        # the supervisor and the monitor are always trained first (A55)
        raise Rejected("session.leaders_first", people=early)
    known = (SessionStatus.HELD, state.present, state.sheet_sha256)
    if known == (state.status, present, command.sheet_sha256):
        return []
    return [
        SessionAttended(plan_id=state.plan_id, present=present, sheet_sha256=command.sheet_sha256)
    ]


Event = SessionScheduled | SessionAttended | SessionCancelled


def evolve(state: Session, event: Event, _stamp: Stamp) -> Session:
    """The session after one of its events."""
    match event:
        case SessionScheduled():
            return Session(
                status=follow_session(state.status, SessionAction.SCHEDULE),
                plan_id=event.plan_id,
                trainer=event.trainer,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
                capacity=event.capacity,
                people=event.people,
            )
        case SessionAttended():
            status = follow_session(state.status, SessionAction.RECORD)
            return replace(
                state, status=status, present=event.present, sheet_sha256=event.sheet_sha256
            )
        case SessionCancelled():
            status = follow_session(state.status, SessionAction.CANCEL)
            return replace(state, status=status, reason=event.reason)
