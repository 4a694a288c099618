"""SLA clocks by example: waits, sides, warnings, outcomes, another policy."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.clock import (
    Calendar,
    Change,
    ClockError,
    Milestone,
    Plan,
    Side,
    SlaClock,
    State,
    Target,
    Term,
    Unit,
    account,
    advance,
    apply,
    begin,
    explain,
    left,
    next_due,
    pause,
    recompute,
    reopen,
    resume,
    start,
    stop,
    used,
)
from tests.unit.clock.asking import OFFICE

LIMA = ZoneInfo("America/Lima")
HOUR = 3600
CALENDAR = Calendar.parse(OFFICE)
PLAN = Plan(CALENDAR, (Target("reply", Term(1, source="A:L1867"), (50, 80)),), "v1")
SOLVE = Plan(CALENDAR, (Target("solve", Term(5, minimum=2, source="B:L1499")),), "v1")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=LIMA)


def _due(clock: SlaClock) -> datetime:
    return clock.promises[0].due_at


MONDAY = _at("08-10T08:30")


def test_a_running_clock_promises_warns_and_falls_due() -> None:
    clock = start(PLAN, MONDAY)
    assert clock.state is State.RUNNING
    assert _due(clock) == _at("08-11T16:30")
    assert clock.promises[0].budget == 16 * HOUR
    assert [(share, at) for share, at in clock.promises[0].warnings] == [
        (50, _at("08-10T16:30")),
        (80, _at("08-11T13:18")),
    ]


def test_milestones_come_in_order_and_once() -> None:
    clock = start(PLAN, MONDAY)
    assert next_due(clock) == Milestone("reply", 50, _at("08-10T16:30"))
    clock, first = advance(clock, _at("08-10T16:30"))
    assert [found.share for found in first] == [50]
    assert advance(clock, _at("08-10T17:00")) == (clock, ())
    clock, rest = advance(clock, _at("08-12T09:00"))
    assert [(found.share, found.superseded) for found in rest] == [(80, True), (100, False)]
    assert rest[-1].is_due
    assert next_due(clock) is None


def test_a_pause_moves_the_due_date_by_its_working_time() -> None:
    clock = pause(start(PLAN, MONDAY), _at("08-10T10:00"), "duda")
    assert (clock.state, next_due(clock)) == (State.PAUSED, None)
    assert advance(clock, _at("09-10T10:00"))[1] == ()
    clock = resume(clock, _at("08-11T09:30"), "duda", PLAN)
    assert _due(clock) == _at("08-12T16:00")
    assert used(clock, clock.promises[0], _at("08-11T10:30"), CALENDAR) == 2.5 * HOUR
    assert left(clock, clock.promises[0], _at("08-11T10:30"), CALENDAR) == 13.5 * HOUR


def test_a_pause_in_closed_time_costs_nothing() -> None:
    clock = pause(start(PLAN, MONDAY), _at("08-10T16:30"), "noche")
    assert _due(resume(clock, _at("08-11T08:30"), "noche", PLAN)) == _at("08-11T16:30")


def test_pauses_overlap_and_the_clock_waits_for_the_last() -> None:
    clock = start(PLAN, MONDAY)
    clock = pause(clock, _at("08-10T09:00"), "duda", Side.CLIENT)
    clock = pause(clock, _at("08-10T10:00"), "archivo", Side.THIRD_PARTY)
    clock = resume(clock, _at("08-10T11:00"), "duda", PLAN)
    assert clock.state is State.PAUSED
    clock = resume(clock, _at("08-10T12:00"), "archivo", PLAN)
    assert clock.state is State.RUNNING
    assert _due(clock) == _at("08-12T11:30")
    found = account(clock, _at("08-10T13:00"), CALENDAR)
    assert (found.client, found.third_party, found.provider) == (2 * HOUR, HOUR, 1.5 * HOUR)
    assert (found.raw, found.contractual) == (4.5 * HOUR, 1.5 * HOUR)


def test_the_cutoff_and_pauses_live_on_one_clock() -> None:
    plan = Plan(CALENDAR, (Target("reply", Term(1, cutoff=16 * HOUR)),), "v1")
    clock = start(plan, _at("08-10T16:15"))
    assert clock.promises[0].effective_at == _at("08-11T08:30")
    assert _due(clock) == _at("08-12T16:30")
    clock = pause(clock, _at("08-10T16:20"), "duda")
    clock = resume(clock, _at("08-11T09:30"), "duda", plan)
    assert _due(clock) == _at("08-13T09:30")


def test_contractual_time_begins_at_the_providers_answer() -> None:
    clock = start(SOLVE, MONDAY, deferred=True, reason="respuesta del proveedor")
    assert (clock.state, clock.promises, next_due(clock)) == (State.DEFERRED, (), None)
    clock = begin(clock, _at("08-12T10:00"), SOLVE)
    assert _due(clock) == _at("08-19T16:30")
    found = account(clock, _at("08-12T16:30"), CALENDAR)
    assert found.raw == 3 * 8 * HOUR
    assert found.contractual == 6.5 * HOUR
    assert (found.third_party, found.provider) == (17.5 * HOUR, 6.5 * HOUR)
    assert explain(clock.promises[0].steps).startswith(
        "recibido lun 10 ago 2026 08:30; plazo diferido de lun 10 ago 2026 08:30 a "
        "mié 12 ago 2026 10:00: respuesta del proveedor (tercero); 5 días hábiles"
    )


def test_a_clock_stopped_while_deferred_waits_again_when_reopened() -> None:
    clock = start(SOLVE, MONDAY, deferred=True, reason="proveedor")
    clock = stop(clock, _at("08-11T10:00"), SOLVE)
    assert clock.closings == ()
    clock = reopen(clock, _at("08-12T10:00"), SOLVE)
    assert clock.state is State.DEFERRED
    assert begin(clock, _at("08-13T10:00"), SOLVE).state is State.RUNNING


@pytest.mark.parametrize(
    ("done", "met", "too_fast"),
    [
        ("08-11T16:30:00", True, True),
        ("08-12T08:29:59", True, True),
        ("08-12T08:30:00", True, False),
        ("08-17T16:30:00", True, False),
        ("08-17T16:30:01", False, False),
    ],
)
def test_the_outcome_knows_minimum_and_maximum(done: str, *, met: bool, too_fast: bool) -> None:
    clock = stop(start(SOLVE, MONDAY), _at(done), SOLVE)
    assert clock.state is State.STOPPED
    (closing,) = clock.closings
    assert (closing.met, closing.too_fast, closing.version) == (met, too_fast, "v1")
    assert closing.due_at == _at("08-17T16:30")


def test_stopping_ends_open_pauses_first() -> None:
    clock = pause(start(PLAN, MONDAY), _at("08-10T10:00"), "duda")
    clock = stop(clock, _at("08-12T10:00"), PLAN)
    assert clock.closings[0].met
    assert clock.closings[0].due_at == _at("08-13T16:30")
    assert all(hold.end is not None for hold in clock.holds[:-1])


def test_reopening_keeps_what_is_left_and_the_old_outcome() -> None:
    clock = stop(start(PLAN, MONDAY), _at("08-10T12:30"), PLAN)
    closed = clock.closings
    assert (clock.state, next_due(clock)) == (State.STOPPED, None)
    clock = reopen(clock, _at("08-20T08:30"), PLAN)
    assert clock.closings == closed
    assert _due(clock) == _at("08-21T12:30")
    again = stop(clock, _at("08-24T09:00"), PLAN)
    assert [closing.met for closing in again.closings] == [True, False]


def test_a_corrected_calendar_moves_open_promises_only() -> None:
    decree = Plan(Calendar.parse({**OFFICE, "holidays": ["2026-08-11"]}), PLAN.targets, "v2")
    running = start(PLAN, MONDAY)
    moved = recompute(running, _at("08-10T09:00"), decree)
    assert (_due(moved), moved.version) == (_at("08-12T16:30"), "v2")
    stopped = stop(running, _at("08-10T12:00"), PLAN)
    assert recompute(stopped, _at("08-10T13:00"), decree) == stopped


def test_a_milestone_that_moves_into_the_future_will_be_announced_again() -> None:
    clock, _ = advance(start(PLAN, MONDAY), _at("08-11T17:00"))
    longer = replace(PLAN, targets=(Target("reply", Term(3), (50, 80)),), version="v2")
    clock = recompute(clock, _at("08-11T17:00"), longer)
    assert clock.passed == (("reply", 50),)
    assert next_due(clock) == Milestone("reply", 80, _at("08-13T10:06"))


def test_running_terms_are_paused_by_the_wall_clock() -> None:
    plan = Plan(CALENDAR, (Target("call", Term(86_400, Unit.SECOND)),), "v1")
    clock = pause(start(plan, _at("08-07T18:00")), _at("08-07T20:00"), "duda")
    clock = resume(clock, _at("08-08T02:00"), "duda", plan)
    assert _due(clock) == _at("08-09T00:00")
    assert used(clock, clock.promises[0], _at("08-08T03:00"), CALENDAR) == 3 * HOUR


def test_each_side_may_count_in_its_own_calendar() -> None:
    always = Calendar.parse(
        {
            "tz": "UTC",
            "weekly": {day: [["00:00", "24:00"]] for day in (*OFFICE["weekly"], "sat", "sun")},
        }
    )
    clock = pause(start(PLAN, MONDAY), _at("08-10T16:30"), "duda")
    clock = resume(clock, _at("08-11T08:30"), "duda", PLAN)
    found = account(clock, _at("08-11T08:30"), CALENDAR, {Side.CLIENT: always})
    assert (found.client, found.provider) == (16 * HOUR, 8 * HOUR)


def test_the_explanation_tells_each_pause() -> None:
    clock = pause(start(PLAN, MONDAY), _at("08-10T10:00"), "duda del asesor")
    clock = resume(clock, _at("08-10T12:00"), "duda del asesor", PLAN)
    assert explain(clock.promises[0].steps) == (
        "recibido lun 10 ago 2026 08:30; 1 día hábil; vencía mar 11 ago 2026 16:30; "
        "pausa de lun 10 ago 2026 10:00 a lun 10 ago 2026 12:00, 2:00:00 hábiles: "
        "duda del asesor (cliente); vence mié 12 ago 2026 10:30; A:L1867"
    )


RUNNING = start(PLAN, MONDAY)
PAUSED = pause(RUNNING, MONDAY, "duda")
STOPPED = stop(RUNNING, MONDAY, PLAN)
DEFERRED = start(PLAN, MONDAY, deferred=True)
LEGAL = {
    (State.RUNNING, "pause"),
    (State.RUNNING, "stop"),
    (State.PAUSED, "resume"),
    (State.PAUSED, "pause"),
    (State.PAUSED, "stop"),
    (State.DEFERRED, "begin"),
    (State.DEFERRED, "pause"),
    (State.DEFERRED, "stop"),
    (State.STOPPED, "reopen"),
}


@pytest.mark.parametrize("clock", [RUNNING, PAUSED, STOPPED, DEFERRED], ids=lambda c: c.state)
@pytest.mark.parametrize("kind", ["begin", "pause", "resume", "stop", "reopen", "explode"])
def test_every_change_in_every_state(clock: SlaClock, kind: str) -> None:
    other = "duda" if kind == "resume" else "archivo"
    change = Change(kind, MONDAY + timedelta(hours=1), other)
    if (clock.state, kind) in LEGAL:
        assert apply(clock, change, PLAN) != clock
        return
    with pytest.raises(ClockError, match="illegal_change"):
        apply(clock, change, PLAN)


def test_the_same_reason_pauses_once() -> None:
    with pytest.raises(ClockError, match="reason: illegal_change"):
        pause(PAUSED, MONDAY, "duda")


def test_changes_go_forward_in_time() -> None:
    with pytest.raises(ClockError, match="at: time_reversed"):
        pause(RUNNING, MONDAY - timedelta(seconds=1), "duda")


@pytest.mark.parametrize("naive", ["start", "pause"])
def test_naive_instants_are_refused(naive: str) -> None:
    when = MONDAY.replace(tzinfo=None)
    with pytest.raises(ClockError, match="naive_instant"):
        start(PLAN, when) if naive == "start" else pause(RUNNING, when, "duda")


@pytest.mark.parametrize("warnings", [(0,), (100,), (80, 50), (50, 50), (-1,)])
def test_warnings_are_ascending_percents(warnings: tuple[int, ...]) -> None:
    with pytest.raises(ClockError, match="warnings"):
        Target("reply", Term(1), warnings)
