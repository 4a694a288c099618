"""The shipped tenants: every number of the documents, each with its line."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli.policy import app
from shared.clock import Plan, Unit
from shared.policy import (
    PolicyError,
    Severity,
    Tenants,
    UnknownKey,
    check,
    load_tenants,
)

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "tenants"
OWN_FILES = ("tenant.yaml", "calendars.yaml", "deadlines.yaml")


@pytest.fixture(scope="module")
def tenants() -> Tenants:
    return load_tenants(SHIPPED)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files of this package alone, to be spoilt."""
    for tenant in ("osinergmin", "osce", "comteco"):
        (tmp_path / tenant).mkdir()
        for name in OWN_FILES:
            shutil.copy(SHIPPED / tenant / name, tmp_path / tenant / name)
    return tmp_path


def test_three_accounts_ship(tenants: Tenants) -> None:
    assert sorted(tenants) == ["comteco", "osce", "osinergmin"]
    assert all(tenant.languages[:2] == ("es", "en") for tenant in tenants.values())


@pytest.mark.parametrize(
    ("tenant", "key", "amount", "minimum", "unit"),
    [
        ("osinergmin", "request.evaluate", 1, None, Unit.BUSINESS_DAY),
        ("osinergmin", "request.observe", 1, None, Unit.BUSINESS_DAY),
        ("osinergmin", "request.information", 1, None, Unit.BUSINESS_DAY),
        ("osinergmin", "request.system_access", 1, None, Unit.BUSINESS_DAY),
        ("osinergmin", "request.system_change", 30, 15, Unit.CALENDAR_DAY),
        ("osinergmin", "training.replica", 1, None, Unit.BUSINESS_DAY),
        ("osinergmin", "adviser.follow_up", 86_400, None, Unit.SECOND),
        ("osce", "consultation.reply", 1, None, Unit.BUSINESS_DAY_SAME_TIME),
        ("osce", "incident.forward.l1", 0, None, Unit.BUSINESS_DAY),
        ("osce", "incident.elevate.l3", 0, None, Unit.BUSINESS_DAY),
        ("osce", "incident.final_reply", 0, None, Unit.BUSINESS_DAY),
        ("osce", "incident.solve.l2", 5, 1, Unit.BUSINESS_DAY),
        ("osce", "incident.solve.l3", 5, 2, Unit.BUSINESS_DAY),
        ("osce", "incident.validate.l2", 1, None, Unit.BUSINESS_DAY),
        ("osce", "incident.respond.high", 5, None, Unit.BUSINESS_DAY),
        ("osce", "incident.respond.medium", 4, None, Unit.BUSINESS_DAY),
        ("osce", "incident.respond.low", 2, None, Unit.BUSINESS_DAY),
        ("osce", "suggestions.annual_report", 10, None, Unit.BUSINESS_DAY),
        ("osce", "claim.reply", 30, None, Unit.BUSINESS_DAY),
        ("comteco", "installation", 10, 1, Unit.CALENDAR_DAY),
        ("comteco", "sim.final_block", 5, None, Unit.CALENDAR_DAY),
    ],
)
def test_every_term(
    tenants: Tenants, tenant: str, key: str, amount: int, minimum: int | None, unit: Unit
) -> None:
    term = tenants[tenant].term(key)
    assert (term.amount, term.minimum, term.unit) == (amount, minimum, unit)
    assert term.source


@pytest.mark.parametrize(
    ("tenant", "key", "value"),
    [
        ("osinergmin", "trainers", Decimal(2)),
        ("osinergmin", "positions", Decimal(30)),
        ("osinergmin", "transactions", Decimal(9000)),
        ("osinergmin", "client.report_cadence", ("week", "fortnight", "month")),
        ("osce", "telephone.average_attention", Decimal(600)),
        ("osce", "satisfaction.baseline", Decimal("71.3")),
        ("osce", "meeting.monthly.limit", Decimal(40)),
        ("osce", "analysis.window", Decimal(3)),
        ("osce", "induction", Decimal(1)),
        ("comteco", "service_level.target", Decimal(80)),
        ("comteco", "service_level.within", Decimal(20)),
        ("comteco", "lines.measured", ("101", "104", "800131313", "4639999")),
        ("comteco", "prepaid.first_day", Decimal(25)),
        ("comteco", "directory.registration_fee", Decimal(5)),
        ("comteco", "profile.validity", Decimal(3)),
    ],
)
def test_every_figure(tenants: Tenants, tenant: str, key: str, value: object) -> None:
    figure = tenants[tenant].figure(key)
    assert figure.value == value
    assert figure.source


