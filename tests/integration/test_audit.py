"""`enlace audit verify` over the real database: every chain, and the place where one breaks."""

from collections.abc import Callable
from typing import Any

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from cli import audit
from shared.store import Kind
from tests.support.lives import Life, whole_life

pytestmark = pytest.mark.integration
COLLECTIONS = {"intake": "requests", "validation": "evaluations", "training": "plans"}


@pytest.fixture
def kinds_exist() -> None:
    """The test speaks of the kinds that the services have."""
    from cli.local.home import known_services  # noqa: PLC0415
    from shared.runner import find  # noqa: PLC0415

    kinds: list[Kind[Any]] = [
        kind for service in find(known_services(), known_services()) for kind in service.kinds
    ]
    assert {kind.stream for kind in kinds} >= {"intake.request"}


@pytest.fixture
def run(
    kinds_exist: None, mongo_url: str, database_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.setenv("ENLACE_MONGO_URL", mongo_url)
    monkeypatch.setenv("ENLACE_AMQP_URL", "amqp://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("ENLACE_DATABASE_PREFIX", database_prefix)

    def verify(*arguments: str) -> Result:
        return CliRunner().invoke(audit.app, ["verify", *arguments])

    return verify


@pytest.fixture
def requests(mongo_url: str, database_prefix: str) -> Any:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        yield client[f"{database_prefix}intake"]["requests"]


@pytest.fixture
def lives(requests: Any) -> list[Life]:
    lives = [whole_life() for _ in range(3)]
    requests.insert_many([life.document("intake") for life in lives])
    return lives


def test_whole_chains_are_fine(run: Callable[..., Result], lives: list[Life]) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "3 chains checked, 0 broken" in result.output


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ({"$set": {"history.2.data.holder": "provider:validation"}}, 3),
        ({"$set": {"history.1.actor": "person:eve"}}, 2),
        ({"$pop": {"history": 1}}, 8),
        ({"$pop": {"history": -1}}, 1),
        ({"$unset": {"history.3.hash": ""}}, 4),
        ({"$set": {"head": "0" * 64}}, 9),
        ({"$set": {"history": []}}, 1),
        ({"$set": {"history": 3}}, 1),
        ({"$set": {"history.4": "nothing"}}, 5),
        ({"$unset": {"history": ""}}, 1),
        ({"$unset": {"version": ""}}, 10),
        ({"$unset": {"head": ""}}, 9),
    ],
)
def test_a_tampered_entry_is_named(
    run: Callable[..., Result],
    requests: Any,
    lives: list[Life],
    change: dict[str, Any],
    sequence: int,
) -> None:
    assert len(lives[1].histories["intake"]) == 9
    requests.update_one({"_id": lives[1].id}, change)
    result = run()
    assert result.exit_code == 1
    found = [line for line in result.output.splitlines() if line.startswith("broken")]
    (line,) = found
    assert line.startswith(f"broken: intake.request {lives[1].id} at sequence ")
    assert int(line.rpartition(" ")[2]) == sequence


def test_one_case_alone(run: Callable[..., Result], requests: Any, lives: list[Life]) -> None:
    requests.update_one({"_id": lives[1].id}, {"$set": {"history.0.actor": "person:eve"}})
    assert run(lives[0].id).exit_code == 0
    assert run(lives[1].id).exit_code == 1
    missing = run("no-such-case")
    assert missing.exit_code == 1
    assert "no-such-case" in str(missing.exception)
