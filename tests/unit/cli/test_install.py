"""Getting programs onto the machine, by an `apt-get` that only pretends to."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

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


def apt(bare: Path, update: str = ":") -> None:
    (bare / "apt-get").write_text(APT.format(update=update), encoding="utf-8")
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
