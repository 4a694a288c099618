"""A month's indicators over ever more facts, against MongoDB aggregating the same facts.

`python -m benchmarks.kpi [SIZE…]`, by default 100,000, 1,000,000 and 10,000,000 facts. A few
thousand different lives of a year are folded by the service's own code; the facts are copies of
them, made by the database itself, and the buckets hold what so many copies add. Ours reads buckets
only, so the copies are stored as theirs wants them: what it aggregates and no more, with an index
on each date it asks for. Theirs answers less: it cannot tell whose business time a request took.

The ingest takes new requests in batches as the consumer does, one transaction each, on top of
whole facts with the service's own indexes and the buckets of the largest size.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession

from benchmarks._rig import TENANT, Result, report, rig, row
from benchmarks._scrape import scrapes
from services.kpi.books import Books
from services.kpi.closing import days_of
from services.kpi.consumers import KpiSink
from services.kpi.counts import counts_of
from services.kpi.definitions import INDICATORS
from services.kpi.domain import RequestFact, fold
from services.kpi.families import Counts, merge, spread
from services.kpi.ledger import Record
from services.kpi.metrics import KpiMetrics
from services.kpi.policy import SECTION, Counting, KpiSection, counting
from services.kpi.service import SERVICE
from services.kpi.views import Cut, Figures, Period
from shared.bus.delivery import Burial, Delivery
from shared.bus.inbox import batch_size
from shared.contracts import Envelope, EventBody, encode
from shared.contracts.intake import RequestClosed, RequestImported, RequestProgressed
from shared.contracts.intake import RequestReceived as Received
from shared.contracts.terms import Deadline
from shared.contracts.training import PlanCompleted, PlanOpened
from shared.ids import new_id
from shared.policy import load_tenants
from shared.runner import calm_collector
from shared.settings import LogLevel, Settings
from shared.store.document import CODEC
from shared.telemetry.kernel import KernelMetrics
from shared.telemetry.logs import configure_logging

SIZES = (100_000, 1_000_000, 10_000_000)
PLAIN = "plain"
LIVES = 2_000
QUESTIONS = 1_000
PLAIN_QUESTIONS = 3
CHECKED = 2
INGEST_ON = 200_000
INGEST_SECONDS = 20.0
BATCH = batch_size(SERVICE.prefetch or 0)
ASKED = ("received_at", "closed_at", "plan_opened_at")
AGGREGATED = ("on_time", "round_trips", "signed", "eligible")
LIMIT_MS, FASTER, FACTS_A_SECOND, FLAT = 50.0, 100.0, 5_000.0, 0.5
YEAR = datetime(2025, 1, 1, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTHS = [f"2025-{number:02d}" for number in range(1, 13)]
Document = dict[str, Any]
Ask = Callable[[str], Awaitable[int]]


def rules() -> Counting:
    return counting(load_tenants(Settings().tenants_dir, {SECTION: KpiSection})[TENANT])


def life(by: Counting, chance: random.Random) -> list[tuple[datetime, EventBody]]:
    """Received, promised, replicated and closed within days, on some day of the year."""
    at = YEAR + timedelta(days=chance.randrange(364), seconds=chance.randrange(7 * 3600))
    on_time = chance.random() < 0.9

    def due(stage: str) -> tuple[Deadline, ...]:
        span = HOUR * (24 if on_time else 1)
        return (Deadline(stage=stage, due_at=at + span, effective_at=at, policy="2025"),)

    about = {"topic": "Tarifas", "title": "Nuevo pliego", "code": "MED-2025"}
    events: list[tuple[datetime, EventBody]] = []
    received = Received(
        **about,
        request_type=chance.choice(sorted(by.values["type"])),
        description="Rige desde agosto",
        received_at=at,
        effective_received_at=at,
        deadlines=due("evaluation"),
        holder="provider:validation",
        area=chance.choice(sorted(by.values["area"])),
    )
    events.append((at, received))
    at += 2 * HOUR
    viable = RequestProgressed(
        status="viable",
        holder=chance.choice(["provider:training", "client"]),
        deadlines=due("attention"),
        occurred_at=at,
    )
    events += [(at, viable), (at, PlanOpened(**about, deadline=due("replication")[0]))]
    at += HOUR * chance.randrange(2, 20)
    completed = PlanCompleted(signed=29, exempt=1, eligible=30, on_time=on_time, done_at=at)
    deployed = RequestProgressed(status="deployed", holder="provider:training", occurred_at=at)
    closed = RequestClosed(outcome="deployed", closed_at=at, on_time=on_time)
    return [*events, (at, completed), (at, deployed), (at, closed)]


def templates(by: Counting) -> list[Record]:
    """Facts of different lives, with what each adds to the figures."""
    chance = random.Random(6)  # noqa: S311 - lives to count, no secret
    records = []
    for _ in range(LIVES):
        fact = RequestFact()
        for sequence, (at, body) in enumerate(life(by, chance), 1):
            fact = fold(fact, body, at, sequence)
        records.append(Record("request:", TENANT, fact, counts_of(fact, by), reached={"intake": 4}))
    return records


async def copied(books: Books, into: str, size: int, *, lean: bool) -> None:
    """Make so many facts of the templates, in the database itself."""
    database = books.facts.database
    wanted = {"tenant": 1} | {f"fact.{name}": 1 for name in (*ASKED, *AGGREGATED)}
    # ids that only grow, as real ones do
    number = {"$add": [10**12, {"$multiply": ["$_id", 10**6]}, "$copy"]}
    parts = ["request:", {"$toString": {"$toLong": number}}]
    stages: list[Document] = [
        {"$sort": {"_id": 1}},
        *([{"$project": wanted}] if lean else []),
        {"$set": {"copy": {"$range": [0, size // LIVES]}}},
        {"$unwind": "$copy"},
        {"$set": {"_id": {"$concat": parts}}},
        {"$unset": "copy"},
        {"$out": into},
    ]
    await database[into].drop()
    await database["templates"].aggregate(stages)


async def grow(books: Books, records: list[Record], more: int) -> None:
    """Add to the buckets what so many more copies of each add."""
    counts: Counts = {}
    for record in records:
        many = {
            key: {measure: amount * more for measure, amount in amounts.items()}
            for key, amounts in record.counted.items()
        }
        merge(counts, many)

    async def work(session: AsyncClientSession) -> None:
        await books.add(spread(counts), session)

    await books.transact(work)


def ours(books: Books, by: Counting) -> Ask:
    figures, wanted = Figures(books), list(INDICATORS.values())

    async def ask(month: str) -> int:
        sums = await figures.sums(wanted, Period.of(*days_of(month)), Cut.of(by, {}), None)
        return sums["requests.on_time"][""]["judged"]

    return ask


def theirs(books: Books, by: Counting) -> Ask:
    async def ask(month: str) -> int:
        first, last = days_of(month)
        since, until = _midnight(first, by), _midnight(last + timedelta(days=1), by)
        within = {"$gte": since, "$lt": until}
        closed = await _aggregate(
            books,
            {"fact.closed_at": within},
            closed={"$sum": 1},
            judged={"$sum": {"$cond": [{"$ne": ["$fact.on_time", None]}, 1, 0]}},
            on_time={"$sum": {"$cond": ["$fact.on_time", 1, 0]}},
            round_trips={"$sum": "$fact.round_trips"},
        )
        await _aggregate(books, {"fact.received_at": within}, received={"$sum": 1})
        opened = {"$sum": 1}
        signed, eligible = {"$sum": "$fact.signed"}, {"$sum": "$fact.eligible"}
        where = {"fact.plan_opened_at": within}
        await _aggregate(books, where, opened=opened, signed=signed, eligible=eligible)
        return int(closed["judged"])

    return ask


async def _aggregate(books: Books, where: Document, **sums: Document) -> Document:
    stages = [{"$match": {"tenant": TENANT, **where}}, {"$group": {"_id": None, **sums}}]
    cursor = await books.facts.database[PLAIN].aggregate(stages)
    return await anext(cursor, dict.fromkeys(sums, 0))


def _midnight(day: date, by: Counting) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=by.zone).astimezone(UTC)


async def timed(ask: Ask, times: int) -> list[float]:
    """Milliseconds of each question, about one month after the other."""
    taken = []
    for number in range(times):
        started = time.perf_counter()
        await ask(MONTHS[number % len(MONTHS)])
        taken.append((time.perf_counter() - started) * 1_000)
    return taken


async def ingest(books: Books, by: Counting) -> float:
    """Facts a second: new requests, a batch a transaction, as the consumer hands them over."""
    sink = KpiSink(books, lambda _: by, KpiMetrics(KernelMetrics(CollectorRegistry())))

    async def bury(burial: Burial) -> None:
        raise AssertionError(burial.reason)

    done, spent = 0, 0.0
    while spent < INGEST_SECONDS:
        batch = [_delivery(done + number) for number in range(BATCH)]
        started = time.perf_counter()
        await sink.process(batch, bury)
        spent += time.perf_counter() - started
        done += BATCH
    return done / spent


def _delivery(number: int) -> Delivery:
    at = YEAR + timedelta(minutes=number % 500_000)
    body = RequestImported(
        code=f"OLD-{number}",
        request_type="information",
        topic="Tarifas",
        title="Nuevo pliego",
        received_at=at,
        due_at=at + 24 * HOUR,
        closed_at=at + 20 * HOUR,
        status="deployed",
        source="register",
        row=number,
    )
    data = body.model_dump(mode="json")
    event = Envelope(new_id(), body.event_type, new_id(), at, TENANT, 1, data)
    return Delivery(event, encode(event), tag=number)


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def measure(sizes: list[int]) -> list[Result]:
    settings, by = Settings().for_service("kpi"), rules()
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        settings.mongo_url.get_secret_value(), tz_aware=True, w="majority", journal=True
    )
    results: list[Result] = []
    medians: list[float] = []
    async with client:
        books = Books(client.get_database(settings.database, codec_options=CODEC))
        await books.prepare()
        records, have = templates(by), 0
        documents = [one.to_document() | {"_id": place} for place, one in enumerate(records)]
        await books.facts.database["templates"].insert_many(documents)
        for size in sizes:
            await grow(books, records, (size - have) // LIVES)
            have = size
            results += await _asked(books, by, size, medians, last=size == sizes[-1])
        await books.facts.database[PLAIN].drop()
        await copied(books, books.facts.name, min(INGEST_ON, sizes[-1]), lean=False)
        await books.prepare()
        rate = await ingest(books, by)
        results += await scrapes(books)
        await client.drop_database(settings.database)
    if len(medians) > 1:
        ratio = medians[0] / medians[-1]
        name = f"median at {sizes[-1]:,} facts, against {sizes[0]:,}"
        results.append(row(name, medians[-1], medians[0], "ms", ratio, FLAT))
    name = "ingest, against what is promised"
    results.append(row(name, rate, FACTS_A_SECOND, "facts/s", rate / FACTS_A_SECOND, 1.0))
    return results


async def _asked(
    books: Books, by: Counting, size: int, medians: list[float], *, last: bool
) -> list[Result]:
    """Both must give the same figure; the factor is promised for the most facts."""
    await copied(books, PLAIN, size, lean=True)
    indexes = [IndexModel([("tenant", 1), (f"fact.{name}", 1)]) for name in ASKED]
    await books.facts.database[PLAIN].create_indexes(indexes)
    mine, plain = ours(books, by), theirs(books, by)
    for month in MONTHS[:CHECKED]:
        told, counted = await mine(month), await plain(month)
        if told != counted or not told:
            raise AssertionError(f"{month}: {told} served, {counted} aggregated")
    quick, slow = await timed(mine, QUESTIONS), await timed(plain, PLAIN_QUESTIONS)
    middle, other = statistics.median(quick), statistics.median(slow)
    medians.append(middle)
    print(
        f"{size} facts: p50 {middle:.2f} p99 {p99(quick):.2f} ms, plain {other:.1f} ms",
        file=sys.stderr,
    )
    name = f"a month over {size:,} facts"
    return [
        row(f"{name}, p99", p99(quick), LIMIT_MS, "ms", LIMIT_MS / p99(quick), 1.0),
        row(
            f"{name}, against aggregating",
            middle,
            other,
            "ms",
            other / middle,
            FASTER if last else 0.0,
        ),
    ]


def main(sizes: list[int]) -> None:
    calm_collector()  # as the service does
    with rig():
        # stdout belongs to the result
        configure_logging(LogLevel.WARNING, stream=sys.stderr)
        report("kpi", asyncio.run(measure(sorted(sizes))))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
