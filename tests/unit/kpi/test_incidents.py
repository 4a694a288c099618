"""What lives of incidents add to the figures, against a recount by other code."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.incidents.domain.commands import (
    Classify,
    Dismiss,
    Elevate,
    Expire,
    Forward,
    Observe,
    Reopen,
    Reply,
    Reroute,
    Return,
    Solve,
    Take,
    Validate,
)
from services.incidents.domain.model import Incident
from services.incidents.domain.past import TakeOver, take_over
from services.kpi.answers import Share, shares
from services.kpi.definitions import INDICATORS, Indicator, report
from services.kpi.families import Counts, Key
from services.kpi.kinds import KINDS, Life
from services.kpi.measures import Measure, Thing
from services.kpi.policy import OTHER, SECTION, Counting, KpiSection, counting
from services.kpi.recounts import recount_of
from services.kpi.reports.unit import is_overdue
from services.kpi.stories import Story, counts_of, fold, from_document, to_document
from services.kpi.things import INCIDENT, THINGS
from shared.clock import Calendar
from shared.contracts.incidents import PastTurn
from shared.decider import Given
from shared.policy import load_tenants
from tests.support.incidents import (
    ANSWER,
    QUESTION,
    SOLUTION,
    THIRD,
    Case,
    at_tier_2,
    at_tier_3,
    lima,
    overdue,
    registered,
    solved_at_2,
    validating,
)

TENANTS = Path(__file__).parents[3] / "deploy" / "tenants"
HOUR = 3600
NEWER = {"line", "point", "region", "tier"}


@cache
def osce() -> Counting:
    return counting(load_tenants(TENANTS, {SECTION: KpiSection})["osce"])


class Asked(Calendar):
    """A calendar that remembers which working time it was asked for."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__(calendar.spec)
        self.spans: list[tuple[datetime, datetime]] = []

    def elapsed_business_time(self, start: datetime, end: datetime) -> int:
        self.spans.append((start, end))
        return super().elapsed_business_time(start, end)


def story_of(case: Case, thing: Thing = INCIDENT) -> Story:
    story = Story()
    for event, stamp in case.told:
        story = fold(thing, story, event, stamp.at, stamp.sequence, stamp.actor)
    return story


def history_of(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "seq": stamp.sequence,
            "type": event.event_type,
            "at": stamp.at,
            "actor": stamp.actor,
            "data": event.model_dump(mode="json"),
        }
        for event, stamp in case.told
    ]


def figures(*cases: Case) -> Mapping[str, tuple[Share, Mapping[str, Share]]]:
    """Every figure of incidents over some cases, as `Figures` would sum them."""
    total: Counter[tuple[str, str, str]] = Counter()
    for case in cases:
        for text, amounts in counts_of(INCIDENT, story_of(case), osce()).items():
            key = Key.parse(text)
            for one in report("incidents"):
                if one.family == key.family:
                    value = key.dimensions[one.split] if one.split else ""
                    for measure in one.measures & amounts.keys():
                        total[one.id, value, measure] += amounts[measure]
    return {one.name: shares(one, _sums(one, total)) for one in report("incidents")}


def _sums(one: Indicator, total: Counter[tuple[str, str, str]]) -> dict[str, dict[str, int]]:
    values = {value for name, value, _ in total if name == one.id}
    parts = {v: {m: total[one.id, v, m] for m in one.measures} for v in values}
    whole = {m: sum(part[m] for part in parts.values()) for m in one.measures}
    return {**parts, "": whole}


def through_a_provider() -> Case:
    case = at_tier_3()
    case.give(Take(), lima(2), actor="person:rui")
    case.give(QUESTION, lima(2, 11), actor="person:rui")
    case.give(ANSWER, lima(3, 11), actor="person:rui")
    case.give(SOLUTION, lima(7), actor="person:rui")
    case.give(Observe("Falta evidencia."), lima(8))
    case.give(SOLUTION, lima(9), actor="person:rui")
    case.give(Validate(), lima(9, 12))
    case.give(Reply("Resuelto."), lima(9, 13))
    return case


def sent_around() -> Case:
    case = at_tier_2()
    case.give(Reroute("rnp", "Es del registro."), lima(1, 12))
    case.give(Return("No es nuestro."), lima(1, 13))
    case.give(Forward(), lima(1, 14))
    case.give(Classify("Se vio la causa.", origin="data"), lima(1, 15))
    case.give(Take(), lima(1, 15, 30))
    case.give(Solve("Listo."), lima(3))
    case.give(Reply("Listo."), lima(3, 11))
    return case


