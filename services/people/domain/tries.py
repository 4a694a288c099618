"""How often a wrong password may be tried: some at once, then ever more slowly.

A try is counted before the password is looked at, so that a hundred at the same moment are a
hundred, and forgotten when the password was right.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class TryRules:
    """`free` tries at once; then waits that double from `first` to `longest`."""

    free: int = 5
    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried for one login without success, and until when no more is looked at."""

    failed: int = 0
    until: datetime | None = None

    def wait(self, at: datetime) -> timedelta:
        """How long to wait before the next try; zero when it may be made now."""
        return timedelta() if self.until is None else max(timedelta(), self.until - at)

    def counted(self, at: datetime, rules: TryRules) -> "Tries":
        """With one try more."""
        failed = self.failed + 1
        over = failed - rules.free
        if over < 0:
            return replace(self, failed=failed)
        # beyond 2**20 the longest wait has long been reached
        pause = min(rules.first * 2 ** min(over, 20), rules.longest)
        return Tries(failed, at + pause)
