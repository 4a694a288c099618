"""Who is told what, as Alertmanager itself answers."""

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.local import ports
from cli.local.watchers import Alertmanager
from tests.support.eventually import PATIENCE
from tests.support.promql import DEPLOY, alerts, read

CONFIG = DEPLOY / "alertmanager" / "alertmanager.yml"
TENANTS = sorted(folder.name for folder in (DEPLOY / "tenants").iterdir() if folder.is_dir())


def amtool(*arguments: str) -> str:
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def receiver(**labels: str) -> str:
    pairs = [f"{name}={value}" for name, value in labels.items()]
    return amtool("config", "routes", "test", f"--config.file={CONFIG}", *pairs)


def test_the_configuration_is_valid() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


@pytest.mark.parametrize("tenant", TENANTS)
def test_what_concerns_an_account_goes_to_its_people(tenant: str) -> None:
    assert receiver(scope="tenant", tenant=tenant, severity="warning") == tenant
    assert receiver(scope="tenant", tenant=tenant, severity="critical") == f"{tenant}-critical"


def test_what_concerns_the_platform_goes_to_who_runs_it() -> None:
    assert receiver(scope="platform", severity="critical") == "platform-critical"
    assert receiver(scope="platform", severity="warning") == "platform"
    assert receiver(scope="tenant", tenant="new", severity="critical") == "accounts"


def test_inhibition_names_alerts_that_exist_and_labels_they_have() -> None:
    known = {alert["alert"]: alert for alert in alerts()}
    for rule in read(CONFIG)["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            for name in re.findall(r"Enlace\w+", matcher):
                for label in rule.get("equal", ()):
                    assert label in known[name]["expr"] or ":" in known[name]["expr"], (name, label)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Alertmanager]:
    part = Alertmanager(tmp_path / "alertmanager", port=ports.any_free(), log=tmp_path / "log")
    part.launch()
    try:
        eventually(part.ready)
        yield part
    finally:
        part.stop()


def eventually(fine: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not fine():
        assert time.monotonic() < limit
        time.sleep(0.1)


def call(part: Alertmanager, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{part.url}/api/v2/{path}", data, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        content = answer.read()
    return json.loads(content) if content else None


def alert(name: str, **labels: str) -> dict[str, object]:
    return {"labels": {"alertname": name, **labels}, "startsAt": datetime.now(UTC).isoformat()}


def silenced(part: Alertmanager) -> list[dict[str, str]]:
    return [one["labels"] for one in call(part, "alerts") if one["status"]["inhibitedBy"]]


def test_a_fast_burn_silences_the_slow_one_of_its_stage_alone(running: Alertmanager) -> None:
    where = {"scope": "tenant", "tenant": "osce", "stage": "evaluation"}
    call(
        running,
        "alerts",
        [
            alert("EnlaceSlaBurnFast", severity="critical", **where),
            alert("EnlaceSlaBurnSlow", severity="warning", **where),
            alert("EnlaceSlaBurnSlow", severity="warning", **(where | {"stage": "delivery"})),
            alert("EnlaceSlaBurnSlow", severity="warning", **(where | {"tenant": "comteco"})),
        ],
    )
    eventually(lambda: len(call(running, "alerts")) == 4)

    eventually(lambda: bool(silenced(running)))
    assert silenced(running) == [{"alertname": "EnlaceSlaBurnSlow", "severity": "warning", **where}]


def test_a_broker_that_is_down_calls_once_and_hides_no_other_part(running: Alertmanager) -> None:
    """Each service tells that it does not reach it, and nobody is woken by all of them."""
    parts = [
        alert("EnlaceServiceNotReady", service=service, part=part)
        for service in ("intake", "kpi")
        for part in ("broker", "outbox", "database")
    ]
    call(running, "alerts", [alert("EnlaceBrokerDown", job="rabbitmq"), *parts])

    eventually(lambda: len(call(running, "alerts")) == 7 and len(silenced(running)) >= 4)
    found = {(one["service"], one["part"]) for one in silenced(running)}
    assert found == {(one, part) for one in ("intake", "kpi") for part in ("broker", "outbox")}
