"""From a committed event to its effect elsewhere, over the real broker."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused
from pydantic import SecretStr

from cli.local.management import Management
from cli.topology import vhost_of
from shared.bus import Heard, Hears, Send, topology
from shared.bus.dead import DeadLetters
from shared.bus.publisher import Message
from shared.bus.topology import DEAD, EVENTS, LOOKS_AT_DEAD_LETTERS, Inbox, definitions
from shared.contracts import Envelope, encode
from shared.ids import new_id
from shared.parts import Parts
from shared.settings import Overrides
from shared.store import Cause, utc_now
from tests.support import toy
from tests.support.eventually import PATIENCE, eventually
from tests.support.kernel import Bench, with_login
from tests.support.toy import ECHO, MIRROR, TENANT, TOY, Count, CounterCounted, See

pytestmark = pytest.mark.integration
KEY = "toy.counter.counted"


def cause() -> Cause:
    return Cause(TENANT, "person:ana", correlation="corr-1", trace=f"00-{'a' * 32}-{'b' * 16}-01")


def counted(subject: str, sequence: int, by: int = 1, **more: object) -> Envelope:
    data = more.pop("data", {"by": by})
    return Envelope(
        **{
            "id": new_id(),
            "type": f"{KEY}.v1",
            "subject": subject,
            "time": utc_now(),
            "tenant": TENANT,
            "sequence": sequence,
            "data": data,
            **more,
        }
    )


async def test_an_event_has_its_effect_once_and_keeps_its_thread(bench: Bench) -> None:
    async with bench.running(TOY, ECHO) as (source, target):
        counters, mirrors = source.cases["toy.counter"], target.cases["echo.mirror"]
        await counters.create("c1", Count(4), cause())

        async def mirror() -> dict | None:
            return await mirrors.collection.find_one({"_id": "c1"})

        document = await eventually(mirror)
        (entry,) = document["history"]
        assert document["state"] == {"seen": [1], "total": 4}
        assert entry["corr"] == "corr-1"
        assert entry["actor"] == "system:echo"
        first = (await counters.history("c1", TENANT, 0, 1))[0]
        assert entry["cause"] == first["id"]
        assert entry["trace"] == cause().trace

        async def unpublished() -> int:
            return await counters.collection.count_documents({"relay_at": {"$exists": True}})

        await eventually(unpublished, lambda count: count == 0)
        labels = {"service": "toy", "outcome": "confirmed"}
        value = source.workshop.registry.get_sample_value("enlace_events_published_total", labels)
        assert value == 1


async def test_order_holds_through_shuffling_and_duplicates(bench: Bench) -> None:
    """30 cases, 20 events each, everything twice, in any order, to two competing consumers."""
    events = [counted(f"c{i}", n) for i in range(30) for n in range(1, 21)] * 2
    random.Random(7).shuffle(events)  # noqa: S311 - repeatable
    async with bench.running(ECHO) as (one,), bench.running(ECHO):
        await bench.publish(EVENTS, [(KEY, encode(event)) for event in events])
        mirrors = one.cases["echo.mirror"].collection

        async def complete() -> int:
            return await mirrors.count_documents({"state.total": 20})

        await eventually(complete, lambda count: count == 30, within=2 * PATIENCE)
        async for document in mirrors.find():
            assert document["state"]["seen"] == list(range(1, 21))
            assert document["version"] == 20
        await eventually(one._cursors.waiting, lambda gaps: gaps == 0)
    assert await bench.dead("echo") == []


POISON = {
    "malformed": b"\x00 not json",
    "malformed without a subject": b'{"specversion":"1.0","id":"x"}',
    "unknown_type": encode(counted("p1", 1, type="toy.counter.danced.v1")),
    "unknown_version": encode(counted("p2", 1, type="toy.counter.counted.v9")),
    "invalid_body": encode(counted("p3", 1, data={"by": "many"})),
    "rejected": encode(counted("p4", 1, by=13)),
    "bug": encode(counted("p5", 1, by=666)),
    "misrouted": encode(counted("p6", 1, type="echo.mirror.seen.v1")),
}
KEYS = {"unknown_type": "toy.counter.danced"}


@pytest.mark.parametrize("kind", POISON)
async def test_poison_stops_nothing_but_itself(bench: Bench, kind: str) -> None:
    toy.BROKEN.add(666)
    good = encode(counted("good", 1, by=5))
    async with bench.running(ECHO) as (part,):
        await bench.publish(EVENTS, [(KEYS.get(kind, KEY), POISON[kind]), (KEY, good)])
        mirrors = part.cases["echo.mirror"].collection

        async def arrived() -> int:
            return await mirrors.count_documents({"_id": "good"})

        await eventually(arrived)
        letters = await eventually(lambda: bench.dead("echo"))
    (letter,) = letters
    assert letter["reason"] == kind.split(maxsplit=1)[0]
    assert letter["service"] == "echo"
    assert letter["id"]
    if kind == "rejected":
        assert letter["detail"] == "mirror.unlucky (by=13)"
    if kind == "bug":
        assert letter["detail"] == "RuntimeError: broken on purpose"
        assert letter["subject"] == "p5"


async def test_followers_of_poison_go_on_and_its_replay_is_let_in(bench: Bench) -> None:
    toy.BROKEN.add(666)
    stream = [counted("c1", n, by=666 if n == 2 else n) for n in (1, 2, 3)]
    async with bench.running(ECHO) as (part,):
        await bench.publish(EVENTS, [(KEY, encode(event)) for event in stream])
        mirrors = part.cases["echo.mirror"]

        async def seen() -> list[int]:
            document = await mirrors.collection.find_one({"_id": "c1"})
            return document["state"]["seen"] if document else []

        await eventually(seen, lambda sequences: sequences == [1, 3])
        await eventually(lambda: bench.dead("echo"))

        toy.BROKEN.clear()
        dead = DeadLetters(bench.amqp_url)
        for _ in range(2):  # a replay that is repeated has no second effect
            async with dead.look("echo") as letters:
                for letter in letters:
                    await dead.replay(letter)
        await eventually(seen, lambda sequences: sequences == [1, 3, 2])
        await bench.publish(EVENTS, [(KEY, encode(stream[1]))])
        await bench.publish(EVENTS, [(KEY, encode(counted("c1", 4)))])
        await eventually(seen, lambda sequences: sequences == [1, 3, 2, 4])
    assert await bench.dead("echo") == []


async def test_a_replay_does_only_what_was_not_done(bench: Bench) -> None:
    """One case took the event and the other failed over it."""
    hears = Hears("echo")

    @hears(CounterCounted)
    def on_counted(heard: Heard[CounterCounted]) -> Iterable[Send]:
        for name, by in (("easy", 1), ("hard", 666)):
            yield Send(MIRROR.stream, f"{heard.subject}-{name}", See(1, by), create=True)

    toy.BROKEN.add(666)
    async with bench.running(replace(ECHO, hears=hears)) as (part,):
        await bench.publish(EVENTS, [(KEY, encode(counted("c1", 1)))])
        await eventually(lambda: bench.dead("echo"))
        toy.BROKEN.clear()
        dead = DeadLetters(bench.amqp_url)
        async with dead.look("echo") as letters:
            await dead.replay(letters[0])
        cursors = part.workshop.database["cursors"]
        await eventually(lambda: cursors.count_documents({"passed_over": []}))
        mirrors = part.cases["echo.mirror"].collection
        totals = {one["_id"]: one["state"]["total"] async for one in mirrors.find()}
        assert totals == {"c1-easy": 1, "c1-hard": 666}


async def test_an_unroutable_event_is_kept_and_goes_out_when_somebody_hears(bench: Bench) -> None:
    bench.declare((TOY,))
    async with bench.running(TOY) as (source,):
        management = bench.management_url

        vhost = vhost_of(bench.amqp_url)
        Management(management).call("DELETE", f"queues/{vhost}/echo.in")
        await source.cases["toy.counter"].create("c1", Count(4), cause())

        async def refused() -> float:
            counter = source._metrics.published.labels(service="toy", outcome="unroutable")
            return counter._value.get()

        await eventually(refused)
        assert await source.relay.oldest_unpublished_seconds() >= 0
        bench.declare((TOY, ECHO))
        async with bench.running(ECHO) as (target,):
            mirrors = target.cases["echo.mirror"].collection
            await eventually(lambda: mirrors.count_documents({"_id": "c1"}))


async def test_what_a_dead_process_had_not_published_another_one_publishes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ten looks at this pace would take longer than the test waits: one has to find all
    monkeypatch.setattr("shared.bus.relay.MAX_BATCH", 5)
    monkeypatch.setattr("shared.bus.relay.SWEEP_EVERY", 4.0)
    monkeypatch.setattr("shared.store.cases.RELAY_LEASE", timedelta())
    crashed = bench.parts(TOY)  # never started: it commits and publishes nothing
    for i in range(50):
        await crashed.cases["toy.counter"].create(f"c{i}", Count(), cause())
        await crashed.cases["toy.counter"].handle(f"c{i}", Count(), cause())
    async with bench.running(TOY, ECHO) as (_, target):
        mirrors = target.cases["echo.mirror"].collection

        async def complete() -> int:
            return await mirrors.count_documents({"state.seen": [1, 2]})

        await eventually(complete, lambda count: count == 50, within=35)


async def test_what_waits_here_for_its_turn_is_not_published_by_the_sweep_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process with so much to publish that its leases run out must not do it twice."""
    monkeypatch.setattr("shared.store.cases.RELAY_LEASE", timedelta())
    monkeypatch.setattr("shared.bus.relay.MAX_BATCH", 5)
    # the test sweeps itself: what is committed and not offered yet has no lease here
    monkeypatch.setattr("shared.bus.relay.SWEEP_EVERY", 3_600)
    gate, sent = asyncio.Event(), list[str]()
    async with bench.running(TOY) as (part,):
        publish = part.relay._publisher.publish

        async def slow(messages: Sequence[Message]) -> list[str]:
            await gate.wait()
            sent.extend(message.id for message in messages)
            return await publish(messages)

        monkeypatch.setattr(part.relay._publisher, "publish", slow)
        counters = part.cases["toy.counter"]
        outcomes = [await counters.create(f"c{i}", Count(), cause()) for i in range(12)]
        async with asyncio.timeout(PATIENCE):
            assert not await part.relay.sweep()
        assert not sent
        dead = bench.parts(TOY)  # never started: publishes nothing of its own
        gate.set()
        await eventually(part.relay.oldest_unpublished_seconds, lambda age: age == 0)
        left = await dead.cases["toy.counter"].create("left", Count(), cause())
        await part.relay.sweep()
        await eventually(part.relay.oldest_unpublished_seconds, lambda age: age == 0)
    assert sent == [one.entries[0]["id"] for one in (*outcomes, left)]


