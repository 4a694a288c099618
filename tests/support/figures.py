"""Lives of requests in the services' databases and on the bus, as kpi meets them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import aio_pika
from pymongo import AsyncMongoClient

from services.kpi.books import Books
from services.kpi.histories import Archive
from services.kpi.policy import SECTION, Counting, KpiSection, counting
from services.kpi.rebuild import Rebuilt, rebuild
from services.kpi.verify import Verdict, verify
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, encode
from shared.policy import load_tenants
from shared.settings import Settings
from shared.store.document import CODEC
from shared.store.group import Document
from tests.support.house import TENANTS
from tests.support.lives import Life

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

    async def verify(self, *, patience: float = 20) -> Verdict:
        async with Archive(self.settings) as archive:
            return await verify(self.books, archive, rules, patience=patience)

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
