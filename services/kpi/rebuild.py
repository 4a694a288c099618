"""Makes the figures anew from the histories, while the service runs.

Each chunk of cases is one transaction that replaces their facts and moves the buckets by the
difference, exactly like a late event; a chunk done twice changes nothing, so that a rebuild broken
off goes on where it was. Then the buckets are held against the sum over the facts, and what they
are off by is added. Events that arrive meanwhile are ahead of the histories or known already.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pymongo import DeleteMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.books import Books, of_kind
from services.kpi.families import Counts, difference, merge, spread
from services.kpi.histories import Archive, Histories
from services.kpi.kinds import KINDS, Kind
from services.kpi.ledger import By, Record, close
from services.kpi.sources import Source
from shared.bus.order import Cursor
from shared.contracts import body_of
from shared.decider import Transient

log = structlog.get_logger()
CHUNK: Final = 200
ATTEMPTS: Final = 8
PROGRESS: Final = "rebuild"
REPAIR: Final = "repair"
Tick = Callable[[int], None]


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild has done."""

    cases: int = 0
    corrected: int = 0
    removed: int = 0
    unreadable: int = 0
    buckets: int = 0


async def rebuild(
    books: Books,
    archive: Archive,
    by: By,
    *,
    restart: bool = False,
    tick: Tick = lambda _: None,
) -> Rebuilt:
    """Rebuild every fact, then put the buckets right; goes on where a former one stopped."""
    done = Rebuilt()
    mark = None if restart else await books.marks.find_one({"_id": PROGRESS})
    begun, _, after = (mark["after"] if mark else "").rpartition(":")
    names = list(KINDS)
    for name in names[names.index(begun) if begun in KINDS else 0 :]:
        await _rebuild_kind(
            books, archive, by, KINDS[name], after if name == begun else "", done, tick
        )
    done.buckets = await repair(books)
    await books.marks.delete_one({"_id": PROGRESS})
    return done


async def _rebuild_kind(
    books: Books, archive: Archive, by: By, kind: Kind, after: str, done: Rebuilt, tick: Tick
) -> None:
    chunk: list[str] = []
    async for case_id, _, _ in archive.walk(kind, None, after, whole=False):
        chunk.append(case_id)
        if len(chunk) == CHUNK:
            await _rebuild_chunk(books, archive, by, kind, chunk, done)
            tick(len(chunk))
            chunk = []
    if chunk:
        await _rebuild_chunk(books, archive, by, kind, chunk, done)
        tick(len(chunk))
    await _remove_unknown(books, archive, kind, done)


async def _rebuild_chunk(
    books: Books, archive: Archive, by: By, kind: Kind, ids: Sequence[str], done: Rebuilt
) -> None:
    outcome = Rebuilt()

    async def work(session: AsyncClientSession) -> None:
        nonlocal outcome
        outcome = Rebuilt(cases=len(ids))
        # facts first: a history read after them holds all that they have heard
        records = await books.load([kind.id_of(case_id) for case_id in ids], session)
        total: Counts = {}
        for case_id, (tenant, histories) in (await archive.of(kind, ids)).items():
            fact_id = kind.id_of(case_id)
            record = records.setdefault(fact_id, Record.blank(fact_id, tenant))
            before, record.tenant = record.counted, tenant
            outcome.unreadable += _refold(record, case_id, histories)
            close(record, by, total)
            outcome.corrected += int(before != record.counted)
        await books.write(list(records.values()), spread(total), session)
        mark = {"$set": {"after": kind.id_of(ids[-1])}}
        await books.marks.update_one({"_id": PROGRESS}, mark, upsert=True, session=session)

    await books.transact(work)
    done.cases += outcome.cases
    done.corrected += outcome.corrected
    done.unreadable += outcome.unreadable


