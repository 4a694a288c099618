"""Waiting between two looks, out of step with whoever looks at the same."""

import asyncio
import random


async def pause(seconds: float) -> None:
    """Sleep for about so long, so that processes that started together do not look together."""
    await asyncio.sleep(seconds * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
