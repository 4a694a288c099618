"""Events per second end to end, against a plain consumer that makes one write for each message.

Ours: requests have been accepted; validation and KPI, a process each as they are deployed, then run
until every request has its evaluation and both events of each, the request's and the evaluation's,
are visible in KPI.
Every event is deduplicated, ordered, decided on, chained, published with a confirm and counted.
Theirs: the same number of messages, one insert and one acknowledgement each, nothing else.
The lag is from a request's acceptance to its evaluation being visible in KPI, one at a time: three
services. Beside it stands theirs, from a publish to its row: one. No target judges the two.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient, MongoClient

from benchmarks._rig import TENANT, Result, Rig, medians, report, rig, row
from services.intake.domain import Receive
from services.intake.service import SERVICE as INTAKE
from shared.ids import new_id
from shared.parts import Parts
from shared.policy import load_tenants
from shared.settings import LogLevel, Settings
from shared.store import Cause
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics
from shared.telemetry.logs import configure_logging

REQUESTS = 4_000
SAMPLES = 200
WARMING = 10
ROUNDS = 3
PATIENCE = 180.0
LOOK_SECONDS = 0.1
"""Between two looks at what has come: each costs the database milliseconds that are not ours."""
BOTH = {"reached.intake": {"$gte": 1}, "reached.validation": {"$gte": 1}}
Document = dict[str, Any]


async def accept(count: int) -> list[str]:
    """Accept so many requests and publish their events; the ids."""
    settings = Settings()
    registry = Board()
    tenants = load_tenants(settings.tenants_dir, dict(INTAKE.sections))
    parts = Parts(INTAKE, settings, tenants, registry, KernelMetrics(registry))
    await parts.start()
    requests = parts.cases["intake.request"]

    async def one() -> str:
        code = await parts.workshop.codes.next(TENANT, "SOL", 2026)
        receive = Receive(
            code=code,
            request_type="information",
            topic="Tarifas",
            title="Nuevo pliego",
            description="Rige desde agosto",
        )
        return (await requests.create(new_id(), receive, Cause(TENANT, "person:bench"))).id

    ids: list[str] = []
    for _ in range(0, count, 500):
        ids += await asyncio.gather(*(one() for _ in range(min(500, count))))
    while await parts.relay.oldest_unpublished_seconds() > 0:  # noqa: ASYNC110 - the database's
        await asyncio.sleep(0.05)
    await parts.stop()
    return ids


def visible(rig: Rig, ids: list[str]) -> Callable[[], int]:
    """How many of these and later requests KPI has seen with both their events."""
    settings = rig.settings.for_service("kpi")
    client: MongoClient[Document] = MongoClient(settings.mongo_url.get_secret_value())
    facts = client[settings.database]["facts"]
    # ids are in the order of time: what earlier rounds left is not looked through again
    wanted = {"_id": {"$gte": f"request:{min(ids)}", "$lt": "request;"}, **BOTH}
    return lambda: facts.count_documents(wanted)


def until(reached: Callable[[], bool], what: str) -> float:
    """Seconds until it is so."""
    started = time.monotonic()
    while not reached():
        if time.monotonic() - started > PATIENCE:
            raise AssertionError(f"not reached in {PATIENCE} s: {what}")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - started


def ours(bench: Rig, ids: list[str]) -> Result:
    """From the first message taken to the last event visible."""
    complete = visible(bench, ids)
    children = [bench.start(name)[1] for name in ("kpi", "validation")]
    before, started = complete(), time.monotonic()
    until(lambda: complete() >= len(ids), "all visible in KPI")
    elapsed = time.monotonic() - started
    for child in children:
        child.stop(30)
    return {"per_second": (len(ids) - before) * len(BOTH) / elapsed}


async def _plain(url: str, mongo_url: str, count: int) -> float:
    client: AsyncMongoClient[Document] = AsyncMongoClient(mongo_url, w="majority")
    events = client["plain"]["events"]
    connection = await aio_pika.connect_robust(url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)
    queue = await channel.declare_queue(
        "plain.events", durable=True, arguments={"x-queue-type": "quorum"}
    )
    body = b'{"id": "x", "data": {"text": "' + b"a" * 700 + b'"}}'
    message = aio_pika.Message(body, delivery_mode=2)
    publish = channel.default_exchange.publish
    for _ in range(0, count, 200):
        await asyncio.gather(*(publish(message, "plain.events") for _ in range(200)))
    done, seen = asyncio.Event(), 0

    async def consume(taken: AbstractIncomingMessage) -> None:
        nonlocal seen
        await events.insert_one({"_id": new_id(), "body": taken.body.decode()})
        await taken.ack()
        seen += 1
        if seen >= count:
            done.set()

    started = time.monotonic()
    await queue.consume(consume)
    await done.wait()
    elapsed = time.monotonic() - started
    await connection.close()
    await client.close()
    return elapsed


async def _plain_lags(url: str, mongo_url: str) -> list[float]:
    """One message after another, each followed until its row is there."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(mongo_url, w="majority")
    events = client["plain"]["events"]
    connection = await aio_pika.connect_robust(url)
    channel = await connection.channel()
    queue = await channel.declare_queue(
        "plain.lag", durable=True, arguments={"x-queue-type": "quorum"}
    )

    async def consume(taken: AbstractIncomingMessage) -> None:
        await events.insert_one({"_id": taken.message_id})
        await taken.ack()

    await queue.consume(consume)
    lags = []
    for _ in range(WARMING + SAMPLES):
        message = aio_pika.Message(b"{}", delivery_mode=2, message_id=new_id())
        started = time.monotonic()
        await channel.default_exchange.publish(message, "plain.lag")
        while await events.find_one({"_id": message.message_id}) is None:  # noqa: ASYNC110 - what is timed
            await asyncio.sleep(0.001)
        lags.append((time.monotonic() - started) * 1000)
    await connection.close()
    await client.close()
    return sorted(lags[WARMING:])


