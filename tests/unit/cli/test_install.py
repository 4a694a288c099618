"""Getting programs onto the machine, by an `apt-get` that only pretends to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cli import check
from cli.errors import UserError
from cli.local import install

if TYPE_CHECKING:
    from pathlib import Path

APT = """#!/bin/sh
echo "$@" >> "$HERE/said"
if [ "$2" = update ]; then
    {update}
fi
if [ "$2" = install ]; then
    {install}
    for name in prometheus promtool prometheus-alertmanager amtool; do
        printf '#!/bin/sh\\n' > "$HERE/$name"; chmod +x "$HERE/$name"
    done
fi
"""
HELD = """
    if [ ! -e "$HERE/waited" ]; then
        touch "$HERE/waited"
        echo 'E: Could not get lock /var/lib/apt/lists/lock.'
        echo 'E: Unable to lock directory /var/lib/apt/lists/'
        exit 100
    fi"""
KILLED = "kill -9 $PPID; exit 1"
AWAY = 'echo "E: Failed to fetch the list"; exit 100'


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Prometheus, where we are root."""
    for name in ("sh", "touch", "chmod"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HERE", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(install, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(install, "POLICY", tmp_path / "policy")
    return tmp_path


def apt(bare: Path, update: str = ":", install: str = ":") -> None:
    (bare / "apt-get").write_text(APT.format(update=update, install=install), encoding="utf-8")
    (bare / "apt-get").chmod(0o755)


def said(bare: Path) -> list[str]:
    return [line.split()[1] for line in (bare / "said").read_text().splitlines()]


def test_what_two_miss_at_once_is_installed_once(bare: Path) -> None:
    apt(bare)

    with ThreadPoolExecutor(4) as pool:
        missing = list(pool.map(lambda _: install.ensure_watchers(lambda _: None), range(4)))

    assert missing == [[]] * 4
    assert said(bare) == ["update", "install"]


def test_somebody_elses_lock_is_waited_for(bare: Path) -> None:
    apt(bare, update=HELD)

    assert install.ensure_watchers(lambda _: None) == []
    assert said(bare) == ["update", "update", "install"]


def test_what_cannot_be_fetched_is_told_in_one_line(bare: Path) -> None:
    apt(bare, update=AWAY)

    with pytest.raises(UserError, match=r"apt-get update failed \(E: Failed to fetch the list\)"):
        install.ensure_watchers(lambda _: None)


@pytest.mark.parametrize("finished_by_itself", [True, False])
def test_what_a_killed_installation_left_does_not_stay(
    bare: Path, *, finished_by_itself: bool
) -> None:
    apt(bare, install=KILLED)
    child = os.fork()
    if child == 0:
        install.ensure_watchers(lambda _: None)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert (bare / "policy").exists()

    apt(bare)
    if finished_by_itself:
        subprocess.run([bare / "apt-get", "-q", "install"], check=True)
    assert install.ensure_watchers(lambda _: None) == []
    assert not (bare / "policy").exists()


def test_the_machines_own_policy_stays(bare: Path) -> None:
    apt(bare)
    (bare / "policy").write_bytes(b"#!/bin/sh\n# \xe9\nexit 101\n")

    assert install.ensure_watchers(lambda _: None) == []
    assert (bare / "policy").read_bytes() == b"#!/bin/sh\n# \xe9\nexit 101\n"


def test_an_installation_without_an_end_is_told_in_one_line(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare / "sleep").symlink_to(str(shutil.which("sleep", path=os.defpath)))
    apt(bare, update="exec sleep 60")
    monkeypatch.setattr(install, "APT_SECONDS", 0.2)

    with pytest.raises(UserError, match=r"apt-get update failed \(no end after 0\.2 s\)"):
        install.ensure_watchers(lambda _: None)


def test_the_checks_go_on_without_prometheus(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apt(bare, update=AWAY)

    check._install_watchers()

    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("going on without Prometheus: apt-get update failed")
