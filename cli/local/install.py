"""Getting the programs we run onto this machine, and telling whether Docker is there."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.errors import UserError
from cli.local import broker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE: Final = "rabbitmq-server"
WATCHERS: Final = {
    "prometheus": ("prometheus", "promtool"),
    "prometheus-alertmanager": ("prometheus-alertmanager", "amtool"),
}
"""Debian package to the programs we need of it."""
POLICY: Final = Path("/usr/sbin/policy-rc.d")
OURS: Final = "# of an Enlace installation: delete it when none runs"
LOCK: Final = Path("/run/enlace-install.lock")
"""Where nobody but root can put a link."""
APT_SECONDS: Final = 900
LOCKED_OUT: Final = re.compile(r"E: (Unable to lock|Unable to acquire|Could not get lock)")
DOCKER_SECONDS: Final = 10


def docker_answers() -> bool:
    """Tell whether there is a Docker client whose engine answers."""
    if shutil.which("docker") is None:
        return False
    try:
        answer = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            timeout=DOCKER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def ensure_rabbitmq(say: Callable[[str], None]) -> None:
    """Install RabbitMQ when it is missing and we may (Debian family, as root).

    Raises UserError with the one thing to do when we may not, or when it failed.
    """
    _tidy()
    if broker.find_server() is not None:
        return
    if shutil.which("apt-get") is None:
        raise UserError(f"RabbitMQ is missing: install your system's package {PACKAGE}")
    if os.geteuid() != 0:
        raise UserError(f"RabbitMQ is missing: run `sudo apt-get install {PACKAGE}`")
    _install(lambda: [] if broker.find_server() else [PACKAGE], say)
    if broker.find_server() is None:
        raise UserError(f"{PACKAGE} was installed, but its start script was not found")


def ensure_watchers(say: Callable[[str], None]) -> list[str]:
    """Install Prometheus and Alertmanager where we may (Debian family, as root); what is missing.

    Enlace runs without them, so nothing is raised for what we may not install.

    Raises:
        UserError: it may be installed, and apt-get failed.
    """
    _tidy()
    if _missing_watchers() and shutil.which("apt-get") is not None and os.geteuid() == 0:
        _install(_missing_watchers, say)
    return _missing_watchers()


def _missing_watchers() -> list[str]:
    return [package for package, programs in WATCHERS.items() if not _have(programs)]


def _have(programs: tuple[str, ...]) -> bool:
    return all(shutil.which(program) is not None for program in programs)


def _install(missing: Callable[[], list[str]], say: Callable[[str], None]) -> None:
    """Install what is `missing` once it is our turn: another one may have done it meanwhile."""
    with _one_at_a_time():
        if packages := missing():
            say(f"installing {' and '.join(packages)} with apt-get, once")
            with no_services_started():
                _apt("update")
                _apt("install", "-y", "--no-install-recommends", *packages)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Several tests, or copies of us, may find the same program missing at the same moment."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def no_services_started() -> Iterator[None]:
    """Keep a package from starting the system's own node: ours is the only one wanted."""
    if POLICY.exists() and not _policy_is_ours():
        yield
        return
    POLICY.write_text(f"#!/bin/sh\n{OURS}\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _policy_is_ours() -> bool:
    return POLICY.exists() and OURS in POLICY.read_text(errors="replace")


def _tidy() -> None:
    """Take away what an installation left that was killed: no package would start a service."""
    if os.geteuid() != 0 or not _policy_is_ours():
        return
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it is at work
            return
        POLICY.unlink(missing_ok=True)


def _apt(*arguments: str) -> None:
    """Run apt-get; while somebody else's holds its lock, wait."""
    until = time.monotonic() + APT_SECONDS
    while error := _apt_error(arguments):
        if LOCKED_OUT.match(error) is None or time.monotonic() > until:
            raise UserError(f"apt-get {arguments[0]} failed ({error}): install it by hand")
        time.sleep(2)


def _apt_error(arguments: tuple[str, ...]) -> str:
    """Why it failed, in its own words; empty when it did not."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with tempfile.TemporaryFile() as output:
        try:
            code = subprocess.run(
                ["apt-get", "-q", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=APT_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return f"no end after {APT_SECONDS} s"
        if code == 0:
            return ""
        output.seek(0)
        lines = output.read().decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("E:")]
    return (errors or lines or [f"exit code {code}"])[-1]
