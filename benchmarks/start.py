"""Seconds from `./enlace up --detach` to ready on a prepared machine, against 15 s.

It runs in a copy of this checkout, the way a person uses it. The first start makes what the later
ones find: the broker's node, the database's replica set, keys and a demonstration day; only the
later ones are measured, each after a stop.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks._rig import report, row
from tests.support.checkout import Checkout

SERVERS = False
ROUNDS = 5
LIMIT_SECONDS = 15.0
PATIENCE_SECONDS = 300.0


@contextmanager
def prepared() -> Iterator[Checkout]:
    """A copy that was started once and is stopped."""
    with tempfile.TemporaryDirectory(prefix="enlace-start-") as folder:
        copy = Checkout.copy_to(Path(folder))
        try:
            start(copy)
            yield copy
        finally:
            copy.run("down", "--wipe")
            for process in copy.processes():
                process.kill()


def start(copy: Checkout) -> float:
    """Start it until it is ready and stop it again; the seconds until it was ready."""
    begun = time.monotonic()
    up = copy.run("up", "--detach", timeout=PATIENCE_SECONDS)
    seconds = time.monotonic() - begun
    assert up.returncode == 0, up.stdout + up.stderr
    assert copy.run("down").returncode == 0
    return seconds


def main(rounds: int = ROUNDS) -> None:
    with prepared() as copy:
        taken = [start(copy) for _ in range(rounds)]
    print(f"ready after {', '.join(f'{one:.1f} s' for one in taken)}", file=sys.stderr)
    ours = statistics.median(taken)
    report(
        "start",
        [
            row(
                "ready on a prepared machine, limit",
                ours,
                LIMIT_SECONDS,
                "s",
                LIMIT_SECONDS / ours,
                1.0,
            )
        ],
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
