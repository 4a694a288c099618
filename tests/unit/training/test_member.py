"""What training keeps of a person."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.training.domain.member import (
    ChangeRoles,
    ComeBack,
    Enlist,
    GoAway,
    Leave,
    Member,
    Roster,
    decide,
    evolve,
)
from shared.decider import Given, Stamp
from tests.support.replications import policy

AT = datetime(2026, 7, 1, 15, tzinfo=UTC)
JOINED = Enlist(("adviser",), date(2026, 7, 1))


def after(*commands: Any) -> Member:
    member = Member()
    for command in commands:
        events: list[Any] = list(decide(member, command, Given(AT, "x", "osinergmin", policy())))
        for event in events:
            member = evolve(member, event, Stamp(AT, "system:people", 1))
    return member


@pytest.mark.parametrize(
    ("commands", "day", "active"),
    [
        ((), date(2026, 7, 1), False),
        ((JOINED,), date(2026, 6, 30), False),
        ((JOINED,), date(2026, 7, 1), True),
        ((JOINED, Leave(date(2026, 7, 10))), date(2026, 7, 10), True),
        ((JOINED, Leave(date(2026, 7, 10))), date(2026, 7, 11), False),
        (
            (JOINED, Leave(date(2026, 7, 10)), Enlist(("adviser",), date(2026, 8, 1))),
            date(2026, 8, 1),
            True,
        ),
    ],
)
def test_a_person_is_active_from_the_first_to_the_last_day(
    commands: tuple[Any, ...], day: date, *, active: bool
) -> None:
    assert after(*commands).is_active(day) is active


def test_shifts_and_absences_are_known_for_as_long_as_they_matter() -> None:
    late = AT + timedelta(hours=8)
    member = after(
        JOINED, Roster("2026-W27", ((AT, late),)), GoAway(date(2026, 7, 3), date(2026, 7, 4))
    )
    assert member.weeks == {"2026-W27": ((AT, late),)}
    there = [member.is_there(date(2026, 7, day)) for day in (2, 3, 4, 5)]
    assert there == [True, False, False, True]
    assert after(
        JOINED, GoAway(date(2026, 7, 3), date(2026, 7, 4)), ComeBack(date(2026, 7, 3))
    ) == (after(JOINED))
    # a free week is known until it is long over, whatever is told after it
    free = after(JOINED, Roster("2026-W28", ()), Roster("2026-W29", ((AT, late),)))
    assert free.weeks["2026-W28"] == ()
    stamp = Stamp(AT + timedelta(days=30), "system:people", 9)
    (event,) = decide(member, Roster("2026-W31", ()), Given(AT, "x", "osinergmin", policy()))
    assert evolve(member, event, stamp).weeks == {"2026-W31": ()}  # type: ignore[arg-type]


def test_roles_are_replaced_whole() -> None:
    assert after(JOINED, ChangeRoles(("supervisor",))).roles == ("supervisor",)


@pytest.mark.parametrize("command", [JOINED, ChangeRoles(("adviser",)), Leave(date(2026, 7, 10))])
def test_what_is_known_changes_nothing(command: Any) -> None:
    member = after(JOINED, Leave(date(2026, 7, 10)))
    if isinstance(command, Enlist):
        member = after(JOINED)
    assert list(decide(member, command, Given(AT, "x", "osinergmin", policy()))) == []
