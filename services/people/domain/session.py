"""A session: one sign-in, kept alive by refresh tokens of which each is good once.

A token that was used already and comes again is in two hands, and nobody can tell which of them is
the person's: the session ends for both (RFC 9700, section 4.14.2).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

MAX_USED = 1_000


class Ending(StrEnum):
    """Why a session ended."""

    LOGGED_OUT = "logged_out"
    REUSED = "refresh_reused"
    PASSWORD = "password_set"  # noqa: S105 - a reason, no password
    TAKEN = "taken_away"
    LEFT = "person_left"


class Verdict(StrEnum):
    """What a presented refresh token leads to."""

    ROTATED = "rotated"
    REUSED = "reused"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in; tokens are known by their hashes alone.

    `opened_by` tells the password that was given from any other: the account's own has to be it.
    """

    person_id: str
    current: str
    expires_at: datetime
    idle_until: datetime
    used: tuple[str, ...] = ()
    ended_at: datetime | None = None
    reason: str = ""
    opened_by: str = ""

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be refreshed."""
        return self.ended_at is None and at < min(self.expires_at, self.idle_until)

    def ended(self, at: datetime, reason: Ending) -> "Session":
        """The session after its end; one that has ended stays as it is."""
        if self.ended_at is not None:
            return self
        return replace(self, ended_at=at, reason=reason.value)

    def refreshed(
        self, presented: str, following: str, at: datetime, idle: timedelta
    ) -> tuple[Verdict, "Session"]:
        """What the hash of a presented token leads to; `following` is the next token's hash."""
        if presented in self.used:
            return Verdict.REUSED, self.ended(at, Ending.REUSED)
        if presented != self.current or not self.is_open(at) or len(self.used) >= MAX_USED:
            return Verdict.REFUSED, self
        used = (*self.used, presented)
        idle_until = min(at + idle, self.expires_at)
        return Verdict.ROTATED, replace(self, current=following, used=used, idle_until=idle_until)
