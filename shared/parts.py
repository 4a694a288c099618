"""The running parts of one service: its connections, its workers, and how they stop."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import pymongo
import structlog
from opentelemetry.trace import Tracer
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from shared.bus.hears import Hears
from shared.bus.inbox import InboxConsumer
from shared.bus.order import Cursors
from shared.bus.publisher import Publisher
from shared.bus.relay import EventRelay
from shared.bus.sink import CaseSink
from shared.bus.traced import TracedSink
from shared.cancellation import end
from shared.contracts import Envelope, EventBody
from shared.decider import Transient
from shared.http import Check
from shared.http.health import PATIENCE_SECONDS, run_checks
from shared.imminence import PromiseGauges
from shared.pace import real_of
from shared.policy import Tenants
from shared.service import Policies, Service, Workshop, for_ever
from shared.settings import Settings
from shared.store import Cases, Codes, utc_now
from shared.store.document import CODEC
from shared.store.group import Document
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics
from shared.timers import DeadlineWorker

log = structlog.get_logger()
OUTBOX_PATIENCE_SECONDS = 60.0
LONGEST_BUILD_SECONDS = 3_600.0
ANSWER_SECONDS = 8.0


def connect(url: str, name: str) -> AsyncMongoClient[Document]:
    """A client whose writes are on a majority's disk before they are answered."""
    return AsyncMongoClient(
        url,
        appname=name,
        w="majority",
        journal=True,
        readConcernLevel="majority",
        serverSelectionTimeoutMS=3_000,
        timeoutMS=int(1_000 * ANSWER_SECONDS),
        maxPoolSize=20,
        tz_aware=True,
    )


