"""When reports are due, and what becomes of a changed policy or a long outage."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.policy import sections
from services.kpi.calendar_pieces import Every, piece_of
from services.kpi.mailing import letter_of
from services.kpi.policy import Counting, Form, Kind, ReportRow, counting
from services.kpi.reports.course import begun, finding_of
from services.kpi.schedule import PlanReport, Reach, Schedule, decide, evolve, next_due
from services.kpi.views import Period
from shared.contracts.kpi import ScheduleEnded, SchedulePlanned, ScheduleReached
from shared.decider import Given, Stamp
from shared.policy import Finding, Severity, check, load_tenants
from tests.unit.kpi.conftest import TENANTS
from tests.unit.kpi.test_incidents import osce

SOURCE = "B:L1403"


def row(every: Every, after: int, at: time = time(8, 30), kind: Kind = Kind.CLIENT) -> ReportRow:
    return ReportRow(
        report=kind, every=every, after=after, at=at, to=("direction", "client"), source=SOURCE
    )


def by(**rows: ReportRow) -> Counting:
    return replace(osce(), reports=rows)


def after(state: Schedule, command: Any, at: datetime, policy: Counting) -> tuple[Schedule, Any]:
    events = decide(state, command, Given(at, "system:kpi", "osce", policy))
    for event in events:
        state = evolve(state, event, Stamp(at, "system:kpi", 1))  # type: ignore[arg-type]
    return state, events


def planned(every: Every, number: int, at: datetime) -> Schedule:
    state, _ = after(Schedule(), PlanReport("one"), at, by(one=row(every, number)))
    return state


@pytest.mark.parametrize(
    ("every", "number", "now", "first", "last", "due"),
    [
        # the golden case of the manual: ten business days into 2027 are 15 January
        (Every.YEAR, 10, "2026-11-02", "2026-01-01", "2026-12-31", "2027-01-15"),
        (Every.WEEK, 1, "2026-07-08", "2026-07-06", "2026-07-12", "2026-07-13"),
        (Every.FORTNIGHT, 1, "2026-07-03", "2026-07-01", "2026-07-15", "2026-07-16"),
        (Every.FORTNIGHT, 1, "2026-02-20", "2026-02-16", "2026-02-28", "2026-03-02"),
        (Every.MONTH, 2, "2026-07-31", "2026-07-01", "2026-07-31", "2026-08-04"),
        (Every.QUARTER, 1, "2026-05-05", "2026-04-01", "2026-06-30", "2026-07-01"),
        (Every.DAY, 0, "2026-07-11", "2026-07-11", "2026-07-11", "2026-07-12"),
    ],
)
def test_a_report_is_due_by_the_accounts_calendar(
    every: Every, number: int, now: str, first: str, last: str, due: str
) -> None:
    state = planned(every, number, datetime.fromisoformat(f"{now}T17:00:00Z"))
    assert (str(state.first), str(state.last)) == (first, last)
    assert state.due_at is not None
    assert state.due_at.astimezone(osce().zone).isoformat() == f"{due}T08:30:00-05:00"


def test_an_outage_skips_no_period_and_each_is_due_once() -> None:
    policy = by(one=row(Every.WEEK, 1))
    state = planned(Every.WEEK, 1, datetime(2026, 7, 8, 17, tzinfo=UTC))
    back = datetime(2026, 8, 1, tzinfo=UTC)
    told: list[ScheduleReached] = []
    while (due := next_due(state)) is not None and due <= back:
        state, events = after(state, Reach(due), back, policy)
        told += events
    assert [one.first for one in told] == [date(2026, 7, day) for day in (6, 13, 20)]
    assert all(one.to == ("direction", "client") for one in told)
    again, events = after(state, Reach(back), back, policy)
    assert (again, events) == (state, [])
    ids = {letter_of("osce", one, to).id for one in [*told, *told] for to in one.to}
    assert len(ids) == 6


def test_a_plan_follows_its_policy() -> None:
    now = datetime(2026, 7, 8, 17, tzinfo=UTC)
    state = planned(Every.WEEK, 1, now)
    _, same = after(state, PlanReport("one"), now, by(one=row(Every.WEEK, 1)))
    assert same == []
    changed, (event,) = after(state, PlanReport("one"), now, by(one=row(Every.MONTH, 1)))
    assert isinstance(event, SchedulePlanned)
    assert changed.last == date(2026, 7, 31)
    gone, (ended,) = after(state, PlanReport("one"), now, by())
    assert isinstance(ended, ScheduleEnded)
    assert next_due(gone) is None
    assert after(gone, PlanReport("one"), now, by())[1] == []


def test_an_edit_between_the_end_and_the_due_date_keeps_the_report_that_is_to_come() -> None:
    state = planned(Every.YEAR, 10, datetime(2026, 11, 2, 17, tzinfo=UTC))
    edited = datetime(2027, 1, 5, 17, tzinfo=UTC)
    later, _ = after(state, PlanReport("one"), edited, by(one=row(Every.YEAR, 12)))
    assert (later.first, later.last) == (date(2026, 1, 1), date(2026, 12, 31))
    assert later.due_at is not None
    assert later.due_at.astimezone(osce().zone).date() == date(2027, 1, 19)
    due, (told,) = after(later, Reach(later.due_at), later.due_at, by(one=row(Every.YEAR, 12)))
    assert (told.first, due.first) == (date(2026, 1, 1), date(2027, 1, 1))
    # in other pieces: the one that the period ended in, and not a letter for each of the year
    weekly, _ = after(state, PlanReport("one"), edited, by(one=row(Every.WEEK, 1)))
    assert (weekly.first, weekly.last) == (date(2026, 12, 28), date(2027, 1, 3))
    # a report that was ended before has nothing to come
    ended, _ = after(state, PlanReport("one"), edited, by())
    again, _ = after(ended, PlanReport("one"), edited, by(one=row(Every.YEAR, 12)))
    assert again.first == date(2027, 1, 1)


DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2030, 12, 31))


@given(day=DAYS, every=st.sampled_from(Every))
def test_pieces_tile_the_calendar(day: date, every: Every) -> None:
    first, last = piece_of(day, every)
    assert first <= day <= last
    assert piece_of(first, every) == piece_of(last, every) == (first, last)
    following, _ = piece_of(date.fromordinal(last.toordinal() + 1), every)
    assert following.toordinal() == last.toordinal() + 1


def test_findings_are_off_the_target_or_clearly_worse() -> None:
    from services.kpi.answers import Figure  # noqa: PLC0415 - one test needs it
    from services.kpi.definitions import Good, Unit  # noqa: PLC0415

    def figure(value: float | None, good: Good, target: float | None = None) -> Figure:
        return Figure(
            id="x.y",
            name="x",
            value=value,
            unit=Unit.SHARE,
            numerator=1,
            formula="",
            good=good,
            target=target,
            source="",
            version=1,
        )

    assert finding_of(figure(0.8, Good.HIGHER, 0.9), 0.7, 0.05) == "off_target"
    assert finding_of(figure(0.8, Good.HIGHER), 0.9, 0.05) == "worse"
    assert finding_of(figure(0.89, Good.HIGHER), 0.9, 0.05) is None
    assert finding_of(figure(1.2, Good.LOWER), 1.0, 0.05) == "worse"
    assert finding_of(figure(0.0, Good.LOWER, 0.0), 0.0, 0.05) is None
    assert finding_of(figure(None, Good.HIGHER, 0.9), 0.9, 0.05) is None
    assert finding_of(figure(0.8, Good.HIGHER), 0.9, 0.2) is None
    assert finding_of(figure(0.8, Good.HIGHER), 0.9, None) is None
    assert finding_of(figure(0.8, Good.HIGHER, 0.9), 0.7, None) == "off_target"
    assert finding_of(figure(3.0, Good.NEITHER), 9.0, 0.05) is None


def test_forms_are_those_that_people_open() -> None:
    assert row(Every.DAY, 0).forms == (Form.PDF, Form.XLSX)


def errors(tenants: Path) -> list[Finding]:
    return [one for one in check(tenants, sections()) if one.severity is Severity.ERROR]


def test_a_misspelt_mailbox_is_found_with_its_line(tmp_path: Path) -> None:
    """Its reports would be written and fail one by one, the first a quarter later."""
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osce" / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace('to: [direction], source: "B:L930', 'to: [direktion], source: "B:L930')
    )
    line = 1 + text[: text.index("  improvement:")].count("\n")

    (found,) = errors(tenants)

    assert (found.file, found.line, found.rule) == (file, line, "unknown_mailbox")
    assert found.facts["name"] == "direktion"
    assert "direction" in found.reason()


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ("report: unit, area: weather,", "unknown_report_area"),
        ("report: unit,", "report_area"),
        ("report: daily, area: rnp,", "report_area"),
    ],
)
def test_a_report_of_a_unit_names_one_that_is_counted(tmp_path: Path, told: str, rule: str) -> None:
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osce" / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("report: unit, area: rnp,", told))
    (found,) = errors(tenants)
    assert (found.file, found.rule) == (file, rule)
    assert found.reason()


def test_each_unit_of_the_manual_has_its_daily_report_before_the_consolidated_one() -> None:
    """B:L1470-1475: the coordinators' reports are what the consolidated one is made of."""
    tenant = load_tenants(TENANTS, sections())["osce"]
    counted = counting(tenant)
    rows = [row for row in counted.reports.values() if row.report == Kind.UNIT]
    areas = tenant.documents["incidents"].body["classification"]["areas"]
    assert {row.area for row in rows} == set(areas)
    assert all(row.every is Every.DAY for row in rows)
    assert max(row.at for row in rows) < counted.reports["daily"].at


