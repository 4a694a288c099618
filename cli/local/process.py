"""Child processes that can be found again after their parent was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_SECONDS = 0.1
LOG_LIMIT = 20_000_000
SAME_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, told from a later one that got the same pid by the time of its creation."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """Return the live process, or None when it is gone (or is a zombie)."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < SAME_SECONDS
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same and alive else None


class Child:
    """One program started by us, in a session of its own, its output in a log file.

    A session of its own keeps a terminal's Ctrl-C away from it: who started it decides the order
    in which things stop.
    """

    def __init__(
        self, arguments: Sequence[str], *, env: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".old.log"))
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(arguments),
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.log = log
        self.identity = Identity.of(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code (negative: the signal), or None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        if self.exit_code() is None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout: float) -> None:
        """Ask it to end (SIGTERM); kill it when it has not after `timeout` seconds."""
        if self.exit_code() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def pause(self) -> None:
        """Stall it (SIGSTOP) until `resume`: connections stay open, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


def end(processes: Sequence[psutil.Process], timeout: float) -> None:
    """Stop processes that are not our children: SIGTERM, then SIGKILL after `timeout` seconds."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout)


def wait_until(
    probe: Callable[[], bool], *, child: Child | None, name: str, timeout: float
) -> None:
    """Poll until `probe` is true.

    Raises UserError when `child` ended meanwhile, or after `timeout` seconds.
    """
    limit = time.monotonic() + timeout
    while not probe():
        if child is not None and child.exit_code() is not None:
            told = f": {last_line(child.log)} (log: {child.log})"
            raise UserError(f"{name} ended with {child.exit_code()} while it started{told}")
        if time.monotonic() > limit:
            log = f" (log: {child.log})" if child else ""
            raise UserError(f"{name} was not ready after {timeout:.0f} s{log}")
        time.sleep(POLL_SECONDS)


def last_line(log: Path) -> str:
    """Return the last line of a log that says something, shortened."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:300] if lines else "it said nothing"
