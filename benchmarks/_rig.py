"""What the benchmarks of the running system share: processes, a token, a load, medians."""

import json
import os
import platform
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cli.local.management import Management
from cli.local.ports import answers, any_free
from cli.local.process import Child, wait_until
from cli.local.services import get_json, own_environment
from cli.topology import declare, wanted_definitions
from shared.runner import find
from shared.security import Actor, Issuer, Role, load_signing_key
from shared.security.keys import ensure_keys
from shared.settings import Settings

Result = dict[str, Any]
TENANT = "osinergmin"
BODY = {
    "type": "information",
    "topic": "Tarifas eléctricas",
    "subject": "Nuevo pliego tarifario de agosto",
    "description": "Desde el 4 de agosto rige el pliego publicado el 31 de julio; los asesores "
    "informan el cargo fijo y el cargo por energía de la opción BT5B.",
}
START_SECONDS = 60.0


def machine() -> str:
    """What the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{model}, {os.cpu_count()} CPUs, Python {platform.python_version()}"


def row(
    measure: str, ours: float, theirs: float, unit: str, ratio: float, target: float | None
) -> Result:
    """A line of the table; without a target it is told and not judged."""
    return {
        "measure": measure,
        "ours": round(ours, 3),
        "theirs": round(theirs, 3),
        "unit": unit,
        "ratio": round(ratio, 2),
        "target": target,
    }


def report(name: str, results: Sequence[Result]) -> None:
    """Write the result in the form `enlace bench` reads."""
    print(json.dumps({"name": name, "machine": machine(), "results": list(results)}))


@dataclass(frozen=True)
class Rig:
    """A virtual host and databases of their own on the servers of the run."""

    environment: Mapping[str, str]
    folder: Path
    stack: ExitStack

    @property
    def settings(self) -> Settings:
        return Settings()

    def declare(self, *names: str) -> None:
        settings = Settings()
        management = settings.amqp_management_url
        assert management is not None
        services = find(names, names)
        declare(management.get_secret_value(), wanted_definitions(settings, services))

    def start(self, *names: str) -> tuple[int, Child]:
        """One process with these services; its port once it is ready."""
        port = any_free()
        command = [sys.executable, "-m", "cli", "run", *names, "--port", str(port)]
        child = self.child(command, f"{'-'.join(names)}.log", {})
        wait_until(
            lambda: _is_ready(port), child=child, name=" ".join(names), timeout=START_SECONDS
        )
        return port, child

    def start_plain(self) -> tuple[int, Child]:
        port = any_free()
        command = [sys.executable, "-m", "uvicorn", "benchmarks._plain:app", "--port", str(port)]
        child = self.child(
            [*command, "--log-level", "warning", "--no-access-log"],
            "plain.log",
            {
                "PLAIN_MONGO_URL": self.environment["ENLACE_MONGO_URL"],
                "PLAIN_AMQP_URL": self.environment["ENLACE_AMQP_URL"],
            },
        )
        wait_until(lambda: answers(port), child=child, name="plain", timeout=START_SECONDS)
        return port, child

    def child(self, command: list[str], log: str, extra: Mapping[str, str]) -> Child:
        child = Child(
            command,
            env=own_environment({**self.environment, **extra}),
            folder=Path.cwd(),
            log=self.folder / log,
        )
        self.stack.callback(child.stop, 30.0)
        return child

    def token(self, *roles: Role, subject: str = "bench") -> str:
        issuer = Issuer(load_signing_key(self.folder / "keys" / "token-private.pem"))
        return issuer.issue(Actor(subject, TENANT, frozenset(roles or Role)))


@contextmanager
def rig() -> Iterator[Rig]:
    """Fresh names on the servers that `ENLACE_*` name, taken away afterwards."""
    own = Settings()
    assert own.amqp_url is not None
    assert own.amqp_management_url is not None
    vhost, prefix = f"bench-{secrets.token_hex(4)}", f"b{secrets.token_hex(4)}_"
    management = Management(own.amqp_management_url.get_secret_value())
    management.create_vhost(vhost)
    with ExitStack() as stack:
        stack.callback(management.delete_vhost, vhost)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enlace-bench-")))
        ensure_keys(folder / "keys")
        amqp = urlunsplit(urlsplit(own.amqp_url.get_secret_value())._replace(path=f"/{vhost}"))
        environment = {
            "ENLACE_AMQP_URL": amqp,
            "ENLACE_DATABASE_PREFIX": prefix,
            "ENLACE_TOKEN_PUBLIC_KEYS": str(folder / "keys" / "jwks.json"),
            "ENLACE_TOKEN_PRIVATE_KEY": str(folder / "keys" / "token-private.pem"),
            "ENLACE_LOG_LEVEL": "warning",
            "ENLACE_HTTP_RATE": "0",
        }
        os.environ.update(environment)
        yield Rig({**os.environ}, folder, stack)


def load(port: int, path: str, token: str, body: Mapping[str, Any], seconds: float) -> Result:
    """64 concurrent clients in a process of their own."""
    command = [sys.executable, "-m", "benchmarks._load", "127.0.0.1", str(port), path, "64"]
    done = subprocess.run(
        [*command, str(seconds), token],
        input=json.dumps(body, ensure_ascii=False).encode(),
        stdout=subprocess.PIPE,
        check=True,
        env=own_environment({}),
    )
    figures: Result = json.loads(done.stdout)
    if figures["failed"]:
        raise AssertionError(f"{figures['failed']} failed: {figures['first_failure']}")
    return figures


def alternate(
    ours: Callable[[], Result], theirs: Callable[[], Result], rounds: int
) -> list[tuple[Result, Result]]:
    """The two in turn, so that a machine that drifts drifts for both."""
    return [(ours(), theirs()) for _ in range(rounds)]


def medians(pairs: Sequence[tuple[Result, Result]], key: str) -> tuple[float, float, float]:
    """Median of ours, of theirs, and of the ratio ours / theirs pair by pair."""
    ours = statistics.median(a[key] for a, _ in pairs)
    theirs = statistics.median(b[key] for _, b in pairs)
    return ours, theirs, statistics.median(a[key] / b[key] for a, b in pairs)


def _is_ready(port: int) -> bool:
    try:
        status, _ = get_json(port, "/ready")
    except (OSError, ValueError):
        return False
    return status == 200
