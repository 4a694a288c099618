"""Time limits of many requests with one timer.

`asyncio.timeout` arms and disarms a timer for each request, about 10 µs on the way of every
accepted one. Here a request notes when it must be done, and one sweep, a few times a second while
there is anything to watch, cancels those that are late.
"""

import asyncio
from time import monotonic
from typing import Any, Final

from shared.http.exchange import Exchange

SWEEP_SECONDS: Final = 0.1


class Deadlines:
    """Watches the running exchanges of one event loop."""

    def __init__(self) -> None:
        self._running: dict[Exchange, tuple[float, asyncio.Task[Any]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, exchange: Exchange, seconds: float) -> None:
        """Cancel the current task unless `exchange` is released within `seconds`."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an exchange runs in a task")
        self._running[exchange] = monotonic() + seconds, task
        loop = task.get_loop()
        if self._timer is None or loop is not self._loop:
            self._loop = loop
            self._timer = loop.call_later(SWEEP_SECONDS, self._sweep)

    def release(self, exchange: Exchange) -> None:
        self._running.pop(exchange, None)

    def _sweep(self) -> None:
        now = monotonic()
        late = [e for e, (limit, _) in self._running.items() if limit <= now]
        for exchange in late:
            _, task = self._running.pop(exchange)
            exchange.late = True
            task.cancel()
        self._timer = None
        if self._running:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)


def forgiven(exchange: Exchange) -> bool:
    """Whether the cancellation just caught was not meant to end the task.

    Either it is ours (the time was up), or nobody asked for it: a connection to the broker that
    breaks under aiormq surfaces as one.
    """
    task = asyncio.current_task()
    if task is None:
        return False
    if exchange.late:
        return task.uncancel() == 0
    return task.cancelling() == 0
