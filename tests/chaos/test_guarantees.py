"""Kills, cuts, delays, repetitions and poison, under load; then every guarantee is checked.

The short form runs with the other tests; `./enlace test chaos` runs the long one, with at least 30
kills. What was done and found is told at the end of the run.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from cli.local.management import Management
from cli.local.services import own_environment
from shared.bus.dead import DeadLetters
from shared.runner import find
from shared.store import broken_at
from tests.chaos.arena import EVALUATE_SECONDS, ROOT, SERVICES, Arena, arena_in, harass
from tests.chaos.traffic import Accepted, Clients, Copyist
from tests.support.eventually import eventually

pytestmark = pytest.mark.chaos
LONG = os.environ.get("ENLACE_CHAOS") == "long"
KILLS = 32 if LONG else 6
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
        traffic = asyncio.create_task(clients.run(6))
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

        found = await _look(arena, accepted)
        dead = {name: await _dead(arena, name) for name in SERVICES}
        record_property("told", _report(arena, accepted, copyist, found, dead))
        _check(accepted, copyist, found, dead)
        _run(arena, "kpi", "verify", "--patience", "60")
        _run(arena, "audit", "verify")
        assert arena.kills >= KILLS


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
            await eventually(left, lambda counts: not counts, within=180, every=1.0)
            await asyncio.sleep(6)
    finally:
        await client.close()


async def _dead(arena: Arena, service: str) -> list[Found]:
    async with DeadLetters(arena.broker.amqp_url).look(service) as letters:
        return [letter.summary() for letter in letters]


async def _look(arena: Arena, accepted: Accepted) -> Found:
    client: AsyncMongoClient[Found] = AsyncMongoClient(arena.database.url, tz_aware=True)
    try:
        intake, validation = client["enlace_intake"], client["enlace_validation"]
        return {
            "requests": await _cases(intake, "requests"),
            "evaluations": await _cases(validation, "evaluations"),
            "plans": await _cases(client["enlace_training"], "plans"),
        }
    finally:
        await client.close()


async def _cases(database: AsyncDatabase[Found], collection: str) -> dict[str, Found]:
    return {d["_id"]: d async for d in database[collection].find()}


def _check(
    accepted: Accepted, copyist: Copyist, found: Found, dead: dict[str, list[Found]]
) -> None:
    requests, evaluations, plans = found["requests"], found["evaluations"], found["plans"]
    # G1: what was answered with 2xx is there, under the code that was told
    assert set(accepted.requests) == set(requests)
    codes = {case_id: d["state"]["code"] for case_id, d in requests.items()}
    assert codes == accepted.requests
    assert len(set(codes.values())) == len(codes)
    # G2: every event had its effect, and once
    assert set(evaluations) == set(requests)
    for document in evaluations.values():
        assert _types(document).count("validation.evaluation.opened.v1") == 1
    for step, ids in _steps(accepted).items():
        for case_id in ids:
            assert _types(evaluations[case_id]).count(f"validation.evaluation.{step}.v1") == 1
    assert set(plans) == {i for i, d in evaluations.items() if d["state"]["status"] == "approved"}
    # G3 and G8: the trail has no hole, no repetition and an unbroken chain
    for cases in (requests, evaluations, plans):
        for case_id, document in cases.items():
            assert broken_at(case_id, document["history"], document["head"]) is None
    # G4: who was not decided in time breached once, nobody else did
    for document in evaluations.values():
        _check_breach(document)
    # G6: the poison is kept, with its reason, and nothing else is
    poisoned = {name: len(letters) for name, letters in dead.items() if letters}
    unexpected = [x for letters in dead.values() for x in letters if x["reason"] != "malformed"]
    assert unexpected == []
    for service, count in copyist.poisoned.items():
        assert poisoned.get(service, 0) >= count


def _check_breach(document: Found) -> None:
    breaches = [e for e in document["history"] if e["type"].endswith(".breached.v1")]
    assert len(breaches) <= 1
    undecided = document["state"]["status"] == "evaluating"
    if undecided:
        assert len(breaches) == 1
    for breach in breaches:
        assert breach["data"]["due_at"][:19] <= breach["at"].isoformat()[:19]


def _steps(accepted: Accepted) -> dict[str, set[str]]:
    return {
        "observed": accepted.observed,
        "answered": accepted.answered,
        "approved": accepted.approved,
        "refused": accepted.refused,
    }


def _types(document: Found) -> list[str]:
    return [entry["type"] for entry in document["history"]]


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
    arena: Arena, accepted: Accepted, copyist: Copyist, found: Found, dead: dict[str, list[Found]]
) -> str:
    events = sum(len(d["history"]) for cases in found.values() for d in cases.values())
    breaches = sum(
        name.endswith(".breached.v1") for d in found["evaluations"].values() for name in _types(d)
    )
    recovery = sorted(arena.recoveries)
    median = recovery[len(recovery) // 2]
    lines = [
        f"kills {arena.kills}: {dict(arena.faults)}",
        f"requests accepted {len(accepted.requests)}, lost 0; retries {accepted.retries}",
        f"events {events}, delivered again {copyist.copied}; breaches fired once {breaches}",
        f"poison kept { ({n: len(v) for n, v in dead.items() if v}) } of {copyist.poisoned}",
        f"recovery of a killed service: median {median:.1f} s, worst {max(recovery):.1f} s",
    ]
    return "\n".join(lines)
