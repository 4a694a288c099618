"""Broker and database in Docker, for `./enlace up --docker`."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from cli.errors import UserError
from cli.local.broker import USER, Broker
from cli.local.database import SET, Database
from cli.local.install import docker_answers
from cli.local.process import Child

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cli.local.home import Home, State

BROKER_IMAGE: Final = "rabbitmq:4-management"
DATABASE_IMAGE: Final = "mongo:8"
STOP_SECONDS: Final = 30.0


class DockerBroker(Broker):
    """The same addresses and login as a node of our own, in a container."""

    container = ""

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child = _run(
            self.container,
            [
                *("--hostname", "enlace", "--volume", f"{self.container}:/var/lib/rabbitmq"),
                *("--publish", f"127.0.0.1:{self.ports.amqp}:5672"),
                *("--publish", f"127.0.0.1:{self.ports.management}:15672"),
                *("--env", "RABBITMQ_DEFAULT_USER", "--env", "RABBITMQ_DEFAULT_PASS"),
                BROKER_IMAGE,
            ],
            {"RABBITMQ_DEFAULT_USER": USER, "RABBITMQ_DEFAULT_PASS": self.password},
            self,
        )

    def ready(self) -> bool:
        # Docker's proxy accepts before the broker does: ask the broker itself
        return _succeeds("exec", self.container, "rabbitmq-diagnostics", "-q", "check_running")


class DockerDatabase(Database):
    """The same address and login as a server of our own, in a container.

    The port inside is the published one, so that the set's only member has the same address seen
    from inside and outside.
    """

    container = ""

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "user").write_text(USER)  # the image creates it
        self._prepared = False
        start = (
            "printf %s $ENLACE_KEY > /data/key && chmod 400 /data/key && chown mongodb /data/key "
            f"&& exec docker-entrypoint.sh mongod --replSet {SET} --keyFile /data/key "
            f"--bind_ip_all --port {self.port}"
        )
        names = ("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "ENLACE_KEY")
        self.child = _run(
            self.container,
            [
                *("--volume", f"{self.container}:/data/db"),
                *("--publish", f"127.0.0.1:{self.port}:{self.port}"),
                *(argument for name in names for argument in ("--env", name)),
                *("--entrypoint", "bash", DATABASE_IMAGE, "-c", start),
            ],
            dict(zip(names, (USER, self.password, self.password * 2), strict=True)),
            self,
        )

    def _prepare(self) -> bool:
        from pymongo.errors import OperationFailure, PyMongoError

        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
        try:
            with self._client(authenticated=True) as client:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return True
                client.admin.command("replSetInitiate", {"_id": SET, "members": [member]})
        except OperationFailure as error:
            if "already initialized" in str(error):
                self._follow_port()
        except PyMongoError:
            return False
        return False


def servers(home: Home, state: State) -> tuple[DockerBroker, DockerDatabase]:
    """The two containers of this folder. Raises UserError when no engine answers."""
    if not docker_answers():
        raise UserError("no Docker engine answers: start Docker, or leave --docker away")
    suffix = home.secret("node")[:8]
    plain_broker, plain_database = home.broker(state), home.database(state)
    broker = DockerBroker(
        home.folder / "docker",
        password=plain_broker.password,
        node_ports=plain_broker.ports,
        log=plain_broker.log,
    )
    database = DockerDatabase(
        home.folder / "docker",
        password=plain_database.password,
        port=plain_database.port,
        log=plain_database.log,
    )
    broker.container = f"enlace-{suffix}-broker"
    database.container = f"enlace-{suffix}-database"
    state.containers[:] = [broker.container, database.container]
    remove(state.containers)
    return broker, database


def remove(names: Sequence[str], *, volumes: bool = False) -> list[str]:
    """Remove containers by name (and their data); the names of those that were there."""
    found = [name for name in names if _succeeds("rm", "--force", name)]
    if volumes:
        for name in names:
            _succeeds("volume", "rm", "--force", name)
    return found


def _run(
    name: str, arguments: Iterable[str], secrets: dict[str, str], of: Broker | Database
) -> Child:
    # in the foreground: the client passes signals on and ends with the container
    command = ["docker", "run", "--rm", "--name", name, *arguments]
    return Child(command, env=os.environ | secrets, folder=of.folder, log=of.log)


def _succeeds(*arguments: str) -> bool:
    try:
        answer = subprocess.run(
            ["docker", *arguments], capture_output=True, timeout=STOP_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