def test_reports_without_any_mailbox_are_found(tmp_path: Path) -> None:
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    (tenants / "comteco" / "mail.yaml").unlink()
    assert [one.rule for one in errors(tenants)] == ["unknown_mailbox"]


def test_what_two_reports_show_has_one_target(tmp_path: Path) -> None:
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osinergmin" / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  training.coverage:", "  requests.coverage:"))
    assert [one.rule for one in errors(tenants)] == ["target_elsewhere"]


def test_a_daily_figure_that_does_not_exist_is_found(tmp_path: Path) -> None:
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osce" / "kpi.yaml"
    for wrong in ("incidents.totals", "incidents.taken_by"):
        text = (TENANTS / "osce" / "kpi.yaml").read_text(encoding="utf-8")
        file.write_text(text.replace("indicators: [incidents.total,", f"indicators: [{wrong},"))
        assert [one.rule for one in errors(tenants)] == ["unknown_indicator"]


def test_a_daily_figure_stands_there_once(tmp_path: Path) -> None:
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osce" / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    twice = "indicators: [incidents.total, incidents.total,"
    file.write_text(text.replace("indicators: [incidents.total,", twice))
    (found,) = errors(tenants)
    assert (found.rule, found.facts["name"]) == ("indicator_twice", "incidents.total")


def test_a_target_in_per_cent_is_found_with_its_line(tmp_path: Path) -> None:
    """No share reaches 90: the month would be missed, and the alert fire, for ever."""
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osce" / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    told = "incidents.routed_correctly: {value: "
    file.write_text(text.replace(f"{told}0.9", f"{told}90"))
    (found,) = errors(tenants)
    line = 1 + text[: text.index(told)].count("\n")
    assert (found.file, found.line, found.rule) == (file, line, "target_beyond")
    assert "0.9" in found.reason()
    several = "incidents.reassignments: {value: "
    file.write_text(text.replace(f"{told}0.9", f"{several}1.5"))
    assert errors(tenants) == []


def test_a_target_that_judges_nothing_is_doubted(tmp_path: Path) -> None:
    tenants = Path(copytree(TENANTS, tmp_path / "tenants"))
    file = tenants / "osce" / "kpi.yaml"
    text = file.read_text(encoding="utf-8")
    assert "target_unjudged" not in {one.rule for one in check(tenants, sections())}
    file.write_text(text.replace("  incidents.response_met:", "  incidents.total:"))
    assert errors(tenants) == []
    (found,) = [one for one in check(tenants, sections()) if one.rule == "target_unjudged"]
    assert found.severity is Severity.WARNING
    assert "incidents.total" in found.reason()


@pytest.mark.parametrize(
    ("today", "months"),
    [
        (date(2026, 10, 5), [7, 8, 9]),
        (date(2026, 8, 1), [7, 8]),
        (date(2026, 7, 31), [7]),
        (date(2026, 6, 30), [7, 8, 9]),
    ],
)
def test_a_course_goes_no_further_than_today(today: date, months: list[int]) -> None:
    quarter = Period(date(2026, 7, 1), date(2026, 9, 30))
    assert [month.first.month for month in begun(quarter, today)] == months
