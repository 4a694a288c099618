"""Holds the served figures against a recount of the histories (G5).

The figures and the places they have reached are read at one moment; each history is recounted up to
the place reached, so that events on their way are no difference. That they do arrive is checked
apart: a case that stays behind its history is one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.kpi.books import Books, of_kind
from services.kpi.closing import Keys, first_fault, unsigned
from services.kpi.histories import Archive, Histories
from services.kpi.kinds import KINDS, Kind
from services.kpi.ledger import By, Record, streams_of
from services.kpi.recount import with_months
from services.kpi.recount_entries import Tally
from services.kpi.recounts import recount_of
from shared.contracts.kpi import PeriodClosed

KEPT: Final = 100_000
"""How many streams that are behind are followed; more of them are no passing moment."""
ASKED: Final = 1_000
POLL_SECONDS: Final = 0.2
Tick = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One amount that is not what it should be."""

    bucket: str
    measure: str
    served: int
    recounted: int


@dataclass
class Verdict:
    """What the comparison found."""

    cases: int = 0
    served: Tally = field(default_factory=Counter)
    recounted: Tally = field(default_factory=Counter)
    behind: dict[tuple[str, str], int] = field(default_factory=dict)
    unfollowed: int = 0
    unknown: list[str] = field(default_factory=list)
    buried: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    """By account, the first closed month that was changed."""
    unsigned: dict[str, int] = field(default_factory=dict)
    """By account, how many closed months no key vouches for."""

    @property
    def differences(self) -> list[Difference]:
        places = sorted(self.served.keys() | self.recounted.keys())
        return [
            Difference(*place, served=self.served[place], recounted=self.recounted[place])
            for place in places
            if self.served[place] != self.recounted[place]
        ]

    @property
    def fine(self) -> bool:
        missing = self.behind or self.unknown or self.unfollowed
        return not (self.differences or missing or self.faults)

    def table(self) -> list[tuple[str, str, str, int, int]]:
        """Tenant, family, measure, served, recounted; over all days (months are not added)."""
        rows: dict[tuple[str, str, str], list[int]] = {}
        for column, tally in enumerate((self.served, self.recounted)):
            for (bucket, measure), amount in tally.items():
                tenant, family, period, *_ = bucket.split("|")
                if len(period) != len("2026-07"):
                    row = rows.setdefault((tenant, family, measure), [0, 0])
                    row[column] += amount
        return [(*name, served, recounted) for name, (served, recounted) in sorted(rows.items())]


async def verify(
    books: Books,
    archive: Archive,
    by: By,
    *,
    tenant: str | None = None,
    patience: float = 10.0,
    tick: Tick = lambda: None,
    keys: Keys | None = None,
) -> Verdict:
    """Compare; `patience` seconds are given to events on their way.

    Closed months are held against their chain, and against `keys` where there are any.
    """
    verdict = Verdict()
    own: dict[str, Any] = {} if tenant is None else {"tenant": tenant}
    tally: Tally = Counter()
    async with books.snapshot() as session:
        async for bucket in books.buckets.find(own, session=session):
            for measure, amount in bucket["counts"].items():
                if amount:
                    verdict.served[bucket["_id"], measure] += amount
        for kind in KINDS.values():
            facts = books.facts.find(
                {**own, **of_kind(kind)}, {"reached": 1, "tenant": 1}, session=session
            ).sort("_id", 1)
            cases = archive.walk(kind, tenant)
            async for case_id, owner, reached, histories in _side_by_side(facts, cases):
                tick()
                tally.update(_compared(verdict, kind, (case_id, owner), reached, histories, by))
    verdict.recounted = with_months(Counter({at: n for at, n in tally.items() if n}))
    verdict.buried = await _buried(books, own)
    await _look_at_closed(books, own, keys, verdict)
    await _wait_for(books, verdict, patience)
    return verdict


def _compared(
    verdict: Verdict,
    kind: Kind,
    case: tuple[str, str],
    reached: Mapping[str, int],
    histories: Histories,
    by: By,
) -> Tally:
    """What one case adds as far as it was heard; what is behind goes to the verdict."""
    case_id, owner = case
    verdict.cases += 1
    if not histories:
        verdict.unknown.append(case_id)
        return Counter()
    heard = {name: list(h[: reached.get(name, 0)]) for name, h in histories.items()}
    for name, history in histories.items():
        if reached.get(name, 0) < len(history):
            if len(verdict.behind) < KEPT:
                verdict.behind[kind.id_of(case_id), name] = len(history)
            else:
                verdict.unfollowed += 1
    return recount_of(kind.name, {name: h for name, h in heard.items() if h}, by(owner))


async def _side_by_side(
    facts: AsyncIterator[dict[str, Any]], walk: AsyncIterator[tuple[str, str, Histories]]
) -> AsyncIterator[tuple[str, str, Mapping[str, int], Histories]]:
    """Facts and histories, both sorted by id; either may be missing."""
    fact, case = await anext(facts, None), await anext(walk, None)
    while fact is not None or case is not None:
        fact_id = "" if fact is None else fact["_id"].partition(":")[2]
        if case is None or (fact is not None and fact_id < case[0]):
            if fact is not None:
                yield fact_id, fact["tenant"], fact["reached"], {}
            fact = await anext(facts, None)
            continue
        if fact is not None and fact_id == case[0]:
            yield case[0], case[1], fact["reached"], case[2]
            fact = await anext(facts, None)
        else:
            yield case[0], case[1], {}, case[2]
        case = await anext(walk, None)


async def _wait_for(books: Books, verdict: Verdict, patience: float) -> None:
    """Drop those from `behind` that arrive in time."""
    waited = 0.0
    while verdict.behind:
        ids = sorted({fact_id for fact_id, _ in verdict.behind})
        for asked in in_parts(ids):
            async for fact in books.facts.find({"_id": {"$in": asked}}, {"reached": 1}):
                for service, reached in fact["reached"].items():
                    place = (fact["_id"], service)
                    if reached >= verdict.behind.get(place, reached + 1):
                        del verdict.behind[place]
        if not verdict.behind or waited >= patience:
            return
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS


async def _look_at_closed(
    books: Books, own: Mapping[str, Any], keys: Keys | None, verdict: Verdict
) -> None:
    fields = {"tenant": 1, "history.data": 1}
    async for case in books.periods.find(own, fields):
        months = [PeriodClosed.model_validate(entry["data"]) for entry in case["history"]]
        fault = first_fault(case["tenant"], months, keys)
        if fault is not None:
            verdict.faults[case["tenant"]] = fault
        if bare := unsigned(months):
            verdict.unsigned[case["tenant"]] = bare


async def _buried(books: Books, own: Mapping[str, Any]) -> int:
    """How many streams have dead letters; of one account, those of its facts."""
    passed_over = {"passed_over.0": {"$exists": True}}
    if not own:
        return await books.cursors.count_documents(passed_over)
    irregular = books.facts.find({**own, "irregular.0": {"$exists": True}})
    streams = list(streams_of([Record.of(fact) async for fact in irregular]))
    counts = [
        await books.cursors.count_documents({**passed_over, "_id": {"$in": asked}})
        for asked in in_parts(streams)
    ]
    return sum(counts)


def in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many ids at a time as a question may name."""
    return (ids[place : place + ASKED] for place in range(0, len(ids), ASKED))