def _refold(record: Record, case_id: str, histories: Histories) -> int:
    """Fold the histories from their beginning; returns how many entries cannot be counted.

    What the ledger buries, for whatever reason, is passed over here as well.
    """
    fact, unreadable = record.kind.blank, 0
    for source in record.kind.sources:
        entries = histories.get(source.service, ())
        if not entries:
            continue
        passed: set[int] = set()
        for entry in entries:
            try:
                body = body_of(entry["type"], entry["data"])
                fact = record.kind.fold(fact, body, entry["at"], entry["seq"], entry["actor"])
            except Exception as error:  # noqa: BLE001 - told, and the rest goes on
                passed.add(entry["seq"])
                log.error(  # noqa: TRY400 - the trace may hold personal data
                    "entry_not_counted",
                    stream=_stream(source, case_id),
                    sequence=entry["seq"],
                    reason=type(error).__name__,
                )
        unreadable += len(passed)
        former = record.cursors.get(source.service)
        record.cursors[source.service] = Cursor(
            _stream(source, case_id),
            reached=len(entries),
            passed_over=passed,
            stored=0 if former is None else former.stored,
        )
    record.fact, record.recount = fact, True
    return unreadable


def _stream(source: Source, case_id: str) -> str:
    return f"{source.service}/{source.thing}:{case_id}"


async def _remove_unknown(books: Books, archive: Archive, kind: Kind, done: Rebuilt) -> None:
    """Take away facts of cases that no service has."""
    chunk: list[str] = []
    async for fact in books.facts.find(of_kind(kind), {"_id": 1}).sort("_id", 1):
        chunk.append(fact["_id"].partition(":")[2])
        if len(chunk) == CHUNK:
            done.removed += await _remove_chunk(books, archive, kind, chunk)
            chunk = []
    if chunk:
        done.removed += await _remove_chunk(books, archive, kind, chunk)


async def _remove_chunk(books: Books, archive: Archive, kind: Kind, ids: Sequence[str]) -> int:
    known = await archive.of(kind, ids)
    unknown = [kind.id_of(case_id) for case_id in ids if case_id not in known]
    if not unknown:
        return 0

    async def work(session: AsyncClientSession) -> None:
        total: Counts = {}
        for record in (await books.load(unknown, session)).values():
            merge(total, difference(record.counted, {}))
        await books.facts.bulk_write([DeleteMany({"_id": {"$in": unknown}})], session=session)
        await books.add(spread(total), session)

    await books.transact(work)
    return len(unknown)


async def repair(books: Books) -> int:
    """Add to each bucket what it is off by; returns how many were off.

    Read at one moment, written later by adding: what is counted in between keeps its effect. Two
    repairs at once would add twice, so the second one finds the mark moved and starts again.
    """
    for _ in range(ATTEMPTS):
        mark = await books.marks.find_one({"_id": REPAIR})
        number = 0 if mark is None else mark["number"]
        off = await _drift(books)
        if not off:
            return 0
        if await _add_guarded(books, off, number):
            return len(off)
    raise Transient("another repair is under way")


async def _drift(books: Books) -> Counts:
    async with books.snapshot() as session:
        counted: Counts = {}
        rows = await books.facts.aggregate(list(_SUM), allowDiskUse=True, session=session)
        async for row in rows:
            measure = {row["_id"]["m"]: row["amount"]}
            merge(counted, {row["_id"]["b"]: measure})
        buckets = books.buckets.find({}, {"counts": 1}, session=session)
        served = {bucket["_id"]: bucket["counts"] async for bucket in buckets}
    return difference(served, spread(counted))


_SUM: Final[Sequence[Mapping[str, Any]]] = (
    {"$project": {"counted": 1}},
    {"$unwind": "$counted"},
    {"$project": {"b": "$counted.b", "m": {"$objectToArray": "$counted.m"}}},
    {"$unwind": "$m"},
    {"$group": {"_id": {"b": "$b", "m": "$m.k"}, "amount": {"$sum": "$m.v"}}},
)


async def _add_guarded(books: Books, off: Counts, number: int) -> bool:
    moved = UpdateOne({"_id": REPAIR, "number": number}, {"$inc": {"number": 1}})
    if number == 0:
        first = {"$setOnInsert": {"number": 0}}
        await books.marks.update_one({"_id": REPAIR}, first, upsert=True)

    async def work(session: AsyncClientSession) -> bool:
        result = await books.marks.bulk_write([moved], session=session)
        if result.matched_count:
            await books.add(off, session)
        return bool(result.matched_count)

    return await books.transact(work)
