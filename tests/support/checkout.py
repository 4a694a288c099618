"""A copy of this checkout in another folder, used the way a newcomer uses it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.support.eventually import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


def eventually(probe: Callable[[], bool], *, what: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not probe():
        assert time.monotonic() < limit, f"after {PATIENCE} s still not: {what}"
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Checkout:
    folder: Path

    @classmethod
    def copy_to(cls, folder: Path) -> Checkout:
        """Copy what git knows or would add; the environment is shared, to save its installation."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            source, target = ROOT / name, folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}

    def run(
        self, *arguments: str, timeout: float = 4 * PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run `./enlace` from another folder than its own."""
        return subprocess.run(
            [str(self.folder / "enlace"), *arguments],
            cwd="/",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.folder / "enlace"), *arguments],
            cwd="/",
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        answer = self.run("status", "--json")
        assert answer.stdout, answer.stderr
        status: dict[str, Any] = json.loads(answer.stdout)
        return status

    def is_well(self) -> bool:
        return bool(self.status()["ok"])

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / ".enlace" / "state.json").read_text())
        return state

    def pid(self, part: str) -> int:
        pid: int = self.state()["processes"][part][0]
        return pid

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[psutil.Process]:
        """Everything that runs with a path of this folder in its command line."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.folder) in word for word in process.info["cmdline"] or []):
                found += [process, *_children(process)]
        return found

    def listening(self) -> dict[int, str]:
        """Port to address, of all its processes."""
        return {
            connection.laddr.port: connection.laddr.ip
            for process in self.processes()
            for connection in _connections(process)
            if connection.status == psutil.CONN_LISTEN
        }


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _connections(process: psutil.Process) -> list[Any]:
    try:
        return process.net_connections()
    except psutil.NoSuchProcess:
        return []
