"""Incidents in numbers: a tier's queue, the search by words, and ten thousand deadlines at once.

The incidents are the service's own, copied with ids, tickets, dates and words of their own, under
all of its indexes; the words come from a vocabulary in which few are frequent and most are rare.
Pages are asked over HTTP of a running service, two at a time.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from benchmarks._rig import Result, report, rig, row
from cli.local.process import Child
from services.incidents.cases import INCIDENT
from services.incidents.domain.commands import Forward, Register
from services.incidents.service import SERVICE
from shared.contracts.incidents import IncidentBreached
from shared.ids import new_id
from shared.parts import Parts
from shared.policy import load_tenants
from shared.security import Role
from shared.settings import Settings
from shared.store import Cause, utc_now
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics
from shared.words import search_words

TENANT = "osinergmin"
FEW, MANY = 1_000, 100_000
ASKINGS, AT_ONCE, WARM = 1_000, 2, 100
DEADLINES = 10_000
BATCH = 500
STOP_SECONDS = 30.0
LEAD = timedelta(seconds=60)
PAGE_LIMIT_MS, SEARCH_LIMIT_MS, FIRE_LIMIT_SECONDS = 50, 100, 30
Token = Callable[[], str]
ROLES = frozenset({Role.ADVISER.value, Role.SPECIALIST_L2.value})
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")


@dataclass
class Words:
    """A vocabulary as texts have it: the frequency of a word falls with its rank (Zipf)."""

    dice: random.Random
    words: list[str] = field(init=False)
    weights: list[float] = field(init=False)

    def __post_init__(self) -> None:
        number = 4_000
        made = {"".join(self.dice.choices(SYLLABLES, k=4)) + "x" for _ in range(number)}
        self.words = sorted(made)
        self.weights = [1 / rank for rank in range(1, len(self.words) + 1)]

    def text(self, number: int) -> str:
        return " ".join(self.dice.choices(self.words, self.weights, k=number))


@asynccontextmanager
async def service_parts() -> AsyncIterator[Parts]:
    """The service's cases in this process, without its workers."""
    settings, metrics = Settings(), Board()
    tenants = load_tenants(settings.tenants_dir, dict(SERVICE.sections))
    parts = Parts(SERVICE, settings, tenants, metrics, KernelMetrics(metrics))
    await parts.cases[INCIDENT.stream].ensure_indexes()
    try:
        yield parts
    finally:
        await parts.stop()


async def template(parts: Parts, ticket: str, *, forwarded: bool) -> dict[str, Any]:
    """A real incident, as it lies in the database."""
    cases = parts.cases[INCIDENT.stream]
    cause = Cause(TENANT, "person:bench", roles=ROLES)
    new = Register(ticket, "Sin servicio", "No responde", "system", "operaciones", "telephone")
    made = await cases.create(new_id(), new, cause)
    if forwarded:
        await cases.handle(made.id, Forward(), Cause(TENANT, "person:bench", roles=ROLES))
    found = await cases.collection.find_one({"_id": made.id})
    assert found is not None
    await cases.collection.delete_one({"_id": made.id})
    found.pop("relay_at", None)
    return {**found, "published": found["version"]}


async def grow(parts: Parts, kept: dict[str, Any], have: int, total: int, words: Words) -> None:
    """Open incidents of tier 2 up to `total`, with dates over half a year."""
    collection = parts.cases[INCIDENT.stream].collection
    start = kept["state"]["due_at"]
    while have < total:
        batch = [_copy(kept, have + i, start, words) for i in range(min(BATCH, total - have))]
        await collection.insert_many(batch, ordered=False)
        have += len(batch)
    # what a register of years has long written down, ours would write while it is measured
    await collection.database.client.admin.command("fsync")


def _copy(kept: dict[str, Any], number: int, start: datetime, words: Words) -> dict[str, Any]:
    ticket = f"COP-{number:07d}"
    summary, description = words.text(6), words.text(20)
    state = {
        **kept["state"],
        "ticket": ticket,
        "summary": summary,
        "description": description,
        "words": list(search_words(ticket, summary, description)),
        "due_at": start + timedelta(seconds=words.dice.randrange(15_000_000)),
    }
    return {**kept, "_id": new_id(), "state": state, "next_due": start + timedelta(days=400)}


