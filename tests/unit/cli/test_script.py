"""The script's commands as a person meets them, without servers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.__main__ import COMMANDS, build

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


def modules() -> list[str]:
    return [
        command.name
        for command in COMMANDS
        if (ROOT / f"{command.module.replace('.', '/')}.py").exists()
    ]


def test_help_lists_every_command() -> None:
    text = enlace("--help").stdout

    for name in modules():
        assert f"\n  {name} " in text


@pytest.mark.parametrize("name", modules())
def test_each_command_has_help_with_an_example(name: str) -> None:
    app = build(name)
    command = typer.main.get_command(app).commands[name]
    below = sorted(getattr(command, "commands", {}))

    for line in [[name, sub] for sub in below] or [[name]]:
        answer = CliRunner().invoke(app, [*line, "--help"])
        assert answer.exit_code == 0
        assert "Example" in answer.output, line


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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "No such command"),
        (["up", "--port", "0"], "--port"),
        (["up", "--port", "many"], "--port"),
        (["run"], "name services, or --all"),
        (["run", "nope"], "no service nope"),
        (["bench", "nope"], "no benchmark nope"),
    ],
)
def test_wrong_use_is_exit_2_and_no_traceback(arguments: list[str], says: str) -> None:
    answer = enlace(*arguments)

    assert answer.returncode == 2
    assert says in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("arguments", [["up"], ["up", "--detach"]])
def test_all_servers_are_given_or_none(arguments: list[str]) -> None:
    answer = enlace(*arguments, ENLACE_MONGO_URL="mongodb://127.0.0.1:1/")

    assert answer.returncode == 1
    assert answer.stderr == (
        "enlace: ENLACE_MONGO_URL set, but not ENLACE_AMQP_MANAGEMENT_URL and ENLACE_AMQP_URL: "
        "set all three\n"
    )


def test_the_locks_agree() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith(" ")}

    runtime, local, development = (
        pins(f"requirements{kind}.lock") for kind in ("", "-local", "-dev")
    )

    assert runtime < local < development
    assert len(runtime) > 20
