"""The whole system as processes, with bad networks between them, and somebody who kills."""

import asyncio
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from cli.local.broker import Broker
from cli.local.database import Database
from cli.local.ports import any_free
from cli.local.process import Child
from cli.local.services import get_json, own_environment
from cli.topology import declare, wanted_definitions
from shared.runner import find
from shared.security import Actor, Issuer, Role, load_signing_key
from shared.security.keys import ensure_keys
from shared.settings import Settings
from tests.support.eventually import PATIENCE, eventually
from tests.support.proxy import TcpProxy

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("people", "intake", "validation", "training", "kpi")
VICTIMS = (*SERVICES, "broker", "database")
TENANT = "osinergmin"
LONG = os.environ.get("ENLACE_CHAOS") == "long"
EVALUATE_SECONDS = 25 if LONG else 12


@dataclass
class Arena:
    """Broker, database, a proxy before each, one process per service, restarted when it dies."""

    broker: Broker
    database: Database
    amqp: TcpProxy
    mongo: TcpProxy
    environment: dict[str, str]
    folder: Path
    issuer: Issuer
    ports: dict[str, int]
    children: dict[str, Child] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)

    def launch(self, name: str) -> None:
        command = [sys.executable, "-m", "cli", "run", name, "--port", str(self.ports[name])]
        self.children[name] = Child(
            command,
            env=own_environment(self.environment),
            folder=ROOT,
            log=self.folder / "log" / f"{name}.log",
        )

    async def ready(self, name: str) -> None:
        async def look() -> str:
            return await asyncio.to_thread(_unready, name, self.ports[name])

        await eventually(look, lambda answer: not answer, within=3 * PATIENCE, every=0.2)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}/api/v1"

    def token(self, *roles: Role) -> str:
        return self.issuer.issue(Actor("chaos", TENANT, frozenset(roles)))

    def stop(self) -> None:
        for child in self.children.values():
            child.stop(20)

    # What may go wrong

    async def kill_service(self, name: str) -> None:
        started = time.monotonic()
        self.children[name].kill()
        self.launch(name)
        await self.ready(name)
        self.recoveries.append(time.monotonic() - started)
        self.faults[f"kill {name}"] += 1

    async def kill_broker(self) -> None:
        await asyncio.to_thread(self.broker.kill)
        self.amqp.cut()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.broker.start)
        self.faults["kill broker"] += 1

    async def kill_database(self) -> None:
        await asyncio.to_thread(self.database.kill)
        self.mongo.cut()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.database.start)
        self.faults["kill database"] += 1

    async def cut_answers(self) -> None:
        for proxy in (self.amqp, self.mongo):
            proxy.cut_before_next_answer()
        await asyncio.sleep(0.3)
        self.faults["answers cut"] += 1

    async def cut(self) -> None:
        self.amqp.cut()
        self.mongo.cut()
        self.faults["connections cut"] += 1

    async def delay(self) -> None:
        for proxy in (self.amqp, self.mongo):
            proxy.toxics.delay, proxy.toxics.jitter = 0.02, 0.1
        await asyncio.sleep(1.5)
        for proxy in (self.amqp, self.mongo):
            proxy.toxics.delay = proxy.toxics.jitter = 0.0
        self.faults["networks slow"] += 1

    async def stall(self) -> None:
        self.amqp.toxics.stalled = True
        await asyncio.sleep(2)
        self.amqp.toxics.stalled = False
        self.faults["broker stalled"] += 1

    @property
    def kills(self) -> int:
        return sum(count for name, count in self.faults.items() if name.startswith("kill"))


