"""The kinds of facts: a request by code of its own, every other thing by declaration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.kpi import counts, domain, stories
from services.kpi.domain import REQUEST, RequestFact
from services.kpi.families import Counts
from services.kpi.measures import Thing
from services.kpi.policy import Counting
from services.kpi.sources import Source
from services.kpi.stories import Entry, Story
from services.kpi.things import THINGS
from shared.contracts import EventBody

Fact = RequestFact | Story
Fold = Callable[[Any, EventBody, datetime, int, str], Fact]


@dataclass(frozen=True, slots=True)
class Life:
    """What a list of cases tells of one."""

    received_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = ""
    on_time: bool | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """How facts of one kind come about; `name` begins their ids."""

    name: str
    sources: tuple[Source, ...]
    blank: Fact
    fold: Fold
    counts: Callable[[Any, Counting], Counts]
    to_document: Callable[[Any], dict[str, Any]]
    from_document: Callable[[Mapping[str, Any]], Fact]
    life: Callable[[Any], Life]

    def id_of(self, subject: str) -> str:
        return f"{self.name}:{subject}"


def _fold_request(
    fact: RequestFact, body: EventBody, at: datetime, sequence: int, actor: str
) -> RequestFact:
    return domain.fold(fact, body, at, sequence, actor)


def _life_of_request(fact: RequestFact) -> Life:
    return Life(fact.received_at, fact.closed_at, fact.outcome, fact.on_time, fact.code or None)


def _life_of_story(thing: Thing, story: Story) -> Life:
    """When it came and the end that stands, by the instants that its events tell, or their own."""
    over: Entry | None = None
    former: Entry | None = None
    received_at: datetime | None = None
    code: str | None = None
    for entry in story.entries:
        code = code or entry[4].get(thing.code)
        if received_at is None:
            told = entry[4]
            received_at = told.get("received_at", told.get("registered_at", entry[2]))
        if entry[1] in thing.reinstated:
            over = former
        elif entry[1] in thing.ended or entry[4].get("closed_at"):
            over = entry
        elif entry[1] in thing.resumed:
            former, over = over or former, None
    if over is None:
        return Life(received_at, code=code)
    _, event, at, _, told = over
    return Life(
        received_at,
        closed_at=told.get("closed_at", at),
        outcome=told.get("outcome", event),
        on_time=told.get("on_time", told.get("within_deadlines")),
        code=code,
    )


def _declared(name: str) -> Kind:
    """A kind that does what the rows of its thing say at present."""
    return Kind(
        name=name,
        sources=(THINGS[name].source,),
        blank=Story(),
        fold=lambda story, *event: stories.fold(THINGS[name], story, *event),
        counts=lambda story, by: stories.counts_of(THINGS[name], story, by),
        to_document=stories.to_document,
        from_document=stories.from_document,
        life=lambda story: _life_of_story(THINGS[name], story),
    )


_REQUESTS: Final = Kind(
    name=REQUEST,
    sources=domain.SOURCES,
    blank=RequestFact(),
    fold=_fold_request,
    counts=counts.counts_of,
    to_document=domain.to_document,
    from_document=domain.from_document,
    life=_life_of_request,
)
KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (_REQUESTS, *map(_declared, THINGS))}
SOURCES: Final[dict[str, Source]] = {
    source.stream: source for kind in KINDS.values() for source in kind.sources
}
"""By stream."""


def kind_of(fact_id: str) -> Kind:
    return KINDS[fact_id.partition(":")[0]]
