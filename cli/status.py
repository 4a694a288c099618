"""`enlace status`: how each part is."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from cli.errors import FOUND, UserError
from cli.local.health import Health, examine
from cli.local.home import AMQP, Home

app = typer.Typer()
HEAD = ("part", "state", "address", "version", "queued", "dead", "oldest event")


@app.command()
def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """Show each part: state, address, version, queue depth, dead letters, oldest unpublished event.

    Exit code 0 when every part is ready, 1 when one is not.

    \b
    Example:
      ./enlace status
      ./enlace status --json | python3 -m json.tool
    """
    home = Home.of_checkout()
    state = home.state()
    if not state.ports and AMQP not in os.environ:
        raise UserError("nothing was started here: ./enlace up starts everything")
    parts = examine(home, state)
    well = all(part.well for part in parts)
    if as_json:
        lines = [part.as_json() for part in parts]
        print(json.dumps({"ok": well, "phase": state.phase, "url": state.url, "parts": lines}))
    else:
        _table(parts)
        if state.phase != "ready" and AMQP not in os.environ:
            print(f"\nEnlace is {state.phase} here; ./enlace up starts it")
    if not well:
        raise typer.Exit(FOUND)


def _table(parts: list[Health]) -> None:
    rows = [HEAD, *(_row(part) for part in parts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    for part in parts:
        for name, detail in part.details.items():
            print(f"  {part.name}: {name}: {detail}")


def _row(part: Health) -> tuple[str, ...]:
    age = part.outbox_oldest_seconds
    return (
        part.name,
        part.state,
        part.address or "-",
        part.version or "-",
        "-" if part.queue_depth is None else str(part.queue_depth),
        "-" if part.dead_letters is None else str(part.dead_letters),
        "-" if age is None else f"{age:.1f} s",
    )
