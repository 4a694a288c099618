"""The clock of a demonstration: a month that passes in minutes, and then runs on as time does.

Nothing else uses it. A promise is a promise by this clock too: what falls due fires when it says
so. Leases, tokens and metrics keep to the real one: how late a deadline was fired is told
in real seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.store import utc_now
from shared.store.cases import to_milliseconds


@dataclass(frozen=True, slots=True)
class Pace:
    """From the real instant `since` on, time runs `pace` times as fast from `begins` to `ends`.

    Before, it counts down to `begins` at its own pace; after `ends` it goes on at its own.
    """

    begins: datetime
    since: datetime
    pace: float
    ends: datetime

    def __post_init__(self) -> None:
        for name in ("begins", "since", "ends"):
            object.__setattr__(self, name, getattr(self, name).astimezone(UTC))

    @classmethod
    def parse(cls, text: str) -> "Pace":
        """Of `<begins>,<since>,<pace>,<ends>`: RFC 3339 instants and a factor.

        Raises:
            ValueError: it is not that, or time would stand still or run backwards.
        """
        begins, since, pace, ends = (part.strip() for part in text.split(","))
        made = cls(_instant(begins), _instant(since), float(pace), _instant(ends))
        if not made.pace > 0 or made.ends < made.begins:
            raise ValueError(text)
        return made

    def __str__(self) -> str:
        instants = [one.isoformat() for one in (self.begins, self.since, self.ends)]
        return f"{instants[0]},{instants[1]},{self.pace:g},{instants[2]}"

    def at(self, real: datetime) -> datetime:
        """What the clock shows at a real instant."""
        passed = real - self.since
        if passed <= timedelta():
            return to_milliseconds(self.begins + passed)
        fast = (self.ends - self.begins) / self.pace
        if passed <= fast:
            return to_milliseconds(self.begins + passed * self.pace)
        return to_milliseconds(self.ends + passed - fast)

    def real(self, shown: datetime) -> datetime:
        """When the clock shows an instant."""
        if shown <= self.begins:
            return self.since - (self.begins - shown)
        if shown <= self.ends:
            return self.since + (shown - self.begins) / self.pace
        return self.since + (self.ends - self.begins) / self.pace + (shown - self.ends)

    def now(self) -> datetime:
        return self.at(utc_now())


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def clock_of(text: str | None) -> Callable[[], datetime]:
    """The clock that a setting asks for; the real one without."""
    return utc_now if text is None else Pace.parse(text).now


def real_of(text: str | None) -> Callable[[datetime], datetime]:
    """When it really is that the clock of a setting shows an instant."""
    return identity if text is None else Pace.parse(text).real


def identity(shown: datetime) -> datetime:
    """The real clock shows what is."""
    return shown
