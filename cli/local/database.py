"""A private MongoDB replica set of one member: own data, port and keys, loopback only."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.errors import UserError
from cli.local import ports
from cli.local.part import Server
from cli.local.process import Child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo import MongoClient

USER: Final = "enlace"
ROLE: Final = "readWrite"
"""Of a service in its own database; collections and indexes are made by it too."""
SET: Final = "rs0"
CACHE_GB: Final = 0.5
TRANSACTION_SECONDS: Final = 20
OPLOG_MB: Final = "512"

ALREADY_INITIALISED: Final = 23
AUTHENTICATION_FAILED: Final = 18


def find_server() -> Path | None:
    """Return MongoDB's server: the one of the PyPI package, else the one on PATH."""
    package = importlib.util.find_spec("fiftyone")
    for place in package.submodule_search_locations or [] if package else []:
        server = Path(place) / "db" / "bin" / "mongod"
        if server.exists():
            if not os.access(server, os.X_OK):  # a wheel loses the bit
                server.chmod(0o755)
            return server
    found = shutil.which("mongod")
    return Path(found) if found else None


class Database(Server):
    """A MongoDB server whose everything is under `folder`, with one administrator.

    Without `password` and `port` it takes random ones, and keeps them for its restarts.
    """

    name = "database"
    title = "MongoDB"
    start_seconds = 60.0
    stop_seconds = 20.0

    def __init__(
        self,
        folder: Path,
        *,
        password: str | None = None,
        port: int | None = None,
        log: Path | None = None,
        cache_gb: float = CACHE_GB,
    ) -> None:
        self.folder = folder
        self.cache_gb = cache_gb
        self.password = password or secrets.token_hex(16)
        self.port = port or ports.any_free()
        self.log = log or folder / "log" / "database.log"
        self._prepared = False

    @property
    def url(self) -> str:
        return self.url_as(USER, self.password)

    def url_as(self, user: str, password: str) -> str:
        """Return the database's address for one user."""
        login = f"{user}:{password}"
        return f"mongodb://{login}@127.0.0.1:{self.port}/?replicaSet={SET}&authSource=admin"

    def ensure_users(self, passwords: Mapping[str, str]) -> None:
        """Give each service its own user `enlace_<service>`, for its own database only.

        The mark names what each user may do, so that one with other rights gets these.
        """
        mark = self.folder / "users"
        known = set(mark.read_text().split()) if mark.exists() else set()
        marks = {name: f"{name}:{ROLE}" for name in passwords}
        missing = {name: word for name, word in passwords.items() if marks[name] not in known}
        if not missing:
            return
        with self._client(authenticated=True) as client:
            for name, password in missing.items():
                user = f"enlace_{name}"
                roles = [{"role": ROLE, "db": user}]
                if client.admin.command("usersInfo", user)["users"]:
                    client.admin.command("updateUser", user, pwd=password, roles=roles)
                else:
                    client.admin.command("createUser", user, pwd=password, roles=roles)
        mark.write_text(" ".join(sorted(known | set(marks.values()))))

    def launch(self) -> None:
        """Start the server; `ready` prepares it and tells when it serves."""
        server = find_server()
        if server is None:
            raise UserError(
                "there is no MongoDB server for this platform: use ./enlace up --docker, "
                "or set ENLACE_MONGO_URL (and ENLACE_AMQP_URL) to servers of yours"
            )
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        key = self.folder / "key"
        if not key.exists():
            key.touch(mode=0o600)
            key.write_text(secrets.token_urlsafe(48).replace("-", "x").replace("_", "y"))
        self._prepared = False
        self.child = Child(
            [
                str(server),
                *("--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
                *("--replSet", SET, "--keyFile", str(key), "--nounixsocket", "--quiet"),
                *("--wiredTigerCacheSizeGB", str(self.cache_gb), "--oplogSize", OPLOG_MB),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
                # the transaction of a killed process stands in the way of its successor until then
                *("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"),
            ],
            env=os.environ,
            folder=self.folder,
            log=self.log,
        )

    def ready(self) -> bool:
        """Do the next step towards a primary with an administrator; true when there."""
        if self._prepared:
            return ports.answers(self.port)
        if not ports.answers(self.port):
            return False
        self._prepared = self._prepare()
        return self._prepared

    def _prepare(self) -> bool:
        from pymongo.errors import PyMongoError

        try:
            with self._client(authenticated=False) as client:
                hello: dict[str, Any] = client.admin.command("hello")
                if not (self.folder / "user").exists():
                    return self._first_start(client, hello)
                if hello.get("isWritablePrimary"):
                    return True
            if hello.get("secondary") is False and hello.get("me") != f"127.0.0.1:{self.port}":
                self._follow_port()
        except PyMongoError:
            return False
        return False

    def _first_start(self, client: MongoClient[dict[str, Any]], hello: dict[str, Any]) -> bool:
        """Initiate the set and create its administrator, as the localhost exception allows."""
        from pymongo.errors import OperationFailure

        if not hello.get("setName"):
            member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
            client.admin.command("replSetInitiate", {"_id": SET, "members": [member]})
            return False
        if not hello.get("isWritablePrimary"):
            return False
        try:
            client.admin.command("createUser", USER, pwd=self.password, roles=["root"])
        except OperationFailure:
            # killed between the user and its mark: it can log in, or the data are another's
            with self._client(authenticated=True) as administrator:
                administrator.admin.command("ping")
        (self.folder / "user").write_text(USER)
        return True

    def _follow_port(self) -> None:
        """Tell the set its new address: its old port was taken."""
        with self._client(authenticated=True) as client:
            config = client.admin.command("replSetGetConfig")["config"]
            if config["members"][0]["host"] == f"127.0.0.1:{self.port}":
                return
            config["members"][0]["host"] = f"127.0.0.1:{self.port}"
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)

    def _client(self, *, authenticated: bool) -> MongoClient[dict[str, Any]]:
        from pymongo import MongoClient

        return MongoClient(
            "127.0.0.1",
            self.port,
            directConnection=True,
            username=USER if authenticated else None,
            password=self.password if authenticated else None,
            serverSelectionTimeoutMS=1000,
            socketTimeoutMS=10_000,
        )