class Parts:
    """Everything one service runs on in this process."""

    def __init__(
        self,
        service: Service,
        settings: Settings,
        tenants: Tenants,
        registry: Board,
        metrics: KernelMetrics,
        now: Callable[[], datetime] = utc_now,
        tracer: Tracer | None = None,
    ) -> None:
        own = settings.for_service(service.name)
        self.service = service
        self._metrics = metrics
        self._tracer = tracer
        self._client = connect(own.mongo_url.get_secret_value(), f"enlace-{service.name}")
        database = self._client.get_database(own.database, codec_options=CODEC)
        amqp = own.amqp_url.get_secret_value()
        self._publisher = Publisher(amqp, f"{service.name} publish")
        self.relay = EventRelay(service.name, self._publisher, metrics)
        policy = Policies(service, tenants)
        self.cases: Mapping[str, Cases[Any]] = {
            kind.stream: Cases(kind, database, policy, self.relay, now) for kind in service.kinds
        }
        for kind, cases in self.cases.items():
            self.relay.watch(kind, cases.collection)
        self.workshop = Workshop(
            service=service.name,
            settings=settings,
            tenants=tenants,
            database=database,
            cases=self.cases,
            codes=Codes(database["codes"]),
            registry=registry,
            metrics=metrics,
            now=now,
            policy=policy,
        )
        self._cursors = Cursors(database)
        self.deadlines = DeadlineWorker(
            service.name, tuple(self.cases.values()), metrics, now, real_of(settings.clock)
        )
        self.promises = PromiseGauges(
            service.name, tuple(self.cases.values()), policy, metrics, now
        )
        self.inbox = self._make_inbox(amqp, service.prefetch or settings.prefetch)
        self._follow_own_events()
        self._tasks: list[asyncio.Task[None]] = []
        self._consuming: asyncio.Task[None] | None = None
        self._prepared = False

    def _make_inbox(self, url: str, prefetch: int) -> InboxConsumer | None:
        inbox = self.service.inbox
        if inbox is None:
            return None
        if self.service.sink is not None:
            sink = self.service.sink(self.workshop)
            if self._tracer is not None:
                sink = TracedSink(sink, self.service.name, self._tracer)
        elif self.service.hears is not None:
            sink = self._case_sink(self.service.hears)
        else:
            msg = f"{self.service.name} hears events but has neither handlers nor a sink"
            raise TypeError(msg)
        return InboxConsumer(inbox, url, sink, self._publisher, self._metrics, prefetch)

    def _case_sink(self, hears: Hears) -> CaseSink:
        return CaseSink(
            hears, self.cases, self._cursors, self._metrics, self.workshop, self._tracer
        )

    def _follow_own_events(self) -> None:
        follows, inbox = self.service.follows, self.inbox
        if follows is None:
            return
        if inbox is None:
            msg = f"{self.service.name} follows its own events but has nowhere to keep dead letters"
            raise TypeError(msg)
        sink = self._case_sink(follows)

        async def follow(event: Envelope, body: EventBody | None) -> None:
            await sink.follow(event, inbox.bury, body)

        self.relay.follow_with(follows.handlers, follow)

    async def start(self) -> None:
        """Prepare the database as soon as it is there, then let the workers run."""
        while not self._prepared:
            try:
                await self._prepare()
            except PyMongoError as error:
                log.warning("database_awaited", service=self.service.name, reason=str(error)[:200])
                await asyncio.sleep(0.5)
        works: dict[str, Callable[[], Awaitable[None]]] = {
            **self.relay.works,
            "deadlines": self.deadlines.run,
            "gauges": self._watch_gauges,
        }
        if not self.deadlines.has_work:
            del works["deadlines"]
        if self.service.tasks is not None:
            works |= {f"task {i}": work for i, work in enumerate(self.service.tasks(self.workshop))}
        self._tasks = [
            asyncio.create_task(for_ever(f"{self.service.name} {name}", work, log.error))
            for name, work in works.items()
        ]
        if self.inbox is not None:
            self._consuming = asyncio.create_task(self.inbox.run())

    async def stop(self) -> None:
        """Finish the batch at hand, publish what waits, close; what is left the store keeps."""
        if self.inbox is not None and self._consuming is not None:
            self.inbox.stop()
            await asyncio.wait({self._consuming}, timeout=10)
            await end({self._consuming})
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self.relay.drain()
        if not await end(self._tasks):
            log.error("tasks_left_behind", service=self.service.name)
        await self._publisher.close()
        await self._client.close()

    async def _prepare(self) -> None:
        await self._client.admin.command("ping")
        # a new index on what a register has kept for years takes longer than any answer may
        with pymongo.timeout(LONGEST_BUILD_SECONDS):
            await asyncio.gather(*(cases.ensure_indexes() for cases in self.cases.values()))
            await self._cursors.ensure_indexes()
            if self.service.prepare is not None:
                await self.service.prepare(self.workshop)
        self._prepared = True

    async def _watch_gauges(self) -> None:
        name = self.service.name
        while True:
            try:
                age = await self.relay.oldest_unpublished_seconds()
                self._metrics.outbox_age.labels(service=name).set(age)
                self._metrics.gaps.labels(service=name).set(await self._cursors.waiting())
                if self.deadlines.has_work:
                    await self.deadlines.measure()
                await self.promises.measure(self.workshop.tenants)
            except PyMongoError as error:
                log.warning("gauges_interrupted", service=name, reason=str(error)[:200])
            for part, answer in (await run_checks({name: self.checks()})).items():
                _, _, part_name = part.partition(".")
                self._metrics.ready.labels(name, part_name).set(answer["ok"])
            await asyncio.sleep(5)

    def checks(self) -> Mapping[str, Check]:
        """What must hold for this service to do its work."""
        checks: dict[str, Check] = {
            "prepared": self._is_prepared,
            "database": self._reaches_database,
            "broker": self._reaches_broker,
            "outbox": self._outbox_moves,
        }
        if self.inbox is not None:
            checks["consumer"] = self._consumes
        return checks

    async def status(self) -> dict[str, Any]:
        """A line for `enlace status`, in time also when nothing answers."""
        name = self.service.name
        answers, age = await asyncio.gather(run_checks({name: self.checks()}), self._outbox_age())
        bad = {
            part.removeprefix(f"{name}."): answer["detail"]
            for part, answer in answers.items()
            if not answer["ok"]
        }
        return {
            "state": "not ready" if bad else "ready",
            "outbox_oldest_seconds": age,
            "details": bad,
        }

    async def _outbox_age(self) -> float | None:
        try:
            with pymongo.timeout(PATIENCE_SECONDS):
                return await self.relay.oldest_unpublished_seconds()
        except PyMongoError:
            return None

    async def _is_prepared(self) -> tuple[bool, str]:
        return self._prepared, "" if self._prepared else "the database is not prepared yet"

    async def _reaches_database(self) -> tuple[bool, str]:
        try:
            await self._client.admin.command("ping")
        except PyMongoError as error:
            return False, type(error).__name__
        return True, ""

    async def _reaches_broker(self) -> tuple[bool, str]:
        try:
            await self._publisher.open()
        except Transient as error:
            return False, str(error)
        return True, ""

    async def _consumes(self) -> tuple[bool, str]:
        fine = self.inbox is not None and self.inbox.is_consuming
        return fine, "" if fine else "no consumer on the queue"

    async def _outbox_moves(self) -> tuple[bool, str]:
        try:
            age = await self.relay.oldest_unpublished_seconds()
        except PyMongoError as error:
            return False, type(error).__name__
        fine = age < OUTBOX_PATIENCE_SECONDS
        return fine, "" if fine else f"an event has waited {age:.0f} s for the broker"
