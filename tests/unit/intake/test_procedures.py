"""What is in force: versions by day, names written in several ways, and what is newer."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake.cases import PROCEDURE
from services.intake.contradictions import newer_than, procedure_id, put_in_force
from services.intake.domain import Overlap, Relation, Request, Status
from services.intake.domain.procedure import (
    KEPT,
    Procedure,
    PutInForce,
    Subject,
    Version,
    decide,
    evolve,
    key_of,
)
from shared.decider import Stamp
from tests.unit.intake.bench import AT, POLICY, given


def version(day: int, request_id: str = "", hour: int = 12) -> Version:
    name = request_id or f"r-{day}"
    at = datetime(2026, 7, 1, hour, tzinfo=UTC)
    return Version(0, name, name.upper(), "information", "t", date(2026, 7, day), at)


def procedure(*versions: Version, subject: Subject = Subject.PROCEDURE) -> Procedure:
    state = Procedure()
    for one in versions:
        for event in decide(state, PutInForce(subject, "Denuncias", one), given()):
            state = evolve(state, event, Stamp(AT, "system:intake", 1))
    return state


@pytest.mark.parametrize(("day", "holds"), [(9, None), (10, "r-10"), (14, "r-10"), (15, "r-15")])
def test_a_version_holds_from_its_day_until_the_next_one_applies(
    day: int, holds: str | None
) -> None:
    state = procedure(version(15), version(10))
    found = state.in_force(date(2026, 7, day))
    assert (found and found.request_id) == holds


def test_of_two_from_one_day_the_later_deployed_holds() -> None:
    state = procedure(version(10, "late", hour=15), version(10, "early", hour=9))
    found = state.in_force(date(2026, 7, 10))
    assert found is not None
    assert found.request_id == "late"


def test_what_lies_ahead_is_told_in_its_order() -> None:
    state = procedure(version(20), version(10), version(15))
    assert [one.request_id for one in state.ahead(date(2026, 7, 12))] == ["r-15", "r-20"]
    assert state.number == 3


def test_a_request_is_put_in_force_once_and_the_versions_at_hand_are_bounded() -> None:
    state = procedure(version(10), version(10))
    assert state.number == 1
    many = procedure(*(version(10, f"r-{number}") for number in range(KEPT + 5)))
    assert (many.number, len(many.versions)) == (KEPT + 5, KEPT)


def test_two_ways_to_write_a_name_are_one_procedure() -> None:
    assert key_of("  Denuncias  de ALUMBRADO ") == key_of("denúncias de alumbrado")
    ids = {procedure_id("osinergmin", Subject.PROCEDURE, name) for name in ("Ñandú", "nandu")}
    others = {
        procedure_id("osce", Subject.PROCEDURE, "x"),
        procedure_id("osce", Subject.TOPIC, "x"),
    }
    assert (len(ids), len(others)) == (1, 2)


def deployed(**more: Any) -> Request:
    done = datetime(2026, 7, 21, 3, tzinfo=UTC)  # still the 20th in Lima
    fields = {"request_type": "information", "topic": "tema", "touches": ("a", "b", "A")} | more
    return Request(status=Status.CLOSED, code="c", closed_at=done, outcome="deployed", **fields)


@pytest.mark.parametrize(
    ("effective_on", "applies_on"),
    [(None, 20), (date(2026, 7, 1), 20), (date(2026, 7, 31), 31)],
)
def test_a_deployed_request_holds_for_its_topic_and_all_it_touches(
    effective_on: date | None, applies_on: int
) -> None:
    sends = put_in_force("r-1", "osinergmin", deployed(effective_on=effective_on), POLICY)
    assert [(one.kind, one.create) for one in sends] == [(PROCEDURE.stream, True)] * 3
    assert {one.command.subject for one in sends} == set(Subject)
    assert {one.command.version.applies_on for one in sends} == {date(2026, 7, applies_on)}


def test_access_that_was_given_is_no_rule() -> None:
    assert put_in_force("r-1", "osinergmin", deployed(request_type="system_access"), POLICY) == []


def test_only_what_holds_from_a_later_day_is_newer() -> None:
    touched = procedure(version(20, "new"))
    topic = procedure(version(20, "new"), subject=Subject.TOPIC)
    found = newer_than(date(2026, 7, 19), "mine", [touched, topic])
    assert found == [Overlap("new", "NEW", ("Denuncias",), "Denuncias", Relation.NEWER_RULE)]
    assert newer_than(date(2026, 7, 20), "mine", [touched, topic]) == []
    assert newer_than(date(2026, 7, 19), "new", [touched, topic]) == []