def sent_back() -> Case:
    case = at_tier_2()
    case.give(Take(), lima(1, 12), actor="person:luz")
    case.give(Solve("Listo."), lima(2), actor="person:luz")
    case.give(Observe("Preguntó otra cosa."), lima(2, 11))
    return case


def late() -> Case:
    case = overdue()
    case.give(Take(), lima(20))
    case.give(Solve("Tarde."), lima(20, 11))
    case.give(Reply("Tarde."), lima(20, 12))
    return case


def reopened() -> Case:
    case = solved_at_2()
    case.give(Reopen("Volvió a fallar."), lima(6))
    return case


def dismissed() -> Case:
    case = registered()
    case.give(Dismiss("Es una consulta."), lima(1, 11))
    return case


LIVES = {
    "registered": registered,
    "by a line at a point": lambda: registered(line="613-5555", point="mac-lima"),
    "solved at tier 2": solved_at_2,
    "through a provider": through_a_provider,
    "sent around": sent_around,
    "sent back": sent_back,
    "late": late,
    "reopened": reopened,
    "dismissed": dismissed,
    "elevated": at_tier_3,
    "validating": lambda: validating(lima(3)),
}


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES.keys())
def test_counts_equal_a_recount_after_every_event(life: Any) -> None:
    case: Case = life()
    whole, history = case.told, history_of(case)
    for length in range(1, len(whole) + 1):
        case.told = whole[:length]
        counted = {
            (bucket, measure): amount
            for bucket, amounts in counts_of(INCIDENT, story_of(case), osce()).items()
            for measure, amount in amounts.items()
        }
        assert counted == recount_of("incident", {"incidents": history[:length]}, osce())


def test_a_recount_asks_for_no_working_time_twice_and_for_none_of_nothing() -> None:
    """A recount is made for every event of a case: its cost is what bounds the ingest."""
    story, calendar = story_of(through_a_provider()), Asked(osce().calendar)
    assert counts_of(INCIDENT, story, replace(osce(), calendar=calendar))
    assert all(start < end for start, end in calendar.spans)
    # the whole life once, and once each promise: not once a side and measure
    assert len(calendar.spans) < 3 * len(story.entries)


def test_order_of_arrival_changes_nothing() -> None:
    case = through_a_provider()
    story = story_of(case)
    case.told = [*reversed(case.told), *case.told]
    assert story_of(case) == story
    assert from_document(to_document(story)) == Story([list(entry) for entry in story.entries])


def test_what_the_manual_asks_to_be_measured() -> None:
    found = figures(solved_at_2(), through_a_provider(), sent_around(), registered())
    assert found["total"][0].value == 4
    assert found["closed"][0].value == 3
    by_tier = {tier: one.value for tier, one in found["resolved_by_tier"][1].items()}
    assert by_tier == {"2": 2 / 3, "3": 1 / 3}
    assert found["routed_correctly"][0].numerator == 2
    assert found["routed_correctly"][0].denominator == 3
    came_back = at_tier_2()
    came_back.give(Return("No es nuestro."), lima(1, 12))
    came_back.give(Dismiss("Es una consulta."), lima(1, 13))
    never_sent = registered()
    never_sent.give(Dismiss("Es una consulta."), lima(1, 13))
    with_them = figures(solved_at_2(), came_back, never_sent)["routed_correctly"][0]
    assert (with_them.numerator, with_them.denominator) == (1, 2)
    assert found["reassignments"][0].numerator == 2
    assert found["within_deadlines"][0].denominator == 3
    assert found["by_origin"][1]["data"].value == 1 / 4
    assert found["solved_by"][1]["person:luz"].value == 1
    assert found["attended"][1]["3"].value == 1


def _solvers(case: Case) -> dict[str, int]:
    parts = figures(case)["solved_by"][1]
    return {person.removeprefix("person:"): one.numerator for person, one in parts.items()}


def test_a_solution_is_of_who_gave_the_one_that_stands() -> None:
    reopened = solved_at_2()
    assert _solvers(reopened) == {"luz": 1}
    reopened.give(Reopen("No funciona."), lima(3))
    assert _solvers(reopened) == {}
    reopened.give(Forward(), lima(3, 11))
    reopened.give(Solve("Se corrigió del todo."), lima(6), actor="person:rui")
    assert _solvers(reopened) == {"rui": 1}

    observed = validating(lima(6))
    assert _solvers(observed) == {"tito": 1}
    observed.give(Observe("Falta la evidencia."), lima(7))
    assert _solvers(observed) == {}
    observed.give(SOLUTION, lima(8), THIRD, "person:ana")
    observed.give(Validate(), lima(8, 11))
    assert _solvers(observed) == {"ana": 1}
    for case in (reopened, observed):
        counted = {
            (bucket, measure): amount
            for bucket, amounts in counts_of(INCIDENT, story_of(case), osce()).items()
            for measure, amount in amounts.items()
        }
        assert counted == recount_of("incident", {"incidents": history_of(case)}, osce())


