"""The retry ladder on the real broker: reject, wait, come back; at last, be buried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import aio_pika
import pytest

from shared.bus import inbox, topology
from shared.bus.delivery import Delivery, Verdict
from shared.bus.sink import Bury
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, encode
from shared.ids import new_id
from shared.service import Service, Workshop
from shared.store import utc_now
from tests.support.eventually import PATIENCE, eventually
from tests.support.kernel import Bench
from tests.support.toy import TENANT, TOY

pytestmark = pytest.mark.integration
KEY = "toy.counter.counted"


@dataclass
class Reluctant:
    """Takes a message only when it has come often enough."""

    takes_at: int
    seen: list[tuple[str, int]] = field(default_factory=list)
    exhausted: list[str] = field(default_factory=list)

    async def process(self, batch: Sequence[Delivery], bury: Bury) -> list[Verdict]:
        verdicts = []
        for delivery in batch:
            self.seen.append((delivery.event.id, delivery.attempts))
            if delivery.exhausted:
                self.exhausted.append(delivery.exhausted)
                verdicts.append(Verdict.DONE)
            else:
                taken = delivery.attempts >= self.takes_at
                verdicts.append(Verdict.DONE if taken else Verdict.RETRY)
        return verdicts

    def service(self) -> Service:
        def sink(_: Workshop) -> "Reluctant":
            return self

        return Service("echo", patterns=("toy.counter.#",), sink=sink)


@pytest.fixture
def quick(
    amqp_url: str,
    management_url: str,
    mongo_url: str,
    database_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    """The kernel's bench with a ladder of 0.3 s."""
    monkeypatch.setattr(topology, "RETRY_WAIT_MS", 300)
    bench = Bench(amqp_url, management_url, mongo_url, database_prefix)
    bench.declare((TOY, Reluctant(0).service()))
    return bench


def event() -> Envelope:
    return Envelope(new_id(), f"{KEY}.v1", "c1", utc_now(), TENANT, 1, {"by": 1})


async def test_a_rejected_message_waits_and_comes_back_counted(quick: Bench) -> None:
    sink, sent = Reluctant(takes_at=3), event()
    async with quick.running(sink.service()):
        await quick.publish(EVENTS, [(KEY, encode(sent))])

        async def seen() -> list[tuple[str, int]]:
            return list(sink.seen)

        await eventually(seen, lambda found: len(found) == 4)
    assert sink.seen == [(sent.id, attempt) for attempt in range(4)]
    assert await quick.dead("echo") == []


async def test_one_that_never_succeeds_ends_and_says_so(
    quick: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_ATTEMPTS", 2)
    sink = Reluctant(takes_at=99)
    async with quick.running(sink.service()):
        await quick.publish(EVENTS, [(KEY, encode(event()))])

        async def exhausted() -> list[str]:
            return list(sink.exhausted)

        await eventually(exhausted)
    assert sink.exhausted == ["attempts_exhausted"]
    assert len(sink.seen) == 3


async def test_one_that_kills_its_process_is_given_up_and_its_neighbours_are_not(
    quick: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost connection with the message in hand looks the same to the broker."""
    monkeypatch.setattr(inbox, "MAX_DELIVERIES", 3)
    deadly, other = event(), event()
    await quick.publish(EVENTS, [(KEY, encode(deadly))])
    for _ in range(4):
        connection = await aio_pika.connect(quick.amqp_url)
        queue = await (await connection.channel()).get_queue("echo.in", ensure=False)
        # the queue may hear a moment later that its last connection is gone
        await eventually(partial(queue.get, timeout=PATIENCE, fail=False))
        await connection.close()
    await quick.publish(EVENTS, [(KEY, encode(other))])
    sink = Reluctant(takes_at=0)
    async with quick.running(sink.service()):

        async def seen() -> int:
            return len(sink.seen)

        await eventually(seen, lambda count: count == 2)
    assert sink.exhausted == ["delivery_limit"]
    assert sink.seen[0][0] == other.id, "the healthy one goes first"
