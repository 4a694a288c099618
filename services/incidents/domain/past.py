"""Incidents of older registers: taken over as they were, with their way told in figures.

Such an incident promises nothing. Its way is counted here and nowhere else, so that what an import
reports, what a case keeps and what its event says is one figure.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final

from services.incidents.domain.lifecycle import Status
from services.incidents.domain.model import Incident, Past
from services.incidents.policy import IncidentPolicy
from shared.contracts import EventBody
from shared.contracts.incidents import IncidentImported, PastTurn
from shared.decider import Given, Invalid
from shared.words import search_words

PROVIDER: Final = "provider"
MAX_TURNS: Final = 2_000
AT_TIER: Final = {1: Status.TIER_1, 2: Status.TIER_2, 3: Status.TIER_3}
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What an older register says of one incident; `turns` is its way, in its order."""

    ticket: str
    summary: str
    turns: tuple[PastTurn, ...]
    source: str
    row: int
    origin: str
    description: str = ""
    area: str = ""
    kind: str = ""
    criticality: str = ""
    complexity: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in figures; `waits` are seconds on the wall clock by what was waited for."""

    first_tier: int
    tier: int
    solved_by: int
    closed_at: datetime | None
    reassignments: int
    elevations: int
    returns: int
    reroutes: int
    ping_pong: int
    reopened: int
    waits: Mapping[str, int]


def unnamed(tier: int) -> str:
    """The group of a tier in a register that names none."""
    return f"tier{tier}"


def way_of(turns: Sequence[PastTurn]) -> Way:
    """The figures of a way of one turn at least."""
    last = turns[-1]
    pairs = list(pairwise(turns))
    changes = [(one.tier, two.tier) for one, two in pairs if one.group != two.group]
    groups = [group for group, _ in groupby(turn.group for turn in turns)]
    return Way(
        first_tier=turns[0].tier,
        tier=last.tier,
        solved_by=last.tier if last.closed else 0,
        closed_at=last.at if last.closed else None,
        reassignments=len(changes),
        elevations=sum(one.tier < two.tier for one, two in pairs),
        returns=sum(one.tier > two.tier for one, two in pairs),
        reroutes=sum(one == two for one, two in changes),
        ping_pong=sum(one == three for one, three in zip(groups, groups[2:], strict=False)),
        reopened=sum(one.closed and not two.closed for one, two in pairs),
        waits=_waits(pairs),
    )


def _waits(pairs: Sequence[tuple[PastTurn, PastTurn]]) -> Mapping[str, int]:
    waits: Counter[str] = Counter()
    for one, two in pairs:
        if one.wait:
            # a register's clock may go back; no wait is shorter than nothing
            waits[one.wait] += max(0, (two.at - one.at) // SECOND)
    return dict(waits)


def take_over(
    state: Incident, command: TakeOver, given: Given[IncidentPolicy]
) -> Sequence[EventBody]:
    """Entered once; the account's own words stand for what the register leaves out."""
    if state.status is not Status.NEW:
        return []
    if not 1 <= len(command.turns) <= MAX_TURNS:
        raise Invalid("incident.way_out_of_range", turns=len(command.turns), maximum=MAX_TURNS)
    way = way_of(command.turns)
    registered_at = command.turns[0].at
    elapsed, contractual = _times(command.turns, way, given.policy)
    return [
        IncidentImported(
            ticket=command.ticket,
            summary=command.summary,
            description=command.description or command.summary,
            **_classified(command, given.policy),
            registered_at=registered_at,
            closed_at=way.closed_at,
            tier=way.tier,
            first_tier=way.first_tier,
            solved_by=way.solved_by,
            reassignments=way.reassignments,
            elevations=way.elevations,
            returns=way.returns,
            reroutes=way.reroutes,
            ping_pong=way.ping_pong,
            reopened=way.reopened,
            waits=way.waits,
            elapsed_seconds=elapsed,
            contractual_seconds=contractual,
            turns=command.turns,
            source=command.source,
            row=command.row,
        )
    ]


def _classified(command: TakeOver, policy: IncidentPolicy) -> dict[str, Any]:
    section = policy.section
    agreed = section.classification
    return {
        "origin": policy.origin(command.origin),
        "area": policy.area(command.area or policy.tier(1).area),
        "kind": policy.type(command.kind or agreed.unclassified),
        "criticality": policy.criticality(command.criticality or section.criticality.default),
        "complexity": policy.complexity(command.complexity) if command.complexity else "",
        "channel": policy.channel(command.channel or agreed.channels[0]),
        "catalogue": agreed.version,
    }


def _times(
    turns: Sequence[PastTurn], way: Way, policy: IncidentPolicy
) -> tuple[int, int] | tuple[None, None]:
    """Working seconds from registration to close, with and without waits for providers."""
    if way.closed_at is None:
        return None, None
    between = policy.calendar.elapsed_business_time
    elapsed = between(turns[0].at, way.closed_at)
    waited = sum(between(since, until) for since, until in _provider_waits(turns))
    return elapsed, max(0, elapsed - waited)


def _provider_waits(turns: Sequence[PastTurn]) -> Iterator[tuple[datetime, datetime]]:
    for one, two in pairwise(turns):
        if one.wait == PROVIDER and one.at < two.at:
            yield one.at, two.at


def imported(state: Incident, event: IncidentImported) -> Incident:
    """The incident of an older register: over, or at a tier with nothing promised."""
    status = AT_TIER[event.tier] if event.closed_at is None else Status.CLOSED
    desks = [event.area] * 3
    group = event.turns[-1].group
    # a sheet that names no groups counts by tiers, and no tier is somebody's desk
    desks[event.tier - 1] = event.area if group in ("", unnamed(event.tier)) else group
    return replace(
        state,
        status=status,
        tier=event.tier,
        holder="none" if event.closed_at else f"tier{event.tier}:{desks[event.tier - 1]}",
        desk=desks[event.tier - 1],
        desks=(desks[0], desks[1], desks[2]),
        open=event.closed_at is None,
        ticket=event.ticket,
        summary=event.summary,
        description=event.description,
        origin=event.origin,
        area=event.area,
        kind=event.kind,
        criticality=event.criticality,
        criticality_given=True,
        complexity=event.complexity,
        channel=event.channel,
        catalogue=event.catalogue,
        registered_at=event.registered_at,
        words=search_words(event.ticket, event.summary, event.description),
        closed_at=event.closed_at,
        outcome="solved" if event.closed_at else "",
        returns=event.returns,
        reroutes=event.reroutes,
        reopened=event.reopened,
        forwarded=event.elevations > 0,
        elapsed_seconds=event.elapsed_seconds,
        contractual_seconds=event.contractual_seconds,
        past=Past(
            source=event.source,
            row=event.row,
            first_tier=event.first_tier,
            solved_by=event.solved_by,
            reassignments=event.reassignments,
            ping_pong=event.ping_pong,
            waits=dict(event.waits),
        ),
    )
