"""What `up` makes of deploy/ for one machine, and how the programs come there."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli.local import install, ports
from cli.local.home import Home
from cli.local.process import Child
from cli.local.system import Progress, System, Wishes
from cli.local.watchers import Alertmanager, Prometheus
from tests.support.promql import RULES


def test_prometheus_scrapes_this_machine_by_the_deployed_rules(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    part = Prometheus(folder, port=1, target=8123, alertmanager=9123, log=tmp_path / "log")
    file = folder / "prometheus.yml"
    folder.mkdir()
    config = part._config()
    file.write_text(json.dumps(config), encoding="utf-8")

    done = subprocess.run(
        ["promtool", "check", "config", str(file)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert f"{len(list(RULES.glob('*.yaml')))} rule files found" in done.stdout
    assert [one["job_name"] for one in config["scrape_configs"]] == ["enlace"]
    addresses = {
        address
        for part in (*config["scrape_configs"], *config["alerting"]["alertmanagers"])
        for static in part["static_configs"]
        for address in static["targets"]
    }
    assert addresses == {"127.0.0.1:8123", "127.0.0.1:9123"}


def test_alertmanager_sends_nothing_from_here(tmp_path: Path) -> None:
    part = Alertmanager(tmp_path / "alertmanager", port=1, log=tmp_path / "log")

    receivers = part._config()["receivers"]

    assert len(receivers) > 1
    assert all(set(receiver) == {"name"} for receiver in receivers)


class _Reading(BaseHTTPRequestHandler):
    """A watcher whose port is open while it still reads its data."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not into the tests' output."""


def test_a_watcher_is_ready_when_it_says_so_not_when_its_port_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Reading) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        part = Alertmanager(tmp_path, port=server.server_port, log=tmp_path / "log")
        assert ports.answers(part.port)
        assert not part.ready()

        monkeypatch.setattr(_Reading, "status", HTTPStatus.OK)

        assert part.ready()
        server.shutdown()


class _Late(Alertmanager):
    """Runs, and is ready at the third time that somebody asks, or never."""

    asked, ready_at = 0, 3

    def launch(self) -> None:
        sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
        self.child = Child(sleeper, env=os.environ, folder=self.folder, log=self.log)

    def ready(self) -> bool:
        self.asked += 1
        return self.asked >= self.ready_at


@pytest.mark.parametrize(("ready_at", "told"), [(3, "ready at"), (10**9, "runs without it")])
def test_up_waits_for_a_watcher_and_goes_on_without_one_that_never_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ready_at: int, told: str
) -> None:
    home, said = Home(tmp_path), list[str]()
    home.prepare()
    system = System(home, Wishes(), Progress(said.append))
    part = _Late(tmp_path, port=1, log=tmp_path / "log" / "late.log")
    part.ready_at = ready_at
    if told != "ready at":
        monkeypatch.setattr("cli.local.system.WATCHER_SECONDS", 0.2)
    try:
        system._watch([part])
        assert part.child is not None
        assert part.child.exit_code() is None
    finally:
        system.supervisor.stop()

    (line,) = said
    assert told in line
    assert part.asked >= min(ready_at, 2)


def test_what_may_not_be_installed_is_told_and_raises_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "amtool" else which(name))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said: list[str] = []

    assert install.ensure_watchers(said.append) == ["prometheus-alertmanager"]
    assert said == []


def test_what_is_there_is_left_alone() -> None:
    said: list[str] = []

    assert install.ensure_watchers(said.append) == []
    assert said == []
