"""A query from the client's side: how long he has had it, and when he is reminded (A23, A36).

The evaluation says what is asked and answered. This keeps the client's own clock, which runs while
the provider's stands still. A reminder that fell due while everything was down is told once, and
the next one counts from when it was told: nobody is reminded twice in a minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

from services.validation.policy import EvaluationPolicy
from shared.contracts import EventBody
from shared.contracts.validation import QueryClosed, QueryOpened, QueryReminded
from shared.decider import Given, Stamp


class QueryStatus(StrEnum):
    """Whether the client has it."""

    NEW = "new"
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class QueryAction(StrEnum):
    """What moves it."""

    OPEN = "open"
    REMIND = "remind"
    ANSWER = "answer"
    WITHDRAW = "withdraw"


QUERY_LIFE: Final[Mapping[tuple[QueryStatus, QueryAction], QueryStatus]] = {
    (QueryStatus.NEW, QueryAction.OPEN): QueryStatus.OPEN,
    # its end may be heard before its beginning, which then has nothing to open
    (QueryStatus.NEW, QueryAction.ANSWER): QueryStatus.ANSWERED,
    (QueryStatus.NEW, QueryAction.WITHDRAW): QueryStatus.WITHDRAWN,
    (QueryStatus.OPEN, QueryAction.REMIND): QueryStatus.OPEN,
    (QueryStatus.OPEN, QueryAction.ANSWER): QueryStatus.ANSWERED,
    (QueryStatus.OPEN, QueryAction.WITHDRAW): QueryStatus.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class ClientQuery:
    """The present of one query; `remind_at` is none once it is closed."""

    status: QueryStatus = QueryStatus.NEW
    evaluation_id: str = ""
    asked_at: datetime | None = None
    closed_at: datetime | None = None
    reminders: int = 0
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """The client was asked."""

    evaluation_id: str
    asked_at: datetime
    round_trip: int
    questions: int


@dataclass(frozen=True, slots=True)
class Close:
    """The client has answered, or need not any more."""

    evaluation_id: str
    outcome: QueryStatus


@dataclass(frozen=True, slots=True)
class Remind:
    """The promised instant has come."""

    due: datetime


UNCLOSED: Final = (QueryStatus.NEW, QueryStatus.OPEN)
QueryCommand = Ask | Close | Remind
QueryEvent = QueryOpened | QueryReminded | QueryClosed


def decide(
    state: ClientQuery, command: QueryCommand, given: Given[EvaluationPolicy]
) -> Sequence[EventBody]:
    """The events a command leads to; what came too late leads to none."""
    match command:
        case Ask():
            return _ask(command, given.policy) if state.status is QueryStatus.NEW else []
        case Close():
            return _close(state, command) if state.status in UNCLOSED else []
        case Remind():
            return _remind(state, given)


def _ask(command: Ask, policy: EvaluationPolicy) -> list[EventBody]:
    return [
        QueryOpened(
            evaluation_id=command.evaluation_id,
            asked_at=command.asked_at,
            round_trip=command.round_trip,
            questions=command.questions,
            remind_at=policy.reminders.after(command.asked_at),
        )
    ]


def _close(state: ClientQuery, command: Close) -> list[EventBody]:
    return [
        QueryClosed(
            evaluation_id=command.evaluation_id, outcome=command.outcome, reminders=state.reminders
        )
    ]


def _remind(state: ClientQuery, given: Given[EvaluationPolicy]) -> list[EventBody]:
    due = next_due(state)
    if due is None or due > given.at:
        return []
    return [
        QueryReminded(
            evaluation_id=state.evaluation_id,
            number=state.reminders + 1,
            due_at=due,
            next_at=given.policy.reminders.after(given.at),
        )
    ]


def next_due(state: ClientQuery) -> datetime | None:
    """When the client is reminded next."""
    return state.remind_at if state.status is QueryStatus.OPEN else None


def evolve(state: ClientQuery, event: QueryEvent, stamp: Stamp) -> ClientQuery:
    """The query after one of its events."""
    match event:
        case QueryOpened():
            return replace(
                state,
                status=QUERY_LIFE[state.status, QueryAction.OPEN],
                evaluation_id=event.evaluation_id,
                asked_at=event.asked_at,
                remind_at=event.remind_at,
            )
        case QueryReminded():
            status = QUERY_LIFE[state.status, QueryAction.REMIND]
            return replace(state, status=status, reminders=event.number, remind_at=event.next_at)
        case QueryClosed():
            answered = event.outcome == QueryStatus.ANSWERED
            action = QueryAction.ANSWER if answered else QueryAction.WITHDRAW
            status = QUERY_LIFE[state.status, action]
            return replace(
                state,
                status=status,
                evaluation_id=event.evaluation_id,
                closed_at=stamp.at,
                remind_at=None,
            )
        case _:
            assert_never(event)