@pytest.mark.parametrize(
    ("calendar", "opens", "closes"),
    [
        ("office", "08:30", "16:30"),
        ("telephone", "08:30", "17:30"),
        ("seace-desk", "09:00", "23:59"),
    ],
)
def test_the_desks_of_osce(tenants: Tenants, calendar: str, opens: str, closes: str) -> None:
    week = tenants["osce"].calendar(calendar).spec.weekly
    assert [str(window) for window in week[0]] == [f"{opens}-{closes}"]
    assert week[0] == week[4]
    assert week[5:] == ((), ())


def test_the_inverted_criticality_is_a_loud_warning_and_nothing_else(copy: Path) -> None:
    (found,) = check(copy, {})
    assert (found.rule, found.severity) == ("urgent_last", Severity.WARNING)
    assert found.file == copy / "osce" / "deadlines.yaml"
    assert "keys: [incident.respond.high" in found.file.read_text().splitlines()[found.line - 1]
    assert "AMB-3" in found.reason("es")
    assert "urgent_first" in found.reason("en")


def test_one_line_turns_the_criticality_round(copy: Path) -> None:
    _edit(copy / "osce" / "deadlines.yaml", "apply: as_written", "apply: urgent_first")
    assert check(copy, {}) == ()
    osce = load_tenants(copy)["osce"]
    amounts = [osce.term(f"incident.respond.{level}").amount for level in ("high", "medium", "low")]
    assert amounts == [2, 4, 5]


def test_a_decree_is_one_line(copy: Path) -> None:
    _edit(
        copy / "osinergmin" / "calendars.yaml",
        "      country: PE\n",
        '      country: PE\n      add: {"2026-07-27": "Decreto"}\n',
    )
    names = dict(load_tenants(copy)["osinergmin"].calendar("office").spec.holidays)
    assert "Decreto" in names.values()


def test_a_plan_carries_warnings_calendar_and_version(tenants: Tenants) -> None:
    plan = tenants["osce"].plan({"respond": "incident.respond.high", "solve": "incident.solve.l3"})
    assert isinstance(plan, Plan)
    assert [target.name for target in plan.targets] == ["respond", "solve"]
    assert plan.targets[0].warnings == (50, 80)
    assert plan.version == tenants["osce"].version
    assert plan.calendar is tenants["osce"].calendar("office")


def test_a_plan_counts_in_one_calendar(tenants: Tenants) -> None:
    mixed = {"a": "request.evaluate", "b": "adviser.follow_up"}
    with pytest.raises(ValueError, match="one calendar"):
        tenants["osinergmin"].plan(mixed)


def test_a_channel_brings_its_cutoff_and_calendar(tenants: Tenants) -> None:
    osce = tenants["osce"]
    assert osce.term("incident.forward.l1").cutoff is None
    assert osce.term("incident.forward.l1", channel="mail").cutoff == 59_400
    assert osce.term("incident.forward.l1", channel="telephone").calendar == "telephone"


@pytest.mark.parametrize("kind", ["calendar", "channel", "term", "figure", "reading"])
def test_what_is_unknown_says_what_is_known(tenants: Tenants, kind: str) -> None:
    with pytest.raises(UnknownKey, match=r"osce: no .* 'nothing'; there are "):
        getattr(tenants["osce"], kind)("nothing")


def test_readings_are_flags(tenants: Tenants) -> None:
    assert tenants["osinergmin"].reading("AMB-2") == "eligible_only"
    assert tenants["comteco"].reading("AMB-5") == "not_measured"


def _deadline_keys() -> list[tuple[str, str, str]]:
    found = []
    for tenant in ("osinergmin", "osce", "comteco"):
        body = yaml.safe_load((SHIPPED / tenant / "deadlines.yaml").read_text())
        found += [(tenant, part, key) for part in ("deadlines", "figures") for key in body[part]]
    return found


@pytest.mark.parametrize(("tenant", "part", "key"), _deadline_keys())
def test_no_number_goes_without_its_source(copy: Path, tenant: str, part: str, key: str) -> None:
    path = copy / tenant / "deadlines.yaml"
    body = yaml.safe_load(path.read_text())
    del body[part][key]["source"]
    path.write_text(yaml.safe_dump(body))
    assert [found.rule for found in check(copy, {}) if found.severity is Severity.ERROR] == [
        "missing_source"
    ]
    with pytest.raises(PolicyError, match="missing_source"):
        load_tenants(copy)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_table_in_the_docs_is_the_one_of_the_policies() -> None:
    shown = CliRunner().invoke(app, ["table", str(SHIPPED)])
    written = SHIPPED.parents[1] / "docs" / "deadlines.md"
    assert shown.output == written.read_text(encoding="utf-8"), "run: enlace policy table"
