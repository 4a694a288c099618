"""Waiting: for several at once, and between two looks at what others look at, too."""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def together(works: Sequence[Awaitable[T]]) -> list[T]:
    """What all of these give, waited for at once; a single one costs no task of its own."""
    return [await works[0]] if len(works) == 1 else list(await asyncio.gather(*works))


async def pause(seconds: float) -> None:
    """Sleep for about so long, so that processes that started together do not look together."""
    await asyncio.sleep(seconds * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
