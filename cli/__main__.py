"""`./enlace`: finds the command that was asked for and runs it.

Only that command's module is imported, so that `--help` and short commands stay quick.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
from dataclasses import dataclass
from typing import Final, NoReturn

import typer

from cli.errors import UserError

HELP: Final = """Enlace: a contact centre's requests, training, incidents and figures on one bus.

\b
Example:
  ./enlace up          everything on this machine, with a demonstration day
  ./enlace status      how it is
  ./enlace test        every check
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command and the module whose `app` (a Typer) has it."""

    name: str
    module: str
    summary: str
    example: str = ""
    """A use of one of its sub-commands; none when `app` is `name` itself."""
    parts: bool = False
    """It works on a running system: the one of `./enlace up` when no other is named."""


COMMANDS: Final = (
    Command("up", "cli.up", "Start everything on this machine."),
    Command("status", "cli.status", "Show each part: state, address, version, queues."),
    Command("down", "cli.down", "Stop what `up` started."),
    Command("test", "cli.check", "Run every check that CI makes."),
    Command("run", "cli.run", "Run services in this process."),
    Command(
        "topology", "cli.topology", "Declare the broker's topology.", example="apply", parts=True
    ),
    Command("policy", "cli.policy", "Validate tenant policies.", example="check"),
    Command(
        "clock",
        "cli.clock",
        "Compute business time, JSON lines.",
        example="explain request.evaluate 2026-07-24T16:31:00-05:00",
    ),
    Command(
        "import",
        "cli.imports",
        "Import historical registers.",
        example="requests old.csv --tenant osinergmin --mapping mapping.toml",
        parts=True,
    ),
    Command(
        "kpi",
        "cli.kpi",
        "Recount or rebuild the figures.",
        example="verify --tenant osinergmin",
        parts=True,
    ),
    Command("audit", "cli.audit", "Check the hash chains.", example="verify", parts=True),
    Command(
        "dead",
        "cli.dead",
        "List and replay dead letters.",
        example="list --service kpi",
        parts=True,
    ),
    Command(
        "events", "cli.events", "Follow live events.", example="tail 'intake.request.*'", parts=True
    ),
    Command("token", "cli.token", "Make a token for trying the API.", parts=True),
    Command("bench", "cli.bench", "Run the benchmarks."),
)


def build(chosen: str | None) -> typer.Typer:
    """Make the application: `chosen` with all its options, the others by name and summary."""
    app = typer.Typer(
        name="enlace",
        help=HELP,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for command in COMMANDS:
        if importlib.util.find_spec(command.module) is None:
            continue
        if command.name == chosen:
            _load(app, command)
        else:
            app.command(command.name, help=command.summary)(_root)
    return app


def main(arguments: list[str]) -> None:
    """Run one command line; leaves by SystemExit."""
    # what it warns of on its way to an error is in the error's own line
    logging.getLogger("aiormq").addHandler(logging.NullHandler())
    chosen = _chosen(arguments)
    try:
        if _works_on_parts(chosen):
            from cli.local.home import Home

            Home.of_checkout().adopt()
        build(chosen)(arguments, prog_name="enlace")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # who read our output has enough; keep the interpreter from complaining at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except UserError as error:
        _leave(error)
    except Exception as error:
        from cli.failures import as_user_error

        if (told := as_user_error(error)) is None:
            raise
        _leave(told)


def _chosen(arguments: list[str]) -> str | None:
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def _works_on_parts(chosen: str | None) -> bool:
    return any(command.name == chosen and command.parts for command in COMMANDS)


def _leave(error: UserError) -> NoReturn:
    print(f"enlace: {error}", file=sys.stderr)
    sys.exit(error.code)


def _root() -> None:
    """Stand in for commands that were not asked for."""


def _load(app: typer.Typer, command: Command) -> None:
    module = importlib.import_module(command.module)
    loaded: typer.Typer = module.app
    if command.example:
        help_text = (
            f"{command.summary}\n\n\b\nExample:\n  ./enlace {command.name} {command.example}"
        )
        app.add_typer(loaded, name=command.name, help=help_text, no_args_is_help=True)
        return
    (registered,) = loaded.registered_commands
    registered.name = command.name
    app.add_typer(loaded)


if __name__ == "__main__":
    if _works_on_parts(_chosen(sys.argv[1:])):
        from cli.lines import log_beside

        log_beside()
    main(sys.argv[1:])
