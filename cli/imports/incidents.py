"""The rows of a register or of an event log as an incident of ours."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from cli.imports.mapping import BadRow, RowMapping
from cli.imports.register import (
    ACTOR,
    Entry,
    Reading,
    Register,
    fingerprint,
    refusal,
    require_past,
    text_of,
)
from services.incidents.cases import INCIDENT
from services.incidents.domain import Incident, TakeOver, decide
from services.incidents.domain.past import unnamed, way_of
from services.incidents.service import SERVICE
from shared.contracts.incidents import PastTurn
from shared.decider import Rejected
from shared.ids import derived_id
from shared.policy import Frozen
from shared.store import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from cli.imports.tables import Row
    from services.incidents.policy import IncidentPolicy

FIELDS: Final = (
    "ticket",
    "summary",
    "description",
    "origin",
    "area",
    "type",
    "criticality",
    "complexity",
    "channel",
    "at",
    "group",
    "tier",
    "wait",
    "state",
    "registered_at",
    "tier2_at",
    "tier3_at",
    "closed_at",
)
NEEDED: Final = frozenset({"ticket", "summary", "origin", "registered_at"})
OPEN, CLOSED = "open", "closed"
STATES: Final = frozenset({OPEN, CLOSED})
TIERS: Final = {"1": 1, "2": 2, "3": 3}
HOUR: Final = 3_600
MOST_LINES: Final = 5


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


class TierRule(Frozen):
    """A group that the expression finds is of this tier; the first rule that does decides."""

    group: Annotated[str, AfterValidator(_expression)]
    tier: Annotated[int, Field(ge=1, le=3)]


class IncidentMapping(RowMapping):
    """The mapping file of incidents.

    With `at`, each row is one step of a way (an event log), put in order by `order`. Without it a
    row is a whole incident, from `registered_at` by way of `tier2_at` and `tier3_at` to
    `closed_at`.
    """

    order: Literal["file", "time"] = "file"
    tiers: tuple[TierRule, ...] = ()

    @property
    def is_log(self) -> bool:
        return "at" in self.fields


@dataclass(slots=True)
class Ways:
    """What is known of a register's ways; waits in seconds by what was waited for."""

    solved: Counter[int] = field(default_factory=Counter)
    reassignments: int = 0
    ping_pong: int = 0
    waits: Counter[str] = field(default_factory=Counter)

    def add(self, command: TakeOver) -> None:
        """Count an incident that is, or was already, one of ours."""
        way = way_of(command.turns)
        if way.solved_by:
            self.solved[way.solved_by] += 1
        self.reassignments += way.reassignments
        self.ping_pong += way.ping_pong
        self.waits.update(way.waits)

    def told(self) -> str:
        """The figures in two lines."""
        solved = sum(self.solved.values())
        tiers = (
            f"tier {tier}: {number} ({100 * number / solved:.2f} %)"
            for tier, number in sorted(self.solved.items())
        )
        waits = ", ".join(
            f"{name} {seconds / HOUR:,.2f} h" for name, seconds in sorted(self.waits.items())
        )
        return (
            f"solved by {', '.join(tiers) or 'nobody'}; {self.reassignments} reassignments, "
            f"{self.ping_pong} to and fro\nwaited for {waits or 'nothing'}"
        )


def reading(mapping: IncidentMapping, tenant: str, policy: IncidentPolicy) -> Reading:
    """How the rows of one incident are read; what the account's rules refuse is a bad row."""

    def read(rows: Sequence[Row]) -> Entry:
        entry = entry_of(rows, mapping, tenant)
        given = entry.cause.given(entry.command.turns[0].at, policy)
        try:
            decide(Incident(), entry.command, given)
        except Rejected as error:
            raise refusal(error) from error
        return entry

    return read


def entry_of(rows: Sequence[Row], mapping: IncidentMapping, tenant: str) -> Entry:
    """The incident that its rows tell of; raises `BadRow` with the line that is wrong."""
    turns = _turns(rows, mapping)
    for turn in turns:
        require_past("its way", turn.at)
    said = _Said(rows, mapping)
    command = TakeOver(
        ticket=said("ticket", needed=True),
        summary=said("summary", needed=True),
        turns=turns,
        source=mapping.source,
        row=rows[0].line,
        origin=said("origin", needed=True),
        description=said("description"),
        area=said("area"),
        kind=said("type"),
        criticality=said("criticality"),
        complexity=said("complexity"),
        channel=said("channel"),
    )
    case_id = derived_id(tenant, "import", mapping.source, *mapping.key(rows[0].cells))
    # a row of a sheet that is there twice is the same without the second
    told = fingerprint(rows if mapping.is_log else rows[:1])
    cause = Cause(tenant, ACTOR, case_id, told, at=turns[0].at)
    return Entry(rows[0].line, case_id, command.ticket, command, cause)


