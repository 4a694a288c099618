"""A case of a declared thing as the figures need it, and what it adds to them. Pure.

A story is the case's own history with nothing but the fields that some measure asks for. What it
adds is counted from the whole of it, so a late event or a reopening corrects by itself; a case has
a few dozen events, and what an event costs does not depend on how many other cases there were.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any, Final

from services.kpi.clocks import Change, Promise, changes_of, settled
from services.kpi.families import ALL, FAMILIES, Counts, add
from services.kpi.measures import (
    ACTOR,
    BUSINESS,
    CASE,
    CLIENT,
    PERSON_OF,
    PROVIDER,
    SCALE,
    SIDES,
    THIRD,
    TIER,
    Below,
    Measure,
    Thing,
    Told,
)
from services.kpi.policy import OTHER, PERSON, Counting
from shared.contracts import EventBody

OUTSIDE: Final = "provider:"
"""How a holder begins who is neither the account's client nor its provider, but a third party."""
IMPORTED: Final = "imported"
"""What the first event of an older register's case is called."""
Entry = Sequence[Any]
"""Sequence, event, instant, actor and the fields that are asked for."""


@dataclass(frozen=True, slots=True)
class Story:
    """The events of one case, in their order."""

    entries: Sequence[Entry] = ()


def to_document(story: Story) -> dict[str, Any]:
    return {"entries": [list(entry) for entry in story.entries]}


def from_document(document: Mapping[str, Any]) -> Story:
    return Story(**document)


@cache
def _measures(thing: Thing, event: str) -> tuple[Measure, ...]:
    return tuple(measure for measure in thing.measures if measure.event == event)


@cache
def _fields(thing: Thing, event: str) -> tuple[str, ...]:
    wanted: set[str] = set() if thing.turns else {"holder"}
    for measure in _measures(thing, event):
        wanted |= {measure.amount, measure.day, *measure.when}
    wanted |= {field for measure in thing.measures for field in _own_fields(measure, event)}
    for field, events in thing.attributes.values():
        if event in events:
            wanted.add(field)
    if event in thing.started or event == IMPORTED:
        wanted.add(thing.code)
    tier = thing.tiers.get(event)
    if isinstance(tier, str | Below | Told):
        wanted.add(tier if isinstance(tier, str) else tier.field)
    if thing.clocks is not None and event == thing.clocks.breach:
        wanted |= {"stage", "due_at"}
    return tuple(sorted(name for name in wanted if name and name[0] != "@"))


def _own_fields(measure: Measure, event: str) -> Iterator[str]:
    """What a measure's dimensions want of an event."""
    for told in measure.by.values():
        named, _, field = told.removeprefix(PERSON_OF).rpartition(":")
        if event == (named or measure.event):
            yield field


def _told(body: EventBody, name: str) -> object:
    """What a field tells, or one within another; None where an event has it not."""
    found: object = body
    for part in name.split("/"):
        found = getattr(found, part, None)
    return found


def fold(
    thing: Thing, story: Story, body: EventBody, at: datetime, sequence: int, actor: str
) -> Story:
    """The story after an event, wherever among the known ones it belongs."""
    event = type(body).event_type.split(".")[2]
    found = {name: _told(body, name) for name in _fields(thing, event)}
    data = {name: value for name, value in found.items() if value is not None}
    if thing.clocks is not None and (changes := changes_of(body)):
        data["clocks"] = changes
    others = [entry for entry in story.entries if entry[0] != sequence]
    return Story(sorted([*others, (sequence, event, at, actor, data)], key=lambda entry: entry[0]))


def counts_of(thing: Thing, story: Story, by: Counting) -> Counts:
    """Everything the case adds."""
    page = _Page(thing, story, by)
    for place, entry in enumerate(story.entries):
        for measure in _measures(thing, entry[1]):
            if page.stands(measure, place):
                page.count(measure, place, entry)
    if thing.clocks is not None:
        page.count_stages()
    page.count_standing()
    return page.counts


