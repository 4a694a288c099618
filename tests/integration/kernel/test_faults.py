"""The kernel while its servers stall, vanish, or answer when nobody listens any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from aio_pika.abc import AbstractConnection
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from cli.local.broker import Broker
from cli.local.database import Database
from cli.local.health import PATIENCE_SECONDS as ASKED_FOR_SECONDS
from shared import parts
from shared.bus import publisher
from shared.bus.connection import LOST, close, connect, open_channel
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, encode
from shared.decider import Transient
from shared.http import health
from shared.ids import derived_id, new_id
from shared.service import Workshop
from shared.store import Cause, utc_now
from tests.support.eventually import eventually
from tests.support.kernel import Bench
from tests.support.proxy import TcpProxy
from tests.support.toy import ECHO, TENANT, TOY, Count

pytestmark = pytest.mark.integration


def cause(**more: object) -> Cause:
    return Cause(**{"tenant": TENANT, "actor": "person:ana", **more})


@asynccontextmanager
async def through(url: str) -> AsyncIterator[tuple[TcpProxy, str]]:
    """A proxy in front of the server of `url`, and the address through it."""
    place = urlsplit(url)
    proxy = await TcpProxy(place.hostname or "", place.port or 0).start()
    login = place.netloc.rpartition("@")[0]
    netloc = f"{login + '@' if login else ''}127.0.0.1:{proxy.listening}"
    try:
        yield proxy, urlunsplit(place._replace(netloc=netloc))
    finally:
        await proxy.stop()


def direct(mongo_url: str) -> str:
    """Without looking for the replica set's members, which would go around a proxy."""
    bare = mongo_url.partition("?")[0]
    query = [p for p in mongo_url.partition("?")[2].split("&") if p and "replicaSet" not in p]
    return f"{bare}?{'&'.join([*query, 'directConnection=true'])}"


async def all_mirrored(target: object, count: int) -> None:
    mirrors = target.cases["echo.mirror"].collection
    await eventually(lambda: mirrors.count_documents({}), lambda n: n == count)
    assert await mirrors.count_documents({"version": 1}) == count


async def test_a_stalled_broker_delays_events_and_not_requests(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "CONFIRM_TIMEOUT", 1.0)
    async with through(bench.amqp_url) as (proxy, url):
        slow = replace(bench, amqp_url=url)
        async with slow.running(TOY) as (source,), bench.running(ECHO) as (target,):
            counters = source.cases["toy.counter"]
            await counters.create("before", Count(), cause())
            await all_mirrored(target, 1)
            proxy.toxics.stalled = True
            # less than twenty confirms would be waited for
            async with asyncio.timeout(20 * publisher.CONFIRM_TIMEOUT):
                for i in range(20):
                    await counters.create(f"c{i}", Count(), cause())

            async def reached() -> bool:
                fine, _ = await source._reaches_broker()
                return fine

            await eventually(reached, lambda fine: not fine)
            proxy.toxics.stalled = False
            proxy.cut()
            await all_mirrored(target, 21)


@pytest.mark.parametrize("fault", ["stalled", "refuse"])
async def test_the_status_is_told_in_time_when_nothing_answers(
    bench: Bench, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # less than who asks waits for it, with as much again for a busy machine
    assert 2 * health.PATIENCE_SECONDS < ASKED_FOR_SECONDS
    for module in (health, parts):
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.5)
    async with (
        through(bench.mongo_url) as (database, mongo),
        through(bench.amqp_url) as (
            broker,
            amqp,
        ),
    ):
        far = replace(bench, mongo_url=direct(mongo), amqp_url=amqp)
        async with far.running(ECHO) as (part,):

            async def status() -> dict[str, Any]:
                async with asyncio.timeout(ASKED_FOR_SECONDS):
                    return await part.status()

            await eventually(status, lambda told: told["state"] == "ready")
            for proxy in (database, broker):
                setattr(proxy.toxics, fault, True)
                proxy.cut()
            told = await eventually(status, lambda told: "broker" in told["details"])
            assert {"database", "outbox"} <= set(told["details"])
            assert told["state"] == "not ready"
            assert told["outbox_oldest_seconds"] is None
            for proxy in (database, broker):
                setattr(proxy.toxics, fault, False)
                proxy.cut()
            await eventually(status, lambda told: told["state"] == "ready")


async def test_lost_confirms_make_duplicates_that_have_no_effect(bench: Bench) -> None:
    async with through(bench.amqp_url) as (proxy, url):
        slow = replace(bench, amqp_url=url)
        async with slow.running(TOY) as (source,), slow.running(ECHO) as (target,):
            counters = source.cases["toy.counter"]
            for i in range(30):
                if i % 3 == 0:
                    proxy.cut_before_next_answer()
                await counters.create(f"c{i}", Count(), cause())
                await asyncio.sleep(0.05)
            assert proxy.cuts > 0
            await all_mirrored(target, 30)
    assert await bench.dead("echo") == []


