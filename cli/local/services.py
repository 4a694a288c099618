"""The services, as a part beside the broker and the database."""

from __future__ import annotations

import http.client
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from cli.local.home import CHECKOUT
from cli.local.part import Part
from cli.local.process import Child

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GATE: Final = "ENLACE_START_WHEN"


def command(*arguments: str) -> list[str]:
    """The command line of one of our own commands, with this interpreter."""
    return [sys.executable, "-P", "-m", "cli", *arguments]


def own_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of our own commands."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **extra}


def get(port: int, path: str, timeout: float = 2.0) -> tuple[int, bytes]:
    """GET `path` from a loopback port: status and body. Raises OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    return answer.status, content


def get_json(port: int, path: str, timeout: float = 2.0) -> tuple[int, Any]:
    """GET `path` from a loopback port: status and JSON body. Raises OSError, ValueError."""
    status, content = get(port, path, timeout)
    return status, json.loads(content) if content else None


def says_ready(port: int, path: str) -> bool:
    """Tell whether GET `path` is answered with 200."""
    try:
        status, _ = get(port, path)
    except OSError:
        return False
    return status == http.client.OK


class Services(Part):
    """All services in one process."""

    name = "services"

    def __init__(self, port: int, *, env: Mapping[str, str], log: Path, gate: Path) -> None:
        self.port = port
        self.log = log
        self._gate = gate
        self._env = own_environment({**env, GATE: str(gate)})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start the process; it imports, and waits for the gate before it connects.

        The first time it also declares the topology: a process of its own for that would import
        the same modules once more, which made a start 2 s longer.
        """
        arguments = command("run", "--all", "--port", str(self.port))
        if self.child is None:
            arguments.append("--topology")
        self.child = Child(arguments, env=self._env, folder=CHECKOUT, log=self.log)

    def open_gate(self) -> None:
        """Broker and database are there: services may connect."""
        self._gate.touch()

    def ready(self) -> bool:
        return says_ready(self.port, "/ready")
