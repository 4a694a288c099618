"""Runs services in one process: one HTTP server, one event loop, the same code for one or all."""

import asyncio
import gc
import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, Self

import structlog
import uvicorn
from opentelemetry.trace import Tracer

from shared.cancellation import end
from shared.http import EnlaceApp, Health, create_app
from shared.pace import clock_of
from shared.parts import Parts
from shared.policy import Tenants, load_tenants
from shared.security import load_verifier
from shared.service import Service
from shared.settings import Settings
from shared.store import utc_now
from shared.telemetry import make_tracing, setup_logging
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics

log = structlog.get_logger()
VERSION = "0.1.0"


def find(names: Sequence[str], known: Sequence[str]) -> list[Service]:
    """The services of those names: each is `services.<name>.service.SERVICE`."""
    for name in names:
        if name not in known:
            msg = f"no service is called {name!r}; there are {', '.join(known)}"
            raise LookupError(msg)
    return [importlib.import_module(f"services.{name}.service").SERVICE for name in names]


def describe_bus(services: Sequence[Service]) -> dict[str, Any]:
    """The AsyncAPI document of `services`; imports FastStream, which nothing else here needs."""
    from shared.asyncapi import document  # noqa: PLC0415

    return document(services, VERSION)


class Process:
    """The services of this process and the application that shows them.

    `everything` gives the services whose events are described, those of this process by default.
    """

    def __init__(
        self,
        services: Sequence[Service],
        settings: Settings,
        *,
        tenants: Tenants | None = None,
        now: Callable[[], datetime] = utc_now,
        everything: Callable[[], Sequence[Service]] | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        tracer = tracer or make_tracing(settings)
        self.registry = Board()
        metrics = KernelMetrics(self.registry)
        sections = {name: model for s in services for name, model in s.sections.items()}
        self.tenants = tenants or load_tenants(settings.tenants_dir, sections)
        self.parts: Mapping[str, Parts] = {
            service.name: Parts(
                service, settings, self.tenants, self.registry, metrics, now, tracer
            )
            for service in services
        }
        self.app: EnlaceApp = create_app(
            [
                part.service.routes(part.workshop)
                for part in self.parts.values()
                if part.service.routes is not None
            ],
            settings,
            verifier=load_verifier(settings),
            health=Health(
                self.registry,
                {name: part.checks() for name, part in self.parts.items()},
                self._status,
            ),
            tracer=tracer,
            version=VERSION,
            asyncapi=lambda: describe_bus(services if everything is None else everything()),
        )
        self._starting: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._starting = [asyncio.create_task(part.start()) for part in self.parts.values()]
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(self._starting)
        await asyncio.gather(*(part.stop() for part in self.parts.values()))

    async def ready(self) -> None:
        """Wait until every service is prepared and its workers run."""
        await asyncio.gather(*self._starting)

    async def _status(self) -> Mapping[str, Any]:
        lines = await asyncio.gather(*(part.status() for part in self.parts.values()))
        return {
            "services": {
                name: {"version": VERSION, **line}
                for name, line in zip(self.parts, lines, strict=True)
            }
        }


async def serve(
    services: Sequence[Service],
    settings: Settings,
    before: Callable[[], None] | None = None,
    everything: Callable[[], Sequence[Service]] | None = None,
) -> None:
    """Run until SIGTERM or SIGINT; work at hand is finished.

    `before` is called, and may wait, when everything is built and nothing is connected yet.
    """
    process = Process(services, settings, now=clock_of(settings.clock), everything=everything)
    if before is not None:
        before()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(process)
        server = uvicorn.Server(
            uvicorn.Config(
                process.app,
                host=settings.http_host,
                port=settings.http_port,
                log_config=None,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=int(settings.shutdown_timeout.total_seconds()),
            )
        )
        log.info("process_started", services=sorted(process.parts), port=settings.http_port)
        await server.serve()
        log.info("process_stopping")


def run(
    names: Sequence[str],
    known: Sequence[str],
    settings: Settings | None = None,
    before: Callable[[], None] | None = None,
) -> None:
    """Run the named services in this process; `before` as in `serve`."""
    settings = settings or Settings()
    setup_logging(settings)
    services = find(names, known)
    calm_collector()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(services, settings, before, lambda: find(known, known)))


def calm_collector() -> None:
    """Leave what was imported out of collections, and collect seldom: requests leave no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