async def asked(port: int, token: str, paths: Sequence[str]) -> list[float]:
    """Milliseconds of each page, asked from a few connections; each must have items."""
    waiting = iter(paths)
    times: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in waiting:
            head = f"GET /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            started = time.perf_counter()
            writer.write(head.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            content = await reader.readexactly(length)
            times.append((time.perf_counter() - started) * 1_000)
            assert answer.startswith(b"HTTP/1.1 200"), content
            assert b'"items":[{' in content, (path, content)
        writer.close()

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return sorted(times)


def queue_pages() -> Iterator[str]:
    while True:
        yield "/incidents?tier=2&limit=50"


def searches(parts_words: Sequence[Sequence[str]], dice: random.Random) -> Iterator[str]:
    """One to three words of an incident that is there."""
    while True:
        chosen = dice.choice(parts_words)
        some = dice.sample(chosen, k=min(len(chosen), dice.randint(1, 3)))
        yield f"/incidents?text={quote(' '.join(some))}&limit=20"


def taken(pages: Iterator[str], number: int) -> list[str]:
    return [next(pages) for _ in range(number)]


async def pages(parts: Parts, port: int, token: Token) -> dict[str, list[float]]:
    """Latencies of both kinds of page over what is stored now."""
    collection = parts.cases[INCIDENT.stream].collection
    cursor = collection.aggregate([{"$sample": {"size": 300}}, {"$project": {"state.summary": 1}}])
    known = [one["state"]["summary"].split() async for one in await cursor]
    dice = random.Random(7)  # noqa: S311 - the same texts each time
    kinds: dict[str, Callable[[], Iterator[str]]] = {
        "queue": queue_pages,
        "search": lambda: searches(known, dice),
    }
    measured = {}
    for name, make in kinds.items():
        await asked(port, token(), taken(make(), WARM))
        measured[name] = await asked(port, token(), taken(make(), ASKINGS))
    return measured


def at(ordered: Sequence[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]


async def deadlines(parts: Parts) -> tuple[float, int]:
    """How long after their instant the last of all breaches was told; how many were told."""
    collection = parts.cases[INCIDENT.stream].collection
    kept = await template(parts, "DUE-1", forwarded=False)
    due = (utc_now() + LEAD).replace(microsecond=0)
    copies = [_due(kept, number, due) for number in range(DEADLINES)]
    for start in range(0, DEADLINES, BATCH):
        await collection.insert_many(copies[start : start + BATCH], ordered=False)
    ready = time.monotonic()
    assert utc_now() < due, f"not ready in time: {ready}"
    left = {"state.ticket": {"$regex": "^DUE-"}, "state.told_at": None, "tenant": TENANT}
    while await collection.count_documents(left, limit=1):
        await asyncio.sleep(0.25)
        assert utc_now() < due + timedelta(minutes=5), "still not all fired"
    rows = await collection.aggregate(
        [
            {"$match": {"tenant": TENANT, "state.ticket": {"$regex": "^DUE-"}}},
            {"$project": {"told": _breaches(), "at": "$state.told_at"}},
            {"$group": {"_id": None, "last": {"$max": "$at"}, "told": {"$sum": "$told"}}},
        ]
    )
    (found,) = [one async for one in rows]
    return (found["last"] - due).total_seconds(), found["told"]


def _breaches() -> dict[str, Any]:
    is_breach = {"$eq": ["$$said.type", IncidentBreached.event_type]}
    return {"$size": {"$filter": {"input": "$history", "as": "said", "cond": is_breach}}}


def _due(kept: dict[str, Any], number: int, due: datetime) -> dict[str, Any]:
    """A copy whose day to forward ends at `due`, its warnings told."""
    stages = [dict(stage) for stage in kept["state"]["stages"]]
    for stage in stages:
        stage["warnings"] = []
        stage["due_at"] = due if stage["name"] == "forward" else due + timedelta(days=400)
    state = {**kept["state"], "ticket": f"DUE-{number:06d}", "stages": stages, "due_at": due}
    return {**kept, "_id": new_id(), "state": state, "next_due": due + timedelta(seconds=1)}


async def measure(start: Callable[[], tuple[int, Child]], token: Token) -> list[Result]:
    words = Words(random.Random(42))  # noqa: S311 - the same texts each time
    async with service_parts() as parts:
        kept = await template(parts, "COP-0", forwarded=True)
        await grow(parts, kept, 0, FEW, words)
        port, service = start()
        few = await pages(parts, port, token)
        _note(FEW, few)
        # how frequent words are among a thousand, which it remembers, says nothing of the rest
        service.stop(STOP_SECONDS)
        await grow(parts, kept, FEW, MANY, words)
        port, _ = start()
        many = await pages(parts, port, token)
        _note(MANY, many)
        late, told = await deadlines(parts)
        assert told == DEADLINES, f"{told} breaches of {DEADLINES} deadlines"
    limits = {"queue": PAGE_LIMIT_MS, "search": SEARCH_LIMIT_MS}
    results = []
    for name, limit in limits.items():
        p99, p50, before = at(many[name], 0.99), at(many[name], 0.5), at(few[name], 0.5)
        results.append(row(f"{name} p99 among 100,000, limit", p99, limit, "ms", limit / p99, 1.0))
        flat = f"{name} p50 among 100,000, against 1,000"
        results.append(row(flat, p50, before, "ms", before / p50, 0.5))
    limit = FIRE_LIMIT_SECONDS
    fired = "10,000 deadlines of one instant, limit"
    return [*results, row(fired, late, limit, "s", limit / late, 1.0)]


def _note(number: int, measured: dict[str, list[float]]) -> None:
    times = ((name, at(found, 0.5), at(found, 0.99)) for name, found in measured.items())
    told = "; ".join(f"{name} p50 {p50:.1f} ms, p99 {p99:.1f} ms" for name, p50, p99 in times)
    print(f"{number:,} open: {told}", file=sys.stderr, flush=True)


def main() -> None:
    with rig() as bench:
        bench.declare("incidents")

        def token() -> str:
            # one lives for minutes, and filling up may take longer
            return bench.token(Role.SPECIALIST_L2, Role.REPORT_READER)

        results = asyncio.run(measure(lambda: bench.start("incidents"), token))
        report("incidents", results)


if __name__ == "__main__":
    main()
