"""Opening and closing connections so that nothing waits for ever on a dying one.

The client library may swallow a cancellation while it opens or closes a connection whose other end
has gone; a timer around such a call never gets its turn. Each runs as a task of its own here, which
is left behind when its time is up.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.channel import Channel
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from shared.cancellation import was_asked_to_stop

T = TypeVar("T")
OPEN_SECONDS = 10.0
CLOSE_SECONDS = 2.0
LOST = (AMQPError, OSError, TimeoutError, ChannelInvalidStateError)

_left_behind: set[asyncio.Task[Any]] = set()


async def bounded(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """The result of `work`, or TimeoutError after `seconds`, whatever `work` does about it.

    A cancellation inside `work` that nobody asked for is a lost connection.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            _left_behind.add(task)
            task.add_done_callback(_forget)
    if not task.done():
        raise TimeoutError
    if task.cancelled():
        raise ConnectionResetError("cancelled by a dying connection")
    return task.result()


def _forget(task: "asyncio.Task[Any]") -> None:
    _left_behind.discard(task)
    if not task.cancelled():
        task.exception()


async def connect(url: str, name: str) -> AbstractConnection:
    """A connection; raises one of `LOST`."""
    opening = aio_pika.connect(url, client_properties={"connection_name": name})
    return await bounded(_as_coroutine(opening), OPEN_SECONDS)


async def close(connection: AbstractConnection) -> None:
    """Close it, or leave it behind; never fails, never hangs."""
    with suppress(*LOST):
        await bounded(_as_coroutine(connection.close()), CLOSE_SECONDS)


async def open_channel(connection: AbstractConnection, **options: bool) -> Channel:
    """The protocol-level channel: a third of the cost of a message, and acknowledgement in runs.

    Raises one of `LOST`.
    """
    channel: AbstractChannel = await _as_coroutine(connection.channel(**options))
    raw = await channel.get_underlay_channel()
    if not isinstance(raw, Channel):
        msg = f"unexpected channel {type(raw).__name__}"
        raise TypeError(msg)
    return raw


async def _as_coroutine(work: Any) -> Any:  # noqa: ANN401 - of the library
    try:
        return await work
    except asyncio.CancelledError:
        if was_asked_to_stop():
            raise
        raise ConnectionResetError("cancelled by a dying connection") from None
    except StopAsyncIteration:
        # a connection reset within the handshake is told like this
        raise ConnectionResetError("reset while it was opened") from None
    except RuntimeError as error:
        # what is asked of a connection that has just died ends in a bare one
        raise ConnectionResetError(str(error)) from error
