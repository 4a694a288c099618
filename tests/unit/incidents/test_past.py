"""Incidents of older registers: their way in figures, and what they promise (nothing)."""

from datetime import datetime

import pytest

from services.incidents.domain import Incident, TakeOver, decide, evolve
from services.incidents.domain.commands import AskProvider, Extend, Reopen, Return, Solve, Take
from services.incidents.domain.past import Way, unnamed, way_of
from shared.contracts.incidents import IncidentImported, PastTurn
from shared.decider import Given, Invalid, Rejected, Stamp
from tests.support.incidents import EVERYBODY, Case, lima, policy_of

Turn = tuple[str, int, str, bool]
HOUR = 3_600


def turns(*given: Turn) -> tuple[PastTurn, ...]:
    """Turns an hour apart from Wednesday ten o'clock."""
    return tuple(
        PastTurn(at=lima(1, 10 + hour), tier=tier, group=group, wait=wait, closed=closed)
        for hour, (group, tier, wait, closed) in enumerate(given)
    )


def taken_over(*given: Turn) -> Case:
    case = Case()
    command = TakeOver("OLD-1", "No carga", turns(*given), "register", 2, origin="system")
    at = lima(1)
    for event in decide(case.state, command, Given(at, "system:import", "osce", case.policy)):
        stamp = Stamp(at, "system:import", len(case.told) + 1)
        case.told.append((event, stamp))
        case.state = evolve(case.state, event, stamp)
    return case


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ([("A", 1, "", False)], {"solved_by": 0, "reassignments": 0, "closed_at": None}),
        ([("A", 1, "", False), ("A", 1, "", True)], {"solved_by": 1, "tier": 1}),
        (
            [("A", 1, "", False), ("B", 2, "", False), ("A", 1, "", True)],
            {"reassignments": 2, "elevations": 1, "returns": 1, "reroutes": 0, "ping_pong": 1},
        ),
        (
            [("A", 1, "", False), ("B", 1, "", False), ("B", 1, "", False), ("A", 1, "", True)],
            {"reassignments": 2, "reroutes": 2, "ping_pong": 1},
        ),
        (
            [("A", 1, "", False), ("B", 2, "", False), ("C", 3, "", True)],
            {"ping_pong": 0, "elevations": 2, "first_tier": 1, "solved_by": 3},
        ),
        (
            [(group, 1, "", False) for group in "ABAB"],
            {"ping_pong": 2, "reassignments": 3},
        ),
        (
            [("A", 1, "user", False), ("A", 1, "user", False), ("A", 1, "", False)],
            {"waits": {"user": 2 * HOUR}},
        ),
        ([("A", 1, "user", False)], {"waits": {}}),
        (
            [("A", 1, "", True), ("A", 1, "", False), ("A", 2, "", True)],
            {"reopened": 1, "solved_by": 2},
        ),
    ],
)
def test_a_way_in_figures(way: list[Turn], expected: dict[str, object]) -> None:
    figures: Way = way_of(turns(*way))
    assert {name: getattr(figures, name) for name in expected} == expected


def test_a_clock_that_goes_back_waits_no_time() -> None:
    later, earlier = turns(("A", 1, "", False), ("A", 1, "user", False))
    back = [PastTurn(at=earlier.at, tier=1, wait="user"), PastTurn(at=later.at, tier=1)]
    assert way_of(back).waits == {"user": 0}


def test_it_is_entered_once_and_promises_nothing() -> None:
    case = taken_over(("V5", 1, "", False), ("V7", 3, "", False))
    command = TakeOver("OLD-1", "Otra", turns(("V5", 1, "", True)), "register", 9, origin="system")
    again = decide(case.state, command, Given(lima(2), "x", "osce", case.policy))

    assert again == []
    assert (case.state.status, case.state.holder, case.state.open) == ("tier_3", "tier3:V7", True)
    assert case.due is None
    assert case.state.stages == ()


def test_what_is_closed_has_both_times() -> None:
    case = taken_over(
        ("A", 1, "", False), ("A", 2, "provider", False), ("A", 2, "", False), ("A", 2, "", True)
    )
    (event,) = case.all_of(IncidentImported)
    assert (event.elapsed_seconds, event.contractual_seconds) == (3 * HOUR, 2 * HOUR)
    assert (case.state.status, case.state.holder) == ("closed", "none")
    assert case.state.past is not None
    assert case.state.past.waits == {"provider": HOUR}


def test_what_is_open_goes_on_by_hand_without_a_term() -> None:
    case = taken_over(("A", 2, "", False))
    for command in (Take(days=3), Extend(1, "Más.")):
        with pytest.raises(Rejected, match=r"incident\.no_term"):
            case.give(command, lima(2))
    case.give(Take(), lima(2))
    case.give(Solve("Ya.", ("log",)), lima(2, 11))
    assert case.state.status == "answered"

    third = taken_over(("A", 3, "", False))
    with pytest.raises(Rejected, match=r"incident\.no_term"):
        third.give(AskProvider("p", "q", "s"), lima(2))
    third.give(Return("No es nuestra."), lima(2))
    assert third.due is not None


def test_what_no_group_had_is_its_areas() -> None:
    case = taken_over((unnamed(1), 1, "", False), (unnamed(2), 2, "", False))
    assert (case.state.area, case.state.holder) == ("uaus", "tier2:uaus")
    assert case.state.past is not None
    assert case.state.past.reassignments == 1


def test_what_comes_back_goes_the_usual_way() -> None:
    case = taken_over(("A", 2, "", False), ("A", 2, "", True))
    case.give(Reopen("Sigue."), lima(6), EVERYBODY)
    assert (case.state.status, case.state.holder) == ("tier_1", "tier1:uaus")
    assert case.due is not None


@pytest.mark.parametrize(
    ("field", "code"),
    [("area", "unknown_area"), ("kind", "unknown_type"), ("criticality", "unknown_criticality")],
)
def test_words_the_account_does_not_have_are_refused(field: str, code: str) -> None:
    way = turns(("A", 1, "", False))
    command = TakeOver("OLD-1", "s", way, "r", 1, "system", **{field: "x"})
    with pytest.raises(Invalid, match=code):
        decide(Incident(), command, _given())


@pytest.mark.parametrize("number", [0, 2_001])
def test_a_way_has_one_turn_at_least_and_not_too_many(number: int) -> None:
    (turn,) = turns(("A", 1, "", False))
    with pytest.raises(Invalid, match=r"incident\.way_out_of_range"):
        decide(Incident(), TakeOver("O", "s", (turn,) * number, "r", 1, "system"), _given())


def _given(at: datetime | None = None) -> Given[object]:
    return Given(at or lima(1), "system:import", "osce", policy_of())
