"""What was just committed here and waits in memory to be published, in its order."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.contracts import EventBody
from shared.store.history import Entry


class Run(NamedTuple):
    """Events of one case that follow on one another; bodies only of what was committed here."""

    kind: str
    case_id: str
    tenant: str
    entries: Sequence[Entry]
    bodies: Sequence[EventBody | None]


class Offers:
    """Runs to publish, `most` of them; of more than these the oldest are left to the sweep."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Run] = deque()
        self._at_hand: Counter[tuple[str, str]] = Counter()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, run: Run) -> None:
        self._waiting.append(run)
        self._at_hand[run[:2]] += 1
        if len(self._waiting) > self._most:
            self.done(self.take(1))

    def take(self, size: int) -> list[Run]:
        """The next ones; they stay at hand until they are `done`."""
        return [self._waiting.popleft() for _ in range(min(size, len(self._waiting)))]

    def done(self, runs: Iterable[Run]) -> None:
        for run in runs:
            left = self._at_hand[run[:2]] - 1
            if left > 0:
                self._at_hand[run[:2]] = left
            else:
                del self._at_hand[run[:2]]

    def forget(self) -> None:
        """Leave all to the sweep, what was taken and is not done too."""
        self._waiting.clear()
        self._at_hand.clear()

    def holds(self, kind: str, case_id: str) -> bool:
        """Whether something of a case waits here, or is being published."""
        return (kind, case_id) in self._at_hand
