"""What may be said of a thing whose events are counted: the vocabulary of `things`. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.kpi.sources import Source

HOUR: Final = 3_600
SCALE: Final = tuple(
    hours * HOUR
    for hours in (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 80, 96, 120, 160, 240, 400)
)
"""Upper bounds of durations, in seconds of working time; what is longer has a step of its own."""

ONE: Final = ""
BUSINESS: Final = "@business"
CLIENT: Final = "@client"
PROVIDER: Final = "@provider"
THIRD: Final = "@third"
SIDES: Final = (CLIENT, PROVIDER, THIRD)
ACTOR: Final = "@actor"
TIER: Final = "@tier"
CASE: Final = "@case"
PERSON_OF: Final = "@person/"


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount that an event adds to a family of measures.

    `amount` is a number among the event's fields (one that has a number for each of its keys counts
    each under that key, which `by` names), or working seconds since the last of the
    events `since` (or the case's first one): all of them (`BUSINESS`) or those of one side; 1 when
    it is empty. `when` are values that fields must have, and `day` is the field with its instant,
    the event's own when it is empty; without the field's value nothing is counted. `undone` are
    events that take it back, and `followed` those without one of which after it it does not count.
    `scaled` counts the case under its step of `SCALE`. `by` tells dimensions that are the event's
    own: a field, `ACTOR`, `TIER`, the tier that had the case, or `CASE`, what the thing is called.
    A field within another is written `deadline/due_at`, one of the last event of a name before this
    one `solved:tier`, and a person's id in either after `PERSON_OF`; one of several values or keys
    counts under each.
    """

    name: str
    family: str
    event: str
    amount: str = ONE
    when: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    day: str = ""
    since: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    scaled: bool = False
    by: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Promises told by `clocks` of the events: into which families they are counted.

    `policies` is the family of promises by the policy's version, `people` that of promises by who
    ended them. `groups` are names under which
    stages are also counted together; `breach` is the event that tells of a promised instant that
    has passed.
    """

    family: str
    people: str
    policies: str
    breach: str
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Below:
    """The tier below that of a field, which has what the other has answered; 1 has none below."""

    field: str

    def of(self, tier: int) -> str:
        return str(max(1, tier - 1))


@dataclass(frozen=True, slots=True)
class Told:
    """The tier that a field tells; `otherwise` that of events from before there was the field."""

    field: str
    otherwise: int


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A kind of case counted by declared measures.

    `attributes` are the case's dimensions, each by a field and the events that tell it, the last
    word counting. `tiers` are the events after which another tier has it: a number, a field, or the
    tier below it.
    `turns` are the events after which it is the client's or the provider's turn; a thing without
    them has the holder that its events tell. `standing` is the family of what is open now, by side
    and by tier or the thing's name: what began with `started` and not with an older register, until
    one of `ended`, and again from `resumed` on. `reinstated` are those of `ended` after which the
    end before `resumed` is the one that stands. `code` is the field of its first event with what
    people call it.
    """

    source: Source
    measures: tuple[Measure, ...]
    attributes: Mapping[str, tuple[str, tuple[str, ...]]]
    tiers: Mapping[str, int | str | Below | Told]
    started: tuple[str, ...]
    ended: tuple[str, ...]
    resumed: tuple[str, ...] = ()
    reinstated: tuple[str, ...] = ()
    turns: Mapping[str, str] = field(default_factory=dict)
    standing: str = ""
    clocks: Clocks | None = None
    code: str = ""

    @property
    def name(self) -> str:
        return self.source.fact


def steps(name: str) -> tuple[str, ...]:
    """The measures of a scaled measure, shortest first."""
    return tuple(f"{name}@{place}" for place in range(len(SCALE) + 1))
