"""`enlace events`: what is happening on the bus, live."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from aio_pika.abc import AbstractIncomingMessage

from cli.errors import UserError
from cli.topology import admin_address
from shared.bus.connection import close, connect
from shared.bus.topology import EVENTS

app = typer.Typer()


@app.callback()
def events() -> None:
    """Follow live events."""


@app.command()
def tail(
    pattern: Annotated[str, typer.Argument(help="A routing key; * is a word, # any words.")] = "#",
    *,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many; 0 goes on.")] = 0,
) -> None:
    """Print live events as they are published, one JSON a line, until Ctrl-C.

    \b
    Example:
      ./enlace events tail 'intake.request.*'
    """
    asyncio.run(_tail(pattern, count))


async def _tail(pattern: str, count: int) -> None:
    connection = await connect(admin_address(), "events tail")
    done, lost = asyncio.Event(), asyncio.Event()
    connection.close_callbacks.add(lambda *_: lost.set())
    seen = 0

    async def show(message: AbstractIncomingMessage) -> None:
        nonlocal seen
        if count and seen >= count:
            return
        seen += 1
        typer.echo(message.body.decode(errors="replace"))
        if count and seen >= count:
            done.set()

    try:
        channel = await connection.channel()
        # the broker deletes it with this connection: nobody's backlog grows behind a closed lid
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.bind(await channel.get_exchange(EVENTS, ensure=False), pattern)
        await queue.consume(show, no_ack=True)
        await _first(done, lost)
    finally:
        await close(connection)
    if not done.is_set():
        raise UserError("the broker closed the connection: ./enlace status, then follow again")


async def _first(*events: asyncio.Event) -> None:
    """Wait until one of them is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
