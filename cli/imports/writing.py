"""Where imported rows go: into the cases of a service, or nowhere."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client import CollectorRegistry

from cli.imports.register import refusal
from shared.bus.publisher import Publisher
from shared.bus.relay import EventRelay
from shared.decider import Rejected
from shared.parts import connect
from shared.service import Policies
from shared.store import Cases
from shared.store.document import CODEC
from shared.telemetry.kernel import KernelMetrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from cli.imports.register import Entry, Register
    from shared.policy import Tenants
    from shared.settings import Settings


class Writer(Protocol):
    """Enters a batch; tells for each entry whether it was new, or why it was refused."""

    async def write(self, entries: Sequence[Entry]) -> list[bool | str]: ...


class Nowhere:
    """Writes nothing (`--dry-run`)."""

    async def write(self, entries: Sequence[Entry]) -> list[bool | str]:
        return [True] * len(entries)


@dataclass(slots=True)
class Store:
    """Writes cases; the events of one batch are published while the next one is written."""

    name: str
    cases: Cases[Any]
    relay: EventRelay
    keep: Callable[[Sequence[Entry]], Awaitable[None]] | None = None
    publishing: asyncio.Task[None] | None = None

    async def write(self, entries: Sequence[Entry]) -> list[bool | str]:
        if self.keep is not None:
            await self.keep(entries)
        results = await asyncio.gather(*(self._one(entry) for entry in entries))
        await self.published()
        self.publishing = asyncio.create_task(self.relay.drain())
        return results

    async def published(self) -> None:
        """Wait for the broker; what it does not take, the running service publishes later."""
        if self.publishing is not None:
            await self.publishing

    async def _one(self, entry: Entry) -> bool | str:
        try:
            outcome = await self.cases.create(entry.id, entry.command, entry.cause)
        except Rejected as error:
            if error.code == "idempotency_key_reused":
                return "a row with this id and other content was imported before"
            if error.code == "not_unique":
                return f"the code {entry.code} belongs to another {self.name}"
            return str(refusal(error))
        return bool(outcome.entries)


@asynccontextmanager
async def store(register: Register, settings: Settings, tenants: Tenants) -> AsyncIterator[Store]:
    """The cases of a service, as the service itself would write them."""
    service = register.service
    own = settings.for_service(service.name)
    client = connect(own.mongo_url.get_secret_value(), "enlace-import")
    publisher = Publisher(own.amqp_url.get_secret_value(), "import publish")
    relay = EventRelay(service.name, publisher, KernelMetrics(CollectorRegistry()))
    database = client.get_database(own.database, codec_options=CODEC)
    cases = Cases(register.kind, database, Policies(service, tenants), relay)
    relay.watch(register.kind.stream, cases.collection)
    keep = None if register.keep is None else partial(register.keep, database)
    writer = Store(register.name, cases, relay, keep)
    try:
        await cases.ensure_indexes()
        yield writer
        await writer.published()
    finally:
        await publisher.close()
        await client.close()
