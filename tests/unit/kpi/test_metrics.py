"""What `/metrics` tells: how many series at most."""

import asyncio
import time
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from benchmarks._scrape import ACCOUNTS, MEASURES, standing
from services.kpi.families import FAMILIES
from services.kpi.metrics import CLOSED, SHOWN, FigureCollector
from shared.telemetry.board import Board

MOST = 200
"""Series an account, were every combination of values taken."""


class _Books:
    """The buckets of fifty accounts: every one there could be."""

    def __init__(self, kept: list[dict[str, object]]) -> None:
        self.buckets = self
        self.kept = kept

    def find(self, where: dict[str, Any]) -> Any:
        assert where["period"] == "all"
        return self

    async def __aiter__(self) -> Any:
        for bucket in self.kept:
            yield bucket


def board_of(books: _Books) -> Board:
    board = Board()
    asyncio.run(FigureCollector(books, ACCOUNTS, board).read())  # type: ignore[arg-type]
    return board


def test_standing_families_have_closed_dimensions_only() -> None:
    """What has no day is what Prometheus sees: a person or a version there would never end."""
    standing = {name: family for name, family in FAMILIES.items() if not family.dated}
    assert set(standing) == set(MEASURES) == set(SHOWN)
    assert {name for family in standing.values() for name in family.dimensions} <= set(CLOSED)


def test_series_are_bounded() -> None:
    lines = _series(board_of(_Books(standing())))
    assert len(lines) == len(set(lines))
    assert 0 < len(lines) <= MOST * len(ACCOUNTS)


def test_what_has_not_happened_yet_is_there_at_nought() -> None:
    """Prometheus sees nothing rise that was not there before."""
    board = board_of(_Books([]))
    lines = _series(board)
    assert 0 < len(lines) <= MOST * len(ACCOUNTS)
    assert {line.rpartition(b" ")[2] for line in lines if b"tenant=" in line} == {b"0.0"}
    for name, labels in {
        "enlace_requests_open": {"stage": "observed", "holder": "client"},
        "enlace_deadlines_breached_total": {"stage": "evaluation"},
        "enlace_deadlines_running": {"stage": "claim"},
        "enlace_desk_open": {"desk": "suggestion", "side": "provider"},
        "enlace_incidents_open": {"tier": "2", "side": "third"},
        "enlace_incidents_reopened": {"tier": "3"},
        "enlace_training_plans_running": {},
    }.items():
        assert _value(board, name, **labels) == 0, name


def test_what_is_read_takes_the_place_of_nought() -> None:
    key = f"{ACCOUNTS[0]}|incidents_all|all|2"
    kept: list[dict[str, object]] = [{"_id": key, "counts": {"reopened": 4}}]
    board = board_of(_Books(kept))
    assert _value(board, "enlace_incidents_reopened", tier="2") == 4
    assert _value(board, "enlace_incidents_registered", tier="2") == 0


def test_figures_say_when_they_were_read() -> None:
    before = time.time()
    board = board_of(_Books([]))
    read_at = board.get_sample_value("enlace_figures_read_timestamp_seconds")
    assert read_at is not None
    assert before <= read_at <= time.time()


def _series(board: Board) -> list[bytes]:
    written, _ = board.written()
    return [line for line in written.splitlines() if line[:1] != b"#"]


def _value(board: Board, name: str, **labels: str) -> float | None:
    families = text_string_to_metric_families(board.written()[0].decode())
    wanted = {"tenant": ACCOUNTS[0], **labels}
    samples = (one for family in families for one in family.samples)
    return next((one.value for one in samples if (one.name, one.labels) == (name, wanted)), None)
