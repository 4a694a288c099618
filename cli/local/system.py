"""A whole Enlace on this machine: which parts, in which order, with which addresses."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.errors import USAGE, UserError
from cli.local import containers, install
from cli.local.home import AMQP, CHECKOUT, KEYS, MANAGEMENT, MONGO, PERIODS, Home
from cli.local.process import Child, last_line
from cli.local.services import Services, command, own_environment
from cli.local.supervisor import Stopped, Supervisor, stop_orphans
from cli.local.watchers import Alertmanager, Prometheus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.local.broker import Broker
    from cli.local.database import Database

FIRST_HTTP_PORT: Final = 8080
MAIL: Final = "ENLACE_MAIL_LISTEN"
TOPOLOGY_SECONDS: Final = 60.0
START_SECONDS: Final = 90.0
WATCHER_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked of `up`."""

    port: int | None = None
    clock: str | None = None
    docker: bool = False


def servers_are_given() -> bool:
    """Tell whether the environment names the servers. Raises UserError when it names some only."""
    given = [name for name in (AMQP, MONGO, MANAGEMENT) if os.environ.get(name)]
    missing = sorted({AMQP, MONGO} - set(given))
    if given and missing:
        raise UserError(
            f"{' and '.join(given)} set, but not {' and '.join(missing)}: set both, or none", USAGE
        )
    return bool(given)


