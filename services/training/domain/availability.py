"""Who can be trained when: pending people on shift before the term, and sessions for them (A58).

People who work the same hours are one pattern, so the number of people costs nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
    """Sessions of `length` between two instants, of so many people, by so many trainers at once.

    `booked` are sessions that are scheduled already: each takes a trainer.
    """

    since: datetime
    until: datetime
    length: timedelta
    capacity: int
    trainers: int
    booked: tuple[Duty, ...] = ()


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
    starts: frozenset[datetime]
    people: list[str] = field(default_factory=list)


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
            if when not in patterns:
                patterns[when] = _Pattern(when, _starts(when, wanted.length))
            patterns[when].people.append(person)
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
    fitting: dict[datetime, list[_Pattern]] = defaultdict(list)
    for one in patterns:
        for start in one.starts:
            fitting[start].append(one)
    slots, busy = list[Slot](), list(wanted.booked)
    # how many each start would reach, the first first; counted down, since counting anew is dear
    reach = {
        start: sum(len(one.people) for one in fitting[start])
        for start in sorted(fitting)
        if _at_once(start, busy, wanted) < wanted.trainers
    }
    while reach and len(slots) < MOST:
        best = max(reach, key=lambda start: min(wanted.capacity, reach[start]))
        if not reach[best]:
            break
        people = list[str]()
        for pattern, some in _taken(fitting[best], wanted.capacity):
            people += some
            for start in pattern.starts & reach.keys():
                reach[start] -= len(some)
        slots.append(Slot(best, best + wanted.length, tuple(sorted(people))))
        busy.append((best, best + wanted.length))
        if _at_once(best, busy, wanted) >= wanted.trainers:
            full = [start for start in reach if _at_once(start, busy, wanted) >= wanted.trainers]
            for start in full:
                del reach[start]
    return slots


def _starts(windows: Sequence[Duty], length: timedelta) -> frozenset[datetime]:
    """The quarters of an hour at which a session could begin."""
    found = []
    for start, end in windows:
        past = timedelta(minutes=start.minute % 15, seconds=start.second)
        past += timedelta(microseconds=start.microsecond)
        at = start + (QUARTER - past if past else timedelta())
        while at + length <= end:
            found.append(at)
            at += QUARTER
    return frozenset(found)


def _taken(patterns: Sequence[_Pattern], capacity: int) -> Iterator[tuple[_Pattern, list[str]]]:
    """The people of a session, those who can come seldom first; they need no other."""
    for one in sorted(patterns, key=lambda pattern: (len(pattern.windows), pattern.windows)):
        some = one.people[:capacity]
        if some:
            del one.people[:capacity]
            capacity -= len(some)
            yield one, some


def _at_once(start: datetime, busy: Sequence[Duty], wanted: Wanted) -> int:
    """How many sessions would run beside one that starts then."""
    end = start + wanted.length
    return sum(a < end and start < b for a, b in busy)
