"""What the lives of requests add to the figures, told in amounts."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from services.kpi.counts import counts_of
from services.kpi.domain import RequestFact, fold, from_document, to_document
from services.kpi.families import Counts, Key, difference, merge, spread
from services.kpi.policy import Counting
from services.kpi.recount import recount, with_months
from shared.contracts.intake import RequestReceived
from shared.contracts.validation import EvaluationApproved
from tests.support.lives import (
    HOUR,
    MONDAY,
    Life,
    blocked_life,
    breached,
    closed,
    imported,
    imported_life,
    observed,
    open_life,
    progressed,
    received,
    whole_life,
    withdrawn_life,
)
from tests.support.lives import deadline as promise


def fact_of(life: Life) -> RequestFact:
    fact = RequestFact()
    for event in life.events:
        fact = fold(fact, event.body(), event.time, event.sequence, event.actor)
    return fact


def totals(life: Life, by: Counting) -> Counter[tuple[str, str]]:
    """Amounts by family and measure."""
    found: Counter[tuple[str, str]] = Counter()
    for text, amounts in counts_of(fact_of(life), by).items():
        for measure, amount in amounts.items():
            found[Key.parse(text).family, measure] += amount
    return found


def test_whole_life_counts_everything_once(osinergmin: Counting) -> None:
    found = totals(whole_life(), osinergmin)
    assert found["requests", "received"] == 1
    assert found["requests", "closed"] == found["requests", "on_time"] == 1
    assert found["requests", "round_trips"] == 1
    assert found["training", "completed_on_time"] == 1
    assert (found["training", "signed"], found["training", "eligible"]) == (9, 10)
    # evaluation twice, since it was promised anew after the answer, attention and replication
    assert found["deadlines", "met"] == 4
    assert found["deadlines", "breached"] == found["deadlines", "running"] == 0
    assert found["open", "open"] == 0


def test_each_side_has_its_own_business_time(osinergmin: Counting) -> None:
    # 09:00 in Lima; the query is out from 11:00 to 13:00; closed at 18:00, after the office's 16:30
    found = totals(whole_life(), osinergmin)
    assert found["requests", "client_seconds"] == 2 * 3600
    assert found["requests", "provider_seconds"] == int(5.5 * 3600)


def test_each_stage_has_its_sides(osinergmin: Counting) -> None:
    life = Life().add(MONDAY, received())
    attention = promise("attention", MONDAY + 24 * HOUR)
    life.add(MONDAY, progressed("viable", "provider:training", attention, occurred_at=MONDAY))
    asked, answered = MONDAY + HOUR, MONDAY + 3 * HOUR
    life.add(asked, progressed("preparing", "client", occurred_at=asked))
    life.add(answered, progressed("preparing", "provider:training", occurred_at=answered))
    end = MONDAY + 4 * HOUR
    life.add(end, progressed("deployed", "provider:validation", occurred_at=end))
    stages = {
        Key.parse(text).dimensions["stage"]: amounts
        for text, amounts in counts_of(fact_of(life), osinergmin).items()
        if Key.parse(text).family == "deadlines"
    }
    assert stages["attention"]["client_seconds"] == 2 * 3600
    assert stages["attention"]["provider_seconds"] == 2 * 3600
    assert stages["evaluation"] == {"met": 1, "sided": 1}
    assert (
        recount(life.histories, osinergmin)[
            "osinergmin|deadlines|2026-07-07|attention|information|api|dsr", "client_seconds"
        ]
        == 2 * 3600
    )


def test_the_clients_time_stays_where_his_answer_brings_another_date(
    osinergmin: Counting,
) -> None:
    """The term stands still while he has the query, and the answer promises anew."""
    first, second = (promise("attention", MONDAY + hours * HOUR) for hours in (24, 26))
    life = Life().add(MONDAY, received())
    life.add(MONDAY, progressed("viable", "provider:training", first, occurred_at=MONDAY))
    asked, answered, end = (MONDAY + hours * HOUR for hours in (1, 3, 4))
    life.add(asked, progressed("preparing", "client", paused=("attention",), occurred_at=asked))
    life.add(answered, progressed("preparing", "provider:training", second, occurred_at=answered))
    life.add(end, progressed("deployed", "provider:validation", occurred_at=end))
    key = "osinergmin|deadlines|2026-07-07|attention|information|api|dsr"
    told = {"met": 1, "sided": 1, "client_seconds": 2 * 3600, "provider_seconds": 2 * 3600}
    assert counts_of(fact_of(life), osinergmin)[key] == told
    recounted = recount(life.histories, osinergmin)
    assert {name: recounted[key, name] for name in told} == told


def test_a_replication_is_due_when_it_was_promised_last(osinergmin: Counting) -> None:
    counts = counts_of(fact_of(blocked_life()), osinergmin)
    key = "osinergmin|training_policies|2026-07-07|2026-07|information|api|dsr"
    assert counts[key] == {"promised": 1}
    assert totals(withdrawn_life(), osinergmin)["training_policies", "promised"] == 0


def test_a_replication_tells_whose_time_it_took(osinergmin: Counting) -> None:
    # from 09:00 to 14:00 in Lima, two of these hours waiting for the client's answer
    found = totals(blocked_life(), osinergmin)
    assert found["training", "client_seconds"] == 2 * 3600
    assert found["training", "provider_seconds"] == 3 * 3600
    assert found["training", "sided"] == found["training", "completed"] == 1


def _evaluated() -> Life:
    """Queried by one person and approved by another; intake retells both, then it is deployed."""
    relay = "system:intake"
    life = Life().add(MONDAY, received())
    at = MONDAY + HOUR
    life.add(at, observed(), actor="person:eva")
    life.add(at + HOUR, progressed("observed", "client", occurred_at=at), actor=relay)
    again = promise("evaluation", MONDAY + 48 * HOUR)
    life.add(MONDAY + 3 * HOUR, progressed("answered", "provider:validation", again), actor=relay)
    at, attention = MONDAY + 5 * HOUR, promise("attention", MONDAY + 72 * HOUR)
    approved = EvaluationApproved(
        code="SOL-2026-000001",
        request_type="information",
        topic="tariffs",
        title="New tariff",
        deadline=attention,
    )
    life.add(at, approved, actor="person:luz")
    viable = progressed("viable", "provider:systems", attention, occurred_at=at)
    return life.add(at + HOUR, viable, actor=relay)


def _people(life: Life, family: str, by: Counting) -> list[tuple[str, ...]]:
    found = [(Key.parse(k), amounts) for k, amounts in counts_of(fact_of(life), by).items()]
    return sorted(
        (key.dimensions.get("stage", ""), key.dimensions["person"], measure)
        for key, amounts in found
        if key.family == family
        for measure in {"met", "breached", "running", "queried"} & amounts.keys()
    )


def test_a_stage_is_of_who_ended_it_wherever_that_was_done(osinergmin: Counting) -> None:
    life = _evaluated()
    assert _people(life, "deadline_people", osinergmin) == [
        ("evaluation", "person:eva", "met"),
        ("evaluation", "person:luz", "met"),
    ]
    assert _people(life, "request_people", osinergmin) == [("", "person:eva", "queried")]
    end = MONDAY + 8 * HOUR
    life.add(end, progressed("deployed", "provider:systems"), closed(end), actor="person:rui")
    assert ("attention", "person:rui", "met") in _people(life, "deadline_people", osinergmin)
    plain = {
        (key, measure): amount
        for key, amounts in counts_of(fact_of(life), osinergmin).items()
        for measure, amount in amounts.items()
    }
    assert plain == recount(life.histories, osinergmin)


def test_who_ended_a_stage_is_the_same_in_any_order(osinergmin: Counting) -> None:
    fact = RequestFact()
    for event in reversed(_evaluated().events):
        fact = fold(fact, event.body(), event.time, event.sequence, event.actor)
    assert [actor for _, actor in fact.hands] == ["person:eva", "person:luz"]
    twice = fact
    for event in _evaluated().events:
        twice = fold(twice, event.body(), event.time, event.sequence, event.actor)
    assert (twice.hands, twice.queries) == (fact.hands, fact.queries)


def test_late_life_is_breached_and_not_on_time(osinergmin: Counting) -> None:
    found = totals(whole_life(late=True), osinergmin)
    assert found["requests", "judged"] == 1
    assert found["requests", "on_time"] == 0
    assert found["deadlines", "breached"] == 1


def test_breach_told_for_work_done_in_time_is_met(osinergmin: Counting) -> None:
    due_at = MONDAY + 24 * HOUR
    life = Life().add(MONDAY, received(due_at=due_at))
    life.add(due_at + HOUR, breached("evaluation", due_at))
    assert totals(life, osinergmin)["deadlines", "breached"] == 1
    on_time = due_at - timedelta(seconds=1)
    life.add(due_at + 2 * HOUR, progressed("viable", "provider:training", occurred_at=on_time))
    found = totals(life, osinergmin)
    assert found["deadlines", "met"] == 1
    assert found["deadlines", "breached"] == 0


def test_promise_replaced_before_its_end_is_judged_once(osinergmin: Counting) -> None:
    first, second = MONDAY + 24 * HOUR, MONDAY + 48 * HOUR
    life = Life().add(MONDAY, received())
    life.add(MONDAY, progressed("viable", "provider:training", promise("attention", first)))
    life.add(MONDAY, progressed("viable", "provider:training", promise("attention", second)))
    assert totals(life, osinergmin)["deadlines", "running"] == 1
    life.add(second, progressed("deployed", "provider:validation", occurred_at=second))
    assert totals(life, osinergmin)["deadlines", "met"] == 2  # evaluation and attention


def test_withdrawn_keeps_its_breach_and_is_not_judged(osinergmin: Counting) -> None:
    found = totals(withdrawn_life(), osinergmin)
    assert found["requests", "unjudged"] == 1
    assert found["requests", "judged"] == 0
    assert found["deadlines", "breached"] == 1
    assert found["training", "cancelled"] == 1
    assert found["training", "opened"] == found["plans", "running"] == 0


@pytest.mark.parametrize("outcome", ["withdrawn", "replaced"])
def test_what_is_given_up_in_time_drops_its_promise(osinergmin: Counting, outcome: str) -> None:
    life = Life().add(MONDAY, received())
    life.add(MONDAY + HOUR, closed(MONDAY + HOUR, outcome=outcome, on_time=None))
    found = totals(life, osinergmin)
    assert not [measure for family, measure in found if family == "deadlines"]


def test_open_request_stands_with_its_holder(osinergmin: Counting) -> None:
    counts = counts_of(fact_of(open_life()), osinergmin)
    assert counts["osinergmin|open|all|observed|client"] == {"open": 1}


def test_value_outside_the_closed_set_is_other(osinergmin: Counting) -> None:
    counts = counts_of(fact_of(open_life()), osinergmin)
    assert counts["osinergmin|requests|2026-07-06|information|api|other"] == {
        "received": 1,
        "undated": 1,
    }


@pytest.mark.parametrize(
    ("written", "area"),
    [
        ("gas-natural", "gas-natural"),
        ("Gas natural ", "gas-natural"),
        ("natural gas", "gas-natural"),
        ("DIVISIÓN DE SUPERVISIÓN REGIONAL", "dsr"),
        ("Gas", "other"),
        ("other", "other"),
    ],
)
def test_an_area_counts_by_its_value_or_its_name(
    osinergmin: Counting, written: str, area: str
) -> None:
    life = Life().add(MONDAY, received(area=written))
    counted = counts_of(fact_of(life), osinergmin)
    recounted = {text for text, _ in recount(life.histories, osinergmin)}
    for found in (counted, recounted):
        assert {Key.parse(text).dimensions.get("area", area) for text in found} == {area}


@pytest.mark.parametrize(
    ("due", "end", "judged", "on_time"),
    [
        (24 * HOUR, 24 * HOUR, 1, 1),
        (24 * HOUR, 24 * HOUR + timedelta(seconds=1), 1, 0),
        (None, HOUR, 0, 0),
        (24 * HOUR, None, 0, 0),
    ],
)
def test_imported_is_judged_by_its_register(
    osinergmin: Counting,
    due: timedelta | None,
    end: timedelta | None,
    judged: int,
    on_time: int,
) -> None:
    due_at = None if due is None else MONDAY + due
    closed_at = None if end is None else MONDAY + end
    found = totals(Life().add(MONDAY, imported(MONDAY, due_at, closed_at)), osinergmin)
    assert (found["requests", "judged"], found["requests", "on_time"]) == (judged, on_time)
    assert found["requests", "sided"] == found["open", "open"] == 0


def test_days_are_local(osinergmin: Counting) -> None:
    night = MONDAY.replace(hour=3)  # 22:00 of Sunday in Lima
    counts = counts_of(fact_of(Life().add(night, received(night))), osinergmin)
    assert "osinergmin|requests|2026-07-05|information|api|dsr" in counts


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2026-07-06T14:00Z", "2026-07-31T20:00Z", []),
        # 19:30 of the 31st and 00:30 of the 1st, in Lima
        ("2026-07-01T05:00Z", "2026-08-01T00:30Z", []),
        ("2026-07-01T04:59Z", "2026-08-01T05:00Z", ["2026-07", "2026-08"]),
        ("2025-11-30T14:00Z", "2026-02-01T14:00Z", ["2025-12", "2026-01", "2026-02"]),
        ("2026-08-06T14:00Z", "2026-07-06T14:00Z", []),
    ],
)
def test_what_was_in_course_when_a_month_began_was_carried_over(
    osinergmin: Counting, since: str, until: str, months: list[str]
) -> None:
    start, end = datetime.fromisoformat(since), datetime.fromisoformat(until)
    for event in (received(start), imported(start, None, end)):
        life = Life().add(start, event)
        if isinstance(event, RequestReceived):
            life.add(max(start, end), closed(end, outcome="withdrawn", on_time=None))
        counted = [text for text in counts_of(fact_of(life), osinergmin) if "|carried|" in text]
        assert counted == [f"osinergmin|carried|{month}-01" for month in months]
        recounted = [text for text, _ in recount(life.histories, osinergmin) if "|carried|" in text]
        assert recounted == counted


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (datetime(206, 7, 1, 12, tzinfo=UTC), datetime(1900, 2, 3, 12, tzinfo=UTC), [1, 2]),
        (datetime(9999, 12, 1, 12, tzinfo=UTC), datetime(9999, 12, 31, 12, tzinfo=UTC), []),
    ],
)
def test_a_year_that_nobody_may_ask_about_carries_nothing_over(
    osinergmin: Counting, start: datetime, end: datetime, months: list[int]
) -> None:
    life = Life().add(MONDAY, imported(start, None, end))
    counted = [text for text in counts_of(fact_of(life), osinergmin) if "|carried|" in text]
    assert counted == [f"osinergmin|carried|1900-0{month}-01" for month in months]
    assert [text for text, _ in recount(life.histories, osinergmin) if "carried" in text] == counted


def test_fact_survives_storage() -> None:
    for life in (whole_life(), withdrawn_life(), open_life(), imported_life()):
        fact = fact_of(life)
        assert from_document(to_document(fact)) == fact


def test_correction_takes_away_what_was_added() -> None:
    before = {"a|requests|2026-07-06|x|y|z": {"received": 1, "closed": 1}}
    after = {"a|requests|2026-07-07|x|y|z": {"received": 1}}
    total = spread(before)
    merge(total, spread(difference(before, after)))
    assert total["a|requests|2026-07-06|x|y|z"] == {"received": 0, "closed": 0}
    assert total["a|requests|2026-07-07|x|y|z"] == {"received": 1}
    # the month has gained and lost the reception, and lost the closing
    assert total["a|requests|2026-07|x|y|z"] == {"received": 1, "closed": 0}


def test_a_month_is_kept_by_cut_and_as_a_whole() -> None:
    total: Counts = {}
    for area in ("dsr", "mineria"):
        day = f"osinergmin|deadlines|2026-07-06|attention|information|api|{area}"
        merge(total, {day: {"met": 1}})
    merge(total, {"osinergmin|stages|all|attention": {"met": 2}})
    total = spread(total)

    whole = {text: amounts for text, amounts in total.items() if Key.parse(text).is_whole}
    assert whole == {"osinergmin|deadlines|2026-07|attention|*|*|*": {"met": 2}}
    months = [text for text in total if Key.parse(text).period == "2026-07"]
    assert len(months) == 3
    assert sum(Key.parse(text).period == "all" for text in total) == 1


def test_a_family_without_cuts_keeps_its_month_once() -> None:
    day = "osinergmin|training_people|2026-07-06|person:rosa"
    month = "osinergmin|training_people|2026-07|person:rosa"
    assert spread({day: {"signed": 1}}) == {day: {"signed": 1}, month: {"signed": 1}}
    assert with_months(Counter({(day, "signed"): 1})) == {(day, "signed"): 1, (month, "signed"): 1}
    assert Key.parse(month).is_whole
    assert not Key.parse(day).is_whole
    assert not Key.parse("osinergmin|plans|all").is_whole


def test_what_was_counted_before_a_family_knew_a_dimension_can_be_taken_back() -> None:
    former = "osce|incident_stages|2026-07-01|reply|error|telephone|seace"
    key = Key.parse(former)
    assert key.dimensions == {
        "stage": "reply",
        "type": "error",
        "channel": "telephone",
        "area": "seace",
    }
    assert spread({former: {"met": -1}}) == {
        former: {"met": -1},
        "osce|incident_stages|2026-07|reply|error|telephone|seace": {"met": -1},
        "osce|incident_stages|2026-07|reply|*|*|*": {"met": -1},
    }