def test_time_of_third_parties_is_apart() -> None:
    found = figures(through_a_provider())
    # asked on Thursday at 11:00 and answered on Friday at 11:00: a working day from 8:30 to 16:30
    assert found["third_time"][0].value == 8 * HOUR
    elapsed = found["elapsed"][0].numerator
    assert found["provider_time"][0].numerator == elapsed - 8 * HOUR
    assert found["client_time"][0].value == 0
    assert found["solution_third_time"][0].numerator == 8 * HOUR
    assert (found["elapsed_p90"][0].value or 0) >= elapsed


def test_a_missed_promise_is_a_breach_before_and_after_the_work() -> None:
    found = figures(late())
    assert found["response_met"][0].value == 0
    assert found["within_deadlines"][0].value == 0
    assert found["stages_breached"][0].numerator >= 2


def _stages(case: Case, family: str, *names: str) -> dict[tuple[str, ...], set[str]]:
    """How promises stand, by dimensions."""
    found: dict[tuple[str, ...], set[str]] = {}
    for text, amounts in counts_of(INCIDENT, story_of(case), osce()).items():
        key = Key.parse(text)
        if key.family == family:
            place = tuple(key.dimensions[name] for name in names)
            found.setdefault(place, set()).update({"met", "breached", "running"} & amounts.keys())
    return found


def test_a_promise_is_of_who_ended_it_and_of_the_tier_that_had_it() -> None:
    found = _stages(solved_at_2(), "incident_stage_people", "stage", "person", "tier")
    assert found["forward", "person:eva", "1"] == {"met"}
    assert found["respond", "person:luz", "2"] == {"met"}
    assert found["solve_l2", "person:luz", "2"] == {"met"}
    assert found["reply", "person:eva", "1"] == {"met"}
    assert ("solve_l2", "2") in _stages(solved_at_2(), "incident_stages", "stage", "tier")


def _tiers(case: Case, family: str, measure: str) -> list[str]:
    """The tiers that a measure is counted at."""
    counted = counts_of(INCIDENT, story_of(case), osce()).items()
    keys = [Key.parse(text) for text, amounts in counted if measure in amounts]
    return [key.dimensions["tier"] for key in keys if key.family == family]


def test_what_a_tier_has_solved_waits_at_the_one_below() -> None:
    assert _tiers(validating(lima(3)), "incidents_open", "open") == ["2"]
    answered = at_tier_2()
    answered.give(Take(), lima(1, 12))
    answered.give(Solve("Se corrigió."), lima(2))
    assert _tiers(answered, "incidents_open", "open") == ["1"]


def test_what_tier_1_sends_back_waits_at_tier_2_and_what_tier_2_does_at_tier_3() -> None:
    assert _tiers(sent_back(), "incidents_open", "open") == ["2"]
    observed = validating(lima(3))
    observed.give(Observe("Falta la causa."), lima(3, 12))
    assert _tiers(observed, "incidents_open", "open") == ["3"]


def test_a_story_that_was_kept_before_a_field_was_asked_for_still_counts() -> None:
    former = [
        (*entry[:4], {name: told for name, told in entry[4].items() if name not in NEWER})
        for entry in story_of(solved_at_2()).entries
    ]
    counted = counts_of(INCIDENT, from_document({"entries": former}), osce())
    lines = {Key.parse(text).dimensions.get("line") for text in counted}
    assert lines == {OTHER, None}


def test_a_reopening_is_of_the_tier_that_had_solved_it() -> None:
    assert _tiers(reopened(), "incidents", "reopened") == ["2"]


def test_the_months_total_is_told_by_line_and_by_region() -> None:
    by_line: Counter[tuple[str, str, str]] = Counter()
    for case in (
        registered(line="614-3636", point="sede-central"),
        registered(line="614-3636", point="odes"),
        registered(channel="mail"),
    ):
        for text, amounts in counts_of(INCIDENT, story_of(case), osce()).items():
            key = Key.parse(text)
            if key.family == "incidents" and "registered" in amounts:
                cut = key.dimensions
                by_line[cut["line"], cut["point"], cut["region"]] += amounts["registered"]
    assert by_line == {
        ("614-3636", "sede-central", "lima"): 1,
        ("614-3636", "odes", "regiones"): 1,
        (OTHER, OTHER, OTHER): 1,
    }


