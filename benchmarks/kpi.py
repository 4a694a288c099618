"""A month's indicators over ever more facts, against MongoDB aggregating the same facts.

`python -m benchmarks.kpi [SIZE…]`, by default 100,000 and 1,000,000 facts; the promise is made for
10,000,000. Facts and buckets are folded by the service's own code from a few thousand different
lives of a year, then copied under ids of their own. Theirs has an index on each date it asks for
and answers less: it cannot tell whose business time a request took. The ingest takes batches as the
consumer does, on the largest collection, one transaction each.
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
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession

from benchmarks._rig import TENANT, Result, report, rig, row
from services.kpi.books import Books
from services.kpi.closing import days_of
from services.kpi.consumers import KpiSink
from services.kpi.counts import Counts, counts_of, merge
from services.kpi.definitions import INDICATORS
from services.kpi.domain import RequestFact, fold
from services.kpi.ledger import Record
from services.kpi.metrics import KpiMetrics
from services.kpi.policy import SECTION, Counting, KpiSection, counting
from services.kpi.views import Cut, Figures, Period
from shared.bus.delivery import Burial, Delivery
from shared.contracts import Envelope, EventBody, encode
from shared.contracts.intake import RequestClosed, RequestImported, RequestProgressed
from shared.contracts.intake import RequestReceived as Received
from shared.contracts.terms import Deadline
from shared.contracts.training import PlanCompleted, PlanOpened
from shared.ids import new_id
from shared.policy import load_tenants
from shared.settings import Settings
from shared.store.document import CODEC
from shared.telemetry.kernel import KernelMetrics

SIZES = (100_000, 1_000_000)
LIVES = 2_000
QUESTIONS = 200
PLAIN_QUESTIONS = 7
CHUNK = 5_000
INGEST_SECONDS = 10.0
BATCH = 256
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
        records.append(Record("", TENANT, fact, counts_of(fact, by), reached={"intake": 4}))
    return records


async def grow(books: Books, records: list[Record], have: int, total: int) -> None:
    """Copy the facts up to `total`, and add to the buckets what so many of each add."""
    documents = [record.to_document() for record in records]
    for start in range(have, total, CHUNK):
        end = min(start + CHUNK, total)
        batch = [{**documents[n % LIVES], "_id": f"request:{new_id()}"} for n in range(start, end)]
        await books.facts.insert_many(batch, ordered=False)
    counts: Counts = {}
    for place, record in enumerate(records):
        copies = len(range(have + (place - have) % LIVES, total, LIVES))
        many = {
            key: {measure: amount * copies for measure, amount in amounts.items()}
            for key, amounts in record.counted.items()
        }
        merge(counts, many)

    async def work(session: AsyncClientSession) -> None:
        await books.add(counts, session)

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
    cursor = await books.facts.aggregate(stages)
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
    registry = CollectorRegistry()
    sink = KpiSink(books, lambda _: by, KpiMetrics(registry, KernelMetrics(registry)))

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
        for name in ("received_at", "closed_at", "plan_opened_at"):
            await books.facts.create_index([("tenant", 1), (f"fact.{name}", 1)])
        records, have = templates(by), 0
        for size in sizes:
            await grow(books, records, have, size)
            have = size
            results += await _asked(books, by, size, medians, last=size == sizes[-1])
        rate = await ingest(books, by)
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
    mine, plain = ours(books, by), theirs(books, by)
    for month in MONTHS:
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
    with rig():
        report("kpi", asyncio.run(measure(sorted(sizes))))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
