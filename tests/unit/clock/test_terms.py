"""Terms: units, minimums, ranges, and the steps they tell."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.clock import Calendar, ClockError, CountFrom, Promise, Roll, Term, Unit, explain
from tests.unit.clock.asking import OFFICE

LIMA = ZoneInfo("America/Lima")
CALENDAR = Calendar.parse({**OFFICE, "holidays": {"2026-07-28": "A", "2026-07-29": "B"}})


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=LIMA)


def _due(term: Term, received: str) -> datetime:
    return term.promise(_at(received), CALENDAR).due_at


@pytest.mark.parametrize(
    ("term", "due"),
    [
        (Term(0), "07-24T16:30"),
        (Term(1), "07-27T16:30"),
        (Term(1, count_from=CountFrom.EFFECTIVE), "07-24T16:30"),
        (Term(2, count_from=CountFrom.EFFECTIVE), "07-27T16:30"),
        (Term(0, count_from=CountFrom.EFFECTIVE), "07-24T16:30"),
        (Term(3600, Unit.BUSINESS_SECOND), "07-24T11:00"),
        (Term(8 * 3600, Unit.BUSINESS_SECOND), "07-27T10:00"),
        (Term(86_400, Unit.SECOND), "07-25T10:00"),
        (Term(4, Unit.CALENDAR_DAY), "07-30T16:30"),
        (Term(4, Unit.CALENDAR_DAY, roll=Roll.KEEP), "07-29T00:00"),
        (Term(3, Unit.CALENDAR_DAY, roll=Roll.KEEP), "07-27T16:30"),
        (Term(1, Unit.BUSINESS_DAY_SAME_TIME), "07-27T10:00"),
        (Term(2, Unit.BUSINESS_DAY_SAME_TIME), "07-30T10:00"),
        (Term(0, Unit.BUSINESS_DAY_SAME_TIME), "07-24T10:00"),
        (Term(1, cutoff=9 * 3600), "07-30T16:30"),
        (Term(86_400, Unit.SECOND, cutoff=9 * 3600), "07-28T08:30"),
    ],
)
def test_each_unit_from_friday_at_ten(term: Term, due: str) -> None:
    assert _due(term, "07-24T10:00") == _at(due)


def test_received_before_the_opening_counts_the_same_day() -> None:
    promise = Term(0).promise(_at("07-24T06:00"), CALENDAR)
    assert promise.effective_at == _at("07-24T06:00")
    assert promise.due_at == _at("07-24T16:30")


def test_the_same_time_on_a_shorter_day_waits_for_the_next_opening() -> None:
    short = Calendar.parse({**OFFICE, "special": {"2026-07-27": [["08:30", "12:00"]]}})
    promise = Term(1, Unit.BUSINESS_DAY_SAME_TIME).promise(_at("07-24T15:00"), short)
    assert promise.due_at == _at("07-28T08:30")


@pytest.mark.parametrize(
    ("term", "earliest"),
    [
        (Term(5, minimum=1), "07-27T08:30"),
        (Term(5, minimum=2), "07-30T08:30"),
        (Term(5, minimum=0), "07-24T10:00"),
        (Term(10, Unit.CALENDAR_DAY, minimum=1), "07-25T00:00"),
        (Term(7200, Unit.BUSINESS_SECOND, minimum=3600), "07-24T11:00"),
        (Term(7200, Unit.SECOND, minimum=60), "07-24T10:01"),
        (Term(2, Unit.BUSINESS_DAY_SAME_TIME, minimum=1), "07-27T08:30"),
    ],
)
def test_a_minimum_gives_the_earliest_plausible_answer(term: Term, earliest: str) -> None:
    assert term.promise(_at("07-24T10:00"), CALENDAR).earliest_at == _at(earliest)


def test_no_minimum_no_earliest() -> None:
    assert Term(5).promise(_at("07-24T10:00"), CALENDAR).earliest_at is None


def test_the_budget_is_the_time_that_may_be_used() -> None:
    working = Term(1).promise(_at("07-24T10:00"), CALENDAR)
    running = Term(3, Unit.CALENDAR_DAY).promise(_at("07-24T10:00"), CALENDAR)
    assert working.budget == (6.5 + 8) * 3600
    assert running.budget == (running.due_at - _at("07-24T10:00")).total_seconds()


@pytest.mark.parametrize("amount", [15, 22, 30])
def test_a_range_is_fixed_inside(amount: int) -> None:
    term = Term(30, Unit.CALENDAR_DAY, minimum=15, source="A:L1891")
    assert term.fix(amount).amount == amount
    assert term.fix(amount).source == "A:L1891"


@pytest.mark.parametrize(
    ("make", "code", "field"),
    [
        (lambda: Term(30, minimum=15).fix(14), "out_of_range", "amount"),
        (lambda: Term(30, minimum=15).fix(31), "out_of_range", "amount"),
        (lambda: Term(-1), "negative_amount", "amount"),
        (lambda: Term(5, minimum=6), "out_of_range", "minimum"),
        (lambda: Term(5, minimum=-1), "negative_amount", "minimum"),
        (lambda: Term(5, cutoff=86_401), "out_of_range", "cutoff"),
        (lambda: Term(1.5), "invalid_field", "amount"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_term_names_its_field(make: object, code: str, field: str) -> None:
    with pytest.raises(ClockError) as refused:
        make()  # type: ignore[operator]
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("term", "received", "codes"),
    [
        (Term(1), "07-24T10:00", ["received", "term", "due"]),
        (Term(1), "07-24T17:00", ["received", "after_close", "term", "holidays", "due"]),
        (Term(1), "07-25T10:00", ["received", "closed_day", "term", "holidays", "due"]),
        (
            Term(1, cutoff=16 * 3600, source="B:L713"),
            "07-24T16:15",
            ["received", "after_cutoff", "term", "holidays", "due", "source"],
        ),
        (
            Term(4, Unit.CALENDAR_DAY),
            "07-24T10:00",
            ["received", "term", "holidays", "rolled", "due"],
        ),
        (Term(10**6, Unit.SECOND), "07-24T10:00", ["received", "term", "due"]),
    ],
)
def test_the_steps_say_what_happened(term: Term, received: str, codes: list[str]) -> None:
    promise = term.promise(_at(received), CALENDAR)
    assert [step.code for step in promise.steps] == codes
    assert (
        promise.steps[-1 - bool(term.source)].params["at"]
        == promise.due_at.astimezone(LIMA).isoformat()
    )


def test_a_promise_survives_json() -> None:
    adapter = TypeAdapter(Promise)
    promise = Term(5, minimum=1, source="B:L1495").promise(_at("07-24T17:00"), CALENDAR)
    assert adapter.validate_json(adapter.dump_json(promise)) == promise


def test_amounts_are_told_in_singular_and_plural() -> None:
    one, five = (Term(n).promise(_at("07-24T10:00"), CALENDAR).steps for n in (1, 5))
    assert "1 día hábil;" in explain(one)
    assert "5 días hábiles;" in explain(five)
    assert "1 business day;" in explain(one, "en")
    assert "5 business days;" in explain(five, "en")
