"""What the provisioning decides, without starting a server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
import typer

from cli import bench, check
from cli.errors import UserError
from cli.local import install, ports
from cli.local.broker import Broker, BrokerPorts, link_needed_plugins
from cli.local.database import Database
from cli.local.home import AMQP, CHECKOUT, MONGO, Home, State
from cli.local.management import usual_address
from cli.local.process import Child, Identity, wait_until
from cli.local.supervisor import Watch, stop_orphans
from cli.local.system import Progress, System, Wishes
from cli.up import where_to_look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")

HOLDER = """
import pathlib, sys, time
from cli.local.home import Home
with Home(pathlib.Path(sys.argv[1])).locked():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / ".enlace")
    home.prepare()
    return home


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Child]:
    child = Child(SLEEPER, env=os.environ, folder=tmp_path, log=tmp_path / "log")
    yield child
    child.kill()


def test_a_taken_port_is_avoided() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert not ports.is_free(port)
        assert ports.first_free(port) > port


def test_a_port_that_the_system_gives_out_by_itself_is_not_chosen() -> None:
    with socket.socket() as anybody:
        anybody.bind(("127.0.0.1", 0))
        given = anybody.getsockname()[1]

    assert max(ports.any_free() for _ in range(20)) < 32_768 <= given


def test_a_port_is_chosen_for_one_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also before it listens, and while it is killed."""
    first = ports.any_free()
    offered = iter([first, first, first + 1])
    monkeypatch.setattr(ports.secrets, "choice", lambda _: next(offered, first + 2))

    assert ports.any_free() != first


def test_two_starts_at_once_do_not_choose_the_same_port() -> None:
    port = ports.any_free()
    start = f"from cli.local import ports; print(ports.first_free({port}), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", start],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        chosen = int(other.stdout.readline())
        assert not ports.claim(chosen)
        assert ports.first_free(chosen) > chosen
        other.communicate("go on\n")
    assert ports.claim(chosen)


def test_a_port_is_remembered_while_it_is_free(home: Home) -> None:
    state = State()
    first = home.port(state, "amqp")
    home.save(state)

    again = home.state()
    assert home.port(again, "amqp") == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert home.port(again, "amqp") != first


def test_a_secret_stays_and_is_private(home: Home) -> None:
    secret = home.secret("broker")

    assert home.secret("broker") == secret != home.secret("database")
    assert (home.folder / "secrets.json").stat().st_mode & 0o077 == 0


def test_an_unreadable_state_says_what_to_do(home: Home) -> None:
    (home.folder / "state.json").write_text("{")

    with pytest.raises(UserError, match="delete it"):
        home.state()


def test_one_up_per_folder_and_no_stale_lock(home: Home) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLDER,
            str(home.folder),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert home.holder() == holder.pid
    with pytest.raises(UserError, match="runs here already"), home.locked():
        pass

    holder.kill()
    holder.communicate()

    assert home.holder() is None
    with home.locked():
        assert home.holder() == os.getpid()


def test_a_process_is_told_from_a_later_one_with_its_pid(sleeper: Child) -> None:
    assert sleeper.identity.find() is not None
    assert Identity(sleeper.pid, sleeper.identity.created - 60).find() is None
    sleeper.kill()
    assert sleeper.identity.find() is None


def test_orphans_are_stopped_and_strangers_are_not(home: Home, sleeper: Child) -> None:
    state = State()
    home.record(state, "database", sleeper.identity)
    home.record(state, "broker", Identity(os.getpid(), psutil.Process().create_time() - 60))

    found = stop_orphans(home, state)

    assert found == ["database"]
    assert sleeper.identity.find() is None
    assert home.state().processes == {}


def test_a_part_that_ends_while_it_starts_is_told_at_once(tmp_path: Path) -> None:
    arguments = (sys.executable, "-c", "print('no room'); raise SystemExit(3)")
    child = Child(arguments, env=os.environ, folder=tmp_path, log=tmp_path / "log")

    with pytest.raises(UserError, match="the part ended with 3 while it started: no room"):
        wait_until(lambda: False, child=child, name="the part", timeout=10)


def test_pauses_between_restarts_grow_and_recover() -> None:
    watch = Watch(Broker.__new__(Broker), started=0.0)

    pauses = [watch.died(now) for now in (1, 2, 3, 4, 5, 6, 7, 8)]

    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert watch.died(100) == 0.2


def test_addresses_carry_user_password_and_vhost(tmp_path: Path) -> None:
    broker = Broker(tmp_path, password="p", node_ports=BrokerPorts(1, 2, 3))

    assert broker.amqp_url == "amqp://enlace:p@127.0.0.1:1/%2F"
    assert broker.url_for("a b", "enlace_intake", "x") == "amqp://enlace_intake:x@127.0.0.1:1/a%20b"
    assert broker.management_url == "http://enlace:p@127.0.0.1:2"
    assert Database(tmp_path, password="p", port=4).url == (
        "mongodb://enlace:p@127.0.0.1:4/?replicaSet=rs0&authSource=admin"
    )


@pytest.mark.parametrize(
    ("broker", "management"),
    [
        ("amqp://ana:p%40@mq.example:5673/house", "http://ana:p%40@mq.example:15672"),
        ("amqps://ana:p@mq.example/", "https://ana:p@mq.example:15671"),
        ("amqp://[::1]:5672", "http://[::1]:15672"),
    ],
)
def test_a_given_broker_has_its_management_api_at_the_usual_place(
    broker: str, management: str
) -> None:
    assert usual_address(broker) == management


@pytest.mark.parametrize("mode", ["given", "local"])
def test_keys_and_tenants_are_of_the_folder_whoever_runs_the_servers(
    home: Home, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    ports = dict.fromkeys(("http", "amqp", "management", "distribution", "mongo"), 1)
    home.save(State(ports=ports, mode=mode, url="http://127.0.0.1:8080"))
    given = {AMQP: "amqp://given", MONGO: "mongodb://given"}
    monkeypatch.setattr(os, "environ", dict(given))

    home.adopt()

    assert os.environ == given | {
        "ENLACE_TOKEN_PUBLIC_KEYS": str(home.folder / "keys" / "jwks.json"),
        "ENLACE_TOKEN_PRIVATE_KEY": str(home.folder / "keys" / "token-private.pem"),
        "ENLACE_PERIOD_PUBLIC_KEYS": str(home.folder / "keys" / "periods" / "jwks.json"),
        "ENLACE_PERIOD_PRIVATE_KEY": str(home.folder / "keys" / "periods" / "token-private.pem"),
        "ENLACE_TENANTS_DIR": str(CHECKOUT / "deploy" / "tenants"),
        "ENLACE_URL": "http://127.0.0.1:8080",
    }


def test_only_needed_plugins_are_linked(tmp_path: Path) -> None:
    installed = tmp_path / "rabbitmq"
    needs = {
        "rabbit": "kernel, stdlib, ra",
        "ra": "stdlib",
        "rabbitmq_prelaunch": "rabbit",
        "rabbitmq_management": "rabbit",
        "rabbitmq_mqtt": "rabbit",
    }
    for name, applications in needs.items():
        ebin = installed / "plugins" / f"{name}-1.0" / "ebin"
        ebin.mkdir(parents=True)
        (ebin / f"{name}.app").write_text(
            f"{{application,{name},[{{applications,[{applications}]}}]}}."
        )
    server = installed / "sbin" / "rabbitmq-server"
    server.parent.mkdir()
    (server.parent / "rabbitmq-defaults").touch()

    assert link_needed_plugins(server, tmp_path / "dist")
    linked = {path.name for path in (tmp_path / "dist" / "plugins").iterdir()}
    assert linked == {f"{name}-1.0" for name in needs if name != "rabbitmq_mqtt"}


def test_another_layout_of_rabbitmq_is_used_whole(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "rabbit-4.0.ez").touch()

    assert not link_needed_plugins(tmp_path / "sbin" / "rabbitmq-server", tmp_path / "dist")


def test_a_package_may_not_start_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(install, "POLICY", policy)

    with install.no_services_started():
        assert subprocess.run([str(policy)], check=False).returncode == 101
    assert not policy.exists()

    policy.write_text("theirs")
    with install.no_services_started():
        pass
    assert policy.read_text() == "theirs"


def test_without_rights_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.broker, "find_server", lambda: None)
    monkeypatch.setattr(install.os, "geteuid", lambda: 1000)

    with pytest.raises(UserError, match=r"install.* rabbitmq-server"):
        install.ensure_rabbitmq(lambda _: None)


def test_check_plans_all_some_or_pytest() -> None:
    everything = [step.name for step in check.plan([])]
    assert everything[:4] == ["format", "lint", "types", "imports"]
    assert sorted(", ".join(everything[4:]).split(", ")) == sorted(check.layers())
    assert [step.name for step in check.plan(["lint", "unit"])] == ["lint", "unit"]
    (by_hand,) = check.plan(["tests/unit", "-k", "x"])
    assert by_hand.arguments == ("tests/unit", "-k", "x")
    (long,) = check.plan(["chaos"])
    assert long.env == {"ENLACE_CHAOS": "long"}


@pytest.mark.parametrize(("ratio", "code"), [(2.5, 0), (0.5, 1)])
def test_bench_fails_below_target(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ratio: float,
    code: int,
) -> None:
    row = {"measure": "m", "ours": 1, "theirs": 2, "unit": "1/s", "ratio": ratio, "target": 2.0}
    report = {"name": "one", "machine": "here", "results": [row]}
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "one.py").write_text(f"print({json.dumps(report)!r})")
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bench, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(bench, "needs_servers", lambda _: False)
    monkeypatch.setattr(
        bench, "own_environment", lambda _: {**os.environ, "PYTHONPATH": str(tmp_path)}
    )

    try:
        bench.bench(["one"], as_json=True)
        ended = 0
    except typer.Exit as end:
        ended = end.exit_code

    assert ended == code
    assert json.loads(capsys.readouterr().out) == report


def test_a_benchmark_without_an_end_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endless.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(bench, "SECONDS", 0.2)
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(UserError, match=r"endless was stopped: no result in 0\.2 s"):
        bench._run("endless", "endless", dict(os.environ))


@pytest.mark.parametrize("lost", ["token-private.pem", "jwks.json"])
def test_up_mends_keys_that_were_half_written(home: Home, lost: str) -> None:
    system = System(home, Wishes(), Progress(print))
    system._make_keys()
    (home.folder / "keys" / lost).unlink()

    system._make_keys()

    assert {path.name for path in (home.folder / "keys").iterdir()} == {
        "jwks.json",
        "token-private.pem",
        "periods",
    }


def test_up_says_where_mail_may_be_sent_to(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save(State(ports={"http": 8080, "mail": 2526}, mode="given"))
    system = System(home, Wishes(), Progress(print))
    monkeypatch.delenv("ENLACE_MAIL_LISTEN", raising=False)
    assert any("127.0.0.1:2526" in line for line in where_to_look(system))
    monkeypatch.setenv("ENLACE_MAIL_LISTEN", "127.0.0.1:25")
    assert any("127.0.0.1:25 " in line for line in where_to_look(system))


def test_the_tests_of_all_steps_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "def test_one(): pass\n"
        "def test_other(): assert 0\n"
        "def test_not(): pytest.skip()\n"
    )
    for number in (1, 2):
        report = f"--junit-xml={tmp_path / str(number)}.xml"
        pytest_alone = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", report]
        subprocess.run([*pytest_alone, tmp_path], check=False, stdout=subprocess.DEVNULL)

    assert check._told(tmp_path) == {"passed": 2, "failed": 2, "skipped": 2}
