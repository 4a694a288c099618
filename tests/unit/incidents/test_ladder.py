"""The escalation ladder: who is told at which share, each once, silent while a promise waits."""

from datetime import timedelta

import pytest

from services.incidents.domain import Expire
from services.incidents.domain.commands import Classify, Forward, Reroute, Take
from services.incidents.domain.stages import BROKEN_AFTER, StageName, Standing
from shared.contracts.incidents import IncidentBreached, IncidentWarned
from tests.support.incidents import (
    ANSWER,
    QUESTION,
    Case,
    at_tier_2,
    at_tier_3,
    lima,
    registered,
)


def fire(case: Case) -> list[tuple[str, int]]:
    """Let the next deadline come, as the worker does."""
    due = case.due
    assert due is not None
    case.give(Expire(due), due)
    assert case.due is None or case.due > due
    return announced(case)


def announced(case: Case) -> list[tuple[str, int]]:
    return [
        (event.stage, event.share if isinstance(event, IncidentWarned) else 100)
        for event, _ in case.told
        if isinstance(event, IncidentWarned | IncidentBreached)
    ]


def test_each_share_is_told_once_in_its_order() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 12))
    while case.due is not None:
        fire(case)

    assert announced(case) == [("solve_l2", 50), ("solve_l2", 80), ("solve_l2", 100)]
    (breach,) = case.all_of(IncidentBreached)
    assert breach.due_at == lima(8, 16, 30)


def test_each_rung_names_its_roles() -> None:
    case = at_tier_2()
    case.give(Take(), lima(1, 12))
    while case.due is not None:
        fire(case)

    told = [event.notify for event in case.all_of(IncidentWarned)]
    assert told == [("specialist_l2", "specialist_l3"), ("incident_coordinator",)]
    (breach,) = case.all_of(IncidentBreached)
    assert breach.notify == ("incident_coordinator", "incident_leader")
    assert breach.holder == "person:eva"


def test_the_due_second_is_still_in_time() -> None:
    case = registered()
    close = lima(1, 16, 30)
    assert case.give(Expire(close), close)  # the warning of the day
    before = len(case.told)
    case.give(Forward(), close)

    assert case.stage(StageName.FORWARD).standing is Standing.MET
    assert not case.all_of(IncidentBreached)
    assert len(case.told) == before + 1


def test_a_second_later_it_is_broken_and_told_before_what_came() -> None:
    case = registered()
    events = case.give(Forward(), lima(1, 16, 30) + BROKEN_AFTER)

    assert [type(event).__name__ for event in events] == ["IncidentBreached", "IncidentForwarded"]
    assert case.stage(StageName.FORWARD).standing is Standing.BREACHED


def test_after_an_outage_there_is_one_message_a_promise() -> None:
    """Everything fell due while nobody looked: the breaches are told, the warnings are not."""
    case = registered()
    case.give(Expire(lima(1, 15)), lima(20))

    assert announced(case) == [("forward", 100), ("respond", 100)]
    assert case.give(Expire(lima(20)), lima(21)) == []
    assert case.due is None


@pytest.mark.parametrize("days", [1, 9, 40])
def test_a_wait_for_the_provider_silences_the_term(days: int) -> None:
    case = at_tier_3()
    case.give(Take(), lima(1, 13))
    case.give(QUESTION, lima(2))
    assert case.due is None
    assert case.give(Expire(lima(8, 16, 30)), lima(2) + timedelta(days=days)) == []
    case.give(ANSWER, lima(2) + timedelta(days=days))

    assert announced(case) == []
    assert case.due is not None


def test_a_warning_put_off_by_a_later_wait_is_told_again() -> None:
    """The second wait stands still after half of the budget was announced: that stays told."""
    case = at_tier_3()
    case.give(QUESTION, lima(2))
    case.give(ANSWER, lima(6))
    assert fire(case) == [("solve_l3", 50)]
    case.give(QUESTION, lima(10))
    case.give(ANSWER, lima(15))

    assert fire(case) == [("solve_l3", 50), ("solve_l3", 80)]


def test_going_back_to_an_announced_date_announces_nothing_again() -> None:
    case = registered(criticality="low")
    case.give(Forward(), lima(1, 11))
    case.give(Reroute("rnp", "Es suya."), lima(1, 12))
    case.give(Expire(lima(2, 15)), lima(2, 15))
    before = announced(case).count(("respond", 50))
    case.give(Classify("Es grave.", criticality="high"), lima(2, 15, 1))
    case.give(Classify("No lo es.", criticality="low"), lima(2, 15, 2))
    case.give(Expire(lima(2, 15, 3)), lima(2, 15, 3))

    assert before == 1
    assert announced(case).count(("respond", 50)) == 1
