"""How each part is: asked at the parts themselves, not remembered."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cli.errors import UserError
from cli.local.home import AMQP, MANAGEMENT, MONGO
from cli.local.management import Management, usual_address
from cli.local.services import get_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cli.local.home import Home, State

PATIENCE_SECONDS: Final = 5.0
WATCHERS: Final = {"prometheus": "/api/v1/status/buildinfo", "alertmanager": "/api/v2/status"}


@dataclass(frozen=True, slots=True)
class Health:
    """One part. `None` means that the part has no such thing, or did not answer."""

    name: str
    kind: str
    state: str
    """`ready`, or what it is instead."""
    address: str = ""
    version: str | None = None
    queue_depth: int | None = None
    """Messages waiting to be handled."""
    dead_letters: int | None = None
    outbox_oldest_seconds: float | None = None
    """Age of the oldest event that the broker has not confirmed."""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        return self.state == "ready"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(home: Home, state: State) -> list[Health]:
    """Ask every part of the Enlace of this folder (or of the given servers)."""
    addresses = {**home.environment(state), **os.environ} if state.ports else dict(os.environ)
    queues: dict[str, int] = {}
    found = [
        _guarded("broker", "broker", lambda: _broker(addresses, queues)),
        _guarded("database", "database", lambda: _database(addresses)),
    ]
    return [*found, *_services(state, queues), *_watchers(state)]


def _guarded(name: str, kind: str, ask: Callable[[], Health]) -> Health:
    try:
        return ask()
    except KeyError as error:
        return Health(name, kind, "unknown", details={"error": f"set {error.args[0]}"})
    except (OSError, ValueError, UserError) as error:
        return Health(name, kind, "not answering", details={"error": str(error)})


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _broker(addresses: Mapping[str, str], queues: dict[str, int]) -> Health:
    management = Management(addresses.get(MANAGEMENT) or usual_address(addresses[AMQP]))
    overview = management.call("GET", "overview", timeout=PATIENCE_SECONDS)
    for queue in management.call("GET", "queues", timeout=PATIENCE_SECONDS):
        queues[queue["name"]] = queue.get("messages") or 0
    dead = sum(count for name, count in queues.items() if name.endswith(".dead"))
    return Health(
        "broker",
        "broker",
        "ready",
        address=_place(addresses[AMQP]),
        version=overview["rabbitmq_version"],
        queue_depth=sum(queues.values()) - dead,
        dead_letters=dead,
    )


def _database(addresses: Mapping[str, str]) -> Health:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    url = addresses[MONGO]
    client: MongoClient[dict[str, Any]]
    try:
        with MongoClient(url, serverSelectionTimeoutMS=int(PATIENCE_SECONDS * 1000)) as client:
            version = client.server_info()["version"]
            primary = client.admin.command("hello").get("isWritablePrimary", False)
    except PyMongoError as error:
        raise OSError(type(error).__name__) from error
    state = "ready" if primary else "no primary"
    return Health("database", "database", state, address=_place(url), version=version)


def _services(state: State, queues: Mapping[str, int]) -> list[Health]:
    port = state.ports.get("http")
    try:
        _, answer = get_json(port or 0, "/status", PATIENCE_SECONDS)
        services = answer["services"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        details = {"error": str(error)}
        return [Health("services", "service", "not answering", state.url, details=details)]
    return [
        Health(
            name,
            "service",
            line["state"],
            address=f"{state.url}/services/{name}",
            version=line.get("version"),
            queue_depth=_sum(queues, f"{name}.in", f"{name}.retry"),
            dead_letters=queues.get(f"{name}.dead"),
            outbox_oldest_seconds=line.get("outbox_oldest_seconds"),
            details=line.get("details") or {},
        )
        for name, line in services.items()
    ]


def _sum(queues: Mapping[str, int], *names: str) -> int | None:
    known = [queues[name] for name in names if name in queues]
    return sum(known) if known else None


def _watchers(state: State) -> list[Health]:
    return [
        _guarded(name, "metrics", partial(_ask_watcher, name, state.ports[name], path))
        for name, path in WATCHERS.items()
        if name in state.ports and name in state.processes
    ]


def _ask_watcher(name: str, port: int, path: str) -> Health:
    _, answer = get_json(port, path, PATIENCE_SECONDS)
    found = answer.get("data") or answer["versionInfo"]
    return Health(name, "metrics", "ready", f"127.0.0.1:{port}", found["version"])
