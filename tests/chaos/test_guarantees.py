"""Kills, cuts, delays, repetitions and poison, under load; then every guarantee is checked.

The short form runs with the other tests; `./enlace test chaos` runs the long one, with at least 30
kills. What was done and found is told at the end of the run.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from cli.local.management import Management
from cli.local.services import own_environment
from shared.bus.dead import DeadLetters
from shared.runner import find
from tests.chaos.arena import (
    EVALUATE_SECONDS,
    LONG,
    ROOT,
    SERVICES,
    VICTIMS,
    Arena,
    arena_in,
    harass,
)
from tests.chaos.judgement import EVALUATIONS, Cases, breaches, followed, violations
from tests.chaos.traffic import Accepted, Clients, Copyist
from tests.support.eventually import PATIENCE, eventually

pytestmark = pytest.mark.chaos
KILLS = 32 if LONG else len(VICTIMS)
CLIENTS = 6 if LONG else 3
Found = dict[str, Any]


@pytest.mark.timeout(1500)
async def test_every_guarantee_holds(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    accepted = Accepted()
    async with arena_in(tmp_path) as arena:
        clients = Clients(arena, accepted)
        inboxes = [s.inbox for s in find(SERVICES, SERVICES) if s.inbox is not None]
        copyist = Copyist(arena, inboxes)
        traffic = asyncio.create_task(clients.run(CLIENTS))
        copying = asyncio.create_task(copyist.run())
        await asyncio.sleep(2)
        await harass(arena, KILLS, seed=20_261_122)
        clients.stopping.set()
        await traffic
        await asyncio.sleep(EVALUATE_SECONDS + 5)  # the last terms fall due
        await _settled(arena)
        copyist.stopping.set()
        await copying
        await _settled(arena)

        found = await _look(arena)
        dead = {name: await _dead(arena, name) for name in SERVICES}
        broken = violations(accepted, found)
        told = [
            _report(arena, accepted, copyist, found, broken),
            _poison_report(copyist, dead),
        ]
        record_property("told", "\n".join(told))
        assert {name: cases for name, cases in broken.items() if cases} == {}
        assert followed(found) > len(accepted.requests)
        _poison_kept(copyist, dead)
        _run(arena, "kpi", "verify", "--patience", "180")
        _run(arena, "audit", "verify")
        assert {f"kill {name}" for name in VICTIMS} <= set(arena.faults)


async def _settled(arena: Arena) -> None:
    """Nothing unpublished, nothing waiting in a queue, nothing waiting behind a gap."""
    management = Management(arena.broker.management_url)
    client: AsyncMongoClient[Found] = AsyncMongoClient(arena.database.url)

    def queued() -> int:
        names = [f"{name}.{part}" for name in SERVICES for part in ("in", "retry")]
        queues = {q["name"]: q for q in management.call("GET", "queues/%2F")}
        return sum(queues[name].get("messages", 0) for name in names if name in queues)

    async def left() -> dict[str, int]:
        counts = {"queued": await asyncio.to_thread(queued)}
        for name in SERVICES:
            database = client[f"enlace_{name}"]
            for collection in await database.list_collection_names():
                unpublished = {"relay_at": {"$exists": True}}
                counts[f"{name}.{collection}"] = await database[collection].count_documents(
                    {"$or": [unpublished, {"gap": True}]}
                )
        return {name: count for name, count in counts.items() if count}

    try:
        # the management API's figures are some seconds old: look twice
        for _ in range(2):
            await eventually(left, lambda counts: not counts, within=5 * PATIENCE, every=1.0)
            await asyncio.sleep(6)
    finally:
        await client.close()


async def _dead(arena: Arena, service: str) -> list[Found]:
    async with DeadLetters(arena.broker.amqp_url).look(service) as letters:
        return [letter.summary() for letter in letters]


async def _look(arena: Arena) -> dict[str, Cases]:
    """The cases of every kind of every service, whole."""
    client: AsyncMongoClient[Found] = AsyncMongoClient(arena.database.url, tz_aware=True)
    try:
        return {
            kind.stream: {d["_id"]: d async for d in client[database][kind.collection].find()}
            for service in find(SERVICES, SERVICES)
            for kind in service.kinds
            for database in [f"enlace_{service.name}"]
        }
    finally:
        await client.close()


def _poison_kept(copyist: Copyist, dead: dict[str, list[Found]]) -> None:
    """G6: the poison is kept, with its reason, and nothing else is."""
    unexpected = [x for letters in dead.values() for x in letters if x["reason"] != "malformed"]
    assert unexpected == []
    for service, count in copyist.poisoned.items():
        assert len(dead[service]) >= count


def _run(arena: Arena, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", *command],
        cwd=ROOT,
        env=own_environment({**arena.environment, "ENLACE_MONGO_URL": arena.database.url}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"


def _report(
    arena: Arena,
    accepted: Accepted,
    copyist: Copyist,
    found: dict[str, Cases],
    broken: dict[str, list[str]],
) -> str:
    """What was done, and for each promise how many cases break it."""
    histories = [d["history"] for cases in found.values() for d in cases.values()]
    breached = sum(len(breaches(document)) for document in found[EVALUATIONS].values())
    recovery = sorted(arena.recoveries)
    median = recovery[len(recovery) // 2]
    lines = [
        f"kills {arena.kills}: {dict(arena.faults)}",
        f"requests accepted {len(accepted.requests)}, retries {accepted.retries}",
        f"events {sum(map(len, histories))} of {len(histories)} cases, breaches {breached}",
        f"delivered again {copyist.copied}, causes followed {followed(found)}",
        f"cases that break a promise: { {name: len(cases) for name, cases in broken.items()} }",
        f"recovery of a killed service: median {median:.1f} s, worst {max(recovery):.1f} s",
    ]
    return "\n".join(lines)


def _poison_report(copyist: Copyist, dead: dict[str, list[Found]]) -> str:
    kept = {name: len(letters) for name, letters in dead.items() if letters}
    return f"poison kept {kept} of {copyist.poisoned}"
