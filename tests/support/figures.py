"""Lives of requests in the services' databases and on the bus, as kpi meets them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import aio_pika
import httpx
from pymongo import AsyncMongoClient

from services.kpi.books import Books
from services.kpi.closing import Keys
from services.kpi.histories import Archive
from services.kpi.policy import SECTION, Counting, KpiSection, counting
from services.kpi.rebuild import Rebuilt, rebuild
from services.kpi.service import SERVICE
from services.kpi.verify import Verdict, verify
from shared.bus.dead import DeadLetters
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, encode
from shared.parts import Parts
from shared.policy import load_tenants
from shared.settings import Settings
from shared.store import utc_now
from shared.store.document import CODEC
from shared.store.group import Document
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics
from tests.support.eventually import PATIENCE
from tests.support.house import TENANTS
from tests.support.incidents import Case
from tests.support.lives import (
    HOUR,
    MONDAY,
    Life,
    imported_life,
    open_life,
    whole_life,
    withdrawn_life,
)

JULY = {"from": "2026-07-01", "to": "2026-07-31"}
COLLECTIONS = {"intake": "requests", "validation": "evaluations", "training": "plans"}


@cache
def rules(tenant: str) -> Counting:
    return counting(load_tenants(TENANTS, {SECTION: KpiSection})[tenant])


@dataclass
class World:
    """The databases of all services, and the figures."""

    settings: Settings
    client: AsyncMongoClient[Document]

    @property
    def books(self) -> Books:
        name = self.settings.for_service("kpi").database
        return Books(self.client.get_database(name, codec_options=CODEC))

    async def happened(self, *lives: Life) -> None:
        """Put the cases into the databases of the services that own them."""
        for service, collection in COLLECTIONS.items():
            database = self.client[self.settings.for_service(service).database]
            documents = [life.document(service) for life in lives if service in life.histories]
            for document in documents:
                await database[collection].replace_one(
                    {"_id": document["_id"]}, document, upsert=True
                )

    async def publish(self, events: Sequence[Envelope]) -> None:
        await publish(self.settings, [(e.name.routing_key, encode(e)) for e in events])

    async def verify(
        self, *, patience: float = PATIENCE, tenant: str | None = None, keys: Keys | None = None
    ) -> Verdict:
        async with Archive(self.settings) as archive:
            return await verify(
                self.books, archive, rules, patience=patience, tenant=tenant, keys=keys
            )

    async def rebuild(self, *, restart: bool = False) -> Rebuilt:
        async with Archive(self.settings) as archive:
            return await rebuild(self.books, archive, rules, restart=restart)


@asynccontextmanager
async def world(settings: Settings) -> AsyncIterator[World]:
    assert settings.mongo_url is not None
    client: AsyncMongoClient[Document] = AsyncMongoClient(settings.mongo_url.get_secret_value())
    async with client:
        yield World(settings, client)


async def publish(settings: Settings, messages: Sequence[tuple[str, bytes]]) -> None:
    """Put bytes on the bus, one after another, confirmed."""
    assert settings.amqp_url is not None
    connection = await aio_pika.connect(settings.amqp_url.get_secret_value())
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS, ensure=False)
        for key, body in messages:
            await exchange.publish(aio_pika.Message(body, delivery_mode=2), key)


def some_lives() -> list[Life]:
    return [
        whole_life(),
        whole_life(MONDAY + timedelta(days=1), query=False),
        whole_life(MONDAY + timedelta(days=2), late=True),
        withdrawn_life(MONDAY + timedelta(days=3)),
        open_life(MONDAY + timedelta(days=4)),
        imported_life(),
        imported_life(late=True),
    ]


def life_of(case: Case) -> Life:
    """What was told of an incident."""
    life = Life(tenant="osce")
    for event, stamp in case.told:
        life.add(stamp.at, event)
    return life


def events_of(lives: list[Life]) -> list[Envelope]:
    return [event for life in lives for event in life.events]


async def counted(things: World, lives: list[Life]) -> None:
    """Wait until every event of the lives has had its effect, then compare."""
    verdict = await things.verify()
    assert verdict.cases == len(lives)
    assert verdict.fine, (verdict.differences, verdict.behind, verdict.unknown)
    verdict = await things.verify()
    assert verdict.recounted
    assert verdict.fine, (verdict.differences, verdict.behind, verdict.unknown)


async def figures(reader: httpx.AsyncClient, what: str = "requests", **query: str) -> Any:
    answer = await reader.get(f"/indicators/{what}", params={**JULY, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["figures"]


def some_lives_of(day: int) -> list[Life]:
    return [whole_life(MONDAY + timedelta(days=day)), imported_life(MONDAY + day * 24 * HOUR)]


@asynccontextmanager
async def second_consumer(settings: Settings) -> AsyncIterator[Parts]:
    registry = Board()
    tenants = load_tenants(TENANTS, SERVICE.sections)
    part = Parts(SERVICE, settings, tenants, registry, KernelMetrics(registry), utc_now)
    await part.start()
    try:
        yield part
    finally:
        await part.stop()


async def letters(settings: Settings) -> list[dict[str, Any]]:
    assert settings.amqp_url is not None
    async with DeadLetters(settings.amqp_url.get_secret_value()).look("kpi") as found:
        return [letter.summary() for letter in found]


async def all_reached(things: World, lives: list[Life]) -> bool:
    facts = {fact["_id"]: fact["reached"] async for fact in things.books.facts.find({})}
    return all(
        facts.get(f"request:{life.id}", {}).get(service) == len(history)
        for life in lives
        for service, history in life.histories.items()
    )
