"""Waiting for something to become true, with a deadline and the last answer told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 60.0
"""Much longer than anything takes: a machine may have others to serve for a while."""


async def eventually(
    look: Callable[[], Awaitable[T]],
    until: Callable[[T], bool] = bool,
    *,
    within: float = PATIENCE,
    every: float = 0.05,
) -> T:
    """Look until the answer pleases; fails with the last one after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        answer = await look()
        if until(answer):
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
        await asyncio.sleep(every)