async def test_what_cannot_be_published_grows_old_and_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.relay.MAX_BATCH", 2)
    bench.declare((TOY,))
    Management(bench.management_url).call("DELETE", f"queues/{vhost_of(bench.amqp_url)}/echo.in")
    one, other = bench.parts(TOY), bench.parts(TOY)
    begun = utc_now()
    for i in range(5):
        await one.cases["toy.counter"].create(f"c{i}", Count(), cause())
    present = utc_now()
    took = (present - begun).total_seconds()

    def refused(part: Parts) -> float:
        labels = {"service": "toy", "outcome": "unroutable"}
        value = part.workshop.registry.get_sample_value("enlace_events_published_total", labels)
        return value or 0

    async def sweep_all() -> None:
        await asyncio.gather(one.relay._sweep_all(), other.relay._sweep_all())

    for tries, waited in enumerate((20, 50, 80), start=1):
        at = present + timedelta(seconds=waited)
        monkeypatch.setattr("shared.bus.relay.utc_now", lambda at=at: at)
        await sweep_all()
        # each was taken over by one of the two, and none before its claim had run out
        assert refused(one) + refused(other) == 5 * tries
        await sweep_all()
        assert refused(one) + refused(other) == 5 * tries
        assert waited <= await one.relay.oldest_unpublished_seconds() <= waited + took

    bench.declare((TOY, ECHO))
    at = present + timedelta(seconds=110)
    monkeypatch.setattr("shared.bus.relay.utc_now", lambda: at)
    await sweep_all()
    await eventually(one.relay.oldest_unpublished_seconds, lambda age: age == 0)
    async for document in one.cases["toy.counter"].collection.find():
        assert not {"relay_at", "claimed_until"} & set(document)
    for part in (one, other):
        await part.stop()


