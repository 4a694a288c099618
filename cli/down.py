"""`enlace down`: stop what `up` started."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Annotated, Final

import psutil
import typer

from cli.errors import UserError
from cli.local import containers
from cli.local.home import Home
from cli.local.process import Identity
from cli.local.supervisor import stop_orphans

if TYPE_CHECKING:
    from cli.local.home import State

app = typer.Typer()
STOP_SECONDS: Final = 90.0
POLL_SECONDS: Final = 0.1


@app.command()
def down(
    *, wipe: Annotated[bool, typer.Option("--wipe", help="Delete its data as well.")] = False
) -> None:
    """Stop what `up` started in this folder, and nothing else.

    \b
    Example:
      ./enlace down
      ./enlace down --wipe     and forget everything
    """
    home = Home.of_checkout()
    if not home.folder.exists():
        print("nothing was started here")
        return
    pid = home.holder()
    if pid is not None:
        _stop(home, pid)
    with home.locked():
        state = home.state()
        found = stop_orphans(home, state)
        _forget_containers(state, wipe=wipe)
        state.phase = "stopped"
        home.save(state)
        if wipe:
            home.wipe()
    if pid is None and not found and not wipe:
        print("nothing was running here")
    else:
        print("stopped; all data are deleted" if wipe else "stopped; the data are kept")


def _stop(home: Home, pid: int) -> None:
    """Ask the running `up` to stop everything in order, and wait until it has."""
    limit = time.monotonic() + STOP_SECONDS
    try:
        supervisor = Identity.of(pid)
        os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return
    while home.holder() == pid or supervisor.find() is not None:
        if time.monotonic() > limit:
            raise UserError(f"process {pid} does not stop: end it with `kill -9 {pid}`, try again")
        time.sleep(POLL_SECONDS)


def _forget_containers(state: State, *, wipe: bool) -> None:
    if state.containers:
        containers.remove(state.containers, volumes=wipe)
        if wipe:
            state.containers.clear()
