"""What `/metrics` tells: how many series at most."""

import asyncio
from typing import Any

from benchmarks._scrape import ACCOUNTS, CLOSED, MEASURES, standing
from services.kpi.families import FAMILIES
from services.kpi.metrics import FigureCollector
from shared.telemetry.board import Board

MOST = 160
"""Series an account, were every combination of values taken."""


class _Books:
    """The buckets of fifty accounts: every one there could be."""

    def __init__(self) -> None:
        self.buckets = self

    def find(self, where: dict[str, Any]) -> Any:
        assert where["period"] == "all"
        return self

    async def __aiter__(self) -> Any:
        for bucket in standing():
            yield bucket


def board_of(books: _Books) -> Board:
    board = Board()
    asyncio.run(FigureCollector(books, ACCOUNTS, board).read())  # type: ignore[arg-type]
    return board


def test_standing_families_have_closed_dimensions_only() -> None:
    """What has no day is what Prometheus sees: a person or a version there would never end."""
    standing = {name: family for name, family in FAMILIES.items() if not family.cuts}
    assert set(standing) == set(MEASURES)
    assert {name for family in standing.values() for name in family.dimensions} <= set(CLOSED)


def test_series_are_bounded() -> None:
    written, _ = board_of(_Books()).written()
    lines = [line for line in written.splitlines() if line[:1] != b"#"]
    assert len(lines) == len(set(lines))
    assert 0 < len(lines) <= MOST * len(ACCOUNTS)
