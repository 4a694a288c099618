"""A scrape of fifty accounts with every bucket there could be, against writing all of it."""

import statistics
import time
from collections.abc import Callable
from itertools import product
from typing import Final

from prometheus_client.exposition import choose_encoder

from benchmarks._rig import Result, row
from services.kpi.books import Books
from services.kpi.families import ALL, FAMILIES, Key
from services.kpi.metrics import CLOSED, FigureCollector
from services.kpi.policy import OTHER
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics

ACCOUNTS: Final = tuple(f"account-{number}" for number in range(50))
MEASURES: Final = {
    "open": ("open",),
    "stages": ("met", "breached", "running"),
    "plans": ("running", "signed", "exempt", "eligible"),
    "incidents_open": ("open",),
    "desks_open": ("open",),
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
LIKED: Final = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
"""What Prometheus asks for."""
SCRAPES, LIMIT_MS = 200, 50.0


def standing() -> list[dict[str, object]]:
    """Every bucket that `/metrics` reads, of each account."""
    found: list[dict[str, object]] = []
    for account, (name, measures) in product(ACCOUNTS, MEASURES.items()):
        amounts = dict.fromkeys(measures, 7)
        for values in product(*((*CLOSED[one], OTHER) for one in FAMILIES[name].dimensions)):
            key = str(Key(account, name, ALL, values))
            found.append({"_id": key, "tenant": account, "period": ALL, "counts": amounts})
    return found


async def scrapes(books: Books) -> list[Result]:
    """Milliseconds of a scrape at the 99th percentile: told against its limit and the plain way."""
    await books.buckets.insert_many(standing())
    board = Board()
    KernelMetrics(board)
    board.written(LIKED)
    await FigureCollector(books, ACCOUNTS, board).read()
    encoder, _ = choose_encoder(LIKED)
    sheet = board._sheets["figures"]  # noqa: SLF001 - to be written again, as without the board
    ours = _worst(lambda: board.written(LIKED))
    plain = _worst(lambda: (encoder(board), encoder(sheet)))
    await books.buckets.delete_many({"tenant": {"$in": list(ACCOUNTS)}})
    name = "a scrape of fifty accounts, p99"
    return [
        row(name, ours, LIMIT_MS, "ms", LIMIT_MS / ours, 1.0),
        row(f"{name}, against writing it each time", ours, plain, "ms", plain / ours, None),
    ]


def _worst(scrape: Callable[[], object]) -> float:
    taken = []
    for _ in range(SCRAPES):
        started = time.perf_counter()
        scrape()
        taken.append((time.perf_counter() - started) * 1_000)
    return statistics.quantiles(taken, n=100)[98]
