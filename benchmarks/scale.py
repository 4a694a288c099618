"""What a command costs among 1,000 cases and among 1,000,000, and what all services weigh idle.

The cases are the registry's own, copied with ids, codes and dates of their own, under all of its
indexes. A command is a request's withdrawal; creations are measured too.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psutil

from benchmarks._rig import TENANT, Result, Rig, report, rig, row
from cli.local.home import known_services
from services.intake.domain import Receive, Withdraw
from services.intake.service import SERVICE as INTAKE
from shared.ids import new_id
from shared.parts import Parts
from shared.policy import load_tenants
from shared.settings import Settings
from shared.store import Cause
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics

FEW, MANY = 1_000, 1_000_000
COMMANDS = 2_000
AT_ONCE = 64
MEBIBYTE = 1 << 20
IDLE_SECONDS = 8
MEMORY_LIMIT_MIB = 700


def registry() -> Parts:
    settings, metrics = Settings(), Board()
    tenants = load_tenants(settings.tenants_dir, dict(INTAKE.sections))
    return Parts(INTAKE, settings, tenants, metrics, KernelMetrics(metrics))


def _received(number: int) -> Receive:
    return Receive(
        code=f"MED-2026-{number:07d}",
        request_type="information",
        topic="Tarifas",
        title="Nuevo pliego",
        description="Rige desde agosto",
    )


def cause() -> Cause:
    return Cause(TENANT, "person:bench")


async def grow(parts: Parts, total: int) -> None:
    """Fill the collection up to `total` with copies of a real case."""
    cases = parts.cases["intake.request"]
    template = await cases.collection.find_one({})
    assert template is not None
    have = await cases.collection.estimated_document_count()
    raw = cases.collection.with_options()
    while have < total:
        size = min(5_000, total - have)
        batch = [_copy(template, have + i) for i in range(size)]
        await raw.insert_many(batch, ordered=False)
        have += size


def _copy(template: dict[str, Any], number: int) -> dict[str, Any]:
    state = dict(template["state"])
    state["code"] = f"COP-2026-{number:07d}"
    state["due_at"] = state["due_at"] + timedelta(seconds=number % 100_000)
    copy = {**template, "_id": new_id(), "state": state, "next_due": state["due_at"]}
    copy.pop("relay_at", None)
    return {**copy, "published": copy["version"]}


async def rates(parts: Parts, start: int) -> tuple[float, float]:
    """Creations and commands per second, 64 at a time."""
    cases = parts.cases["intake.request"]
    made: list[str] = []

    async def create(number: int) -> None:
        outcome = await cases.create(new_id(), _received(number), cause())
        made.append(outcome.id)

    async def withdraw(number: int) -> None:
        await cases.handle(made[number - start], Withdraw("medida"), cause())

    created = await _timed(create, start)
    return created, await _timed(withdraw, start)


async def _timed(one: Callable[[int], Any], start: int) -> float:
    numbers = iter(range(start, start + COMMANDS))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    started = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return COMMANDS / (time.monotonic() - started)


async def measure() -> list[Result]:
    parts = registry()
    await parts.start()
    cases = parts.cases["intake.request"]
    await cases.create(new_id(), _received(0), cause())
    await rates(parts, 10_000)  # warming up
    few, many = [], []
    await grow(parts, FEW)
    few.append(await rates(parts, 20_000))
    few.append(await rates(parts, 30_000))
    await grow(parts, MANY)
    many.append(await rates(parts, 40_000))
    many.append(await rates(parts, 50_000))
    stored = await cases.collection.estimated_document_count()
    print(f"{stored} cases", file=sys.stderr)
    await parts.stop()
    names = ("creations among 1,000,000, against 1,000", "commands among 1,000,000, against 1,000")
    return [_row(name, [f[i] for f in few], [m[i] for m in many]) for i, name in enumerate(names)]


def _row(name: str, few: list[float], many: list[float]) -> Result:
    return row(name, max(many), max(few), "1/s", max(many) / max(few), 0.7)


def idle(bench: Rig) -> Result:
    """Memory of all services after a while without work, children included."""
    names = known_services()
    bench.declare(*names)
    _, child = bench.start(*names)
    time.sleep(IDLE_SECONDS)
    process = psutil.Process(child.pid)
    used = (
        sum(p.memory_full_info().pss for p in [process, *process.children(recursive=True)])
        / MEBIBYTE
    )
    child.stop(30)
    return row(
        "idle memory of all services", used, MEMORY_LIMIT_MIB, "MiB", MEMORY_LIMIT_MIB / used, 1.0
    )


def main() -> None:
    with rig() as bench:
        bench.declare("intake", "validation")
        results = asyncio.run(measure())
    with rig() as bench:
        results.append(idle(bench))
        report("scale", results)


if __name__ == "__main__":
    main()
