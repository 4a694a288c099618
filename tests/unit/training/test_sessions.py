"""Sessions when people are on shift: who can be reached before the term, and who was there."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.training.domain.availability import Wanted, on_shift, propose
from services.training.domain.lifecycle import PlanStatus
from services.training.domain.member import Away, Member
from services.training.domain.plan_state import Plan
from services.training.domain.session import (
    SESSION_LIFE,
    CancelSession,
    Record,
    Schedule,
    Session,
    SessionAction,
    SessionStatus,
    decide,
    evolve,
)
from shared.decider import Given, Invalid, Rejected, Stamp
from tests.support.diagrams import ended
from tests.support.evaluations import lima
from tests.support.replications import SHA, policy

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "training.md"
# Wednesday 1 July 2026, in the week 2026-W27
WEEK = "2026-W27"
CASCADE = Plan(status=PlanStatus.CASCADE, leaders=("sofia", "mario"))
WANTED = Wanted(lima(1, 12), lima(2, 16, 30), timedelta(minutes=30), 2, 1)


def at(hours: float) -> datetime:
    """So many hours after the midnight before that Wednesday, in Lima."""
    return lima(1, 0) + timedelta(hours=hours)


def works(*duties: tuple[datetime, datetime], away: tuple[Away, ...] = ()) -> Member:
    return Member(("adviser",), date(2026, 1, 5), weeks={WEEK: duties}, away=away)


DAY = works((lima(1, 8), lima(1, 16)), (lima(2, 8), lima(2, 16)))
EVENING = works((at(14), at(22)))
NIGHT = works((at(18), at(32)))


def test_everybody_is_reached_when_they_are_on_shift_together() -> None:
    found = propose({"ana": DAY, "beto": EVENING}, WANTED, policy())
    (slot,) = found.proposal
    assert (slot.starts_at, slot.people) == (lima(1, 14), ("ana", "beto"))


def test_the_night_shift_gets_a_session_of_its_own() -> None:
    found = propose({"ana": DAY, "eva": NIGHT, "beto": EVENING}, WANTED, policy())
    assert sorted(one for slot in found.proposal for one in slot.people) == ["ana", "beto", "eva"]
    assert all(
        lima(1, 12) <= slot.starts_at < slot.ends_at <= lima(2, 16) for slot in found.proposal
    )


@pytest.mark.parametrize(
    ("member", "where"),
    [
        (works((lima(3, 8), lima(3, 16))), "unreachable"),
        (works((lima(1, 8), lima(1, 12, 20))), "unreachable"),
        (replace(DAY, away=(Away(date(2026, 7, 1), date(2026, 7, 3)),)), "unreachable"),
        (replace(DAY, weeks={}, away=(Away(date(2026, 7, 1), date(2026, 7, 2)),)), "unreachable"),
        (replace(DAY, last_on=date(2026, 6, 30)), "unreachable"),
        (works(), "unreachable"),
        (replace(DAY, weeks={}), "unrostered"),
        (Member(("adviser",), date(2026, 1, 5), weeks={"2026-W26": ()}), "unrostered"),
    ],
)
def test_who_cannot_be_reached_before_the_term_is_named(member: Member, where: str) -> None:
    """A58: the term counts people on leave and on other shifts."""
    found = propose({"ana": DAY, "luz": member}, WANTED, policy())
    assert getattr(found, where) == ("luz",)
    assert [slot.people for slot in found.proposal] == [("ana",)]


def test_too_few_seats_make_more_sessions_and_too_few_trainers_leave_people_over() -> None:
    crowd = {f"p{number}": works((lima(1, 13), lima(1, 13, 40))) for number in range(5)}
    alone = propose(crowd, WANTED, policy())
    assert (len(alone.proposal), len(alone.left_over)) == (1, 3)
    two = propose(crowd, replace(WANTED, trainers=2), policy())
    assert (len(two.proposal), len(two.left_over)) == (2, 1)
    day = propose(dict.fromkeys(crowd, DAY), WANTED, policy())
    assert (len(day.proposal), day.left_over) == (3, ())


def test_a_trainer_who_has_a_session_gives_no_other() -> None:
    booked = ((lima(1, 12, 30), lima(1, 13, 15)),)
    first = propose({"ana": DAY}, WANTED, policy()).proposal
    after = propose({"ana": DAY}, replace(WANTED, booked=booked), policy()).proposal
    beside = propose({"ana": DAY}, replace(WANTED, trainers=2, booked=booked), policy()).proposal
    assert [one.starts_at for one in (*first, *after)] == [lima(1, 12), lima(1, 12)]
    soon = replace(WANTED, since=lima(1, 12, 15))
    first = propose({"ana": DAY}, replace(soon, booked=booked), policy()).proposal
    assert [one.starts_at for one in first] == [lima(1, 13, 15)]
    assert beside == after


HOURS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=3)


@over(st.lists(HOURS, max_size=12), st.integers(1, 4), st.integers(1, 3))
def test_a_proposal_holds(people: list[list[tuple[int, int]]], seats: int, trainers: int) -> None:
    members = {
        f"p{number:02}": works(
            *(
                (lima(1) + timedelta(hours=at), lima(1) + timedelta(hours=at + long))
                for at, long in duties
            )
        )
        for number, duties in enumerate(people)
    }
    wanted = replace(WANTED, capacity=seats, trainers=trainers)
    found = propose(members, wanted, policy())
    trained = [one for slot in found.proposal for one in slot.people]
    everybody = [*trained, *found.unreachable, *found.unrostered, *found.left_over]
    assert sorted(everybody) == sorted(members)
    for slot in found.proposal:
        assert 1 <= len(slot.people) <= seats
        assert wanted.since <= slot.starts_at < slot.ends_at <= wanted.until
        for one in slot.people:
            assert on_shift(members[one], policy(), slot.starts_at, slot.ends_at)
        at_once = [
            o for o in found.proposal if o.starts_at < slot.ends_at > slot.starts_at < o.ends_at
        ]
        assert len(at_once) <= trainers


def test_the_diagram_is_the_table() -> None:
    assert f"```mermaid\n{ended(SESSION_LIFE)}\n```" in PAGE.read_text(encoding="utf-8")


def given(at: datetime) -> Given[Any]:
    return Given(at, "person:eva", "osinergmin", policy())


def schedule(**changes: Any) -> Schedule:
    command = Schedule("p1", CASCADE, "eva", lima(2, 9), lima(2, 10), 2, ("ana", "beto"))
    return replace(command, **changes)


SCHEDULED = evolve(
    Session(),
    decide(Session(), schedule(), given(lima(1)))[0],
    Stamp(lima(1), "x", 1),  # type: ignore[arg-type]
)
COMMANDS: dict[SessionAction, Any] = {
    SessionAction.SCHEDULE: schedule(),
    SessionAction.RECORD: Record(CASCADE, ("ana",), SHA),
    SessionAction.CANCEL: CancelSession("x"),
}


@pytest.mark.parametrize("status", SessionStatus)
@pytest.mark.parametrize("action", SessionAction)
def test_every_status_and_action(status: SessionStatus, action: SessionAction) -> None:
    state = replace(SCHEDULED, status=status)
    at = lima(1) if action is SessionAction.SCHEDULE else lima(2, 11)
    end = SESSION_LIFE.get((status, action))
    if end is None:
        with pytest.raises(Rejected, match=r"session\.illegal_transition"):
            decide(state, COMMANDS[action], given(at))
        return
    (event,) = decide(state, COMMANDS[action], given(at))
    assert evolve(state, event, Stamp(at, "x", 2)).status is end  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"plan": replace(CASCADE, status=PlanStatus.COMPLETED)}, Rejected, "plan.closed"),
        ({"ends_at": lima(2, 9)}, Invalid, "session.bad_times"),
        ({"ends_at": lima(2, 18)}, Invalid, "session.bad_times"),
        ({"starts_at": lima(1), "ends_at": lima(1, 11)}, Invalid, "session.in_the_past"),
        ({"is_trainer": False}, Invalid, "session.no_trainer"),
        ({"strangers": ("luz",)}, Invalid, "session.not_eligible"),
        ({"people": ()}, Invalid, "session.capacity"),
        ({"capacity": 1}, Invalid, "session.capacity"),
        ({"trainer_busy": True}, Rejected, "session.trainer_busy"),
        ({"off_shift": ("ana",)}, Rejected, "session.off_shift"),
    ],
)
def test_what_is_no_session(changes: dict[str, Any], error: type[Rejected], code: str) -> None:
    with pytest.raises(error) as refused:
        decide(Session(), schedule(**changes), given(lima(1, 10)))
    assert refused.value.code == code


LEADERS = replace(CASCADE, status=PlanStatus.LEADERS)


@pytest.mark.parametrize(
    ("command", "at", "code"),
    [
        (Record(replace(CASCADE, status=PlanStatus.READY), ("ana",)), 11, "plan.not_launched"),
        (Record(CASCADE, ("ana",)), 8, "session.not_begun"),
        (Record(CASCADE, ("luz",), strangers=("luz",)), 11, "session.not_eligible"),
        (Record(CASCADE, ("ana", "beto", "caro")), 11, "session.capacity"),
        (Record(LEADERS, ("sofia", "ana")), 11, "session.leaders_first"),
    ],
)
def test_an_attendance_that_cannot_be(command: Record, at: int, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        decide(SCHEDULED, command, given(lima(2, at)))
    assert refused.value.code == code


def test_the_list_is_kept_with_its_sheet_and_can_be_corrected() -> None:
    asked, stamp = given(lima(2, 11)), Stamp(lima(2, 11), "x", 2)
    (event,) = decide(SCHEDULED, Record(CASCADE, ("beto", "ana", "ana"), SHA), asked)
    held = evolve(SCHEDULED, event, stamp)  # type: ignore[arg-type]
    assert (held.present, held.sheet_sha256) == (("ana", "beto"), SHA)
    assert decide(held, Record(CASCADE, ("ana", "beto"), SHA), asked) == []
    (event,) = decide(held, Record(CASCADE, ("ana",), SHA), asked)
    assert evolve(held, event, stamp).present == ("ana",)  # type: ignore[arg-type]
    (event,) = decide(SCHEDULED, Record(LEADERS, ("sofia",)), asked)
    assert evolve(SCHEDULED, event, stamp).present == ("sofia",)  # type: ignore[arg-type]
