"""`enlace kpi verify` and `rebuild` as commands, over histories in the real database."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from cli import kpi
from tests.support.figures import COLLECTIONS
from tests.support.house import TENANTS
from tests.support.lives import MONDAY, Life, open_life, whole_life

pytestmark = pytest.mark.integration
Databases = Callable[[str], Any]


@pytest.fixture
def databases(mongo_url: str, database_prefix: str) -> Iterator[Databases]:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        yield lambda service: client[f"{database_prefix}{service}"]


@pytest.fixture
def run(
    mongo_url: str, database_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.setenv("ENLACE_MONGO_URL", mongo_url)
    monkeypatch.setenv("ENLACE_AMQP_URL", "amqp://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("ENLACE_DATABASE_PREFIX", database_prefix)
    monkeypatch.setenv("ENLACE_TENANTS_DIR", str(TENANTS))
    return lambda *arguments: CliRunner().invoke(kpi.app, list(arguments))


@pytest.fixture
def lives(databases: Databases) -> list[Life]:
    lives = [whole_life(MONDAY + timedelta(days=day)) for day in range(5)] + [open_life()]
    for service, collection in COLLECTIONS.items():
        documents = [life.document(service) for life in lives if service in life.histories]
        databases(service)[collection].insert_many(documents)
    return lives


def test_rebuild_then_verify(run: Callable[..., Result], lives: list[Life]) -> None:
    behind = run("verify", "--patience", "0")
    assert behind.exit_code == 1
    assert "behind: intake" in behind.output
    rebuilt = run("rebuild")
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "6 cases rebuilt, 6 of them corrected" in rebuilt.output
    fine = run("verify", "--tenant", "osinergmin")
    assert fine.exit_code == 0, fine.output
    assert "6 cases recounted: 0 amounts differ" in fine.output
    rows = [line.split() for line in fine.output.splitlines()]
    assert ["osinergmin", "requests", "received", "6", "6"] in rows


def test_verify_shows_a_changed_figure_and_a_changed_history(
    run: Callable[..., Result], lives: list[Life], databases: Databases
) -> None:
    assert run("rebuild").exit_code == 0
    key = "osinergmin|requests|2026-07-06|information|api|dsr"
    databases("kpi")["buckets"].update_one({"_id": key}, {"$inc": {"counts.closed": -1}})
    last = {"history.8.data.on_time": False}
    databases("intake")["requests"].update_one({"_id": lives[1].id}, {"$set": last})
    result = run("verify")
    assert result.exit_code == 1
    found = [line for line in result.output.splitlines() if line.startswith("differs: ")]
    where = "osinergmin requests {} information api dsr {}"
    assert f"differs: {where.format('2026-07-06', 'closed: 0, recounted 1')}" in found
    assert f"differs: {where.format('2026-07-07', 'on_time: 1, recounted 0')}" in found
    assert f"differs: {where.format('2026-07', 'on_time: 5, recounted 4')}" in found
    assert len(found) == 4
    assert run("rebuild").exit_code == 0
    assert run("verify").exit_code == 0


def test_rebuild_goes_on_where_it_stopped(
    run: Callable[..., Result], lives: list[Life], databases: Databases
) -> None:
    ids = sorted(life.id for life in lives)
    databases("kpi")["marks"].insert_one({"_id": "rebuild", "after": f"request:{ids[3]}"})
    assert "2 cases rebuilt" in run("rebuild").output
    assert "6 cases rebuilt, 4 of them corrected" in run("rebuild").output


def test_wrong_use_is_told_in_one_line(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = run("verify", "--tenant", "nobody")
    assert "no tenant nobody; there are" in str(unknown.exception)
    monkeypatch.delenv("ENLACE_MONGO_URL")
    assert "ENLACE_MONGO_URL" in str(run("verify").exception)
