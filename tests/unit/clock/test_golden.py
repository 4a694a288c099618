"""The golden cases of the domain, asked of the shipped policies."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.clock import CountFrom, Term, Unit, explain
from shared.policy import Tenants, load_tenants

LIMA = ZoneInfo("America/Lima")
CUTOFF = 16 * 3600 + 1800


@pytest.fixture(scope="module")
def tenants() -> Tenants:
    return load_tenants(Path(__file__).resolve().parents[3] / "deploy" / "tenants")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=LIMA)


@pytest.mark.parametrize(
    ("received", "days", "effective", "due"),
    [
        ("07-24T16:30:00", 1, "07-24T16:30", "07-27T16:30"),
        ("07-24T16:30:01", 1, "07-27T08:30", "07-30T16:30"),
        ("07-24T16:31", 1, "07-27T08:30", "07-30T16:30"),
        ("07-25T10:00", 1, "07-27T08:30", "07-30T16:30"),
        ("07-27T10:00", 5, "07-27T10:00", "08-05T16:30"),
        ("08-05T16:30", 1, "08-05T16:30", "08-07T16:30"),
        ("07-22T16:45", 2, "07-24T08:30", "07-30T16:30"),
        ("07-22T09:00", 4, "07-22T09:00", "07-31T16:30"),
        ("08-05T17:00", 1, "08-07T08:30", "08-10T16:30"),
        ("07-01T09:00", 15, "07-01T09:00", "07-22T16:30"),
        ("07-01T09:00", 30, "07-01T09:00", "08-18T16:30"),
    ],
)
def test_business_days(
    tenants: Tenants, received: str, days: int, effective: str, due: str
) -> None:
    calendar = tenants["osinergmin"].calendar("office")
    promise = Term(days, cutoff=CUTOFF).promise(_at(received), calendar)
    assert promise.effective_at == _at(effective)
    assert promise.due_at == _at(due)


@pytest.mark.parametrize(("days", "due"), [(15, "07-16T16:30"), (30, "07-31T16:30")])
def test_calendar_days(tenants: Tenants, days: int, due: str) -> None:
    term = tenants["osinergmin"].term("request.system_change").fix(days)
    promise = term.promise(_at("07-01T09:00"), tenants["osinergmin"].calendar("office"))
    assert promise.due_at == _at(due)


def test_the_annual_report_of_2026(tenants: Tenants) -> None:
    osce = tenants["osce"]
    assert osce.term("suggestions.annual_report").count_from is CountFrom.EFFECTIVE
    first_of_january = datetime(2027, 1, 1, tzinfo=LIMA)
    due = osce.promise("suggestions.annual_report", first_of_january).due_at
    assert due.astimezone(LIMA).date() == date(2027, 1, 15)


def test_validation_comes_after_the_five_days_of_the_third_level(tenants: Tenants) -> None:
    osce = tenants["osce"]
    solved = osce.promise("incident.solve.l3", _at("07-27T10:00")).due_at
    assert solved == _at("08-05T16:30")
    assert osce.promise("incident.validate.l2", solved).due_at == _at("08-07T16:30")


def test_cochabamba_rests_on_its_own_day(tenants: Tenants) -> None:
    office = tenants["comteco"].calendar("office")
    assert not office.is_business_day(date(2026, 9, 14))
    assert office.is_business_day(date(2026, 9, 15))
    assert office.zone.key == "America/La_Paz"


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("07-24T10:15", "07-27T10:15"),
        ("07-24T16:30", "07-27T16:30"),
        ("07-24T16:31", "07-30T08:30"),
        ("07-27T07:00", "07-30T08:30"),
    ],
)
def test_twenty_four_hours_by_mail_never_end_in_closed_time(
    tenants: Tenants, received: str, due: str
) -> None:
    term = tenants["osce"].term("consultation.reply", channel="mail")
    assert term.unit is Unit.BUSINESS_DAY_SAME_TIME
    promise = tenants["osce"].promise("consultation.reply", _at(received), channel="mail")
    assert promise.due_at == _at(due)


def test_the_explanation_of_the_issue(tenants: Tenants) -> None:
    promise = tenants["osinergmin"].promise("request.evaluate", _at("07-24T16:31"), channel="mail")
    assert explain(promise.steps) == (
        "recibido vie 24 jul 2026 16:31; corte 16:30 → cuenta desde lun 27 jul 2026 08:30; "
        "1 día hábil; feriado mar 28 jul 2026 y mié 29 jul 2026; vence jue 30 jul 2026 16:30; "
        "A:L1867"
    )
    assert explain(promise.steps, "en") == (
        "received Fri 24 Jul 2026 16:31; cut-off 16:30 → counts from Mon 27 Jul 2026 08:30; "
        "1 business day; holiday Tue 28 Jul 2026 and Wed 29 Jul 2026; due Thu 30 Jul 2026 16:30; "
        "A:L1867"
    )
