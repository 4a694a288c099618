"""A plain recount of any case from its histories, to hold the served figures against.

Declared things are recounted here by what their rows say and nothing of `stories` or `clocks`: raw
entries in, one question at a time. Requests have `recount`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from services.kpi.families import FAMILIES
from services.kpi.measures import SCALE, Below, Clocks, Measure, Thing, Told
from services.kpi.policy import Counting
from services.kpi.recount import recount
from services.kpi.recount_entries import Entry, Tally
from services.kpi.things import THINGS


def recount_of(kind: str, histories: Mapping[str, Sequence[Entry]], by: Counting) -> Tally:
    """What one case adds to the figures."""
    thing = THINGS.get(kind)
    if thing is None:
        return recount(histories, by)
    history = histories.get(thing.source.service, ())
    tally = _Recount(thing, history, by).tally if history else Counter()
    return Counter({place: amount for place, amount in tally.items() if amount})


def _name(entry: Entry) -> str:
    return str(entry["type"]).split(".")[2]


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _field(data: Mapping[str, Any], path: str) -> object:
    outer, _, inner = path.partition("/")
    found = data.get(outer)
    return _field(found, inner) if inner and isinstance(found, Mapping) else found


Change = tuple[int, Mapping[str, Any]]
"""The place of an event, and what it does to a clock."""
# what a change of a clock decides; a stage that goes on is undecided again
_VERDICTS: Final = {"stop": "judged", "drop": "dropped", "reopen": "running"}


def _due(told: Sequence[Change]) -> datetime | None:
    """The date that holds: the last one given, unless it waits for a provider since."""
    for _, change in reversed(told):
        if change["change"] == "defer":
            return None
        if change["change"] not in {"pause", "stop", "drop"} and change.get("deadline"):
            return _instant(change["deadline"]["due_at"])
    return None


class _Recount:
    def __init__(self, thing: Thing, history: Sequence[Entry], by: Counting) -> None:
        self.thing, self.history, self.by = thing, history, by
        self.tally: Tally = Counter()
        for measure in thing.measures:
            self._measure(measure)
        if thing.clocks is not None:
            for stage in sorted({c["stage"] for e in history for c in _clocks(e)}):
                self._stage(thing.clocks, stage)
        self._standing()

    def _measure(self, measure: Measure) -> None:
        for number, entry in enumerate(self.history):
            data, later = entry["data"], {_name(e) for e in self.history[number + 1 :]}
            if _name(entry) != measure.event or later & set(measure.undone):
                continue
            if measure.followed and not later & set(measure.followed):
                continue
            if all(_field(data, field) in values for field, values in measure.when.items()):
                day = _field(data, measure.day) if measure.day else entry["at"]
                amount = self._amount(measure, number)
                if day is None or amount is None:
                    continue
                name = measure.name
                if measure.scaled and isinstance(amount, int):
                    longer = [n for n, bound in enumerate(SCALE) if amount <= bound]
                    name, amount = f"{name}@{min(longer, default=len(SCALE))}", 1
                for own in self._owns(measure, number):
                    each = amount if isinstance(amount, int) else amount[max(own.values())]
                    self._add(measure.family, _instant(day), own, name, each)

    def _owns(self, measure: Measure, number: int) -> list[dict[str, str]]:
        """Where it counts: once for each value of what has several."""
        found = [dict[str, str]()]
        actor = self.history[number]["actor"]
        known = {"@actor": actor, "@tier": self._tier(number), "@case": self.thing.name}
        for dimension, told in measure.by.items():
            value = known[told] if told in known else self._said(told, number)
            each: list[object] = [value]
            if isinstance(value, Sequence | Mapping) and not isinstance(value, str):
                each = list(value)
            found = [own | {dimension: str(one or "")} for own in found for one in each]
        return found

    def _said(self, told: str, number: int) -> object:
        """A field of the event, or of the last one of another name before it; persons by id."""
        if told.startswith("@person/"):
            said = self._said(told.removeprefix("@person/"), number)
            named = [said] if isinstance(said, str) else said
            return [f"person:{one}" for one in named] if isinstance(named, Sequence) else ""
        if ":" not in told:
            return _field(self.history[number]["data"], told)
        name, field = told.split(":")
        former = [e["data"] for e in self.history[:number] if _name(e) == name]
        return _field(former[-1], field) if former else ""

    def _tier(self, number: int) -> str:
        """The tier that had it when this happened: told before, or by its first event."""
        for entry in [*reversed(self.history[:number]), *self.history[number : number + 1]]:
            told = self.thing.tiers.get(_name(entry))
            if isinstance(told, Below):
                return {1: "1", 2: "1", 3: "2"}[entry["data"][told.field]]
            if isinstance(told, Told):
                return str(entry["data"].get(told.field, told.otherwise))
            if told is not None:
                return str(entry["data"][told] if isinstance(told, str) else told)
        return ""

    def _amount(self, measure: Measure, number: int) -> int | Mapping[str, int] | None:
        if not measure.amount.startswith("@"):
            found: int | Mapping[str, int] | None = self.history[number]["data"].get(measure.amount)
            return found if measure.amount else 1
        starts = [
            e["at"]
            for place, e in enumerate(self.history[:number])
            if (_name(e) in measure.since if measure.since else place == 0)
        ]
        if not starts and not (number == 0 and not measure.since):
            return None
        start = starts[-1] if starts else self.history[0]["at"]
        return self._seconds(measure.amount, start, self.history[number]["at"])

    def _seconds(self, side: str, start: datetime, end: datetime) -> int:
        if side == "@business":
            return self.by.calendar.elapsed_business_time(start, max(start, end))
        turns = [(start, ""), *((e["at"], self._turn(e)) for e in self.history)]
        seconds, holder, reached = 0, "", start
        for (_, held), (at, _) in pairwise([*turns, (end, "")]):
            holder = holder if held is None else held
            until = max(reached, min(at, max(start, end)))
            if self._side(holder) == side:
                seconds += self.by.calendar.elapsed_business_time(reached, until)
            reached = until
        return seconds

    def _turn(self, entry: Entry) -> str | None:
        turns = self.thing.turns
        held: str | None = turns.get(_name(entry)) if turns else entry["data"].get("holder")
        return held

    def _side(self, holder: str) -> str:
        if holder == "@client" or holder in self.by.client_holders:
            return "@client"
        return (
            "@third"
            if holder.split(":", maxsplit=1)[0] == "provider" and ":" in holder
            else "@provider"
        )

    def _stage(self, clocks: Clocks, stage: str) -> None:
        late = {
            _instant(e["data"]["due_at"])
            for e in self.history
            if _name(e) == clocks.breach and e["data"]["stage"] == stage
        }
        told = [
            (number, change)
            for number, entry in enumerate(self.history)
            for change in _clocks(entry)
            if change["stage"] == stage
        ]
        starts = [place for place, (_, c) in enumerate(told) if c["change"] == "start"]
        for begin, end in pairwise([*starts, len(told)]):
            self._promise(clocks, stage, told[begin:end], late)

    def _promise(
        self, clocks: Clocks, stage: str, told: Sequence[Change], late: set[datetime]
    ) -> None:
        due = _due(told)
        number, last = next((c for c in reversed(told) if c[1]["change"] in _VERDICTS), told[0])
        how = _VERDICTS.get(last["change"], "running")
        if how == "judged":
            how = "met" if last.get("met") else "breached"
        elif how == "running" and due in late:
            how = "breached"
        amounts = {how: 1, "too_fast": int(bool(last.get("too_fast")))}
        if last["change"] == "stop":
            amounts["sided"] = 1
            start, end = (self.history[place]["at"] for place in (told[0][0], number))
            for side in ("client", "provider", "third"):
                amounts[f"{side}_seconds"] = self._seconds(f"@{side}", start, end)
        group = clocks.groups.get(stage)
        more = {} if group is None else {f"{group}_{n}": amount for n, amount in amounts.items()}
        over = last["change"] in {"stop", "drop"}
        person = self.history[number]["actor"] if over else ""
        tier = self._tier(number if over else len(self.history))
        own = {"stage": stage, "person": person, "tier": tier}
        for family in (clocks.family, *([] if how == "running" else [clocks.people])):
            for name, amount in {**amounts, **more}.items():
                if due is not None:
                    self._add(family, due, own, name, amount)
        policy = [c["deadline"]["policy"] for _, c in told if c.get("deadline")]
        if due is not None:
            self._add(clocks.policies, due, {"policy": policy[-1]}, "promised", 1)
        if how != "dropped":
            self._add("stages", None, {"stage": stage}, how, 1)

    def _standing(self) -> None:
        thing, names = self.thing, [_name(e) for e in self.history]
        if not thing.standing or not set(names) & set(thing.started):
            return
        turns = [name for name in names if name in thing.ended or name in thing.resumed]
        if turns and turns[-1] in thing.ended:
            return
        held = [turn for turn in map(self._turn, self.history) if turn is not None]
        side = self._side(held[-1] if held else "")[1:]
        own = {"tier": self._tier(len(names)), "desk": thing.name, "side": side}
        self._add(thing.standing, None, own, "open", 1)

    def _attribute(self, name: str) -> str:
        field, events = self.thing.attributes.get(name, ("", ()))
        told = [e["data"].get(field) for e in self.history if _name(e) in events]
        said = [value for value in told if value is not None]
        return str(said[-1]) if said else ""

    def _add(
        self, family: str, at: datetime | None, own: Mapping[str, str], name: str, amount: int
    ) -> None:
        values = []
        for dimension in FAMILIES[family].dimensions:
            value = own[dimension] if dimension in own else self._attribute(dimension)
            values.append(self.by.closed(dimension, value))
        dated = FAMILIES[family].dated and at is not None
        day = f"{at.astimezone(self.by.zone):%Y-%m-%d}" if dated and at is not None else "all"
        self.tally["|".join((self.by.tenant, family, day, *values)), name] += amount


def _clocks(entry: Entry) -> Sequence[Mapping[str, Any]]:
    return entry["data"].get("clocks") or ()
