"""The real broker and database of a test session.

In this order: the servers that `ENLACE_AMQP_URL` and `ENLACE_MONGO_URL` name, servers of the
session's own (the same provisioning as `./enlace up`), containers when only a Docker engine is
there. When none of these is possible the tests fail: they never skip.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from pymongo import MongoClient
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

from cli.local import broker as local_broker
from cli.local import database as local_database
from cli.local.broker import Broker
from cli.local.database import Database
from cli.local.install import docker_answers
from cli.local.management import Management, usual_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.database import Database as MongoDatabase


@dataclass(frozen=True, slots=True)
class GivenBroker:
    """A broker that somebody else runs."""

    amqp_url: str
    management_url: str

    def url_for(self, vhost: str) -> str:
        return urlunsplit(urlsplit(self.amqp_url)._replace(path=f"/{quote(vhost, safe='')}"))


@dataclass(frozen=True, slots=True)
class GivenDatabase:
    """A database that somebody else runs."""

    url: str


@dataclass(frozen=True, slots=True)
class Infra:
    """Faults (`kill`, `restart`) are only for servers of our own: ask for `own_broker`."""

    broker: Broker | GivenBroker
    database: Database | GivenDatabase
    _idle: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def vhost(self) -> Iterator[str]:
        """A fresh virtual host; its AMQP address."""
        name = f"test-{secrets.token_hex(4)}"
        management = Management(self.broker.management_url)
        management.create_vhost(name)
        try:
            yield self.broker.url_for(name)
        finally:
            management.delete_vhost(name)

    @contextmanager
    def database_prefix(self, user: str = "") -> Iterator[str]:
        """A prefix for names of databases in which nothing is; dropped afterwards.

        What a test of one `user` leaves is emptied for his next one: making and dropping dozens
        of collections with their indexes takes longer than most tests.
        """
        for other in [name for name in self._idle if name != user]:
            self._drop(self._idle.pop(other))
        prefix = self._idle.pop(user, "") or f"t{secrets.token_hex(4)}_"
        yield prefix
        if not user:
            self._drop(prefix)
            return
        for database in self._databases(prefix):
            _empty(database)
        self._idle[user] = prefix

    def drop(self) -> None:
        """Leave nothing in a database that somebody else runs."""
        for prefix in self._idle.values():
            self._drop(prefix)

    def _drop(self, prefix: str) -> None:
        for database in self._databases(prefix):
            database.client.drop_database(database.name)

    def _databases(self, prefix: str) -> list[MongoDatabase[dict[str, Any]]]:
        return databases(self.database.url, prefix)


def databases(url: str, prefix: str) -> list[MongoDatabase[dict[str, Any]]]:
    """Those of a server whose names begin so."""
    client = _client(url)
    return [client[name] for name in client.list_database_names() if name.startswith(prefix)]


def _empty(database: MongoDatabase[dict[str, Any]]) -> None:
    names = database.list_collection_names()
    if any(name.startswith("system.") for name in names):
        # of a profile, which cannot be emptied
        database.client.drop_database(database.name)
        return
    for name in names:
        database[name].delete_many({})


@cache
def _client(url: str) -> MongoClient[dict[str, Any]]:
    """One for all that is looked at or dropped: to say who one is is costly by design."""
    return MongoClient(url)


@contextmanager
def provided(folder: Path) -> Iterator[Infra]:
    """Broker and database, ready; ours are stopped at the end."""
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        broker = pool.submit(_broker, folder / "broker", stack)
        database = pool.submit(_database, folder / "database", stack)
        infra = Infra(broker.result(), database.result())
        yield infra
        infra.drop()


def _broker(folder: Path, stack: ExitStack) -> Broker | GivenBroker:
    url = os.environ.get("ENLACE_AMQP_URL")
    if url:
        management = os.environ.get("ENLACE_AMQP_MANAGEMENT_URL")
        return GivenBroker(url, management or usual_address(url))
    if local_broker.find_server() is None and docker_answers():
        return _broker_container(stack)
    broker = Broker(folder)
    stack.callback(broker.stop)
    broker.start()
    return broker


def _database(folder: Path, stack: ExitStack) -> Database | GivenDatabase:
    url = os.environ.get("ENLACE_MONGO_URL")
    if url:
        return GivenDatabase(url)
    if local_database.find_server() is None and docker_answers():
        return _database_container(stack)
    database = Database(folder)
    stack.callback(database.stop)
    database.start()
    return database


def _broker_container(stack: ExitStack) -> GivenBroker:
    container = stack.enter_context(
        DockerContainer("rabbitmq:4-management")
        .with_env("RABBITMQ_DEFAULT_USER", "enlace")
        .with_env("RABBITMQ_DEFAULT_PASS", "enlace")
        .with_exposed_ports(5672, 15672)
    )
    wait_for_logs(container, "Server startup complete", timeout=90)
    host = container.get_container_host_ip()
    amqp, management = (container.get_exposed_port(port) for port in (5672, 15672))
    login = "enlace:enlace"
    return GivenBroker(f"amqp://{login}@{host}:{amqp}/", f"http://{login}@{host}:{management}")


def _database_container(stack: ExitStack) -> GivenDatabase:
    container = stack.enter_context(
        DockerContainer("mongo:8").with_command("mongod --replSet rs0").with_exposed_ports(27017)
    )
    wait_for_logs(container, "Waiting for connections", timeout=60)
    host, port = container.get_container_host_ip(), container.get_exposed_port(27017)
    url = f"mongodb://{host}:{port}/?directConnection=true"
    client: MongoClient[dict[str, Any]]
    with MongoClient(url) as client:
        members = [{"_id": 0, "host": "127.0.0.1:27017"}]
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
    return GivenDatabase(url)
