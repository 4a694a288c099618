"""A bench for the kernel: services' parts on the real broker and database, without HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aio_pika
from pydantic import SecretStr

from cli.topology import declare, wanted_definitions
from shared.bus.dead import DeadLetters
from shared.parts import Parts
from shared.service import Service
from shared.settings import Overrides, Settings
from shared.store import utc_now
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics
from tests.support.toy import ECHO, TENANT, TOY


@dataclass(frozen=True)
class Bench:
    """Where the parts of a test live."""

    amqp_url: str
    management_url: str
    mongo_url: str
    prefix: str

    def settings(self, **more: Any) -> Settings:
        return Settings(
            amqp_url=SecretStr(self.amqp_url),
            amqp_management_url=SecretStr(self.management_url),
            mongo_url=SecretStr(self.mongo_url),
            database_prefix=self.prefix,
            **more,
        )

    def declare(
        self,
        services: Sequence[Service] = (TOY, ECHO),
        overrides: Mapping[str, Overrides] | None = None,
    ) -> None:
        settings = self.settings(services=overrides or {})
        declare(self.management_url, wanted_definitions(settings, services))

    def parts(self, service: Service, now: Callable[[], datetime] = utc_now, **more: Any) -> Parts:
        registry = Board()
        tenants: Any = {TENANT: object(), "other": object()}
        return Parts(
            service, self.settings(**more), tenants, registry, KernelMetrics(registry), now
        )

    @asynccontextmanager
    async def running(
        self, *services: Service, now: Callable[[], datetime] = utc_now, **more: Any
    ) -> AsyncIterator[list[Parts]]:
        """Their parts, started; stopped in order at the end."""
        parts = [self.parts(service, now, **more) for service in services]
        for part in parts:
            await part.start()
        try:
            yield parts
        finally:
            for part in parts:
                await part.stop()

    async def dead(self, service: str) -> list[dict[str, Any]]:
        async with DeadLetters(self.amqp_url).look(service) as letters:
            return [letter.summary() for letter in letters]

    async def publish(self, exchange: str, messages: Sequence[tuple[str, bytes]]) -> None:
        """Put bytes on the bus as an administrator, one after another, confirmed."""
        connection = await aio_pika.connect(self.amqp_url)
        async with connection:
            channel = await connection.channel()
            target = await channel.get_exchange(exchange, ensure=False)
            for key, body in messages:
                await target.publish(aio_pika.Message(body, delivery_mode=2), key)


def with_login(url: str, user: str, password: str) -> str:
    """The same address with another login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password)}@{host}"))
