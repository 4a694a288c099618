"""Fixtures that every kind of test shares: the real broker and database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from cli.local.broker import Broker
from cli.local.database import Database
from tests.support import logs
from tests.support.infra import GivenBroker, GivenDatabase, Infra, provided

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _pytest.terminal import TerminalReporter


# how long an example takes says how busy the machine is, not whether the law holds; where many wait
# for one answer it is about the change alone, and new examples are looked for at everybody's own
settings.register_profile(
    "laws",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("laws")
logs.plain()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Tell what a test found beside that all is well, also when it ran in another process."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, told in report.user_properties:
                if name == "told" and report.when == "call":
                    terminalreporter.write_line(f"\n{report.nodeid}\n{told}")


@pytest.fixture(scope="session")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infra]:
    """Broker and database, started together once per session."""
    with provided(tmp_path_factory.mktemp("infra")) as infra:
        yield infra


@pytest.fixture(scope="session")
def broker(infra: Infra) -> Broker | GivenBroker:
    return infra.broker


@pytest.fixture(scope="session")
def database(infra: Infra) -> Database | GivenDatabase:
    return infra.database


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker for one test alone, which may kill it."""
    broker = Broker(tmp_path / "broker")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[Database]:
    """A database for one test alone, which may kill it."""
    database = Database(tmp_path / "database")
    try:
        database.start()
        yield database
    finally:
        database.stop()


@pytest.fixture
def amqp_url(infra: Infra) -> Iterator[str]:
    """A fresh virtual host's address, as its administrator."""
    with infra.vhost() as url:
        yield url


@pytest.fixture
def management_url(infra: Infra) -> str:
    """The management API's address, with the administrator's credentials."""
    return infra.broker.management_url


@pytest.fixture
def mongo_url(infra: Infra) -> str:
    return infra.database.url


@pytest.fixture
def database_prefix(infra: Infra, request: pytest.FixtureRequest) -> Iterator[str]:
    """A prefix for names of databases in which nothing is; a file's tests use it in turn."""
    with infra.database_prefix(request.node.nodeid.partition("::")[0]) as prefix:
        yield prefix
