"""A private RabbitMQ node: own name, data, ports and cookie, loopback only."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cli.errors import UserError
from cli.local import ports
from cli.local.part import Server
from cli.local.process import Child

if TYPE_CHECKING:
    from collections.abc import Iterable

USER: Final = "enlace"
PLUGIN: Final = "rabbitmq_management"
MEMORY_LIMIT: Final = 1_000_000_000

# The Debian wrapper in /usr/sbin changes to the user `rabbitmq` and its folders: not for us.
SERVERS: Final = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server")


@dataclass(frozen=True, slots=True)
class BrokerPorts:
    amqp: int
    management: int
    distribution: int

    @classmethod
    def free(cls) -> BrokerPorts:
        return cls(*(ports.any_free() for _ in range(3)))


def find_server() -> Path | None:
    """Return the server's own start script, or None when RabbitMQ is not installed."""
    for candidate in (*SERVERS, shutil.which("rabbitmq-server")):
        if candidate and Path(candidate).exists():
            return Path(candidate).resolve()
    return None


class Broker(Server):
    """A RabbitMQ node whose everything is under `folder`.

    Without `password` and `node_ports` it takes random ones, and keeps them for its restarts.
    """

    name = "broker"
    title = "RabbitMQ"
    start_seconds = 90.0
    stop_seconds = 15.0

    def __init__(
        self,
        folder: Path,
        *,
        password: str | None = None,
        node_ports: BrokerPorts | None = None,
        log: Path | None = None,
    ) -> None:
        self.folder = folder
        self.password = password or secrets.token_hex(16)
        self.ports = node_ports or BrokerPorts.free()
        self.log = log or folder / "log" / "broker.log"

    @property
    def amqp_url(self) -> str:
        return self.url_for("/")

    def url_for(self, vhost: str, user: str = USER, password: str | None = None) -> str:
        """Return the AMQP address of one virtual host, as the administrator or another user."""
        login = f"{user}:{password or self.password}"
        return f"amqp://{login}@127.0.0.1:{self.ports.amqp}/{quote(vhost, safe='')}"

    @property
    def management_url(self) -> str:
        """The management API's address, with the administrator's credentials."""
        return f"http://{USER}:{self.password}@127.0.0.1:{self.ports.management}"

    def launch(self) -> None:
        server = find_server()
        if server is None:
            raise UserError(
                "RabbitMQ is not installed: install your system's package rabbitmq-server"
            )
        self._write()
        self.child = Child(
            [str(server)], env=self._environment(server), folder=self.folder, log=self.log
        )

    def ready(self) -> bool:
        # the AMQP listener is the last thing that a node opens
        return ports.answers(self.ports.amqp)

    def _write(self) -> None:
        for name in ("home", "data", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "enabled_plugins").write_text(f"[{PLUGIN}].\n")
        config = self.folder / "advanced.config"
        config.touch(mode=0o600)
        config.write_text(self._config())

    def _config(self) -> str:
        return f"""\
[{{rabbit, [
   {{tcp_listeners, [{{"127.0.0.1", {self.ports.amqp}}}]}},
   {{default_user, <<"{USER}">>}},
   {{default_pass, <<"{self.password}">>}},
   {{default_user_tags, [administrator]}},
   {{vm_memory_high_watermark, {{absolute, {MEMORY_LIMIT}}}}},
   {{log, [{{console, [{{enabled, false}}]}},
          {{file, [{{level, info}}, {{size, 10485760}}, {{count, 3}}]}}]}}]}},
 {{ra, [{{wal_max_size_bytes, 67108864}}]}},
 {{rabbitmq_management, [
   {{tcp_config, [{{port, {self.ports.management}}}, {{ip, "127.0.0.1"}}]}},
   {{disable_stats, true}},
   {{enable_queue_totals, true}}]}},
 {{rabbitmq_management_agent, [{{disable_metrics_collector, true}}]}}].
"""

    def _node(self) -> str:
        """The node's name, chosen once: the data belong to it even when the folder moves."""
        file = self.folder / "node"
        if not file.exists():
            file.write_text(f"enlace-{secrets.token_hex(4)}@localhost")
        return file.read_text()

    def _environment(self, server: Path) -> dict[str, str]:
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith("RABBITMQ_")
        }
        port = self.ports.distribution
        # no epmd: the node listens for its tools on a known port, and nothing outlives it
        arguments = (
            f"-sname {self._node()} -start_epmd false -erl_epmd_port {port}"
            f" -kernel inet_dist_use_interface {{127,0,0,1}}"
            f" -kernel inet_dist_listen_min {port} -kernel inet_dist_listen_max {port}"
            # after SIGTERM 3.10 waits 5 s for a worker of its metrics that never ends
            " -kernel shutdown_timeout 1500"
        )
        settings = {
            "HOME": str(self.folder / "home"),
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node: one process, its pid
            "RABBITMQ_NODENAME": self._node(),
            "RABBITMQ_DIST_PORT": str(port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_MNESIA_DIR": str(self.folder / "data" / "node"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "data"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": arguments,
        }
        if link_needed_plugins(server, self.folder / "dist"):
            # relative on purpose: the server's scripts do not quote this one
            settings["RABBITMQ_SCRIPTS_DIR"] = "dist/sbin"
            settings["RABBITMQ_PLUGINS_DIR"] = str(self.folder / "dist" / "plugins")
        return inherited | settings


def link_needed_plugins(server: Path, target: Path) -> bool:
    """Make `target` a distribution of only the applications that our node needs.

    Erlang searches every folder of its code path for every module: with the 75 of the package a
    start took 10.8 s on two cores, with the 30 that are needed 6.2 s. Returns False when the
    installation is laid out in another way, and the whole of it has to be used.
    """
    plugins = server.parent.parent / "plugins"
    needed = _closure(plugins, ("rabbit", "rabbitmq_prelaunch", PLUGIN))
    if not needed or not (server.parent / "rabbitmq-defaults").exists():
        return False
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(target)
    (target / "plugins").mkdir(parents=True)
    (target / "sbin").symlink_to(server.parent)
    (target / "escript").symlink_to(server.parent.parent / "escript")
    for folder in needed:
        (target / "plugins" / folder.name).symlink_to(folder)
    return True


def _closure(plugins: Path, roots: Iterable[str]) -> list[Path]:
    folders = {folder.name.partition("-")[0]: folder for folder in plugins.glob("*-*")}
    found: dict[str, Path] = {}
    waiting = [*roots, "cuttlefish", "getopt"]
    while waiting:
        name = waiting.pop()
        if name in found or name not in folders:
            continue
        found[name] = folders[name]
        application = folders[name] / "ebin" / f"{name}.app"
        if not application.exists():  # an .ez archive, or another layout
            return []
        listed = re.search(r"\{\s*applications\s*,\s*\[(.*?)\]", application.read_text(), re.DOTALL)
        waiting += re.findall(r"\w+", listed[1]) if listed else []
    return list(found.values()) if all(root in found for root in roots) else []
