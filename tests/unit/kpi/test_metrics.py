"""What `/metrics` tells: how many series at most, and how long a scrape takes."""

import asyncio
import time
from itertools import product
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from services.kpi.families import ALL, FAMILIES, Key
from services.kpi.metrics import FigureCollector
from services.kpi.policy import HOLDERS, OTHER, SIDES, STAGES, STATUSES, TIERS

ACCOUNTS = [f"account-{number}" for number in range(50)]
CLOSED = {
    "status": STATUSES,
    "holder": HOLDERS,
    "stage": STAGES,
    "tier": TIERS,
    "side": SIDES,
}
MEASURES = {
    "open": ("open",),
    "stages": ("met", "breached", "running"),
    "plans": ("running", "signed", "exempt", "eligible"),
    "incidents_open": ("open",),
    "incidents_all": (
        "registered",
        "solved",
        "closed",
        "within",
        "routed",
        "routed_correctly",
        "reopened",
    ),
}
MOST = 160
"""Series an account, were every combination of values taken."""


class _Books:
    """The buckets of fifty accounts: every one there could be, or with two holders a status."""

    def __init__(self, holders: int | None = None) -> None:
        self.holders = holders
        self.buckets = self
        self.asked: list[dict[str, Any]] = []

    def find(self, where: dict[str, Any]) -> Any:
        self.asked.append(where)
        return self

    async def __aiter__(self) -> Any:
        for account, (family, measures) in product(ACCOUNTS, MEASURES.items()):
            values = [self._values(name) for name in FAMILIES[family].dimensions]
            for one in product(*values):
                key = Key(account, family, ALL, one)
                yield {"_id": str(key), "counts": dict.fromkeys(measures, 7)}

    def _values(self, name: str) -> tuple[str, ...]:
        every = (*CLOSED[name], OTHER)
        return every[: self.holders] if name == "holder" else every


def registry_of(books: _Books) -> CollectorRegistry:
    registry = CollectorRegistry()
    collector = FigureCollector(books, ACCOUNTS)  # type: ignore[arg-type]
    asyncio.run(collector.read())
    registry.register(collector)
    return registry


def test_standing_families_have_closed_dimensions_only() -> None:
    """What has no day is what Prometheus sees: a person or a version there would never end."""
    standing = {name: family for name, family in FAMILIES.items() if not family.cuts}
    assert set(standing) == set(MEASURES)
    assert {name for family in standing.values() for name in family.dimensions} <= set(CLOSED)


def test_series_are_bounded() -> None:
    registry = registry_of(_Books())
    lines = [line for line in generate_latest(registry).splitlines() if line[:1] != b"#"]
    assert len(lines) == len(set(lines))
    assert len(lines) <= MOST * len(ACCOUNTS)


def test_a_scrape_of_fifty_accounts_is_quick() -> None:
    registry = registry_of(_Books(holders=2))
    taken = []
    for _ in range(20):
        started = time.process_time()
        generate_latest(registry)
        taken.append(time.process_time() - started)
    assert min(taken) < 0.050
