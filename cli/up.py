"""`enlace up`: everything on this machine."""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.errors import FOUND, USAGE, UserError
from cli.local.home import CHECKOUT, Home
from cli.local.services import command, own_environment
from cli.local.system import Progress, System, Wishes, servers_are_given

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer()
PROGRESS_FD: Final = "ENLACE_PROGRESS_FD"
READY: Final = "\0ready"


class Demo(StrEnum):
    """What `up` shows."""

    DAY = "day"
    MONTH = "month"


@app.command()
def up(  # noqa: PLR0913 - one an option
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when all is ready, leave it running.")
    ] = False,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Without a demonstration.")] = False,
    demo: Annotated[
        Demo, typer.Option("--demo", help="What is shown: one day, or a month at a pace.")
    ] = Demo.DAY,
    month: Annotated[str, typer.Option("--month", help="Which month is shown.")] = "2026-07",
    pace: Annotated[
        float, typer.Option("--pace", min=1.0, max=86_400.0, help="How many times as fast.")
    ] = 4_320.0,
    seed: Annotated[int, typer.Option("--seed", help="Another number, another month.")] = 1,
    requests: Annotated[
        int, typer.Option("--requests", min=0, max=2_000, help="Drawn beside the fixed ones.")
    ] = 40,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="HTTP port; the next free one from 8080.")
    ] = None,
    docker: Annotated[
        bool, typer.Option("--docker", help="Broker and database in Docker.")
    ] = False,
) -> None:
    """Start everything on this machine: broker, database, services, a demonstration day.

    It keeps its data under .enlace in this folder; Ctrl-C stops it, a later start goes on with
    the same data. With ENLACE_AMQP_URL and ENLACE_MONGO_URL set it uses those servers and starts
    none; ENLACE_AMQP_MANAGEMENT_URL where the broker's management API is not at its usual port.

    With --demo month a month of the account osinergmin passes at the pace asked for, by a clock of
    its own; a later start goes on with it. It needs an Enlace without data.

    \b
    Example:
      ./enlace up
      ./enlace up --detach --no-demo --port 9000
      ./enlace up --demo month --pace 8640 --seed 7
    """
    home = Home.of_checkout()
    if servers_are_given() and docker:
        raise UserError("leave --docker away, or unset the ENLACE_*_URL variables", USAGE)
    shown = None if no_demo else demo
    if shown is Demo.MONTH:
        _make_month(home, month, seed, requests, pace)
    home.prepare()
    if detach:
        _start_detached(home, sys.argv[1:])
        return
    made = home.demonstrated()
    wishes = Wishes(port=port, docker=docker, clock=None if made is None else made["clock"])
    descriptor = os.environ.pop(PROGRESS_FD, None)
    if descriptor is None:
        _supervise(home, wishes, shown, _print, lambda: None)
    else:
        _report_to_parent(home, wishes, shown, int(descriptor))


def _make_month(home: Home, month: str, seed: int, requests: int, pace: float) -> None:
    """Write down the month that is to be shown, unless one is shown already."""
    if (home.folder / "database").exists():
        if home.demonstrated() is not None:
            return
        raise UserError("the month needs an Enlace without data: ./enlace down --wipe", USAGE)
    if servers_are_given():
        raise UserError("the month has servers of its own: unset the ENLACE_*_URL variables", USAGE)
    showing = importlib.import_module("cli.demo.showing")
    made = showing.make(month, seed, requests, pace, CHECKOUT / "deploy" / "tenants")
    home.prepare()
    home.demonstrate(made)


def _print(text: str) -> None:
    print(text, flush=True)


def _supervise(
    home: Home,
    wishes: Wishes,
    shown: Demo | None,
    write: Callable[[str], None],
    on_ready: Callable[[], None],
) -> None:
    with home.locked():
        progress = Progress(write)
        system = System(home, wishes, progress)

        def ready() -> None:
            if wishes.clock is not None:
                threading.Thread(target=_show_month, args=(system,), daemon=True).start()
            elif shown is Demo.DAY:
                _load_demo(system)
            for line in where_to_look(system):
                write(line)
            on_ready()

        system.up(ready)


def where_to_look(system: System) -> list[str]:
    """What a newcomer may open, and where mail may be sent to."""
    url = system.state.url
    lines = [
        "",
        f"Enlace is ready after {system.progress.seconds:.1f} s",
        f"  API              {url}/api/v1/openapi.json",
        f"  metrics          {url}/metrics",
        f"  mail by SMTP     {system.mail} (to an address of deploy/tenants/*/letterbox.yaml)",
    ]
    if system.state.mode != "given":
        management = system.state.ports["management"]
        lines.append(
            f"  broker's pages   http://127.0.0.1:{management}/ (login in .enlace/secrets.json)"
        )
    lines += [
        f"  {name.capitalize():16} http://127.0.0.1:{system.state.ports[name]}/"
        for name in ("prometheus", "alertmanager")
        if name in system.state.processes
    ]
    return [*lines, "  try              ./enlace status     ./enlace down", ""]


def _load_demo(system: System) -> None:
    """Load the demonstration day, where this checkout has one."""
    if importlib.util.find_spec("cli.demo") is None:
        return
    os.environ.update(system.home.environment(system.state))
    demo = importlib.import_module("cli.demo")
    try:
        demo.load(system.state.url, lambda text: system.progress.step("demo", text))
    except UserError as error:
        system.progress.step("demo", f"not loaded: {error}")


def _show_month(system: System) -> None:
    """Play the month beside the supervisor; where it was stopped, a later start goes on."""
    os.environ.update(system.home.environment(system.state))
    showing = importlib.import_module("cli.demo.showing")
    made = system.home.demonstrated()
    if made is None:
        return

    def note(played: int) -> None:
        system.home.demonstrate({**made, "played": played})

    def say(text: str) -> None:
        system.progress.step("demo", text)

    try:
        showing.show(system.state.url, made, CHECKOUT / "deploy" / "tenants", say, note)
    except UserError as error:
        say(f"the month stopped: {error}")


def _start_detached(home: Home, arguments: list[str]) -> None:
    """Run `up` in a session of its own and show its progress until it is ready."""
    if home.holder() is not None and home.state().phase == "ready":
        _print(f"Enlace runs here already: {home.state().url}")
        return
    reader, writer = os.pipe()
    rest = [argument for argument in arguments if argument != "--detach"]
    with (home.logs / "up.log").open("ab") as log:
        child = subprocess.Popen(
            command(*rest),
            env=own_environment({PROGRESS_FD: str(writer)}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writer,),
            start_new_session=True,
        )
    os.close(writer)
    try:
        ready = _show(reader)
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        ready = _show(reader)
    if not ready:
        raise typer.Exit(child.wait() or FOUND)


def _show(reader: int) -> bool:
    with os.fdopen(os.dup(reader), encoding="utf-8") as lines:
        for line in lines:
            text = line.rstrip("\n")
            if text == READY:
                return True
            _print(text)
    return False


def _report_to_parent(home: Home, wishes: Wishes, shown: Demo | None, descriptor: int) -> None:
    """Be the detached child: lines go to the parent until all is ready, then to our log."""
    os.set_inheritable(descriptor, False)
    parent = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)

    def write(text: str) -> None:
        _print(text)
        if not parent.closed:
            try:
                print(text, file=parent)
            except BrokenPipeError:  # the parent was killed; we go on
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)

    def on_ready() -> None:
        write(READY)
        parent.close()

    try:
        _supervise(home, wishes, shown, write, on_ready)
    except UserError as error:
        write(f"enlace: {error}")
        raise typer.Exit(error.code) from None
