"""Publishing: a connection of its own, every message confirmed and mandatory, every wait bounded.

Three traps of the client libraries are handled here and nowhere else: a lost connection surfaces as
`CancelledError` in a task nobody cancelled; a stalled broker blocks until the heartbeat fails
unless the wait is bounded; and an unroutable message counts as published unless returns are errors.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import structlog
from aio_pika.abc import AbstractConnection
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.exceptions import PublishError
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.bus.connection import LOST, OPEN_SECONDS, bounded, close, connect, open_channel
from shared.decider import Transient

log = structlog.get_logger()
CONFIRM_TIMEOUT = 10.0
UNROUTABLE, UNCONFIRMED = "unroutable", "unconfirmed"
"""What becomes of a message that the broker does not take; else it is the error's name."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to the broker."""

    exchange: str
    routing_key: str
    body: bytes
    id: str
    type: str = ""
    headers: dict[str, Any] = field(default_factory=dict)

    def properties(self) -> Basic.Properties:
        return Basic.Properties(
            content_type="application/json",
            delivery_mode=2,
            message_id=self.id,
            message_type=self.type or None,
            headers=self.headers or None,
        )


class Publisher:
    """Publishes in batches over one connection, which it opens anew when it was lost."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: AbstractConnection | None = None
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Open the connection now; raises Transient when the broker cannot be reached."""
        await self._open_channel()

    async def publish(self, messages: Sequence[Message]) -> list[str]:
        """Publish and wait for the broker's word on each.

        Returns:
            One text a message, in order: empty when confirmed, otherwise why not.

        Raises:
            Transient: the broker cannot be reached.
        """
        channel = await self._open_channel()
        try:
            confirms = await bounded(_send(channel, messages), OPEN_SECONDS)
        except LOST as error:
            await self.close()
            raise Transient(f"broker: {type(error).__name__}") from error
        _, late = await asyncio.wait(confirms, timeout=CONFIRM_TIMEOUT)
        if late:
            # What became of the rest is unknown, and the channel may be stalled: start afresh.
            await self.close()
        return [_verdict(confirm) for confirm in confirms]

    async def close(self) -> None:
        opened, self._connection, self._channel = self._connection, None, None
        if opened is not None:
            await close(opened)

    async def _open_channel(self) -> Channel:
        async with self._opening:
            if self._channel is not None and not self._channel.is_closed:
                return self._channel
            await self.close()
            try:
                self._connection = await connect(self._url, self._name)
                self._channel = await bounded(
                    open_channel(self._connection, on_return_raises=True), OPEN_SECONDS
                )
            except LOST as error:
                await self.close()
                raise Transient(f"broker: {type(error).__name__}") from error
            return self._channel


async def _send(channel: Channel, messages: Sequence[Message]) -> "list[asyncio.Future[Any]]":
    """Hand all messages to the connection in one write; their confirms come as futures.

    The library's own `basic_publish` does this one by one, with a lock, a timer and a task each:
    twice the cost. The steps are the same, so that its reader resolves the futures.
    """
    payload, confirms = bytearray(), []
    async with channel.lock:
        for message in messages:
            channel.delivery_tag += 1
            confirm = channel.create_future()
            channel.confirmations[channel.delivery_tag] = confirm
            channel.message_id_delivery_tag[message.id] = channel.delivery_tag
            confirm.add_done_callback(_forget(channel, message.id, channel.delivery_tag))
            confirms.append(confirm)
            payload += _frames(channel, message)
        await channel.write_queue.put(ChannelFrame(payload=bytes(payload), should_close=False))
    return confirms


def _forget(channel: Channel, message_id: str, tag: int) -> "Callable[[asyncio.Future[Any]], None]":
    def forget(_: "asyncio.Future[Any]") -> None:
        if channel.message_id_delivery_tag.get(message_id) == tag:
            del channel.message_id_delivery_tag[message_id]

    return forget


def _frames(channel: Channel, message: Message) -> bytes:
    header = ContentHeader(properties=message.properties(), body_size=len(message.body))
    size = channel.max_content_size
    parts = [message.body[i : i + size] for i in range(0, len(message.body), size)]
    return b"".join(
        (
            _publish_frame(channel.number, message.exchange, message.routing_key),
            frame.marshal(header, channel.number),
            *(frame.marshal(ContentBody(part), channel.number) for part in parts),
        )
    )


@lru_cache(maxsize=1024)
def _publish_frame(channel_number: int, exchange: str, routing_key: str) -> bytes:
    publish = Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    marshalled: bytes = frame.marshal(publish, channel_number)
    return marshalled


def _verdict(confirm: "asyncio.Future[Any]") -> str:
    if not confirm.done() or confirm.cancelled():
        return UNCONFIRMED
    error = confirm.exception()
    if error is None:
        return ""
    if isinstance(error, PublishError):
        return UNROUTABLE
    return type(error).__name__
