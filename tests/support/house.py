"""Services of the house over real HTTP, with the real broker and database behind them."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import uvicorn
from opentelemetry.trace import Tracer
from pydantic import BaseModel, SecretStr

from cli.topology import declare, wanted_definitions
from shared.bus.dead import DeadLetters
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, EventBody, decode, encode
from shared.contracts.events import TypeName
from shared.ids import new_id
from shared.policy import Tenants, load_tenants
from shared.runner import Process
from shared.security import Actor, Issuer, Role, ensure_keys, load_signing_key
from shared.service import Service
from shared.settings import Settings
from shared.store import utc_now
from tests.support.eventually import PATIENCE, eventually
from tests.support.infra import databases

EAR = "tests.ear"
_heard: dict[str, set[str]] = {}
# reading the system's authorities takes a fifth of a second a client, and http needs none
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TENANTS = Path(__file__).resolve().parents[2] / "deploy" / "tenants"


def client_of(url: str, **headers: str) -> httpx.AsyncClient:
    """A client that waits for as long as a test does, and by itself names nobody."""
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE, verify=NO_AUTHORITIES)


@dataclass
class MovableClock:
    """The present, or what a test makes of it."""

    ahead: timedelta = timedelta()
    stands_at: datetime | None = None

    def __call__(self) -> datetime:
        return self.stands_at or utc_now() + self.ahead

    def move_to(self, at: datetime) -> None:
        self.ahead, self.stands_at = at - utc_now(), None

    def stand_at(self, at: datetime) -> None:
        """Stay there, for a test that counts how much passes: all it does takes no time."""
        self.stands_at = at


@dataclass
class Outsider:
    """Speaks on the bus for a service that does not run, in the order of each case."""

    amqp_url: str
    tenant: str = "osinergmin"
    told: dict[tuple[str, str], int] = field(default_factory=dict)

    async def tell(self, subject: str, *bodies: EventBody, at: datetime | None = None) -> None:
        connection = await aio_pika.connect(self.amqp_url)
        async with connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange(EVENTS, ensure=False)
            for body in bodies:
                event = self._envelope(subject, body, at or utc_now())
                message = aio_pika.Message(encode(event), message_id=event.id, delivery_mode=2)
                await exchange.publish(message, event.name.routing_key)

    def _envelope(self, subject: str, body: EventBody, at: datetime) -> Envelope:
        stream = (TypeName.parse(body.event_type).stream, subject)
        self.told[stream] = sequence = self.told.get(stream, 0) + 1
        data = body.model_dump(mode="json")
        return Envelope(new_id(), body.event_type, subject, at, self.tenant, sequence, data)


@dataclass
class House:
    """Running services at `url`; `as_` gives a client that acts for somebody."""

    url: str
    process: Process
    issuer: Issuer
    clock: MovableClock
    settings: Settings
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def as_(
        self,
        *roles: Role,
        tenant: str = "osinergmin",
        subject: str = "ana",
        organisation: str = "",
        **headers: str,
    ) -> httpx.AsyncClient:
        actor = Actor(subject, tenant, frozenset(roles), organisation=organisation)
        token = self.issuer.issue(actor)
        headers = {"authorization": f"Bearer {token}", **headers}
        client = client_of(f"{self.url}/api/v1", **headers)
        self.clients.append(client)
        return client


@asynccontextmanager
async def running(
    services: Sequence[Service], settings: Settings, keys: Path, tracer: Tracer | None = None
) -> AsyncIterator[House]:
    """The services of one process behind a real server, with their topology declared."""
    assert settings.amqp_management_url is not None
    management = settings.amqp_management_url.get_secret_value()
    declare(management, wanted_definitions(settings, services))
    files, period = ensure_keys(keys), ensure_keys(keys / "periods")
    settings = settings.model_copy(
        update={
            "period_public_keys": period.public,
            "period_private_key": period.private,
            "token_public_keys": files.public,
            "token_private_key": files.private,
            "tenants_dir": TENANTS,
        }
    )
    clock = MovableClock()
    await _listen(settings)
    sections = frozenset(part for one in services for part in one.sections.items())
    tenants = _tenants(sections)
    async with Process(services, settings, tenants=tenants, now=clock, tracer=tracer) as process:
        await process.ready()
        async with _served(process.app) as url:
            issuer = Issuer(load_signing_key(files.private))
            house = House(url, process, issuer, clock, settings)
            try:
                yield house
            finally:
                for client in house.clients:
                    await client.aclose()


@cache
def _tenants(sections: frozenset[tuple[str, type[BaseModel]]]) -> Tenants:
    """The same for every house of these services: reading them is a third of a start."""
    return load_tenants(TENANTS, dict(sections))


async def _listen(settings: Settings) -> None:
    """Somebody hears everything: an event that nobody hears is a fault of the topology."""
    assert settings.amqp_url is not None
    connection = await aio_pika.connect(settings.amqp_url.get_secret_value())
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(EAR, durable=True)
        await queue.bind(EVENTS, "#")


async def heard(settings: Settings) -> list[Envelope]:
    """All that was told since the last time, each event once: the bus may repeat one."""
    await published(settings)
    assert settings.amqp_url is not None
    url = settings.amqp_url.get_secret_value()
    known = _heard.setdefault(url, set())
    events: list[Envelope] = []
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(EAR, ensure=False)
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            event = decode(message.body)
            if event.id not in known:
                known.add(event.id)
                events.append(event)
    return events


async def published(settings: Settings) -> None:
    """Wait until everything that was decided is on the bus: an answer does not wait for that."""

    def waiting() -> int:
        assert settings.mongo_url is not None
        unpublished = {"relay_at": {"$exists": True}}
        return sum(
            database[name].count_documents(unpublished, limit=1)
            for database in databases(
                settings.mongo_url.get_secret_value(), settings.database_prefix
            )
            for name in database.list_collection_names(filter={"type": "collection"})
        )

    await eventually(lambda: asyncio.to_thread(waiting), lambda number: number == 0)


async def nothing_is_buried(amqp_url: str, services: Sequence[Service]) -> None:
    """Nothing that these services heard became a dead letter."""
    for service in filter(lambda one: one.inbox, services):
        async with DeadLetters(amqp_url).look(service.name) as letters:
            assert [letter.summary() for letter in letters] == []


@asynccontextmanager
async def _served(app: Any) -> AsyncIterator[str]:
    # asyncio turns off the wait of small packets (40 ms) only where the protocol is named
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=75
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def settings_of(amqp_url: str, management_url: str, mongo_url: str, prefix: str) -> Settings:
    """Settings of a test's own virtual host and databases."""
    return Settings(
        amqp_url=SecretStr(amqp_url),
        amqp_management_url=SecretStr(management_url),
        mongo_url=SecretStr(mongo_url),
        database_prefix=prefix,
        http_timeout=timedelta(seconds=PATIENCE),
    )


async def every(pages: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    following: str | None = None
    while True:
        more = {"next": following} if following else {}
        page = (await pages.get(path, params={**query, **more})).raise_for_status().json()
        items += page["items"]
        following = page["next"]
        if following is None:
            return items
