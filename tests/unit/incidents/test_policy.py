"""Every number comes from the policy, with its line; what is wrong in it is found at its place."""

import shutil
from pathlib import Path

import pytest

from services.incidents.domain.stages import StageName
from services.incidents.policy import SECTION, IncidentSection, incident_policy
from services.incidents.policy.account import IncidentPolicy
from shared.decider import Invalid, Unknown
from shared.policy import Finding, Severity, check, load_tenants
from tests.support.incidents import TENANTS, Case, lima, policy_of, registered

ACCOUNTS = ("comteco", "osce", "osinergmin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of osce that a test may spoil."""
    shutil.copytree(TENANTS / "osce", tmp_path / "osce")
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> Path:
    path = folder / "osce" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def found(folder: Path) -> list[Finding]:
    """What is said of incidents.yaml, and of the order of the terms."""
    sections = {SECTION: IncidentSection}
    wanted = ("incidents.yaml", "deadlines.yaml")
    return [one for one in check(folder, sections) if one.file.name in wanted]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_account_has_all_terms_areas_and_tiers(account: str) -> None:
    policy = policy_of(account)

    assert [policy.tier(tier).area for tier in (1, 2, 3)]
    for stage in StageName:
        if stage is not StageName.RESPOND:
            assert policy.tenant.term(policy.term_of(stage)).source
    for level in policy.section.criticality.levels.values():
        assert policy.tenant.term(level.respond).source
        assert level.help.es != level.help.en


def test_amb_3_is_as_written_with_a_loud_warning_and_one_line_turns_it(folder: Path) -> None:
    (warning,) = found(folder)
    assert (warning.rule, warning.severity) == ("urgent_last", Severity.WARNING)
    assert "AMB-3" in warning.reason()
    spoil(folder, "deadlines.yaml", "apply: as_written", "apply: urgent_first")

    assert found(folder) == []
    case = Case(incident_policy(load_tenants(folder)["osce"]))
    assert due_days(case.policy) == {"high": 2, "medium": 4, "low": 5}


def due_days(policy: IncidentPolicy) -> dict[str, int]:
    levels = policy.section.criticality.levels
    return {key: policy.tenant.term(level.respond).amount for key, level in levels.items()}


def test_a_priority_changes_the_term_only_where_the_policy_says_so(folder: Path) -> None:
    spoil(
        folder,
        "incidents.yaml",
        "  urgent:\n",
        "  urgent:\n    respond: incident.respond.low\n",
    )
    policy = incident_policy(load_tenants(folder)["osce"])

    assert policy.response_term("high", "urgent") == "incident.respond.low"
    assert policy.response_term("high", "normal") == "incident.respond.high"
    assert policy.response_term("high", "") == "incident.respond.high"


def test_another_reading_lets_a_provider_wait_only_pause(folder: Path) -> None:
    assert policy_of().defers
    spoil(folder, "tenant.yaml", "value: deferred", "value: paused")
    assert not incident_policy(load_tenants(folder)["osce"]).defers


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("default: medium", "default: huge", "incident_default"),
        ("unclassified: unclassified", "unclassified: nothing", "incident_default"),
        ("area: oti, evidence", "area: seace, evidence", "incident_tier_area"),
        ("of: oti, tiers", "of: nobody, tiers", "incident_area_of"),
        ("of: oti, tiers", "of: platform, tiers", "incident_area_of"),
        ("}, channel: telephone, source", "}, channel: fax, source", "incident_default"),
        ("region: regiones,", "region: norte,", "incident_default"),
        ("share: 80", "share: 40", "incident_ladder"),
        ("share: 100", "share: 99", "incident_ladder"),
        ("calendar: office", "calender: office", "extra_forbidden"),
        (', source: "B:L1642-1653"}', "}", "missing_source"),
    ],
)
def test_what_is_wrong_is_found_at_its_line(folder: Path, old: str, new: str, rule: str) -> None:
    spoil(folder, "incidents.yaml", old, new)
    errors = [one for one in found(folder) if one.severity is Severity.ERROR]

    assert rule in {error.rule for error in errors}
    assert all(error.reason("es") != error.reason("en") or error.line > 1 for error in errors)


def test_a_misspelt_term_shows_at_start(folder: Path) -> None:
    spoil(folder, "incidents.yaml", "term: incident.solve.l2", "term: incident.solve.l9")
    with pytest.raises(LookupError, match=r"incident\.solve\.l9"):
        incident_policy(load_tenants(folder)["osce"])


def test_an_account_without_the_file_takes_no_incidents(folder: Path) -> None:
    (folder / "osce" / "incidents.yaml").unlink()
    with pytest.raises(Unknown, match=r"incidents\.not_offered"):
        incident_policy(load_tenants(folder)["osce"])


def test_a_promise_is_not_rewritten_by_a_later_policy(folder: Path) -> None:
    """The number of days and the version of a promise are those that it was made with."""
    case = registered(criticality="high")
    spoil(folder, "deadlines.yaml", "incident.respond.high: {amount: 5", "x.y: {amount: 5")
    spoil(
        folder,
        "deadlines.yaml",
        "incident.respond.medium: {",
        "incident.respond.high: {amount: 9, calendar: office, source: 'B:L1'}\n"
        "  incident.respond.medium: {",
    )
    later = incident_policy(load_tenants(folder)["osce"])
    promised = case.stage(StageName.RESPOND)
    case.policy = later

    assert later.tenant.term("incident.respond.high").amount == 9
    assert later.plan("respond", promised.term, promised.amount).targets[0].term.amount == 5
    assert promised.due_at == lima(8, 16, 30)
    assert promised.policy == "2026-07"


def test_an_unknown_value_tells_the_list() -> None:
    with pytest.raises(Invalid) as refusal:
        policy_of().criticality("enorme")
    assert refusal.value.fields["known"] == ["high", "medium", "low"]


def test_names_are_read_as_people_write_them() -> None:
    policy = policy_of()
    assert policy.area(" RNP ") == "rnp"
    assert policy.area("desarrollo oti") == "development"
    assert policy.criticality("HIGH") == "high"
