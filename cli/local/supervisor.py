"""The process that starts everything of one folder, keeps it running, and stops it in order."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cli.errors import UserError
from cli.local.process import Identity, end, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.local.home import Home, State
    from cli.local.part import Part
    from cli.local.process import Child

TICK_SECONDS: Final = 0.2
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
STABLE_SECONDS: Final = 60.0
ORPHAN_SECONDS: Final = 20.0


class Stopped(Exception):
    """Somebody asked for the end while we were starting."""


@dataclass(slots=True)
class Watch:
    """How often a part died lately, and when it may start again."""

    part: Part
    started: float = field(default_factory=time.monotonic)
    pause: float = FIRST_PAUSE_SECONDS
    again_at: float | None = None
    on_return: Callable[[], None] | None = None
    returning: bool = False

    def died(self, now: float) -> float:
        """Note a death; the seconds until the next start."""
        if now - self.started > STABLE_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        self.again_at = now + self.pause
        wait, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        return wait


class Supervisor:
    """Starts parts, restarts those that die, stops them all in the reverse order."""

    def __init__(self, home: Home, state: State, say: Callable[[str], None]) -> None:
        self._home = home
        self._state = state
        self._say = say
        self._watches: list[Watch] = []
        self._stopping = False

    @property
    def idle(self) -> bool:
        """Nothing was started."""
        return not self._watches

    def listen(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP as the wish to stop in order."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self._stopping = True

    def check(self) -> None:
        """Raise `Stopped` when somebody asked for the end."""
        if self._stopping:
            raise Stopped

    def launch(self, part: Part, on_return: Callable[[], None] | None = None) -> None:
        """Start `part` and look after it; `on_return` runs when it serves again after a death."""
        self.check()
        self._watches.append(Watch(part, on_return=on_return))
        self._start(part)

    def _start(self, part: Part) -> None:
        part.launch()
        if part.child is not None:
            self._home.record(self._state, part.name, part.child.identity)

    def wait(
        self, probe: Callable[[], bool], child: Child | None, *, name: str, timeout: float
    ) -> None:
        """Poll `probe`; an end that is asked for meanwhile raises `Stopped`."""

        def watched() -> bool:
            self.check()
            return probe()

        wait_until(watched, child=child, name=name, timeout=timeout)

    def watch(self) -> None:
        """Restart what dies, until somebody asks for the end."""
        while not self._stopping:
            for watch in self._watches:
                self._look_after(watch, time.monotonic())
            time.sleep(TICK_SECONDS)

    def _look_after(self, watch: Watch, now: float) -> None:
        part = watch.part
        if watch.again_at is not None:
            if now >= watch.again_at:
                watch.again_at, watch.started, watch.returning = None, now, True
                self._start(part)
            return
        code = part.child.exit_code() if part.child else None
        if code is not None:
            wait = watch.died(now)
            self._say(f"{part.name} ended with {code}; starting it again in {wait:.1f} s")
        elif watch.returning and part.ready():
            watch.returning = False
            self._say(f"{part.name} is back after {now - watch.started:.1f} s")
            if watch.on_return is not None:
                self._attempt(watch.on_return)

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except UserError as error:
            self._say(str(error))

    def stop(self) -> None:
        """Stop everything, last started first. A second signal does not hurry it."""
        self._stopping = True
        for watch in reversed(self._watches):
            watch.part.stop()
            self._state.processes.pop(watch.part.name, None)
            self._home.save(self._state)


def stop_orphans(home: Home, state: State) -> list[str]:
    """End what an earlier `up` left running when it was killed; the names of what was found.

    All at once: after a kill there is no order left to keep, and every part survives worse.
    """
    left = {name: Identity(*recorded).find() for name, recorded in state.processes.items()}
    found = {name: process for name, process in left.items() if process is not None}
    end(list(found.values()), ORPHAN_SECONDS)
    state.processes.clear()
    home.save(state)
    return sorted(found)
