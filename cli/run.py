"""`enlace run`: services in this process, as a container runs them."""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import USAGE, UserError
from cli.local.home import known_services
from cli.local.services import GATE

app = typer.Typer()
POLL_SECONDS = 0.05


@app.command()
def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SERVICE…", help="Which services.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    topology: Annotated[
        bool, typer.Option("--topology", help="Declare the topology first, as `up` does.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="HTTP port, instead of ENLACE_HTTP_PORT.")
    ] = None,
) -> None:
    """Run services in this process, with settings from the environment (docs/settings.md).

    \b
    Example:
      ENLACE_AMQP_URL=… ENLACE_MONGO_URL=… ./enlace run intake validation
      ./enlace run --all --port 8080
    """
    known = known_services()
    chosen = known if everything else list(names or [])
    if not chosen:
        raise UserError(f"name services, or --all; there are {', '.join(known)}", USAGE)
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise UserError(f"no service {', '.join(unknown)}; there are {', '.join(known)}", USAGE)
    if port is not None:
        os.environ["ENLACE_HTTP_PORT"] = str(port)
    runner = importlib.import_module("shared.runner")
    for name in chosen:
        importlib.import_module(f"services.{name}.service")
    declare = importlib.import_module("cli.topology").apply if topology else None
    wait_for_gate()
    if declare is not None:
        declare(show=False)
    _run(runner, chosen, known)


def _run(runner: Any, chosen: list[str], known: list[str]) -> None:  # noqa: ANN401
    settings = importlib.import_module("shared.settings")
    policy = importlib.import_module("shared.policy")
    try:
        runner.run(chosen, known)
    except (settings.MissingSetting, policy.PolicyError) as error:
        raise UserError(str(error)) from error


def wait_for_gate() -> None:
    """Wait until `up` says that broker and database are there.

    So a process imports its modules while the servers start. It ends with the `up` that waits.
    """
    gate = os.environ.pop(GATE, None)
    parent = os.getppid()
    while gate is not None and not Path(gate).exists():
        if os.getppid() != parent:
            sys.exit(0)
        time.sleep(POLL_SECONDS)
