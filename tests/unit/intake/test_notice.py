"""Lead times from history, and what a reception says of others in course."""

from datetime import date

from services.intake.domain import Overlap, Receive, Request, decide, evolve
from services.intake.notice import Notice, by_area
from shared.decider import Stamp
from tests.unit.intake.bench import AT, given


def test_nine_of_ten_that_were_deployed_would_have_had_enough_with_what_is_suggested() -> None:
    day = date(2026, 7, 1)
    deployed = [Notice("DSR", day, date(2026, 7, 4), date(2026, 7, 1 + n)) for n in range(1, 11)]
    (area,) = by_area(deployed)
    assert (area.deployed, area.needed_days, area.suggested_days) == (10, 5.5, 9)
    assert (area.requests, area.given_days, area.enough) == (10, 3.0, 0)


def test_areas_are_apart_and_nothing_is_suggested_without_a_past() -> None:
    day = date(2026, 7, 1)
    none, some = by_area([Notice("B", day, day, day), Notice("A", day, date(2026, 7, 3), None)])
    assert (none.area, none.given_days, none.suggested_days, none.enough) == ("A", 2.0, None, 0)
    assert (some.area, some.suggested_days, some.enough) == ("B", 0, 1)


def test_others_in_course_are_named_in_an_event_and_kept() -> None:
    other = Overlap("r-1", "SOL-2026-000001", ("denuncias",))
    command = Receive("SOL-2026-000002", "information", "t", "s", "d", overlaps=(other,))
    request = Request()
    events = decide(request, command, given())
    for number, event in enumerate(events, 1):
        request = evolve(request, event, Stamp(AT, "person:ana", number))
    assert [event.event_type.split(".")[2] for event in events] == ["received", "overlapped"]
    assert request.overlaps == (other,)