def theirs(bench: Rig, count: int) -> Result:
    urls = bench.environment["ENLACE_AMQP_URL"], bench.environment["ENLACE_MONGO_URL"]
    return {"per_second": count / asyncio.run(_plain(*urls, count))}


async def _lags(bench: Rig) -> list[float]:
    """One request after another, each followed until its evaluation is in KPI."""
    settings = bench.settings.for_service("kpi")
    client: AsyncMongoClient[Document] = AsyncMongoClient(settings.mongo_url.get_secret_value())
    facts = client[settings.database]["facts"]
    own = Settings()
    registry = Board()
    tenants = load_tenants(own.tenants_dir, dict(INTAKE.sections))
    parts = Parts(INTAKE, own, tenants, registry, KernelMetrics(registry))
    await parts.start()
    requests, lags = parts.cases["intake.request"], []
    for number in range(WARMING + SAMPLES):
        receive = Receive(
            code=f"LAG-2026-{number:06d}",
            request_type="information",
            topic="Tarifas",
            title="Nuevo pliego",
            description="Rige desde agosto",
        )
        accepted = await requests.create(new_id(), receive, Cause(TENANT, "person:bench"))
        started = time.monotonic()
        wanted = {"_id": f"request:{accepted.id}", **BOTH}
        while await facts.find_one(wanted, {"_id": 1}) is None:  # noqa: ASYNC110 - what is timed
            await asyncio.sleep(0.001)
        lags.append((time.monotonic() - started) * 1000)
    await parts.stop()
    await client.close()
    print(f"warming up: {', '.join(f'{lag:.0f}' for lag in lags[:WARMING])} ms", file=sys.stderr)
    return lags[WARMING:]


def main(rounds: int = ROUNDS) -> None:
    with rig() as bench:
        # the lag's intake runs in this process: what the others do not write, it does not either
        configure_logging(LogLevel.WARNING, stream=sys.stderr)
        bench.declare("intake", "validation", "kpi")
        pairs = []
        for _ in range(rounds):
            ids = asyncio.run(accept(REQUESTS))
            pairs.append((ours(bench, ids), theirs(bench, REQUESTS)))
        for name in ("kpi", "validation"):
            bench.start(name)
        lags = sorted(asyncio.run(_lags(bench)))
        urls = bench.environment["ENLACE_AMQP_URL"], bench.environment["ENLACE_MONGO_URL"]
        plain_lags = asyncio.run(_plain_lags(*urls))
        rate, plain_rate, faster = medians(pairs, "per_second")
        report(
            "pipeline",
            [
                row("events end to end", rate, plain_rate, "1/s", faster, 2.0),
                _lag("p50", statistics.median(lags), statistics.median(plain_lags)),
                _lag("p99", lags[int(SAMPLES * 0.99)], plain_lags[int(SAMPLES * 0.99)]),
            ],
        )


def _lag(share: str, mine: float, plain: float) -> Result:
    return row(f"lag to the last service, {share}", mine, plain, "ms", plain / mine, None)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
