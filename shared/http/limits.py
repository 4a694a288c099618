"""A token bucket per caller, in this process: it stops a runaway client, not a flood of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from shared.http.problems import Refused


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` sustained, `burst` at once; a `per_second` of 0 means no limit."""

    per_second: float
    burst: int


class RateLimiter:
    """Takes one token per request; 429 with ``Retry-After`` when a caller's bucket is empty."""

    def __init__(
        self, rate: Rate, *, callers: int = 10_000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._callers = callers
        self._now = now
        self._full_at: dict[str, float] = {}

    def take(self, caller: str) -> None:
        """Count one request of `caller`; raises 429."""
        per_second = self._rate.per_second
        if not per_second:
            return
        # one number per caller: the moment at which its bucket would be full again (GCRA)
        now = self._now()
        full_at = max(self._full_at.pop(caller, now), now) + 1 / per_second
        wait = full_at - now - self._rate.burst / per_second
        if wait > 0:
            self._full_at[caller] = full_at - 1 / per_second
            raise Refused("too_many_requests", headers={"retry-after": str(max(1, ceil(wait)))})
        self._full_at[caller] = full_at
        if len(self._full_at) > self._callers:
            del self._full_at[next(iter(self._full_at))]
