"""Laws of SLA clocks over any sequence of legal changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.clock import (
    Calendar,
    CalendarSpec,
    Change,
    ClockError,
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
    left,
    next_due,
    parse_weekly,
    recompute,
    replay,
    start,
    used,
)

laws = settings(max_examples=60, deadline=None)
SPEC = CalendarSpec(
    "America/Santiago",
    parse_weekly(
        {
            "mon": [["08:30", "12:30"], ["13:30", "17:30"]],
            "tue": [["08:30", "17:30"]],
            "thu": [["08:30", "17:30"]],
            "fri": [["20:00", "04:00"]],
        }
    ),
)
PLAN = Plan(
    Calendar(SPEC),
    (
        Target("respond", Term(1, cutoff=16 * 3600, source="A:L1"), (50, 80)),
        Target("solve", Term(5, minimum=2, source="A:L2"), (80,)),
        Target("call", Term(86_400, Unit.SECOND, source="A:L3"), (50,)),
        Target("work", Term(9 * 3600, Unit.BUSINESS_SECOND, source="A:L4")),
        Target("same", Term(1, Unit.BUSINESS_DAY_SAME_TIME, source="A:L5"), (99,)),
    ),
    "v1",
)
OTHER = Plan(
    Calendar(replace(SPEC, tz="America/Lima")),
    (Target("respond", Term(2, source="A:L9"), (50,)),),
    "v2",
)
RECEIVED = datetime(2024, 4, 3, 15, tzinfo=UTC)
AT_LAST = RECEIVED + timedelta(days=90)
KINDS = ("begin", "pause", "pause", "resume", "resume", "stop", "reopen")


@st.composite
def histories(draw: st.DrawFn) -> tuple[SlaClock, tuple[Change, ...]]:
    """A started clock and changes that it accepts, at most a few days apart."""
    begun = start(PLAN, RECEIVED, deferred=draw(st.booleans()), reason="proveedor")
    clock, at, changes = begun, RECEIVED, []
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(seconds=draw(st.integers(0, 3 * 86_400)))
        change = Change(
            draw(st.sampled_from(KINDS)),
            at,
            draw(st.sampled_from(("duda", "archivo"))),
            draw(st.sampled_from(Side)),
        )
        try:
            clock = apply(clock, change, PLAN)
        except ClockError:
            continue
        changes.append(change)
    return begun, tuple(changes)


@laws
@given(histories())
def test_replay_of_the_events_is_the_incremental_state(
    history: tuple[SlaClock, tuple[Change, ...]],
) -> None:
    begun, changes = history
    clock = begun
    for change in changes:
        clock = apply(clock, change, PLAN)
    assert replay(begun, changes, PLAN) == clock


@laws
@given(histories())
def test_the_state_survives_json(history: tuple[SlaClock, tuple[Change, ...]]) -> None:
    adapter = TypeAdapter(SlaClock)
    clock = replay(*history, PLAN)
    assert adapter.validate_json(adapter.dump_json(clock)) == clock


@laws
@given(histories())
def test_recomputing_under_the_same_plan_changes_nothing(
    history: tuple[SlaClock, tuple[Change, ...]],
) -> None:
    clock = replay(*history, PLAN)
    assert recompute(clock, clock.last_at, PLAN) == clock


@laws
@given(histories())
def test_recomputing_is_replaying_under_the_other_plan(
    history: tuple[SlaClock, tuple[Change, ...]],
) -> None:
    begun, changes = history
    clock = replay(begun, changes, PLAN)
    fresh = start(OTHER, RECEIVED, deferred=begun.begun_at is None, reason="proveedor")
    other = replay(fresh, changes, OTHER)
    again = recompute(clock, clock.last_at, OTHER)
    if clock.state is State.STOPPED:
        assert again == clock
    else:
        assert again.promises == other.promises
        assert again.closings == clock.closings


@laws
@given(histories())
def test_due_dates_never_move_earlier(history: tuple[SlaClock, tuple[Change, ...]]) -> None:
    clock, changes = history
    for change in changes:
        before = {promised.target: promised.due_at for promised in clock.promises}
        clock = apply(clock, change, PLAN)
        for promised in clock.promises:
            assert promised.due_at >= before.get(promised.target, promised.due_at)


@laws
@given(histories())
def test_closed_promises_are_never_rewritten(
    history: tuple[SlaClock, tuple[Change, ...]],
) -> None:
    clock, changes = history
    for change in changes:
        closings = clock.closings
        clock = recompute(apply(clock, change, PLAN), change.at, PLAN)
        assert clock.closings[: len(closings)] == closings


@laws
@given(histories(), st.lists(st.integers(0, 90 * 86_400), max_size=6))
def test_each_milestone_is_announced_once_and_never_while_waiting(
    history: tuple[SlaClock, tuple[Change, ...]], looks: list[int]
) -> None:
    clock = replay(*history, PLAN)
    if clock.state is not State.RUNNING:
        assert next_due(clock) is None
        assert advance(clock, AT_LAST) == (clock, ())
        return
    announced = []
    for seconds in [*sorted(looks), 90 * 86_400]:
        at = clock.last_at + timedelta(seconds=seconds)
        clock, reached = advance(clock, at)
        announced += [(found.target, found.share) for found in reached]
        assert all(found.at <= at for found in reached)
        following = next_due(clock)
        assert following is None or following.at > at
    assert len(announced) == len(set(announced))
    assert len(announced) == 5 + sum(len(target.warnings) for target in PLAN.targets)


@laws
@given(histories(), st.integers(0, 40 * 86_400))
def test_the_sides_share_all_raw_time(
    history: tuple[SlaClock, tuple[Change, ...]], seconds: int
) -> None:
    clock = replay(*history, PLAN)
    found = account(clock, clock.last_at + timedelta(seconds=seconds), PLAN.calendar)
    assert found.client + found.provider + found.third_party == found.raw
    assert 0 <= found.contractual <= found.raw


@laws
@given(histories())
def test_what_is_used_and_left_is_the_budget_and_ends_at_the_due_date(
    history: tuple[SlaClock, tuple[Change, ...]],
) -> None:
    clock = replay(*history, PLAN)
    if clock.state is not State.RUNNING:
        return
    for promised in clock.promises:
        spent = used(clock, promised, promised.due_at, PLAN.calendar)
        rest = left(clock, promised, promised.due_at, PLAN.calendar)
        assert spent + rest == promised.budget
        if promised.due_at >= clock.last_at:
            assert rest == 0
