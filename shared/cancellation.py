"""Telling a wish to stop from a library's slip.

A connection that dies while something waits for it can surface as `CancelledError` in a task that
nobody asked to stop; where that is not caught, a loop ends without a word.
"""

import asyncio


def was_asked_to_stop() -> bool:
    """Whether the `CancelledError` just caught was meant for this task."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