class _Page:
    """Gathers the counts of one story."""

    def __init__(self, thing: Thing, story: Story, by: Counting) -> None:
        self.thing, self.entries, self.by = thing, story.entries, by
        self.counts: Counts = {}
        self._days: dict[datetime, str] = {}
        self._spans: dict[tuple[datetime, datetime], dict[str, int]] = {}
        self._attributes = {
            name: by.closed(name, str(self._last(*told))) for name, told in thing.attributes.items()
        }
        self._tier = ""
        self._tiers = list(self._tiers_before())

    def _last(self, field: str, events: tuple[str, ...]) -> object:
        told = [e[4][field] for e in self.entries if e[1] in events and field in e[4]]
        return told[-1] if told else ""

    def _tiers_before(self) -> Iterator[str]:
        """Which tier had the case at each event, the first event's own; `_tier` at the end."""
        for entry in self.entries:
            following = self._tier_after(entry)
            yield self._tier or following
            self._tier = following

    def _tier_after(self, entry: Entry) -> str:
        told = self.thing.tiers.get(entry[1])
        if isinstance(told, Below):
            tier = entry[4].get(told.field)
            # what was heard before this was asked for does not tell it
            return self._tier if tier is None else told.of(tier)
        if isinstance(told, Told):
            return str(entry[4].get(told.field, told.otherwise))
        return self._tier if told is None else str(entry[4].get(told, told))

    def stands(self, measure: Measure, place: int) -> bool:
        """Whether it counts after all that came later."""
        if not measure.undone and not measure.followed:
            return True
        later = {entry[1] for entry in self.entries[place + 1 :]}
        return later.isdisjoint(measure.undone) and not (
            measure.followed and later.isdisjoint(measure.followed)
        )

    def count(self, measure: Measure, place: int, entry: Entry) -> None:
        data = entry[4]
        if any(data.get(field) not in values for field, values in measure.when.items()):
            return
        at = data.get(measure.day) if measure.day else entry[2]
        amount = self._amount(measure, place)
        if at is None or amount is None:
            return
        name = measure.name
        if measure.scaled and isinstance(amount, int):
            step = sum(bound < amount for bound in SCALE)
            name, amount = f"{measure.name}@{step}", 1
        told = [self._own(field, place, entry) for field in measure.by.values()]
        for values in product(*told):
            own = dict(zip(measure.by, values, strict=True))
            each = amount if isinstance(amount, int) else amount[values[0]]
            self._add(measure.family, at, own, {name: each})

    def _own(self, told: str, place: int, entry: Entry) -> Sequence[str]:
        """The values under which an event counts: one, or as many as its field has."""
        if told == TIER:
            return (self._tiers[place],)
        if told == ACTOR:
            return (str(entry[3]),)
        if told == CASE:
            return (self.thing.name,)
        event, _, field = told.removeprefix(PERSON_OF).rpartition(":")
        said = entry[4]
        if event:
            said = next((e[4] for e in reversed(self.entries[:place]) if e[1] == event), {})
        found = said.get(field, "")
        values = list(found) if isinstance(found, list | tuple | Mapping) else [str(found)]
        return [f"{PERSON}:{one}" for one in values] if told.startswith(PERSON_OF) else values

    def _amount(self, measure: Measure, place: int) -> int | Mapping[str, int] | None:
        if not measure.amount:
            return 1
        if measure.amount[0] != "@":
            found: int | Mapping[str, int] | None = self.entries[place][4].get(measure.amount)
            return found
        since = 0
        if measure.since:
            before = [n for n in range(place) if self.entries[n][1] in measure.since]
            if not before:
                return None
            since = before[-1]
        start, end = self.entries[since][2], self.entries[place][2]
        if measure.amount == BUSINESS:
            return self.by.calendar.elapsed_business_time(start, max(start, end))
        return self._sides(start, end)[measure.amount]

    def _sides(self, start: datetime, end: datetime) -> dict[str, int]:
        """Working seconds on each side within a span; several measures ask for the same one."""
        sides = self._spans.get((start, end))
        if sides is not None:
            return sides
        sides = self._spans[start, end] = dict.fromkeys(SIDES, 0)
        reached, holder = start, ""
        for entry in self.entries:
            if entry[2] > reached:
                until = min(entry[2], max(end, start))
                sides[self._side(holder)] += self.by.calendar.elapsed_business_time(reached, until)
                reached = until
            if reached >= end:
                return sides
            holder = self._holder(entry, holder)
        sides[self._side(holder)] += self.by.calendar.elapsed_business_time(reached, end)
        return sides

    def _holder(self, entry: Entry, before: str) -> str:
        if self.thing.turns:
            return self.thing.turns.get(entry[1], before)
        told: str = entry[4].get("holder", before)
        return told

    def _side(self, holder: str) -> str:
        if holder == CLIENT or holder in self.by.client_holders:
            return CLIENT
        return THIRD if holder.startswith(OUTSIDE) else PROVIDER

    def _add(
        self, family: str, at: datetime | None, own: Mapping[str, str], amounts: Mapping[str, int]
    ) -> None:
        rows = FAMILIES[family]
        day = ALL
        if rows.dated and at is not None:
            day = self._day(at)
        values = [
            self.by.closed(name, own[name]) if name in own else self._attributes.get(name, OTHER)
            for name in rows.dimensions
        ]
        told = {name: amount for name, amount in amounts.items() if amount}
        if told:
            add(self.counts, "|".join((self.by.tenant, family, day, *values)), told)

    def _day(self, at: datetime) -> str:
        day = self._days.get(at)
        if day is None:
            day = self._days[at] = at.astimezone(self.by.zone).date().isoformat()
        return day

    def count_stages(self) -> None:
        """Each promise by the day it is due: kept, missed or running, and whose time it took."""
        clocks = self.thing.clocks
        if clocks is None:
            return
        breaches = {(e[4]["stage"], e[4]["due_at"]) for e in self.entries if e[1] == clocks.breach}
        told: list[tuple[datetime, Sequence[Change]]] = [
            (entry[2], entry[4].get("clocks", ())) for entry in self.entries
        ]
        for promise in settled(told, breaches):
            own = {"stage": promise.stage, **self._at_the_end(promise)}
            amounts = {promise.how: 1, "too_fast": int(promise.too_fast)}
            if promise.ended_at is not None and promise.how != "dropped":
                sides = self._sides(promise.since, promise.ended_at)
                amounts |= {f"{side[1:]}_seconds": sides[side] for side in SIDES} | {"sided": 1}
            group = clocks.groups.get(promise.stage)
            if group is not None:
                amounts |= {f"{group}_{name}": amount for name, amount in amounts.items()}
            if promise.due_at is not None:
                self._add(clocks.family, promise.due_at, own, amounts)
                if promise.how != "running":
                    self._add(clocks.people, promise.due_at, own, amounts)
                told_by = {"policy": promise.policy}
                self._add(clocks.policies, promise.due_at, told_by, {"promised": 1})
            if promise.how != "dropped":
                self._add("stages", None, own, {promise.how: 1})

    def _at_the_end(self, promise: Promise) -> dict[str, str]:
        """Who ended a promise and which tier had the case then; of one that runs, has it now."""
        if promise.ended_by is None:
            return {"person": "", "tier": self._tier}
        actor: str = self.entries[promise.ended_by][3]
        return {"person": actor, "tier": self._tiers[promise.ended_by]}

    def count_standing(self) -> None:
        thing = self.thing
        if not thing.standing or not any(e[1] in thing.started for e in self.entries):
            return
        is_open, holder = True, ""
        for entry in self.entries:
            if entry[1] in thing.ended or entry[1] in thing.resumed:
                is_open = entry[1] in thing.resumed
            holder = self._holder(entry, holder)
        if is_open:
            own = {"tier": self._tier, "desk": thing.name, "side": self._side(holder)[1:]}
            self._add(thing.standing, None, own, {"open": 1})
