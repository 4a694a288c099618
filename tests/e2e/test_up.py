"""`./enlace up`, `status` and `down` in a folder of their own, faults included."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pymongo import MongoClient

from cli.down import STOP_SECONDS
from cli.local.home import Home
from cli.local.install import ensure_watchers
from tests.support.checkout import Checkout, eventually
from tests.support.eventually import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

UP = ("up", "--detach", "--no-demo")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A running copy, in a folder whose name has a space."""
    copy = Checkout.copy_to(tmp_path_factory.mktemp("first clone"))
    try:
        started = copy.run(*UP)
        assert started.returncode == 0, started.stdout + started.stderr
        assert "Enlace is ready" in started.stdout
        yield copy
    finally:
        copy.run("down", "--wipe")
        for process in copy.processes():
            process.kill()


def names(copy: Checkout) -> set[str]:
    return {part["name"] for part in copy.status()["parts"]}


def mongo(copy: Checkout) -> MongoClient[dict[str, Any]]:
    home = Home(copy.folder / ".enlace")
    return MongoClient(home.database(home.state()).url)


def test_every_part_is_ready_and_on_loopback_only(copy: Checkout) -> None:
    status = copy.status()

    assert status["ok"], status
    assert {"broker", "database"} < names(copy)
    assert {part["kind"] for part in status["parts"]} >= {"broker", "database", "service"}
    listening = copy.listening()
    assert set(listening) == set(copy.state()["ports"].values())
    assert set(listening.values()) == {"127.0.0.1"}


def test_both_watchers_run_and_prometheus_has_the_services_and_the_other(copy: Checkout) -> None:
    assert ensure_watchers(print) == []
    assert {"prometheus", "alertmanager"} < names(copy)

    def known(path: str) -> list[dict[str, Any]]:
        url = f"http://127.0.0.1:{copy.state()['ports']['prometheus']}/api/v1/{path}"
        answer: dict[str, Any] = httpx.get(url, timeout=PATIENCE).raise_for_status().json()["data"]
        (found,) = (part for name, part in answer.items() if name.startswith("active"))
        return list(found)

    eventually(
        lambda: [one["health"] for one in known("targets")] == ["up"],
        what="the services are scraped",
    )
    eventually(lambda: len(known("alertmanagers")) == 1, what="there is somebody to tell")
    (alerts,) = known("alertmanagers")
    assert f":{copy.state()['ports']['alertmanager']}/" in alerts["url"]


def test_secrets_are_for_their_owner_only(copy: Checkout) -> None:
    for name in ("secrets.json", "state.json", "broker/advanced.config", "database/key"):
        assert (copy.folder / ".enlace" / name).stat().st_mode & 0o077 == 0, name


def test_a_second_up_finds_it_running(copy: Checkout) -> None:
    again = copy.run(*UP)

    assert (again.returncode, copy.state()["url"] in again.stdout) == (0, True)
    assert copy.run("up").stderr == "enlace: Enlace runs here already: ./enlace status shows it\n"


@pytest.mark.parametrize("part", ["services", "database", "broker"])
def test_a_killed_part_comes_back(copy: Checkout, part: str) -> None:
    killed = copy.pid(part)

    copy.kill(killed)

    eventually(lambda: copy.pid(part) != killed, what=f"{part} started again")
    eventually(copy.is_well, what=f"all ready after {part} died")


def test_a_killed_up_is_recovered_with_its_data(copy: Checkout) -> None:
    with mongo(copy) as client:
        client.test_up.kept.insert_one({"_id": 1})
    before = copy.state()
    supervisor = Home(copy.folder / ".enlace").holder()
    assert supervisor is not None

    copy.kill(supervisor)
    eventually(lambda: Home(copy.folder / ".enlace").holder() is None, what="the lock is free")
    again = copy.run(*UP)

    assert again.returncode == 0, again.stdout + again.stderr
    (told,) = (line for line in again.stdout.splitlines() if "a killed start left" in line)
    assert all(part in told for part in ("broker", "database", "services"))
    assert copy.is_well()
    assert copy.state()["ports"] == before["ports"]
    with mongo(copy) as client:
        assert client.test_up.kept.find_one() == {"_id": 1}


def test_another_copy_takes_other_ports_and_stops_alone(
    copy: Checkout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Checkout.copy_to(tmp_path_factory.mktemp("other"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = other.start("up", "--no-demo", "--port", str(port))
        lines: list[str] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if "./enlace down" in line:
                    break
            assert process.poll() is None, "".join(lines)
            assert any(f"port {port} is in use" in line for line in lines)
            assert not set(other.listening()) & set(copy.listening())
            assert other.is_well()
            process.send_signal(signal.SIGINT)
            assert process.wait(STOP_SECONDS) == os.EX_OK
        finally:
            process.kill()
            process.communicate()
    assert other.processes() == []
    assert copy.is_well()
    assert other.run("down", "--wipe").returncode == 0
    assert not (other.folder / ".enlace").exists()


def test_down_wipe_leaves_nothing(copy: Checkout) -> None:
    down = copy.run("down", "--wipe")

    assert (down.returncode, down.stdout) == (0, "stopped; all data are deleted\n")
    assert copy.processes() == []
    assert not (copy.folder / ".enlace").exists()
    assert copy.run("status").returncode == 1
    assert copy.run("down").stdout == "nothing was started here\n"
