"""Meetings of the teams: what each step needs, and which day that passes is told, once."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.incidents.api.meetings import NewMeeting
from services.incidents.api.statistics import FrequencyQuery
from services.incidents.domain.meeting import (
    Cancel,
    Command,
    Commit,
    Fulfil,
    Hold,
    Meeting,
    Pass,
    Plan,
    decide,
    evolve,
    next_due,
)
from shared.contracts import EventBody
from shared.contracts.incidents import MeetingFulfilled, MeetingMissed, MeetingOverdue
from shared.decider import Given, Invalid, Rejected, Stamp
from tests.support.incidents import lima, policy_of

PLAN = Plan("coordinators", date(2026, 7, 3), ("Revisar los tiempos",))
HOLD = Hold(date(2026, 7, 3), "Se revisaron.", 35, ("role:incident_leader",))
COMMIT = Commit("Publicar la guía", "role:specialist_l2", date(2026, 7, 10), "seace", "error")


@dataclass
class Table:
    """A meeting that remembers what was told of it."""

    state: Meeting = field(default_factory=Meeting)
    told: list[EventBody] = field(default_factory=list)

    def give(self, command: Command, at: datetime) -> list[EventBody]:
        given = Given(at, "person:eva", "osce", policy_of())
        events = list(decide(self.state, command, given))
        for event in events:
            self.told.append(event)
            self.state = evolve(self.state, event, Stamp(at, "person:eva", len(self.told)))
        return events


def planned() -> Table:
    table = Table()
    table.give(PLAN, lima(1))
    return table


def held() -> Table:
    table = planned()
    table.give(HOLD, lima(3))
    return table


def committed() -> Table:
    table = held()
    table.give(COMMIT, lima(3, 11))
    return table


def test_a_meeting_is_held_with_its_minutes_and_commitments() -> None:
    table = committed()
    (made,) = table.state.commitments

    assert (table.state.standing, table.state.duration) == ("held", 35)
    assert (made.number, made.owner, made.due_on) == (1, COMMIT.owner, COMMIT.due_on)
    assert made.due_at == lima(10, 18, 59, 59) + timedelta(hours=5)
    assert table.state.due_at == made.due_at


def test_a_day_that_passes_without_the_meeting_is_told_once() -> None:
    table = planned()
    due = next_due(table.state)
    assert due == lima(3, 18, 59, 59) + timedelta(hours=5, seconds=1)
    (missed,) = table.give(Pass(due), due)

    assert isinstance(missed, MeetingMissed)
    assert table.give(Pass(due), lima(20)) == []
    assert next_due(table.state) is None
    table.give(HOLD, lima(20))
    assert table.state.standing == "held"


@pytest.mark.parametrize("command", [HOLD, Cancel("Feriado.")])
def test_a_meeting_that_is_over_waits_for_nothing(command: Command) -> None:
    table = planned()
    table.give(command, lima(3))
    assert next_due(table.state) is None
    with pytest.raises(Rejected, match=r"meeting\.illegal_step"):
        table.give(command, lima(3, 11))


def test_an_overdue_commitment_is_told_once_and_can_still_be_kept() -> None:
    table = committed()
    due = next_due(table.state)
    assert due is not None
    (overdue,) = table.give(Pass(due), lima(20))
    assert isinstance(overdue, MeetingOverdue)
    assert (overdue.number, overdue.owner) == (1, COMMIT.owner)
    assert next_due(table.state) is None
    assert table.state.due_at is not None
    (kept,) = table.give(Fulfil(1, "Publicada."), lima(21))

    assert isinstance(kept, MeetingFulfilled)
    assert not kept.in_time
    assert kept.owner == COMMIT.owner
    assert table.state.due_at is None


def test_a_commitment_kept_in_time_is_never_overdue() -> None:
    table = committed()
    table.give(Fulfil(1, "Publicada."), lima(10, 18))

    assert next_due(table.state) is None
    assert table.state.commitments[0].in_time
    assert table.give(Pass(lima(20)), lima(20)) == []


def test_what_passed_is_told_before_what_came_after() -> None:
    table = committed()
    events = table.give(Fulfil(1, "Tarde."), lima(20))
    assert [type(event).__name__ for event in events] == ["MeetingOverdue", "MeetingFulfilled"]


@pytest.mark.parametrize(
    ("make", "command", "code"),
    [
        (Table, HOLD, "meeting.illegal_step"),
        (planned, PLAN, "meeting.illegal_step"),
        (planned, COMMIT, "meeting.illegal_step"),
        (planned, Fulfil(1, "x"), "meeting.illegal_step"),
        (held, Cancel("x"), "meeting.illegal_step"),
        (held, Fulfil(1, "x"), "meeting.no_such_commitment"),
        (planned, Hold(date(2026, 7, 4), "x", 10, ()), "meeting.in_the_future"),
        (held, Commit("x", "role:adviser", date(2026, 7, 2)), "meeting.due_in_the_past"),
        (Table, Plan("choir", date(2026, 7, 3), ("x",)), "incident.unknown_team"),
        (held, Commit("x", "role:adviser", date(2026, 7, 9), "mars"), "incident.unknown_area"),
        (held, Commit("x", "area:mars", date(2026, 7, 9)), "incident.unknown_area"),
        (held, Commit("x", "role:a", date(2026, 7, 9)), "meeting.unknown_role"),
    ],
)
def test_a_step_that_cannot_be_is_refused(make: object, command: Command, code: str) -> None:
    table: Table = make()  # type: ignore[operator]
    with pytest.raises(Rejected) as refusal:
        table.give(command, lima(3, 12))
    assert refusal.value.code == code


def test_a_commitment_is_kept_once() -> None:
    table = committed()
    table.give(Fulfil(1, "Ya."), lima(4))
    with pytest.raises(Rejected, match=r"meeting\.already_fulfilled"):
        table.give(Fulfil(1, "Ya."), lima(5))


def test_commitments_are_not_without_end() -> None:
    table = held()
    for _ in range(200):
        table.give(COMMIT, lima(3, 11))
    with pytest.raises(Rejected, match=r"meeting\.too_many_commitments"):
        table.give(COMMIT, lima(3, 11))


def test_a_team_that_nobody_knows_is_refused_with_the_list() -> None:
    with pytest.raises(Invalid) as refusal:
        Table().give(Plan("choir", date(2026, 7, 3), ("x",)), lima(1))
    assert "coordinators" in str(refusal.value.fields["known"])


@pytest.mark.parametrize("day", ["1999-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_that_no_calendar_has_is_refused(day: str) -> None:
    """The end of the last day there is has no instant."""
    with pytest.raises(ValidationError):
        NewMeeting.model_validate({"team": "coordinators", "on": day, "objectives": ["o"]})
    with pytest.raises(ValidationError):
        FrequencyQuery.model_validate({"from": day, "to": day})
