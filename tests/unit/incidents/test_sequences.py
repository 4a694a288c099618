"""What holds over any sequence of commands, in whatever order and however late they come."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.incidents.domain import LIFECYCLE, Action, Expire, Incident, Status, evolve
from services.incidents.domain.commands import (
    Attach,
    Classify,
    Convert,
    Coordinate,
    Dismiss,
    Elevate,
    Extend,
    Forward,
    Observe,
    Reopen,
    Reply,
    Reroute,
    Return,
    Solve,
    Take,
    TellExtension,
    Validate,
)
from services.incidents.domain.lifecycle import ENDED
from services.incidents.domain.model import NEVER
from services.incidents.domain.stages import StageName, Standing, clock_of
from shared.clock import State, account
from shared.contracts.incidents import IncidentBreached, IncidentWarned
from shared.decider import Rejected
from tests.support.incidents import ANSWER, QUESTION, SOLUTION, Case, lima, registered

COMMANDS: dict[str, tuple[Action, Any]] = {
    "forward": (Action.FORWARD, Forward()),
    "dismiss": (Action.DISMISS, Dismiss("No lo es.")),
    "take": (Action.TAKE, Take()),
    "fix": (Action.TAKE, Take("high", 3)),
    "elevate": (Action.ELEVATE, Elevate("Técnico.")),
    "reroute": (Action.REROUTE, Reroute("rnp", "Es suya.")),
    "reroute_back": (Action.REROUTE, Reroute("seace", "Es suya.")),
    "return": (Action.RETURN, Return("No es mía.")),
    "ask": (Action.ASK_PROVIDER, QUESTION),
    "answer": (Action.PROVIDER_ANSWERS, ANSWER),
    "solve": (Action.SOLVE, SOLUTION),
    "solve_plain": (Action.SOLVE, Solve("Ya.")),
    "validate": (Action.VALIDATE, Validate()),
    "observe": (Action.OBSERVE, Observe("Falta.")),
    "convert": (Action.CONVERT, Convert("RF-2026-000001", "Desarrollo.", "RNP")),
    "reply": (Action.REPLY, Reply()),
    "reopen": (Action.REOPEN, Reopen("Sigue.")),
    "extend": (Action.EXTEND, Extend(2, "Falta un dato.")),
    "tell": (Action.TELL_EXTENSION, TellExtension("El viernes.")),
    "classify": (Action.CLASSIFY, Classify("Se revisó.", criticality="low")),
    "classify_back": (Action.CLASSIFY, Classify("Se revisó.", criticality="high")),
    "attach": (Action.ATTACH, Attach("file-1", 7, "image/png", "ab" * 32)),
    "coordinate": (
        Action.COORDINATE,
        Coordinate(external=False, party="OTI", note="Se consultó."),
    ),
}
# a wild step is any command, else one of those that the status knows, or a deadline that fires
STEP = st.tuples(st.booleans(), st.integers(0, 10_000), st.integers(0, 90_000))
STEPS = st.lists(STEP, max_size=20)
# by chance alone few come far: where each begins
WAY = ("forward", "extend", "elevate", "ask", "answer", "solve", "observe")
PERSONS = ("person:eva", "person:sol")
# what ends an incident is drawn less often than what leads on
ENDING = frozenset({Action.DISMISS, Action.REPLY, Action.SOLVE, Action.CONVERT})


def command_of(case: Case, pick: int, at: datetime, *, wild: bool) -> Any:
    status = case.state.status
    known = [
        command
        for action, command in COMMANDS.values()
        if (wild and pick % 4 == 0)
        or ((status, action) in LIFECYCLE and (action not in ENDING or pick % 3 == 0))
    ]
    choices = [*known, Expire(case.due or at)]
    return choices[pick % len(choices)]


ALLOWED = {
    Status.TIER_1: ("tier1:",),
    Status.TIER_2: ("tier2:", "person:"),
    Status.TIER_3: ("tier3:", "person:"),
    Status.PROVIDER: ("provider:Telco",),
    Status.VALIDATING: ("tier2:", "person:"),
    Status.ANSWERED: ("tier1:",),
    Status.CONVERTED: ("tier1:",),
    Status.CLOSED: ("none",),
    Status.DISMISSED: ("none",),
}
SOLVE = {Status.TIER_2: StageName.SOLVE_L2, Status.TIER_3: StageName.SOLVE_L3}


def one_holder(case: Case) -> None:
    """Always one, of the tier that the status names, and nobody only at the end."""
    state = case.state
    assert state.holder.startswith(ALLOWED[state.status])
    assert state.open is (state.status not in ENDED)


def clocks_agree(case: Case, at: datetime) -> None:
    """What is told to run does run; what waits announces nothing; contractual never above raw."""
    running = [stage for stage in case.state.stages if stage.standing is Standing.RUNNING]
    assert len({stage.name for stage in running}) == len(running)
    assert case.state.due_at == min((stage.due_at for stage in running), default=NEVER)
    for stage in case.state.stages:
        clock = clock_of(stage, case.policy)
        assert clock.state in STATES[stage.standing], stage
        times = account(clock, max(at, clock.last_at), case.policy.calendar)
        assert 0 <= times.contractual <= times.raw
    if case.state.status in ENDED:
        assert not [stage for stage in case.state.stages if stage.is_open]
        assert case.due is None
    if case.state.status is Status.PROVIDER:
        term = case.stage(StageName.SOLVE_L3)
        assert term.standing is Standing.WAITING
    if (name := SOLVE.get(case.state.status)) is not None:
        assert case.stage(name).standing is Standing.RUNNING


STATES = {
    Standing.RUNNING: {State.RUNNING},
    Standing.WAITING: {State.PAUSED, State.DEFERRED},
    Standing.MET: {State.STOPPED},
    Standing.BREACHED: {State.STOPPED},
    Standing.DROPPED: {State.STOPPED},
}


# what ends each promise; where none of these may be done, its breach could not be helped
FULFIL = {
    StageName.FORWARD: {Action.FORWARD},
    StageName.RESPOND: {Action.TAKE, Action.SOLVE},
    StageName.ELEVATE: {Action.ELEVATE},
    StageName.SOLVE_L2: {Action.SOLVE},
    StageName.SOLVE_L3: {Action.SOLVE},
    StageName.VALIDATE: {Action.VALIDATE, Action.OBSERVE},
    StageName.REPLY: {Action.REPLY, Action.OBSERVE},
    StageName.EXTENSION: {Action.TELL_EXTENSION},
}


def somebody_can(case: Case) -> None:
    """Whatever promise runs, there is a step from here that fulfils it."""
    for stage in case.state.stages:
        if stage.standing is Standing.RUNNING:
            steps = {(case.state.status, action) for action in FULFIL[stage.name]}
            assert steps & set(LIFECYCLE), (case.state.status, stage.name)


def told_once(case: Case) -> None:
    """No share of one and the same promise twice; a new promise of a stage begins anew."""
    seen: set[tuple[str, int, datetime]] = set()
    for event, _ in case.told:
        begun = [clock.stage for clock in getattr(event, "clocks", ()) if clock.change == "start"]
        seen = {key for key in seen if key[0] not in begun}
        if isinstance(event, IncidentWarned | IncidentBreached):
            key = (event.stage, getattr(event, "share", 100), event.due_at)
            assert key not in seen
            seen.add(key)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, len(WAY)), STEPS)
def test_there_is_one_holder_and_clocks_do_what_they_say(
    came: int, steps: list[tuple[bool, int, int]]
) -> None:
    at = lima(1)
    case = registered(at)
    for name in WAY[:came]:
        case.give(COMMANDS[name][1], at)
    for wild, pick, seconds in steps:
        at += timedelta(seconds=seconds)
        before = case.state
        try:
            actor = PERSONS[pick % len(PERSONS)]
            case.give(command_of(case, pick, at, wild=wild), at, actor=actor)
        except Rejected:
            assert case.state == before
        one_holder(case)
        clocks_agree(case, at)
        somebody_can(case)
        told_once(case)
    refolded = Incident()
    for event, stamp in case.told:
        refolded = evolve(refolded, event, stamp)
    assert refolded == case.state


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 2_000_000), st.integers(1, 400_000), st.integers(1, 200_000))
def test_waiting_for_a_provider_never_costs_tier_3_time(
    waited: int, worked: int, again: int
) -> None:
    """The whole term lies behind the first answer, and all that was left behind the second."""
    case, at = registered(lima(1)), lima(1, 12)
    case.give(Forward(), at)
    case.give(Elevate("Técnico."), at)
    case.give(QUESTION, at)
    at += timedelta(seconds=waited)
    case.give(ANSWER, at)
    calendar, term = case.policy.calendar, case.stage(StageName.SOLVE_L3)
    promise = case.policy.tenant.promise("incident.solve.l3", at)
    assert term.due_at == promise.due_at
    assert account(clock_of(term, case.policy), at, calendar).contractual == 0
    asked = min(at + timedelta(seconds=worked), term.due_at)
    left = calendar.elapsed_business_time(max(asked, term.effective_at), term.due_at)
    case.give(QUESTION, asked)
    case.give(ANSWER, asked + timedelta(seconds=again))
    later = case.stage(StageName.SOLVE_L3).due_at
    resumed = max(asked + timedelta(seconds=again), term.effective_at)
    assert calendar.elapsed_business_time(resumed, later) == left
