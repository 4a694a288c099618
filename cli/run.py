"""`enlace run`: services in this process, as a container runs them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

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
    _run(chosen, known, topology=topology)


def _run(chosen: list[str], known: list[str], *, topology: bool) -> None:
    from shared.policy import PolicyError
    from shared.runner import run as run_services
    from shared.settings import MissingSetting

    def before() -> None:
        wait_for_gate()
        if topology:
            from cli.topology import apply

            apply(show=False)

    try:
        run_services(chosen, known, before=before)
    except (MissingSetting, PolicyError) as error:
        raise UserError(str(error)) from error


def wait_for_gate() -> None:
    """Wait until `up` says that broker and database are there.

    So a process is built while the servers start. It ends with the `up` that waits.
    """
    gate = os.environ.pop(GATE, None)
    parent = os.getppid()
    while gate is not None and not Path(gate).exists():
        if os.getppid() != parent:
            sys.exit(0)
        time.sleep(POLL_SECONDS)
