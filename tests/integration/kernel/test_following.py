"""A service's own events, acted upon as they are published: in order, or late; once each."""

from collections.abc import Iterable
from datetime import timedelta

import aio_pika
import pytest

from shared.bus import Heard, Hears, Send
from shared.bus.delivery import Burial
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, EventBody
from shared.ids import new_id
from shared.store import Cause, utc_now
from tests.support.eventually import eventually
from tests.support.kernel import Bench
from tests.support.toy import ECHO, MIRROR, TENANT, TOY, Count, CounterCounted, Remind, See

pytestmark = pytest.mark.integration


def cause() -> Cause:
    return Cause(TENANT, "person:ana")


async def test_what_one_case_asks_is_done_in_order_while_others_ask(bench: Bench) -> None:
    part = bench.parts(TOY)
    bench.declare((TOY, ECHO))
    counters = part.cases["toy.counter"]
    begun, done = list[tuple[str, int]](), list[tuple[str, int]]()

    async def follow(event: Envelope, body: EventBody | None) -> None:
        assert body == event.body()
        begun.append((event.subject, event.sequence))
        if event.sequence == 1:
            # the first of a case ends when that of the other has begun
            await eventually(both)
        done.append((event.subject, event.sequence))

    async def both() -> bool:
        return {("c1", 1), ("c2", 1)} <= set(begun)

    part.relay.follow_with(["toy.counter.counted.v1"], follow)
    for case_id in ("c1", "c2"):
        await counters.create(case_id, Count(), cause())
        await counters.handle(case_id, Count(), cause())
    await part.relay.drain()
    await part.stop()
    assert [one for one in done if one[0] == "c1"] == [("c1", 1), ("c1", 2)]
    assert [one for one in done if one[0] == "c2"] == [("c2", 1), ("c2", 2)]


async def test_what_follows_an_unpublished_event_waits_for_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.declare((TOY,))
    part, done = bench.parts(TOY), list[int]()
    counters = part.cases["toy.counter"]

    async def follow(event: Envelope, _body: EventBody | None) -> None:
        done.append(event.sequence)

    part.relay.follow_with(["toy.counter.reminded.v1", "toy.counter.counted.v1"], follow)
    connection = await aio_pika.connect(bench.amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("ear", exclusive=True)
        await queue.bind(EVENTS, "toy.counter.counted")
        await (await channel.get_queue("echo.in")).unbind(EVENTS, "toy.counter.#")
        # nobody hears the first
        await counters.create("c1", Remind(utc_now() + timedelta(days=1)), cause())
        await counters.handle("c1", Count(), cause())
        await counters.create("c2", Count(), cause())
        await part.relay.drain()
        assert done == [1]  # of the other case
        await queue.bind(EVENTS, "toy.counter.reminded")
        later = utc_now() + timedelta(seconds=20)
        monkeypatch.setattr("shared.bus.relay.utc_now", lambda: later)
        await part.relay.sweep()
    await part.stop()
    assert done[1:] == [1, 2]


async def test_what_comes_after_a_later_one_has_its_effect_once(bench: Bench) -> None:
    hears = Hears("echo")

    @hears(CounterCounted)
    def on_counted(heard: Heard[CounterCounted]) -> Iterable[Send]:
        yield Send(MIRROR.stream, heard.subject, See(heard.sequence, heard.body.by), create=True)

    part = bench.parts(ECHO)
    sink, buried = part._case_sink(hears), list[Burial]()

    async def bury(burial: Burial) -> None:
        buried.append(burial)

    first, second = (
        Envelope(new_id(), "toy.counter.counted.v1", "c1", utc_now(), TENANT, n, {"by": n})
        for n in (1, 2)
    )
    for event in (second, first, second, first):
        await sink.follow(event, bury, None)

    assert (await part.cases["echo.mirror"].get("c1", TENANT)).state.seen == (2, 1)
    assert not buried
    await part.stop()
