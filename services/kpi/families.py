"""Buckets: where amounts of measures are kept, and how one fact's amounts reach them. Pure.

A bucket is a tenant, a family of measures, a local day and one value of each of the family's
dimensions; its key is all of these in one text. What has no day (how many are open now) is in the
bucket of the day `all`. What is in the bucket of a day is once more in that of its month, and in
that of the whole month, which keeps only what figures are split by: a month's figures are a few
documents, however many cuts there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

ALL: Final = "all"
WHOLE: Final = "*"
"""In a bucket of the whole month: of every value."""
CARRIED: Final = "carried"
"""The family of requests that were in course when a month began, on its first day."""
CUTS: Final = ("type", "channel", "area")
_REPORTED: Final = ("line", "point", "region")
"""How and where an incident came in, as far as its channel does not tell."""


@dataclass(frozen=True, slots=True)
class Family:
    """The dimensions of a family; `kept` are those that the buckets of the whole month keep.

    One that is `of` another has the same measures by other dimensions, for questions that the other
    cannot answer: what few ask for makes the other's buckets no more. One that is not `dated` tells
    how things stand now. A new dimension comes last, since what was counted before lacks it.
    """

    kept: tuple[str, ...] = ()
    cuts: tuple[str, ...] = CUTS
    of: str = ""
    dated: bool = True

    @property
    def dimensions(self) -> tuple[str, ...]:
        return self.kept + self.cuts


FAMILIES: Final[dict[str, Family]] = {
    "requests": Family(),
    CARRIED: Family(cuts=()),
    "deadlines": Family(("stage",)),
    "deadline_people": Family(("person",), ("stage", *CUTS), of="deadlines"),
    "request_people": Family(("person",)),
    "policies": Family(("policy",)),
    "training": Family(),
    "training_people": Family(("person",), ()),
    "session_people": Family(("person",), ()),
    "training_policies": Family(("policy",)),
    "open": Family(("status", "holder"), (), dated=False),
    "stages": Family(("stage",), (), dated=False),
    "plans": Family((), (), dated=False),
    "incidents": Family(("tier",), (*CUTS, *_REPORTED)),
    "incident_stages": Family(("stage",), (*CUTS, "tier", *_REPORTED)),
    "incident_stage_people": Family(
        ("person",), ("stage", *CUTS, "tier", *_REPORTED), of="incident_stages"
    ),
    "incident_policies": Family(("policy",)),
    "incident_origins": Family(("origin",), (*CUTS, *_REPORTED)),
    "incident_regions": Family(("region",), (*CUTS, "line", "point")),
    "incident_people": Family(("person",), ("tier", "channel", "area", *_REPORTED)),
    "consultations": Family(("folder",), ("channel",)),
    "consultation_people": Family(("person",), ("folder",)),
    "consultation_reasons": Family(("reason",), ("folder", "channel")),
    "consultation_policies": Family(("policy",), ("folder", "channel")),
    "dossiers": Family(("area",), ("type", "channel")),
    "dossier_policies": Family(("policy",), ("area", "type")),
    "suggestions": Family(("unit",), ("channel",)),
    "suggestion_outcomes": Family(("outcome",), ("unit",)),
    "claims": Family(("unit",), ("channel",)),
    "claim_outcomes": Family(("outcome",), ("unit",)),
    "claim_policies": Family(("policy",), ("unit", "channel")),
    "meetings": Family(("team",), ("area",)),
    "meeting_people": Family(("person",), ("team", "area")),
    "surveys": Family(("about",), ()),
    "survey_drivers": Family(("driver",), ("about",)),
    "survey_people": Family(("person",), ("about",)),
    "incidents_all": Family(("tier",), (), dated=False),
    "incidents_open": Family(("tier", "side"), (), dated=False),
    "desks_open": Family(("desk", "side"), (), dated=False),
}


def of_family(family: str) -> tuple[str, ...]:
    """The family, and those that have its measures by other dimensions."""
    return family, *(name for name, other in FAMILIES.items() if other.of == family)


Counts = dict[str, dict[str, int]]
"""Measure by measure, by bucket."""


class Key(NamedTuple):
    """A bucket's key taken apart."""

    tenant: str
    family: str
    period: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return "|".join((self.tenant, self.family, self.period, *self.values))

    @classmethod
    def parse(cls, text: str) -> "Key":
        tenant, family, period, *values = text.split("|")
        return cls(tenant, family, period, tuple(values))

    @property
    def month(self) -> "Key":
        """The bucket of the whole month."""
        return self._replace(period=self.period[:7])

    @property
    def whole(self) -> "Key":
        """The bucket of every cut."""
        kept = len(FAMILIES[self.family].kept)
        cuts = len(self.values) - kept
        return self._replace(values=self.values[:kept] + (WHOLE,) * cuts)

    @property
    def is_whole(self) -> bool:
        of_month = self.period == self.period[:7] != ALL
        return WHOLE in self.values or (of_month and not FAMILIES[self.family].cuts)

    @property
    def dimensions(self) -> dict[str, str]:
        # what was counted before the family had its last dimensions lacks them
        return dict(zip(FAMILIES[self.family].dimensions, self.values, strict=False))


def difference(old: Counts, new: Counts) -> Counts:
    """What must be added to the buckets so that they hold `new` in place of `old`."""
    if not old:
        return new
    changes: Counts = {}
    for key in old.keys() | new.keys():
        before, after = old.get(key, {}), new.get(key, {})
        changed = {
            measure: amount
            for measure in before.keys() | after.keys()
            if (amount := after.get(measure, 0) - before.get(measure, 0))
        }
        if changed:
            changes[key] = changed
    return changes


@lru_cache(maxsize=100_000)
def _cells(text: str) -> tuple[str, ...]:
    key = Key.parse(text)
    if key.period == ALL:
        return (text,)
    # without cuts the month is whole already
    return tuple(dict.fromkeys((text, str(key.month), str(key.month.whole))))


def merge(total: Counts, more: Counts) -> None:
    """Add `more` to `total`, bucket by bucket."""
    for key, amounts in more.items():
        add(total, key, amounts)


def spread(counts: Counts) -> Counts:
    """Each dated bucket once more in those of its month: once a batch, not once a fact."""
    total: Counts = {}
    for text, amounts in counts.items():
        for target in _cells(text):
            add(total, target, amounts)
    return total


def add(total: Counts, key: str, amounts: Mapping[str, int]) -> None:
    """Add amounts to one bucket and to no other."""
    bucket = total.get(key)
    if bucket is None:
        total[key] = dict(amounts)
        return
    for measure, amount in amounts.items():
        bucket[measure] = bucket.get(measure, 0) + amount