async def test_a_service_may_only_do_its_own_part(bench: Bench) -> None:
    """The broker refuses foreign keys, foreign queues and any declaration."""
    url = with_login(bench.amqp_url, f"echo-{bench.prefix}", "secret")
    bench.declare(overrides={"echo": Overrides(amqp_url=SecretStr(url))})
    connection = await aio_pika.connect(url)
    async with connection:

        async def channel() -> aio_pika.abc.AbstractChannel:
            return await connection.channel()

        own = await (await channel()).get_exchange(EVENTS, ensure=False)
        message = aio_pika.Message(b"{}")
        await own.publish(message, "echo.mirror.seen", mandatory=False)
        await (await (await channel()).get_queue("echo.in", ensure=False)).get(fail=False)
        with pytest.raises(ChannelAccessRefused):
            await own.publish(message, "toy.counter.counted", mandatory=False)
        with pytest.raises(ChannelAccessRefused):
            await (await (await channel()).get_queue("toy.in", ensure=False)).get(fail=False)
        with pytest.raises(ChannelAccessRefused):
            await (await channel()).declare_queue("mine")
        with pytest.raises(ChannelAccessRefused):
            await (await channel()).default_exchange.publish(message, "toy.in")


def test_every_queue_has_a_dead_letter_and_a_limit() -> None:

    wanted = definitions("/", [Inbox("echo", ("toy.counter.#",))], [])
    arguments = {queue["name"]: queue["arguments"] for queue in wanted["queues"]}
    assert all(a["x-queue-type"] == "quorum" for a in arguments.values())
    for name in ("echo.in", "echo.retry"):
        assert arguments[name]["x-dead-letter-strategy"] == "at-least-once"
        assert arguments[name]["x-overflow"] == "reject-publish"
    assert arguments["echo.in"]["x-delivery-limit"] >= 20