async def harass(arena: Arena, kills: int, seed: int) -> None:
    """Kill that many times, each service, broker and database among them, with cuts between."""
    rand = random.Random(seed)  # noqa: S311 - repeatable
    small: list[Callable[[], Awaitable[None]]] = [
        arena.cut,
        arena.cut_answers,
        arena.cut_answers,
        arena.delay,
        arena.stall,
    ]
    victims: list[str] = []
    while arena.kills < kills:
        if not victims:
            victims = list(VICTIMS)
            rand.shuffle(victims)
        victim = victims.pop()
        if victim == "broker":
            await arena.kill_broker()
        elif victim == "database":
            await arena.kill_database()
        else:
            await arena.kill_service(victim)
        await rand.choice(small)()
        await asyncio.sleep(rand.uniform(0.2, 1.0))


@asynccontextmanager
async def arena_in(folder: Path) -> AsyncIterator[Arena]:
    """Everything started and ready; stopped at the end."""
    broker, database = Broker(folder / "broker"), Database(folder / "database")
    try:
        await asyncio.gather(asyncio.to_thread(broker.start), asyncio.to_thread(database.start))
        amqp, amqp_url = await _through(broker.amqp_url)
        mongo, mongo_url = await _through(database.url)
        keys = ensure_keys(folder / "keys")
        arena = Arena(
            broker,
            database,
            amqp,
            mongo,
            {
                "ENLACE_AMQP_URL": amqp_url,
                "ENLACE_MONGO_URL": _direct(mongo_url),
                "ENLACE_AMQP_MANAGEMENT_URL": broker.management_url,
                "ENLACE_TENANTS_DIR": str(_tenants(folder / "tenants")),
                "ENLACE_TOKEN_PUBLIC_KEYS": str(keys.public),
                "ENLACE_LOG_LEVEL": "warning",
            },
            folder,
            Issuer(load_signing_key(keys.private)),
            {name: any_free() for name in SERVICES},
        )
        _declare(arena)
        await asyncio.sleep(2)  # a quorum queue needs a moment before its first crash
        for name in SERVICES:
            arena.launch(name)
        await asyncio.gather(*(arena.ready(name) for name in SERVICES))
        try:
            yield arena
        finally:
            await asyncio.to_thread(arena.stop)
            await amqp.stop()
            await mongo.stop()
    finally:
        await asyncio.gather(asyncio.to_thread(broker.stop), asyncio.to_thread(database.stop))


def _declare(arena: Arena) -> None:
    saved = dict(os.environ)
    os.environ.update(arena.environment)
    try:
        wanted = wanted_definitions(Settings(), find(SERVICES, SERVICES))
    finally:
        os.environ.clear()
        os.environ.update(saved)
    declare(arena.broker.management_url, wanted)


def _tenants(folder: Path) -> Path:
    """The shipped tenant, with an evaluation of seconds instead of a business day."""
    shutil.copytree(ROOT / "deploy" / "tenants" / TENANT, folder / TENANT)
    deadlines = folder / TENANT / "deadlines.yaml"
    lines = deadlines.read_text(encoding="utf-8").splitlines()
    (index,) = [i for i, line in enumerate(lines) if line.strip().startswith("request.evaluate:")]
    assert "{" in lines[index], lines[index]
    lines[index] = (
        f"  request.evaluate: {{amount: {EVALUATE_SECONDS}, unit: second, "
        'calendar: telephone-24x7, source: "A:L1867"}'
    )
    deadlines.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


async def _through(url: str) -> tuple[TcpProxy, str]:
    parts = urlsplit(url)
    proxy = await TcpProxy(parts.hostname or "", parts.port or 0).start()
    login = parts.netloc.rpartition("@")[0]
    netloc = f"{login + '@' if login else ''}127.0.0.1:{proxy.listening}"
    return proxy, urlunsplit(parts._replace(netloc=netloc))


def _direct(url: str) -> str:
    bare, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part and "replicaSet" not in part]
    return f"{bare}?{'&'.join([*kept, 'directConnection=true'])}"


def _unready(name: str, port: int) -> str:
    """What keeps the service from being ready; empty when it is."""
    try:
        status, answer = get_json(port, "/ready")
    except (OSError, ValueError) as error:
        return f"{name}: {error}"
    return "" if status == 200 else f"{name}: {answer}"
