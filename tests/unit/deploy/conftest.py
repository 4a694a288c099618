"""Prometheus' and Alertmanager's own tools: installed when they are missing, never skipped."""

import shutil

import pytest

from cli.local.install import ensure_watchers


@pytest.fixture(scope="session", autouse=True)
def watchers() -> None:
    missing = ensure_watchers(print)
    assert not missing, f"install {' and '.join(missing)}"
    assert shutil.which("promtool")
    assert shutil.which("amtool")
