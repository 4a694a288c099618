"""The consuming connection of a service: takes messages in batches and tells the broker the end.

A message is acknowledged when its effect is committed. While the database is away a batch is held
and tried again here; what fails alone goes through the retry queue; what cannot be handled is kept
in the dead-letter queue with its reason and the rest goes on. A message that came back often, which
is what one that kills its process looks like, is handled alone and after the others.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from aio_pika.abc import AbstractConnection
from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel
from pamqp.commands import Basic

from shared.bus.connection import LOST, OPEN_SECONDS, bounded, close, connect, open_channel
from shared.bus.delivery import REPLAY_HEADER, Burial, Delivery, Verdict, attempts_of
from shared.bus.publisher import Message, Publisher
from shared.bus.sink import Bury
from shared.bus.topology import DEAD, EVENTS, Inbox
from shared.cancellation import was_asked_to_stop
from shared.contracts import Envelope, MalformedEnvelope, decode
from shared.decider import Transient
from shared.ids import new_id
from shared.telemetry.kernel import KernelMetrics

log = structlog.get_logger()
MAX_BATCH = 256
LOOK_SECONDS = 5.0
SUSPICIOUS_DELIVERIES = 3
# Lost connections count too: cuts and restarts must not bury what is healthy.
MAX_DELIVERIES = 60
MAX_ATTEMPTS = 200
MAX_HOLD = 40
MAX_HOLD_ALONE = 4
MAX_DETAIL = 2_000


def batch_size(prefetch: int) -> int:
    """Half of what may be under way, so that the next batch comes while this one is handled."""
    return max(MAX_BATCH, prefetch // 2)


class Sink(Protocol):
    """What a batch is handed to."""

    async def process(self, batch: Sequence[Delivery], bury: Bury) -> list[Verdict]: ...


class InboxConsumer:
    """One a service and process; several share the queue."""

    def __init__(
        self,
        inbox: Inbox,
        url: str,
        sink: Sink,
        publisher: Publisher,
        metrics: KernelMetrics,
        prefetch: int = 256,
    ) -> None:
        self._inbox = inbox
        self._url = url
        self._sink = sink
        self._publisher = publisher
        self._metrics = metrics
        self._prefetch = prefetch
        self._size = batch_size(prefetch)
        self._buffer: list[DeliveredMessage] = []
        self._wake = asyncio.Event()
        self._channel: Channel | None = None
        self._stopping = False

    @property
    def is_consuming(self) -> bool:
        return self._channel is not None and not self._channel.is_closed

    async def run(self) -> None:
        """Consume until cancelled; after a lost connection, or a bug, from a new one."""
        wait = 0.2
        while not self._stopping:
            try:
                await self._session()
                wait = 0.2
            except asyncio.CancelledError:
                if was_asked_to_stop():
                    raise
                log.warning("consumer_interrupted", service=self._inbox.service)
            except (*LOST, Transient) as error:
                log.warning(
                    "consumer_interrupted", service=self._inbox.service, reason=type(error).__name__
                )
            except Exception:
                # whatever it was, what was not acknowledged comes again
                log.exception("consumer_failed", service=self._inbox.service)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)

    def stop(self) -> None:
        """Finish the batch under way, then return from `run`."""
        self._stopping = True
        self._wake.set()

    async def _session(self) -> None:
        connection = await connect(self._url, f"{self._inbox.service} consume")
        try:
            channel, consumer = await bounded(self._consume(connection), OPEN_SECONDS)
            self._channel = channel
            await self._pump(channel, consumer)
        finally:
            self._channel = None
            await close(connection)

    async def _consume(self, connection: AbstractConnection) -> tuple[Channel, str]:
        channel = await open_channel(connection, publisher_confirms=False)
        await channel.basic_qos(prefetch_count=self._prefetch)
        self._buffer.clear()
        channel.on_consumer_cancel_callbacks.add(lambda *_: self._wake.set())
        channel.closing.add_done_callback(lambda _: self._wake.set())
        answer = await channel.basic_consume(self._inbox.queue, self._receive)
        return channel, str(answer.consumer_tag)

    async def _receive(self, message: DeliveredMessage) -> None:
        self._buffer.append(message)
        self._wake.set()

    async def _pump(self, channel: Channel, consumer: str) -> None:
        while not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            while self._buffer:
                messages, self._buffer = self._buffer[: self._size], self._buffer[self._size :]
                with self._metrics.batch_seconds.labels(service=self._inbox.service).time():
                    await self._batch(channel, messages)
                if self._stopping:
                    return
            if channel.is_closed or consumer not in channel.consumers:
                return

    async def _batch(self, channel: Channel, messages: Sequence[DeliveredMessage]) -> None:
        deliveries = [d for m in messages if (d := await self._read(m)) is not None]
        healthy = [d for d in deliveries if d.deliveries < SUSPICIOUS_DELIVERIES]
        suspicious = [[d] for d in deliveries if d.deliveries >= SUSPICIOUS_DELIVERIES]
        for part in ([healthy] if healthy else []) + suspicious:
            for tag in await self._settle(part):
                await bounded(channel.basic_reject(tag, requeue=False), OPEN_SECONDS)
        await bounded(channel.basic_ack(_tag(messages[-1]), multiple=True), OPEN_SECONDS)

    async def _settle(self, batch: list[Delivery]) -> list[int]:
        """Process until nothing is held any more; returns the tags that go to the retry queue."""
        rejected: list[int] = []
        for held in range(MAX_HOLD):
            verdicts = await self._sink.process(batch, self.bury)
            pairs = list(zip(batch, verdicts, strict=True))
            rejected += [d.tag for d, verdict in pairs if verdict is Verdict.RETRY]
            alone = any(verdict is not Verdict.HOLD for verdict in verdicts)
            batch = [d for d, verdict in pairs if verdict is Verdict.HOLD]
            if not batch or (alone and held >= MAX_HOLD_ALONE):
                break
            await asyncio.sleep(min(0.05 * 2**held, 2.0))
        return rejected + [d.tag for d in batch]

    async def _read(self, message: DeliveredMessage) -> Delivery | None:
        headers = dict(message.header.properties.headers or {})
        try:
            event = decode(message.body)
        except MalformedEnvelope as error:
            await self.bury(Burial(message.body, error.reason, str(error), headers))
            return None
        if (key := _foreign_key(message, event)) is not None:
            detail = f"{event.type} came under {key}"
            await self.bury(Burial(message.body, "misrouted", detail, headers))
            return None
        delivery = Delivery(
            event,
            message.body,
            _tag(message),
            replay=REPLAY_HEADER in headers,
            deliveries=_count(headers.get("x-delivery-count")),
            attempts=attempts_of(headers, self._inbox),
        )
        if delivery.deliveries >= MAX_DELIVERIES:
            delivery.exhausted = "delivery_limit"
        elif delivery.attempts >= MAX_ATTEMPTS:
            delivery.exhausted = "attempts_exhausted"
        return delivery

    async def bury(self, burial: Burial) -> None:
        """Keep what cannot be handled, with its reason; Transient when it is not confirmed."""
        headers = {
            "x-enlace-reason": burial.reason,
            "x-enlace-detail": burial.detail[:MAX_DETAIL],
            "x-enlace-service": self._inbox.service,
        }
        message = Message(DEAD, self._inbox.service, burial.body, new_id(), headers=headers)
        verdict = (await self._publisher.publish([message]))[0]
        if verdict:
            msg = f"dead letter not confirmed: {verdict}"
            raise Transient(msg)
        self._metrics.buried.labels(service=self._inbox.service, reason=burial.reason).inc()


def _foreign_key(message: DeliveredMessage, event: Envelope) -> str | None:
    """The key of an event that did not come under its own.

    The broker lets each service publish under its own keys only, so that none can speak as another.
    After a retry's wait or a replay the key is the reader's.
    """
    method = message.delivery
    if not isinstance(method, Basic.Deliver) or method.exchange != EVENTS:
        return None
    key = str(method.routing_key)
    return None if key == event.name.routing_key else key


def _count(header: object) -> int:
    return header if isinstance(header, int) else 0


def _tag(message: DeliveredMessage) -> int:
    method = message.delivery
    if not isinstance(method, Basic.Deliver) or method.delivery_tag is None:
        raise Transient("a delivery without a tag")
    return method.delivery_tag
