"""Telling a wish to stop from a library's slip.

A connection that dies while something waits for it can surface as `CancelledError` in a task that
nobody asked to stop; where that is not caught, a loop ends without a word.
"""

import asyncio
from collections.abc import Iterable
from typing import Any


def was_asked_to_stop() -> bool:
    """Whether the `CancelledError` just caught was meant for this task."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def end(tasks: Iterable["asyncio.Task[Any]"], tries: int = 10) -> bool:
    """Cancel tasks until they have ended; False when some would not in `tries` seconds.

    Once is not enough: a cancellation that meets a database call can come out of it as an error of
    the database, which a loop takes for an outage and goes on.
    """
    pending = {task for task in tasks if not task.done()}
    for _ in range(tries):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1.0)
    return not pending
