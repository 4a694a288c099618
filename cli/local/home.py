"""The folder `.enlace`: what `up` remembers between its starts."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.errors import UserError
from cli.local import ports
from cli.local.broker import Broker, BrokerPorts
from cli.local.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.local.process import Identity

CHECKOUT: Final = Path(__file__).resolve().parents[2]
DATA: Final = ("broker", "database", "prometheus", "alertmanager", "keys", "run")
KEYS: Final = ("jwks.json", "token-private.pem")
"""The pair that `shared.security.keys` makes: public, private."""
PERIODS: Final = "periods"
"""Where the keys of closed months are, beside those of tokens."""
AMQP: Final = "ENLACE_AMQP_URL"
MONGO: Final = "ENLACE_MONGO_URL"
MANAGEMENT: Final = "ENLACE_AMQP_MANAGEMENT_URL"


def known_services() -> list[str]:
    """The services of this checkout: the folders of `services/` that can be composed."""
    return sorted(file.parent.name for file in (CHECKOUT / "services").glob("*/service.py"))


@dataclass(slots=True)
class State:
    """What is, or was last, running. Written at every change."""

    phase: str = "stopped"
    """`starting`, `ready`, `stopping`, `stopped`."""
    url: str = ""
    mode: str = "local"
    """`local` (servers of our own), `docker` or `given` (by the environment)."""
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Name to pid and time of creation."""
    containers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one checkout; nothing of an Enlace on this machine is outside it."""

    folder: Path

    @classmethod
    def of_checkout(cls) -> Home:
        return cls(CHECKOUT / ".enlace")

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for name in ("log", "run"):
            (self.folder / name).mkdir(exist_ok=True)

    def state(self) -> State:
        try:
            return State(**json.loads((self.folder / "state.json").read_text()))
        except FileNotFoundError:
            return State()
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{self.folder / 'state.json'} cannot be read ({error}): delete it"
            ) from error

    def save(self, state: State) -> None:
        _replace(self.folder / "state.json", asdict(state))

    def demonstrated(self) -> dict[str, Any] | None:
        """The demonstration month that runs, or ran, here: its clock, its seed, how far it is."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "month.json").read_text())
        except FileNotFoundError:
            return None
        except ValueError as error:
            file = self.folder / "month.json"
            raise UserError(f"{file} cannot be read ({error}): ./enlace down --wipe") from error
        return found

    def demonstrate(self, month: dict[str, Any]) -> None:
        _replace(self.folder / "month.json", month)

    def record(self, state: State, name: str, identity: Identity) -> None:
        """Remember a process, so that it is found again when we are killed."""
        state.processes[name] = (identity.pid, identity.created)
        self.save(state)

    def port(self, state: State, name: str, preferred: int | None = None) -> int:
        """Choose a free port: `preferred` or one after it, else the last one, else any."""
        last = state.ports.get(name)
        if preferred is not None:
            chosen = ports.first_free(preferred)
        elif last is not None and ports.is_free(last) and ports.claim(last):
            chosen = last
        else:
            chosen = ports.any_free()
        state.ports[name] = chosen
        return chosen

    def secret(self, name: str) -> str:
        """Return the secret `name`, made at random the first time."""
        file = self.folder / "secrets.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        if name not in known:
            known[name] = secrets.token_hex(16)
            _replace(file, known)
        return known[name]

    def broker(self, state: State) -> Broker:
        """The broker of this folder, at the ports of `state`."""
        node_ports = BrokerPorts(
            *(state.ports[name] for name in ("amqp", "management", "distribution"))
        )
        return Broker(
            self.folder / "broker",
            password=self.secret("broker"),
            node_ports=node_ports,
            log=self.logs / "broker.log",
        )

    def database(self, state: State) -> Database:
        """The database of this folder, at the port of `state`."""
        return Database(
            self.folder / "database",
            password=self.secret("database"),
            port=state.ports["mongo"],
            log=self.logs / "database.log",
        )

    def environment(self, state: State) -> dict[str, str]:
        """The variables by which services and commands reach the parts of `state`."""
        made = self._own(state)
        if state.mode == "given":
            return made
        broker, database = self.broker(state), self.database(state)
        made |= {AMQP: broker.amqp_url, MANAGEMENT: broker.management_url, MONGO: database.url}
        for service, password in self.service_secrets().items():
            prefix = f"ENLACE_{service.upper()}"
            made[f"{prefix}_AMQP_URL"] = broker.url_for("/", f"enlace_{service}", password)
            made[f"{prefix}_MONGO_URL"] = database.url_as(f"enlace_{service}", password)
        return made

    def _own(self, state: State) -> dict[str, str]:
        """What is of this folder, whoever runs the servers."""
        keys = self.folder / "keys"
        public, private = (str(keys / name) for name in KEYS)
        period_public, period_private = (str(keys / PERIODS / name) for name in KEYS)
        return {
            "ENLACE_TOKEN_PUBLIC_KEYS": public,
            "ENLACE_TOKEN_PRIVATE_KEY": private,
            "ENLACE_PERIOD_PUBLIC_KEYS": period_public,
            "ENLACE_PERIOD_PRIVATE_KEY": period_private,
            "ENLACE_TENANTS_DIR": str(CHECKOUT / "deploy" / "tenants"),
            "ENLACE_URL": state.url,
        }

    def service_secrets(self) -> dict[str, str]:
        """The password of each service's own user at the broker and the database."""
        return {name: self.secret(f"service_{name}") for name in known_services()}

    def adopt(self) -> None:
        """Let this process reach the Enlace of this folder, where nothing else is named."""
        state = self.state()
        if not state.ports:
            return
        known = self._own(state) if AMQP in os.environ else self.environment(state)
        for name, value in known.items():
            os.environ.setdefault(name, value)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only `up` of this folder.

        The system drops the lock when its holder ends, however it ends: it never goes stale.
        """
        with (self.folder / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError("Enlace runs here already: ./enlace status shows it") from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def holder(self) -> int | None:
        """Return the pid of the running `up` of this folder, or None."""
        try:
            with (self.folder / "lock").open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    return int(file.read() or 0) or None
        except FileNotFoundError:
            pass
        return None

    def wipe(self) -> None:
        """Delete all data, secrets and logs."""
        shutil.rmtree(self.folder, ignore_errors=False)


def _replace(path: Path, content: Any) -> None:  # noqa: ANN401
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)
