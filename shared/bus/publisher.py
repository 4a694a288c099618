"""Publishing: a connection of its own, every message confirmed and mandatory, every wait bounded.

Three traps of the client libraries are handled here and nowhere else: a lost connection surfaces as
`CancelledError` in a task nobody cancelled; a stalled broker blocks until the heartbeat fails
unless the wait is bounded; and an unroutable message counts as published unless returns are errors.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.channel import Channel
from aiormq.exceptions import AMQPError, PublishError
from pamqp.commands import Basic

from shared.decider import Transient

log = structlog.get_logger()
CONFIRM_TIMEOUT = 10.0


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
        tasks = [asyncio.ensure_future(_publish(channel, message)) for message in messages]
        _, late = await asyncio.wait(tasks, timeout=CONFIRM_TIMEOUT)
        if late:
            for task in late:
                task.cancel()
            # What became of the rest is unknown, and the channel may be stalled: start afresh.
            await self.close()
        return [_verdict(task) for task in tasks]

    async def close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(AMQPError, OSError, asyncio.TimeoutError, RuntimeError):
                async with asyncio.timeout(2):
                    await connection.close()

    async def _open_channel(self) -> Channel:
        async with self._opening:
            if self._channel is not None and not self._channel.is_closed:
                return self._channel
            await self.close()
            try:
                async with asyncio.timeout(CONFIRM_TIMEOUT):
                    self._connection = await aio_pika.connect(
                        self._url, client_properties={"connection_name": self._name}
                    )
                    channel = await self._connection.channel(on_return_raises=True)
                    self._channel = await raw_channel(channel)
            except (AMQPError, OSError, TimeoutError) as error:
                await self.close()
                raise Transient(f"broker: {type(error).__name__}") from error
            return self._channel


async def raw_channel(channel: AbstractChannel) -> Channel:
    """The protocol-level channel: a third of the cost of a message, and acknowledgement in runs."""
    raw = await channel.get_underlay_channel()
    if not isinstance(raw, Channel):
        msg = f"unexpected channel {type(raw).__name__}"
        raise TypeError(msg)
    return raw


async def _publish(channel: Channel, message: Message) -> None:
    await channel.basic_publish(
        message.body,
        exchange=message.exchange,
        routing_key=message.routing_key,
        properties=message.properties(),
        mandatory=True,
        wait=False,
    )


def _verdict(task: "asyncio.Task[None]") -> str:
    if not task.done() or task.cancelled():
        return "unconfirmed"
    error = task.exception()
    if error is None:
        return ""
    if isinstance(error, PublishError):
        return "unroutable"
    return type(error).__name__
