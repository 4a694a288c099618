"""Rules and alerts: valid, each tested by promtool both ways, each with its page."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.promql import DEPLOY, RULES, alerts, names, read, recorded, rules

RUNBOOKS = DEPLOY.parent / "docs" / "runbooks"
TESTS = sorted((DEPLOY / "prometheus" / "tests").glob("*.yaml"))
NAMES = [alert["alert"] for alert in alerts()]


def promtool(*arguments: str | Path, folder: Path = DEPLOY) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_configuration_is_valid() -> None:
    assert "2 rule files found" in promtool("check", "config", DEPLOY / "prometheus/prometheus.yml")


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_rules_do_what_they_say(file: Path) -> None:
    promtool("test", "rules", file)


@pytest.mark.parametrize("alert", NAMES)
def test_an_alert_is_seen_both_to_fire_and_to_be_silent(alert: str) -> None:
    expected = [
        bool(case["exp_alerts"])
        for file in TESTS
        for test in read(file)["tests"]
        for case in test.get("alert_rule_test", ())
        if case["alertname"] == alert
    ]
    assert set(expected) == {True, False}


def test_a_wrong_threshold_is_found(tmp_path: Path) -> None:
    """The tests above would be worth nothing if promtool let a changed rule pass."""
    for file in RULES.glob("*.yaml"):
        changed = file.read_text(encoding="utf-8").replace("> 60\n", "> 6000\n")
        (tmp_path / file.name).write_text(changed, encoding="utf-8")
    test = (DEPLOY / "prometheus/tests/platform.yaml").read_text(encoding="utf-8")
    changed_test = tmp_path / "platform.yaml"
    changed_test.write_text(test.replace("../rules/", ""), encoding="utf-8")

    with pytest.raises(AssertionError, match="EnlaceOutboxOld"):
        promtool("test", "rules", changed_test)


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_an_alert_says_who_answers_and_what_to_do(alert: dict[str, Any]) -> None:
    page = RUNBOOKS / f"{alert['alert']}.md"
    assert alert["annotations"]["runbook"] == f"docs/runbooks/{page.name}"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {alert['alert']}\n")
    assert f"Severity **{alert['labels']['severity']}**" in text
    assert {"## Look", "## Mend"} <= set(text.splitlines())
    for link in re.findall(r"\]\((\w+\.md)\)", text):
        assert (RUNBOOKS / link).exists(), link
    assert alert["labels"]["severity"] in {"critical", "warning"}
    grouped = re.search(r"by \(tenant\b", alert["expr"]) is not None
    of_tenant = grouped or re.search(r"\btenant(_stage)?:", alert["expr"]) is not None
    assert alert["labels"]["scope"] == ("tenant" if of_tenant else "platform")
    assert all(alert["annotations"][key] for key in ("summary", "summary_en"))


def test_no_page_is_left_of_an_alert_that_is_gone() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("Enlace*.md")}
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")

    assert pages == set(NAMES) == set(re.findall(r"\[(Enlace\w+)\]", index))


def test_recorded_names_are_those_that_are_used() -> None:
    used = {name for rule in rules() for name in names(rule["expr"]) if ":" in name}
    assert used <= recorded()


def test_every_service_of_the_checkout_is_scraped() -> None:
    config = read(DEPLOY / "prometheus/prometheus.yml")
    (enlace,) = (job for job in config["scrape_configs"] if job["job_name"] == "enlace")
    services = {file.parent.name for file in (DEPLOY.parent / "services").glob("*/service.py")}
    assert set(enlace["dns_sd_configs"][0]["names"]) == services


def test_every_service_of_the_checkout_is_missed_when_it_is_gone() -> None:
    (rule,) = (alert for alert in alerts() if alert["alert"] == "EnlaceServiceAbsent")
    services = {file.parent.name for file in (DEPLOY.parent / "services").glob("*/service.py")}
    assert set(re.findall(r'service="(\w+)"', rule["expr"])) == services
