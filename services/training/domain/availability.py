"""Who can be trained when: pending people on shift before the term, and sessions for them (A58).

People who work the same hours are one pattern, so the number of people costs nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.training.domain.member import Duty, Member
from services.training.policy import TrainingPolicy

QUARTER: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Sessions of `length` between two instants, of so many people, by so many trainers at once."""

    since: datetime
    until: datetime
    length: timedelta
    capacity: int
    trainers: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A session as it could be held."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Availability:
    """Sessions that reach all who can be reached, and who cannot.

    `unreachable` are rostered and have no shift long enough; of `unrostered` no shift is known;
    `left_over` could be reached, but not with so few trainers and seats, or in `MOST` sessions.
    """

    proposal: tuple[Slot, ...] = ()
    unreachable: tuple[str, ...] = ()
    unrostered: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pattern:
    windows: tuple[Duty, ...]
    people: list[str] = field(default_factory=list)

    def fits(self, start: datetime, end: datetime) -> bool:
        return any(a <= start and end <= b for a, b in self.windows)


def on_shift(member: Member, policy: TrainingPolicy, start: datetime, end: datetime) -> bool | None:
    """Whether somebody works all the time between two instants; None when no shift is known."""
    if not _is_rostered(member, start, end, policy):
        return None
    day = policy.today(start)
    return any(
        a <= start and end <= b and member.is_there(policy.today(a))
        for duties in member.weeks.values()
        for a, b in duties
    ) and member.is_there(day)


def _is_rostered(member: Member, start: datetime, end: datetime, policy: TrainingPolicy) -> bool:
    day, last = policy.today(start), policy.today(end)
    while day <= last:
        year, week, _ = day.isocalendar()
        if f"{year:04}-W{week:02}" in member.weeks:
            return True
        day += DAY
    # away for good reason is known as well
    return not any(
        member.is_there(policy.today(start) + DAY * number)
        for number in range((last - policy.today(start)).days + 1)
    )


def windows(member: Member, wanted: Wanted, policy: TrainingPolicy) -> tuple[Duty, ...]:
    """When somebody is there long enough between the two instants."""
    found = (
        (max(a, wanted.since), min(b, wanted.until))
        for duties in member.weeks.values()
        for a, b in duties
        if member.is_there(policy.today(a))
    )
    return tuple(sorted((a, b) for a, b in found if b - a >= wanted.length))


def propose(members: Mapping[str, Member], wanted: Wanted, policy: TrainingPolicy) -> Availability:
    """Sessions, the best attended first chosen, in the order in which they would be held."""
    patterns: dict[tuple[Duty, ...], _Pattern] = {}
    unreachable: list[str] = []
    unrostered: list[str] = []
    for person, member in sorted(members.items()):
        when = windows(member, wanted, policy)
        if when:
            patterns.setdefault(when, _Pattern(when)).people.append(person)
        elif _is_rostered(member, wanted.since, wanted.until, policy):
            unreachable.append(person)
        else:
            unrostered.append(person)
    slots = _chosen(list(patterns.values()), wanted)
    return Availability(
        proposal=tuple(sorted(slots, key=lambda slot: (slot.starts_at, slot.people))),
        unreachable=tuple(unreachable),
        unrostered=tuple(unrostered),
        left_over=tuple(sorted(one for pattern in patterns.values() for one in pattern.people)),
    )


def _chosen(patterns: Sequence[_Pattern], wanted: Wanted) -> list[Slot]:
    starts = sorted({start for one in patterns for start in _starts(one.windows, wanted.length)})
    fitting: dict[datetime, list[_Pattern]] = defaultdict(list)
    for start in starts:
        fitting[start] = [one for one in patterns if one.fits(start, start + wanted.length)]
    slots: list[Slot] = []
    while starts and len(slots) < MOST:
        best = max(starts, key=lambda start: (_reached(fitting[start], wanted), -_age(start)))
        if not _reached(fitting[best], wanted):
            break
        end = best + wanted.length
        slots.append(Slot(best, end, _taken(fitting[best], wanted.capacity)))
        if sum(slot.starts_at < end and best < slot.ends_at for slot in slots) >= wanted.trainers:
            starts = [start for start in starts if not _clashes(start, slots, wanted)]
    return slots


def _starts(windows: Sequence[Duty], length: timedelta) -> list[datetime]:
    """The quarters of an hour at which a session could begin."""
    found = []
    for start, end in windows:
        past = timedelta(minutes=start.minute % 15, seconds=start.second)
        past += timedelta(microseconds=start.microsecond)
        at = start + (QUARTER - past if past else timedelta())
        while at + length <= end:
            found.append(at)
            at += QUARTER
    return found


def _reached(patterns: Sequence[_Pattern], wanted: Wanted) -> int:
    return min(wanted.capacity, sum(len(one.people) for one in patterns))


def _age(start: datetime) -> float:
    return start.timestamp()


def _taken(patterns: Sequence[_Pattern], capacity: int) -> tuple[str, ...]:
    """The people of a session, those who can come seldom first; they need no other."""
    people: list[str] = []
    for one in sorted(patterns, key=lambda pattern: (len(pattern.windows), pattern.windows)):
        room = capacity - len(people)
        people += one.people[:room]
        del one.people[:room]
    return tuple(sorted(people))


def _clashes(start: datetime, slots: Sequence[Slot], wanted: Wanted) -> bool:
    end = start + wanted.length
    return sum(slot.starts_at < end and start < slot.ends_at for slot in slots) >= wanted.trainers