@dataclass(frozen=True, slots=True)
class _Said:
    """The last row that says something has the word: a log corrects itself as it goes."""

    rows: Sequence[Row]
    mapping: IncidentMapping

    def __call__(self, name: str, *, needed: bool = False) -> str:
        rows = self.rows if name in self.mapping.fields else ()
        for row in reversed(rows):
            if text := text_of(name, self.mapping, row.cells):
                return text
        if needed:
            raise BadRow(f"{name}: is empty")
        return ""


def _turns(rows: Sequence[Row], mapping: IncidentMapping) -> tuple[PastTurn, ...]:
    if not mapping.is_log:
        if any(row.cells != rows[0].cells for row in rows):
            # each of them gets the reason: as many lines as rows would be their square
            lines = ", ".join(str(row.line) for row in rows[:MOST_LINES])
            more = f" and {len(rows) - MOST_LINES} more" if len(rows) > MOST_LINES else ""
            said = f"is in lines {lines}{more}, which say other things"
            raise BadRow(f"{', '.join(mapping.row_id)} {said}")
        return _forwards(tuple(_whole(rows[0], mapping)), mapping)
    turns = [_step(row, mapping) for row in rows]
    return tuple(sorted(turns, key=attrgetter("at")) if mapping.order == "time" else turns)


def _forwards(turns: tuple[PastTurn, ...], mapping: IncidentMapping) -> tuple[PastTurn, ...]:
    """A whole incident's way, no day of it before the one that it follows.

    A log's clock may go back; somebody's sheet is mistyped. Its hours are not looked at, since a
    date may have none.
    """
    days = [turn.at.astimezone(ZoneInfo(mapping.time_zone)).date() for turn in turns]
    for before, day in pairwise(days):
        if day < before:
            raise BadRow(f"its dates go back, from {before} to {day}")
    return turns


def _step(row: Row, mapping: IncidentMapping) -> PastTurn:
    """One row of a log."""
    cells = row.cells
    at = mapping.instant("at", cells)
    if at is None:
        raise BadRow(f"at: line {row.line} has no date")
    group = text_of("group", mapping, cells)
    state = text_of("state", mapping, cells) or OPEN
    if state not in STATES:
        raise BadRow(f"state: {state[:80]!r} is none of {', '.join(sorted(STATES))}")
    return PastTurn(
        at=at,
        tier=_tier(group, row, mapping),
        group=group,
        wait=text_of("wait", mapping, cells),
        closed=state == CLOSED,
    )


def _whole(row: Row, mapping: IncidentMapping) -> Iterator[PastTurn]:
    """A row that tells of the whole incident."""
    cells = row.cells
    registered_at = mapping.instant("registered_at", cells)
    if registered_at is None:
        raise BadRow("registered_at: an incident must have been registered")
    group = text_of("group", mapping, cells)
    passed = [(mapping.instant(f"tier{tier}_at", cells), tier) for tier in (2, 3)]
    reached = [(at, tier) for at, tier in passed if at is not None]
    # without dates of its own the way is one turn, at the tier that the row names
    stations = [(registered_at, 1 if reached else _tier(group, row, mapping)), *reached]
    for at, tier in stations[:-1]:
        yield PastTurn(at=at, tier=tier, group=unnamed(tier))
    at, tier = stations[-1]
    last = PastTurn(at=at, tier=tier, group=group or unnamed(tier))
    yield last
    if (closed_at := _closing(mapping, cells)) is not None:
        yield last.model_copy(update={"at": closed_at, "closed": True})


def _closing(mapping: IncidentMapping, cells: Mapping[str, str | datetime]) -> datetime | None:
    state = text_of("state", mapping, cells)
    if state and state not in STATES:
        raise BadRow(f"state: {state[:80]!r} is none of {', '.join(sorted(STATES))}")
    closed_at = mapping.instant("closed_at", cells)
    if state == CLOSED and closed_at is None:
        raise BadRow("closed_at: a closed incident must have been closed at some time")
    return None if state == OPEN else closed_at


def _tier(group: str, row: Row, mapping: IncidentMapping) -> int:
    ruled = _ruled(mapping.tiers, group)
    if ruled:
        return ruled
    text = text_of("tier", mapping, row.cells)
    if text not in TIERS:
        raise BadRow(f"tier: {text[:80]!r} is none of 1, 2, 3, in line {row.line}")
    return TIERS[text]


@lru_cache(maxsize=4_096)
def _ruled(rules: tuple[TierRule, ...], group: str) -> int:
    """The tier of the first rule that finds something in the group's name, else 0."""
    return next((rule.tier for rule in rules if re.search(rule.group, group)), 0)


INCIDENTS: Final = Register(
    name="incident",
    service=SERVICE,
    kind=INCIDENT,
    fields=FIELDS,
    optional=frozenset(FIELDS) - NEEDED,
    hidden=frozenset({"at"}),
    row_id="ticket",
    reading=reading,
    figures=Ways,
    mapping=IncidentMapping,
    gathered=True,
)