async def test_looking_does_not_use_up_a_dead_letter(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker drops what was delivered too often; a policy says that looking never is."""

    async def looks(number: int) -> int:
        await bench.publish(DEAD, [("echo", encode(counted("c1", 1)))])
        for _ in range(number):
            found = len(await bench.dead("echo"))
        return found

    assert await looks(25) == 1
    (policy,) = Management(bench.management_url).call("GET", f"policies/{vhost_of(bench.amqp_url)}")
    assert policy["definition"] == {"delivery-limit": LOOKS_AT_DEAD_LETTERS}
    # and it is what the broker heeds, for a queue that has been there before
    monkeypatch.setattr(topology, "LOOKS_AT_DEAD_LETTERS", 2)
    bench.declare()
    assert await looks(5) == 0


async def test_stopping_finishes_what_is_at_hand(bench: Bench) -> None:
    """A stop under load acknowledges its batch; a second start has nothing to repeat."""
    async with bench.running(TOY, ECHO) as (source, _):
        await asyncio.gather(
            *(source.cases["toy.counter"].create(f"c{i}", Count(), cause()) for i in range(500))
        )
    async with bench.running(TOY, ECHO) as (_, target):
        mirrors = target.cases["echo.mirror"].collection
        await eventually(lambda: mirrors.count_documents({}), lambda count: count == 500)
        assert await mirrors.count_documents({"version": 1}) == 500