def test_the_months_total_has_its_parts_of_lima_and_of_the_regions() -> None:
    found = figures(
        registered(point="sede-central"),
        registered(point="mac-lima"),
        registered(point="odes"),
        registered(channel="mail"),
    )
    total, parts = found["by_region"]
    assert total.value == found["total"][0].value == 4
    told = {region: part.value for region, part in parts.items()}
    assert told == {"lima": 2, "regiones": 1, OTHER: 1}


def test_a_promise_that_runs_is_of_nobody_yet_and_of_the_tier_that_has_it() -> None:
    at_work = _stages(at_tier_3(), "incident_stage_people", "stage", "person", "tier")
    assert all("running" not in told for told in at_work.values())
    of_tier = _stages(at_tier_3(), "incident_stages", "stage", "tier")
    assert of_tier["solve_l3", "3"] == {"running"}
    untouched = registered()
    while (due := untouched.due) is not None and due < lima(20):
        untouched.give(Expire(due), due, frozenset({"system"}))
    found = _stages(untouched, "incident_stage_people", "stage", "person", "tier")
    assert found["forward", OTHER, "1"] == {"breached"}


def test_who_takes_incidents_is_cut_by_their_way_in_and_area() -> None:
    keys = map(Key.parse, counts_of(INCIDENT, story_of(solved_at_2()), osce()))
    people = [key.dimensions for key in keys if key.family == "incident_people"]
    assert {(one["channel"], one["area"]) for one in people} == {("telephone", "seace")}


def test_what_is_overdue_is_so_until_it_is_done() -> None:
    assert not is_overdue(story_of(at_tier_2()))
    assert is_overdue(story_of(overdue()))
    assert not is_overdue(story_of(late()))


def test_a_reopening_takes_the_closing_back() -> None:
    before, after = figures(solved_at_2()), figures(reopened())
    assert (before["closed"][0].value, after["closed"][0].value) == (1, 0)
    assert after["reopened"][0].value == 1
    assert after["within_deadlines"][0].value is None
    assert after["total"][0].value == 1


def test_a_list_tells_the_closing_that_stands() -> None:
    life = KINDS["incident"].life
    first = solved_at_2()
    called = first.state.ticket
    assert called
    ended = Life(lima(1), lima(2, 11), "solved", on_time=True, code=called)
    assert life(story_of(first)) == ended
    case = reopened()
    assert life(story_of(case)) == Life(lima(1), code=called)
    case.give(Dismiss("No era nada."), lima(7))
    assert life(story_of(case)) == Life(lima(1), lima(7), "dismissed", code=called)


def test_a_list_tells_an_older_registers_own_instants() -> None:
    ended, running = Life(lima(1), lima(3), "imported", code="OLD-1"), Life(lima(1), code="OLD-1")
    for closed, life in ((True, ended), (False, running)):
        turns = (PastTurn(at=lima(1), tier=1), PastTurn(at=lima(3), tier=1, closed=closed))
        command = TakeOver("OLD-1", "No carga", turns, "register", 2, "system")
        given = Given(lima(20), "program:import", "osce", Case().policy)
        (body,) = take_over(Incident(), command, given)
        story = fold(INCIDENT, Story(), body, lima(20), 1, "program:import")
        assert KINDS["incident"].life(story) == life


def test_promises_tell_the_policy_they_were_given_by() -> None:
    parts = figures(solved_at_2())["by_policy"][1]
    assert list(parts) == ["2026-07"]


def test_a_new_indicator_is_a_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for what is measured, a row for the figure: counted, recounted and shown."""
    warned = Measure("observed", "incidents", "observed", by={"tier": "@tier"})
    thing = replace(INCIDENT, measures=(*INCIDENT.measures, warned))
    monkeypatch.setitem(THINGS, "incident", thing)
    one = Indicator("incidents.observed", "incidents", ("observed",), "B:L1708")
    monkeypatch.setitem(INDICATORS, one.id, one)
    case = through_a_provider()

    counted: Counts = KINDS["incident"].counts(story_of(case, thing), osce())

    amounts = {key: a["observed"] for key, a in counted.items() if "observed" in a}
    assert list(amounts.values()) == [1]
    recounted = recount_of("incident", {"incidents": history_of(case)}, osce())
    assert {key: n for (key, name), n in recounted.items() if name == "observed"} == amounts
    assert one in report("incidents")


def test_elevating_twice_is_no_second_registration() -> None:
    case = at_tier_3()
    case.give(Return("Es de negocio."), lima(2))
    case.give(Elevate("No lo es."), lima(2, 11))
    assert figures(case)["total"][0].value == 1
