"""How far a long command has come: one line that is written over, only for people."""

from __future__ import annotations

import sys
import time
from typing import Self

EVERY_SECONDS = 0.2


class Progress:
    """Counts steps and shows them on a terminal's error stream; elsewhere it is silent."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._started = self._shown = time.monotonic()
        self._visible = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._visible:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def advance(self, steps: int = 1) -> None:
        """Note that `steps` more are done."""
        self._done += steps
        now = time.monotonic()
        if self._visible and now - self._shown >= EVERY_SECONDS:
            self._shown = now
            rate = self._done / (now - self._started)
            print(f"\r\x1b[K{self._text(rate)}", end="", file=sys.stderr, flush=True)

    def _text(self, rate: float) -> str:
        share = f" of {self._total}" if self._total >= self._done else ""
        return f"{self._done}{share} {self._what}, {rate:,.0f}/s"
