"""The script's commands as a person meets them, without servers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from cli.__main__ import COMMANDS, build
from cli.failures import as_user_error
from shared.decider import Transient

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]


def enlace(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments],
        cwd="/",
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


NAMES = [command.name for command in COMMANDS]


def test_help_lists_every_command() -> None:
    text = enlace("--help").stdout

    for name in NAMES:
        assert f"\n  {name} " in text


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_help_with_an_example(name: str) -> None:
    app = build(name)
    command = typer.main.get_command(app).commands[name]
    below = sorted(getattr(command, "commands", {}))

    for line in [[name], *([name, sub] for sub in below)]:
        answer = CliRunner().invoke(app, [*line, "--help"])
        assert answer.exit_code == 0
        assert f"enlace {name}" in answer.output.partition("Example:")[2], line


def test_every_example_of_a_group_names_a_command_of_it() -> None:
    for command in COMMANDS:
        if command.example:
            app = typer.main.get_command(build(command.name)).commands[command.name]
            assert command.example.split()[0] in app.commands


def test_the_shipped_tenants_are_found_from_everywhere() -> None:
    assert enlace("policy", "check").returncode == 0
    promised = enlace("clock", "explain", "request.evaluate", "2026-07-24T16:31:00-05:00")
    assert promised.returncode == 0, promised.stderr


def test_help_does_not_wait_for_libraries() -> None:
    code = (
        "import sys\n"
        "from cli.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'pydantic', 'fastapi', 'pymongo', 'aio_pika', 'rich'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert answer.stdout.splitlines()[-1] == "[]"


def test_a_commands_own_log_stands_beside_its_answer_without_the_frames_values() -> None:
    code = (
        "from cli.lines import log_beside\n"
        "log_beside()\n"
        "import structlog\n"
        "def fail(name): raise ValueError\n"
        "try: fail('Rosa' + 'ura')\n"
        "except ValueError: structlog.get_logger().exception('reading_failed')\n"
        "structlog.get_logger().info('read')\n"
        "print('{}')"
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert answer.stdout == "{}\n"
    assert "reading_failed" in answer.stderr
    assert "ValueError" in answer.stderr
    assert "Rosaura" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "No such command"),
        (["up", "--port", "0"], "--port"),
        (["up", "--port", "many"], "--port"),
        (["run"], "name services, or --all"),
        (["run", "nope"], "no service nope"),
        (["bench", "nope"], "no benchmark nope"),
        (["dead", "list", "--service", "nope"], "no service nope"),
        (["dead", "replay"], "name letters by id, or use --all"),
        (["dead", "drop", "0199a7", "--all"], "name letters by id, or use --all"),
    ],
)
def test_wrong_use_is_exit_2_and_no_traceback(arguments: list[str], says: str) -> None:
    answer = enlace(*arguments)

    assert answer.returncode == 2
    assert says in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["dead", "list"], "127.0.0.1:1"),
        (["dead", "show", "1"], "nowhere.invalid"),
        (["events", "tail"], "127.0.0.1:1"),
    ],
)
def test_a_broker_that_is_away_is_told_in_a_line(arguments: list[str], where: str) -> None:
    answer = enlace(*arguments, ENLACE_AMQP_URL=f"amqp://ana:secret@{where}/")

    assert answer.returncode == 1
    assert re.fullmatch(
        r"enlace: the broker did not answer \(.+\): see ./enlace status\n", answer.stderr
    )
    assert "secret" not in answer.stderr


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ENLACE_HTTP_PORT", "secret", "cannot be used: ENLACE_HTTP_PORT ("),
        ("ENLACE_LOG_LEVEL", "secret", "cannot be used: ENLACE_LOG_LEVEL ("),
        ("ENLACE_SERVICES", "secret", 'value for field "services"'),
        ("ENLACE_AMQP_URL", "secret", "ENLACE_AMQP_URL is not amqp(s)://"),
        ("ENLACE_AMQP_URL", "amqp://ana:secret@host:port/", "ENLACE_AMQP_URL is not amqp(s)://"),
    ],
)
def test_a_setting_that_cannot_be_is_named_but_not_shown(
    variable: str, value: str, says: str
) -> None:
    answer = enlace("dead", "list", **{"ENLACE_AMQP_URL": "amqp://127.0.0.1:1/", variable: value})

    assert answer.returncode == 2
    assert says in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert "secret" not in answer.stderr


def test_keys_that_cannot_be_read_are_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_text("no keys")
    answer = enlace(
        "run",
        "kpi",
        ENLACE_AMQP_URL="amqp://127.0.0.1:1/",
        ENLACE_MONGO_URL="mongodb://127.0.0.1:1/",
        ENLACE_TENANTS_DIR=str(ROOT / "deploy" / "tenants"),
        ENLACE_TOKEN_PUBLIC_KEYS=str(tmp_path / "jwks.json"),
    )

    assert answer.returncode == 1
    assert answer.stderr == (
        f"enlace: {tmp_path / 'jwks.json'}: cannot read the public keys; run ./enlace up\n"
    )


def test_only_what_is_not_our_own_mistake_becomes_a_line() -> None:
    told = as_user_error(Transient("the replay was not confirmed"))

    assert str(told) == ("the replay was not confirmed: see ./enlace status, then try again")
    assert str(as_user_error(PermissionError(13, "Permission denied", "/x"))) == (
        "/x: Permission denied"
    )
    assert as_user_error(KeyError("x")) is None
    assert as_user_error(ValueError("x")) is None


@pytest.mark.parametrize("arguments", [["up"], ["up", "--detach"]])
def test_all_servers_are_given_or_none(arguments: list[str]) -> None:
    answer = enlace(*arguments, ENLACE_MONGO_URL="mongodb://127.0.0.1:1/")

    assert answer.returncode == 2
    assert answer.stderr == (
        "enlace: ENLACE_MONGO_URL set, but not ENLACE_AMQP_URL: set both, or none\n"
    )


@pytest.fixture
def installing(tmp_path: Path) -> Path:
    """A checkout of the script alone, whose environment is there but not current, and a lock."""
    (tmp_path / "enlace").write_bytes((ROOT / "enlace").read_bytes())
    (tmp_path / "enlace").chmod(0o755)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\n[ "$3" != cli ] || echo started\n')
    python.chmod(0o755)
    (tmp_path / "requirements-local.lock").write_text("pip==1\n")
    (tmp_path / ".venv.lock").mkdir()
    return tmp_path


@contextmanager
def started(checkout: Path, before: str = "") -> Iterator[subprocess.Popen[str]]:
    """The script at work, after what `before` does under the same pid."""
    with subprocess.Popen(
        ["/bin/sh", "-c", f'{before}\nexec /bin/sh "{checkout}/enlace" status'],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as script:
        try:
            yield script
        finally:
            script.kill()


@pytest.mark.parametrize("owner", ["nobody", "itself", "somebody long ago"])
def test_a_lock_that_was_left_is_taken_over(installing: Path, owner: str) -> None:
    lock = installing / ".venv.lock"
    if owner == "somebody long ago":
        (lock / "pid").write_text(str(os.getpid()))
        os.utime(lock, times=(0, 0))
    before = f'echo $$ >"{lock}/pid"' if owner == "itself" else ""

    with started(installing, before) as script:
        output, errors = script.communicate(timeout=120)

    assert "started" in output, errors
    assert not lock.exists()


@pytest.mark.parametrize("answer", [0, 1])
def test_pip_installs_what_uv_could_not(installing: Path, answer: int) -> None:
    (installing / ".venv.lock").rmdir()
    (installing / "requirements-uv.lock").write_text("uv==1\n")
    tools = installing / ".venv" / "bin"
    asked = '#!/bin/sh\necho "${0##*/} $*" >>"${0%/*}/asked"\n'
    (tools / "python").write_text(asked + '[ "$3" != cli ] || echo started\n')
    (tools / "uv").write_text(f"{asked}exit {answer}\n")
    (tools / "uv").chmod(0o755)

    with started(installing) as script:
        output, errors = script.communicate(timeout=120)

    lines = (tools / "asked").read_text().splitlines()
    by_pip = [line for line in lines if "pip install" in line and "local.lock" in line]
    assert "started" in output, errors
    assert [line.split()[0] for line in by_pip] == ["uv", "python"][: answer + 1]
    assert all("--require-hashes" in line for line in by_pip)


def test_who_waits_for_an_installation_says_so_once(installing: Path) -> None:
    lock = installing / ".venv.lock"
    (lock / "pid").write_text(str(os.getpid()))

    with started(installing) as script:
        assert script.stderr is not None
        waiting = script.stderr.readline()
        (lock / "pid").unlink()
        lock.rmdir()
        _, errors = script.communicate(timeout=120)

    assert f"waiting for process {os.getpid()}" in waiting
    assert "waiting" not in errors


def test_the_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith(" ")}

    runtime, local, development = (
        pins(f"requirements{kind}.lock") for kind in ("", "-local", "-dev")
    )

    assert runtime < local < development
    assert len(runtime) > 20