async def test_a_lost_database_answer_does_not_double_a_command(bench: Bench) -> None:
    """The write happened and the answer was cut: the same key gives the same case."""
    async with through(bench.mongo_url) as (proxy, url):
        slow = replace(bench, mongo_url=direct(url))
        part = slow.parts(TOY)
        cases = part.cases["toy.counter"]
        for i in range(12):
            key = f"key-{i}"
            case_id = derived_id(TENANT, "person:ana", key)
            proxy.cut_before_next_answer()
            for _ in range(8):
                try:
                    outcome = await cases.create(case_id, Count(7), cause(id=key))
                    break
                except Transient:
                    await asyncio.sleep(0.1)
            assert outcome.version == 1
        assert proxy.cuts > 0
        assert await cases.collection.count_documents({"state.total": 7, "version": 1}) == 12


async def test_a_lost_database_answer_does_not_double_an_event(bench: Bench) -> None:
    async with through(bench.mongo_url) as (proxy, url):
        slow = replace(bench, mongo_url=direct(url))
        async with bench.running(TOY) as (source,), slow.running(ECHO) as (target,):
            for i in range(30):
                await source.cases["toy.counter"].create(f"c{i}", Count(), cause())
                if i % 3 == 0:
                    proxy.cut_before_next_answer()
                await asyncio.sleep(0.03)
            check = bench.parts(ECHO)
            await all_mirrored(check, 30)
            assert target.inbox is not None
    assert await bench.dead("echo") == []


async def test_a_database_step_down_is_survived(own_database: Database, bench: Bench) -> None:
    own = replace(bench, mongo_url=own_database.url)
    async with own.running(TOY, ECHO) as (source, target):
        counters = source.cases["toy.counter"]
        await counters.create("before", Count(), cause())
        client: AsyncMongoClient = AsyncMongoClient(own_database.url)
        await client.admin.command({"replSetStepDown": 3, "force": True})
        await client.close()
        for i in range(10):
            case_id, same = f"c{i}", cause(id=f"key-{i}")

            async def accepted(case_id: str = case_id, same: Cause = same) -> bool:
                try:
                    return (await counters.create(case_id, Count(), same)).version == 1
                except Transient:
                    return False

            await eventually(accepted)
        await all_mirrored(target, 11)


async def test_a_killed_broker_and_database_lose_nothing_accepted(
    own_broker: Broker, own_database: Database, bench: Bench
) -> None:
    own = replace(
        bench,
        amqp_url=own_broker.amqp_url,
        management_url=own_broker.management_url,
        mongo_url=own_database.url,
    )
    own.declare()
    # a declaration is on disk only some seconds later: what is declared is declared beforehand
    await asyncio.to_thread(own_broker.restart)
    async with own.running(TOY, ECHO) as (source, target):
        counters, accepted = source.cases["toy.counter"], set()

        async def write(first: int) -> None:
            for i in range(first, first + 60):
                try:
                    await counters.create(f"c{i}", Count(), cause())
                    accepted.add(f"c{i}")
                except Transient:
                    await asyncio.sleep(0.2)

        await write(0)
        await asyncio.to_thread(own_broker.kill)
        await write(100)
        await asyncio.to_thread(own_database.kill)
        await asyncio.gather(
            asyncio.to_thread(own_broker.start), asyncio.to_thread(own_database.start)
        )
        await write(200)
        assert len(accepted) >= 120
        mirrors = target.cases["echo.mirror"].collection

        async def missing() -> set[str]:
            return accepted - {d["_id"] async for d in mirrors.find({"version": 1}, {"_id": 1})}

        await eventually(missing, lambda left: not left)


async def test_a_start_waits_for_an_index_that_takes_longer_than_an_answer_may(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.parts.ANSWER_SECONDS", 0.5)
    slow = {"$where": "sleep(900) || true"}

    async def prepare(workshop: Workshop) -> None:
        # as slow as an index on a register of years
        await workshop.database["old"].insert_one({})
        await workshop.database["old"].find_one(slow)

    async with bench.running(replace(TOY, prepare=prepare)) as (part,):
        with pytest.raises(PyMongoError):
            await part.workshop.database["old"].find_one(slow)


async def test_a_consumer_goes_on_after_what_nobody_foresaw(bench: Bench) -> None:
    async with bench.running(ECHO) as (part,):
        assert part.inbox is not None
        database = part.workshop.database
        # the database answers, and refuses to keep the cursor
        await database.command({"collMod": "cursors", "validator": {"reached": {"$lt": 0}}})
        event = Envelope(new_id(), "toy.counter.counted.v1", "c1", utc_now(), TENANT, 1, {"by": 1})
        await bench.publish(EVENTS, [("toy.counter.counted", encode(event))])

        async def consuming() -> bool:
            return part.inbox.is_consuming

        await eventually(consuming, lambda fine: not fine)
        await database.command({"collMod": "cursors", "validator": {}})
        await eventually(lambda: database["cursors"].count_documents({"reached": 1}))
        await eventually(consuming)
        assert (await part.cases["echo.mirror"].get("c1", TENANT)).state.seen == (1,)
    assert await bench.dead("echo") == []


async def test_a_connection_that_died_before_its_channel_is_a_lost_one(bench: Bench) -> None:
    async with through(bench.amqp_url) as (proxy, url):
        connection = await connect(url, "short-lived")
        proxy.cut()
        await eventually(lambda: _is_closed(connection))
        with pytest.raises(LOST):
            await open_channel(connection)
        await close(connection)


async def _is_closed(connection: AbstractConnection) -> bool:
    assert connection.transport is not None
    return connection.transport.connection.is_closed
