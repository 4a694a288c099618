"""`enlace dead`: what could not be handled, why, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import FOUND, USAGE, UserError
from cli.local.home import known_services
from cli.topology import admin_address
from shared.bus.dead import DeadLetter, DeadLetters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

app = typer.Typer()
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Letters, by id or prefix.")]
Everything = Annotated[bool, typer.Option("--all", help="All of them.")]
Of = Annotated[str | None, typer.Option("--service", help="Only this service's.")]


@app.command("list")
def list_letters(
    *, service: Of = None, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """List dead letters. Exit 1 when there are any.

    \b
    Example:
      ./enlace dead list --service kpi
    """
    letters = asyncio.run(_collect(service))
    for letter in letters:
        if as_json:
            typer.echo(json.dumps(letter.summary(), ensure_ascii=False))
        else:
            typer.echo(f"{letter.id}  {letter.service:<12} {letter.reason:<18} {letter.event_type}")
    if letters:
        raise typer.Exit(FOUND)


@app.command()
def show(letter_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one letter whole: its reason and the message itself.

    \b
    Example:
      ./enlace dead show 0199a7
    """
    (letter,) = _chosen(asyncio.run(_collect(None)), [letter_id])
    body = letter.body.decode(errors="replace")
    typer.echo(json.dumps({**letter.summary(), "body": body}, ensure_ascii=False, indent=2))


@app.command()
def replay(ids: Ids = None, *, everything: Everything = False, service: Of = None) -> None:
    """Give letters back to the service that could not handle them, after it was mended.

    \b
    Example:
      ./enlace dead replay --all --service kpi
    """
    _act("replayed", ids, everything, service, lambda dead, letter: dead.replay(letter))


@app.command()
def drop(ids: Ids = None, *, everything: Everything = False, service: Of = None) -> None:
    """Delete letters for good.

    \b
    Example:
      ./enlace dead drop 0199a7
    """
    _act("dropped", ids, everything, service, lambda dead, letter: dead.drop(letter))


def _act(
    done: str,
    ids: list[str] | None,
    everything: bool,  # noqa: FBT001 - a command line flag
    service: str | None,
    action: Callable[[DeadLetters, DeadLetter], Awaitable[None]],
) -> None:
    if bool(ids) == everything:
        raise UserError("name letters by id, or use --all", USAGE)
    count = asyncio.run(_each(ids, service, action))
    typer.echo(f"{count} {done}")


async def _each(
    ids: list[str] | None,
    service: str | None,
    action: Callable[[DeadLetters, DeadLetter], Awaitable[None]],
) -> int:
    dead, count = DeadLetters(admin_address()), 0
    found = await _collect(service)
    wanted = {letter.id for letter in (_chosen(found, ids) if ids else found)}
    for name in sorted({letter.service for letter in found if letter.id in wanted}):
        async with dead.look(name) as letters:
            for letter in letters:
                if letter.id in wanted:
                    await action(dead, letter)
                    count += 1
    return count


async def _collect(service: str | None) -> list[DeadLetter]:
    known = known_services()
    if service is not None and service not in known:
        raise UserError(f"no service {service}; there are {', '.join(known)}", USAGE)
    dead, found = DeadLetters(admin_address()), []
    for name in [service] if service else known:
        async with dead.look(name) as letters:
            found += letters
    return found


def _chosen(letters: list[DeadLetter], prefixes: list[str]) -> list[DeadLetter]:
    chosen = []
    for prefix in prefixes:
        matches = [letter for letter in letters if letter.id.startswith(prefix)]
        if len(matches) != 1:
            what = "no letter" if not matches else f"{len(matches)} letters"
            raise UserError(f"{what} with an id that starts with {prefix}: see `enlace dead list`")
        chosen += matches
    return chosen
