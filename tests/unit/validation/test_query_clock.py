"""The client's clock on a query: when he is reminded, and that each reminder is told once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.validation.domain.query import (
    Ask,
    ClientQuery,
    Close,
    QueryCommand,
    QueryStatus,
    Remind,
    decide,
    evolve,
    next_due,
)
from shared.contracts.validation import QueryClosed, QueryOpened, QueryReminded
from shared.decider import Given, Stamp
from tests.support.evaluations import lima, osinergmin

POLICY = osinergmin()
FRIDAY = lima(24)  # 28 and 29 July are holidays


class Clock:
    def __init__(self) -> None:
        self.state = ClientQuery()

    def give(self, command: QueryCommand, at: datetime) -> list[Any]:
        events: list[Any] = list(decide(self.state, command, Given(at, "x", "t", POLICY)))
        for event in events:
            self.state = evolve(self.state, event, Stamp(at, "x", 1))
        return events


@pytest.fixture
def asked() -> Clock:
    clock = Clock()
    clock.give(Ask("e1", FRIDAY, 2, 5), FRIDAY)
    return clock


def test_the_first_reminder_is_two_of_the_clients_business_days_later() -> None:
    (opened,) = Clock().give(Ask("e1", FRIDAY, 2, 5), FRIDAY)
    assert opened == QueryOpened(
        evaluation_id="e1", asked_at=FRIDAY, round_trip=2, questions=5, remind_at=lima(30)
    )


def test_a_query_asked_at_night_is_counted_from_the_opening() -> None:
    (opened,) = Clock().give(Ask("e1", lima(3, 18), 1, 1), lima(3, 18))
    assert opened.remind_at == lima(8, 8, 30)  # from Monday the 6th at 8:30


def test_each_reminder_fires_once_at_its_instant(asked: Clock) -> None:
    due = lima(30)
    assert asked.give(Remind(due), due - timedelta(milliseconds=1)) == []
    assert asked.give(Remind(due), due) == [
        QueryReminded(evaluation_id="e1", number=1, due_at=due, next_at=lima(3, month=8))
    ]
    assert asked.give(Remind(due), due) == []
    assert next_due(asked.state) == lima(3, month=8)


def test_after_an_outage_one_late_reminder_and_then_the_pace_again(asked: Clock) -> None:
    late = lima(14, month=8)
    (reminded,) = asked.give(Remind(lima(30)), late)
    assert (reminded.due_at, reminded.next_at) == (lima(30), lima(18, month=8))
    assert asked.give(Remind(lima(30)), late) == []


@pytest.mark.parametrize("outcome", [QueryStatus.ANSWERED, QueryStatus.WITHDRAWN])
def test_a_closed_query_reminds_nobody(asked: Clock, outcome: QueryStatus) -> None:
    asked.give(Remind(lima(30)), lima(30))
    assert asked.give(Close("e1", outcome), lima(31)) == [
        QueryClosed(evaluation_id="e1", outcome=outcome, reminders=1)
    ]
    assert (asked.state.status, next_due(asked.state)) == (outcome, None)
    assert asked.give(Close("e1", outcome), lima(31)) == []
    assert asked.give(Remind(lima(3, month=8)), lima(4, month=8)) == []
    assert asked.give(Ask("e1", FRIDAY, 2, 5), FRIDAY) == []


@pytest.mark.parametrize("outcome", [QueryStatus.ANSWERED, QueryStatus.WITHDRAWN])
def test_an_end_that_is_heard_before_its_beginning_leaves_nothing_to_ask(
    outcome: QueryStatus,
) -> None:
    early = Clock()
    assert early.give(Close("e1", outcome), FRIDAY) == [
        QueryClosed(evaluation_id="e1", outcome=outcome, reminders=0)
    ]
    assert early.give(Ask("e1", FRIDAY, 2, 5), FRIDAY) == []
    assert (early.state.status, next_due(early.state)) == (outcome, None)