class Progress:
    """One line per step, with the time it took since everything began."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def say(self, text: str) -> None:
        self._write(text)

    def step(self, name: str, text: str) -> None:
        self._write(f"{self.seconds:6.1f} s  {name:<11} {text}")


class System:
    """Starts the parts in as much of one another's time as it can."""

    def __init__(self, home: Home, wishes: Wishes, progress: Progress) -> None:
        self.home = home
        self.wishes = wishes
        self.progress = progress
        self.state = home.state()
        self.supervisor = Supervisor(home, self.state, progress.say)
        self._gate = home.folder / "run" / "gate"

    @property
    def mail(self) -> str:
        """Where mail may be sent to: what the environment says, else a port of this machine."""
        return os.environ.get(MAIL) or f"127.0.0.1:{self.state.ports['mail']}"

    def up(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call `on_ready`, and look after it until asked to stop."""
        self.supervisor.listen()
        try:
            self._start()
            self._phase("ready")
            on_ready()
            self.supervisor.watch()
        except Stopped:
            pass
        finally:
            self._stop()

    def _stop(self) -> None:
        if self.supervisor.idle:
            self._phase("stopped")
            return
        self.progress.say("stopping")
        self._phase("stopping")
        self.supervisor.stop()
        self._phase("stopped")
        self.progress.say("stopped; the data are kept in .enlace")

    def _phase(self, phase: str) -> None:
        self.state.phase = phase
        self.home.save(self.state)

    def _start(self) -> None:
        self._recover()
        self._choose()
        broker, database = self._servers()
        if broker is not None:
            self.supervisor.launch(broker, on_return=self._apply_topology)
        if database is not None:
            self.supervisor.launch(database)
        self._make_keys()
        environment = self.home.environment(self.state)
        if self.wishes.clock is not None:
            environment["ENLACE_CLOCK"] = self.wishes.clock
        environment[MAIL] = self.mail
        services = Services(
            self.state.ports["http"],
            env=environment,
            log=self.home.logs / "services.log",
            gate=self._gate,
        )
        self.supervisor.launch(services)
        if database is not None:
            self._await_database(database)
        if broker is not None:
            self.supervisor.wait(
                broker.ready, broker.child, name="the broker", timeout=START_SECONDS
            )
            self.progress.step("broker", f"ready at 127.0.0.1:{broker.ports.amqp}")
        services.open_gate()
        self.supervisor.wait(
            services.ready, services.child, name="the services", timeout=START_SECONDS
        )
        self.progress.step("services", f"ready at {services.url}")
        self._start_watchers()

    def _recover(self) -> None:
        found = stop_orphans(self.home, self.state)
        found += containers.remove(self.state.containers)
        self.state.containers.clear()
        if found:
            self.progress.step("recovery", f"stopped what a killed start left: {', '.join(found)}")
        for mark in (self.home.folder / "run").iterdir():
            mark.unlink()

    def _choose(self) -> None:
        state, home = self.state, self.home
        given = servers_are_given()
        state.mode = "given" if given else "docker" if self.wishes.docker else "local"
        wanted = self.wishes.port
        if wanted is None and "http" not in state.ports:
            wanted = FIRST_HTTP_PORT
        port = home.port(state, "http", wanted)
        if wanted is not None and port != wanted:
            self.progress.step("address", f"port {wanted} is in use, taking {port}")
        home.port(state, "mail")
        state.url = f"http://127.0.0.1:{port}"
        if not given:
            for name in ("amqp", "management", "distribution", "mongo"):
                home.port(state, name)
        state.phase = "starting"
        home.save(state)

    def _servers(self) -> tuple[Broker | None, Database | None]:
        """The servers to start: our own, containers, or none when they are given."""
        if self.state.mode == "given":
            return None, None
        if self.state.mode == "docker":
            return containers.servers(self.home, self.state)
        install.ensure_rabbitmq(lambda text: self.progress.step("broker", text))
        return self.home.broker(self.state), self.home.database(self.state)

    def _make_keys(self) -> None:
        keys = self.home.folder / "keys"
        for folder in (keys, keys / PERIODS):
            # to import what makes them takes half a second
            if not all((folder / name).exists() for name in KEYS):
                from shared.security.keys import ensure_keys

                ensure_keys(folder)

    def _await_database(self, database: Database) -> None:
        self.supervisor.wait(
            database.ready, database.child, name="the database", timeout=START_SECONDS
        )
        database.ensure_users(self.home.service_secrets())
        self.progress.step("database", f"ready at 127.0.0.1:{database.port}")

    def _apply_topology(self) -> None:
        """After the broker died: what was declared within its last seconds may be gone."""
        child = Child(
            command("topology", "apply"),
            env=own_environment(self.home.environment(self.state)),
            folder=CHECKOUT,
            log=self.home.logs / "topology.log",
        )
        self.home.record(self.state, "topology", child.identity)
        self.supervisor.wait(
            lambda: child.exit_code() is not None, None, name="topology", timeout=TOPOLOGY_SECONDS
        )
        self.state.processes.pop("topology", None)
        if child.exit_code() != 0:
            raise UserError(f"the topology was not applied: {last_line(child.log)}")
        self.progress.say("topology applied again")

    def _start_watchers(self) -> None:
        """Prometheus and Alertmanager, where they are; Enlace does its work without them."""
        if not (self.home.folder / "prometheus").exists():
            self._install_watchers()
        alerts, parts = None, list[Prometheus | Alertmanager]()
        if Alertmanager.installed() is not None:
            alerts = self.home.port(self.state, "alertmanager")
            log = self.home.logs / "alertmanager.log"
            parts.append(Alertmanager(self.home.folder / "alertmanager", port=alerts, log=log))
        if Prometheus.installed() is not None:
            parts.append(
                Prometheus(
                    self.home.folder / "prometheus",
                    port=self.home.port(self.state, "prometheus"),
                    target=self.state.ports["http"],
                    alertmanager=alerts,
                    log=self.home.logs / "prometheus.log",
                )
            )
        self._watch(parts)

    def _install_watchers(self) -> None:
        try:
            install.ensure_watchers(lambda text: self.progress.step("prometheus", text))
        except UserError as error:
            self.progress.say(f"Enlace runs without Prometheus: {error}")

    def _watch(self, parts: Sequence[Prometheus | Alertmanager]) -> None:
        """Start them and wait for them: who asks `status` once we said ready is told so too."""
        for part in parts:
            self.supervisor.launch(part)
        for part in parts:
            try:
                self.supervisor.wait(
                    part.ready, part.child, name=part.name, timeout=WATCHER_SECONDS
                )
            except UserError as error:
                self.progress.say(f"Enlace runs without it for now: {error}")
            else:
                self.progress.step(part.name, f"ready at {part.url}")
