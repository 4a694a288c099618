"""A service as an object: what it is made of, as data. `shared.runner` runs one or many of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pymongo.asynchronous.database import AsyncDatabase

from shared.bus.hears import Hears
from shared.bus.inbox import Sink
from shared.bus.topology import Inbox
from shared.cancellation import was_asked_to_stop
from shared.decider import Unknown
from shared.http import Call, Routes
from shared.ids import derived_id, new_id
from shared.policy import Tenant, Tenants
from shared.settings import Settings
from shared.store import Cases, Cause, Codes, Kind
from shared.store.group import Document
from shared.telemetry.board import Board
from shared.telemetry.kernel import KernelMetrics

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Workshop:
    """What a running service works with; handed to its routes, metrics and tasks."""

    service: str
    settings: Settings
    tenants: Tenants
    database: AsyncDatabase[Document]
    cases: Mapping[str, Cases[Any]]
    codes: Codes
    registry: Board
    metrics: KernelMetrics
    now: Callable[[], datetime]
    policy: Callable[[str], Any]
    memory: dict[str, Any] = field(default_factory=dict)
    """What the service keeps at hand beside its database, and can do without."""

    def of(self, kind: Kind[Any]) -> Cases[Any]:
        return self.cases[kind.stream]


@dataclass(frozen=True)
class Service:
    """One service of Enlace.

    `hears` are the handlers of what comes over the bus; `follows` those of its own events that it
    acts upon itself, beside the bus, as they are published: at least once and in no order.

    `sections` are its own parts of a tenant's policy, by file name; `policy` makes of a tenant what
    its deciders are given. A service whose effects are not commands to cases (a projection) brings
    its own `sink`, and may ask for larger batches by its own `prefetch`. `tasks` run as long as the
    service does.
    """

    name: str
    kinds: Sequence[Kind[Any]] = ()
    hears: Hears | None = None
    follows: Hears | None = None
    sections: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    policy: Callable[[Tenant], Any] = lambda tenant: tenant
    routes: Callable[[Workshop], Routes] | None = None
    sink: Callable[[Workshop], Sink] | None = None
    prefetch: int | None = None
    patterns: Sequence[str] = ()
    prepare: Callable[[Workshop], Awaitable[None]] | None = None
    tasks: Callable[[Workshop], Sequence[Callable[[], Awaitable[None]]]] | None = None

    @property
    def inbox(self) -> Inbox | None:
        patterns = tuple(self.patterns) or (self.hears.patterns if self.hears else ())
        return Inbox(self.name, patterns) if patterns else None


class Policies:
    """What each tenant's deciders are given, made once a tenant."""

    def __init__(self, service: Service, tenants: Tenants) -> None:
        self._service = service
        self._tenants = tenants
        self._made: dict[str, Any] = {}

    def __call__(self, tenant: str) -> Any:  # noqa: ANN401 - each service knows its own
        if tenant not in self._made:
            if tenant not in self._tenants:
                raise Unknown("tenant.unknown", tenant=tenant)
            self._made[tenant] = self._service.policy(self._tenants[tenant])
        return self._made[tenant]


def cause_of(call: Call, *, key: str | None = None) -> Cause:
    """The cause of a command that came by HTTP: the caller's idempotency key names it."""
    key = call.idempotency_key if key is None else key
    actor = str(call.actor)
    return Cause(
        tenant=call.tenant,
        actor=actor,
        id=new_id() if key is None else derived_id(call.tenant, actor, call.operation, key),
        fingerprint="" if key is None else call.fingerprint,
        roles=call.actor.role_names,
        areas=call.actor.areas,
        organisation=call.actor.organisation,
        correlation=call.correlation_id,
        trace=call.traceparent,
    )


async def for_ever(
    name: str, work: Callable[[], Awaitable[None]], report: Callable[..., Any]
) -> None:
    """Run `work` until cancelled; when it ends or fails, say so and start it again."""
    wait = FIRST_WAIT
    while True:
        started = time.monotonic()
        try:
            await work()
            report("task_ended", task=name)
        except asyncio.CancelledError:
            if was_asked_to_stop():
                raise
            report("task_failed", task=name, error="cancelled by a dying connection")
        except Exception as error:  # noqa: BLE001 - a task's bug is told and must not end the rest
            report("task_failed", task=name, exc_info=error)
        if time.monotonic() - started > LONGEST_WAIT:
            wait = FIRST_WAIT
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
