"""`enlace import`: registers of the past, from CSV and XLSX."""

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import FOUND, USAGE, UserError

app = typer.Typer(help="Import historical registers.")


@app.callback()
def imports() -> None:
    """Import historical registers and logs; the same file twice changes nothing."""


@app.command("requests")
def requests(
    file: Annotated[
        Path, typer.Argument(help="CSV (also .gz) or XLSX, a header in its first row.")
    ],
    tenant: Annotated[str, typer.Option(help="The account whose register it is.")],
    mapping: Annotated[
        Path | None, typer.Option(help="What its columns mean (docs/import.md).")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad rows go; FILE.rejects.csv when not named.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge, write nothing.")] = (
        False
    ),
) -> None:
    """Enter the requests of an older register, as they were.

    Each row's id is derived from tenant, source and the row's own id, so that importing a file
    again changes nothing. Bad rows go to a file with line and reason; exit code 1 says there were.

    \b
    Example:
      ./enlace import requests 311.csv.gz --tenant osinergmin \\
        --mapping deploy/mappings/baltimore_311.toml
    """
    from cli.imports.run import Job, import_requests

    if not file.is_file():
        raise UserError(f"there is no file {file}", USAGE)
    target = rejects or file.with_name(f"{file.name}.rejects.csv")
    report = import_requests(Job(file, tenant, mapping, target, dry_run=dry_run))
    typer.echo(report.told(dry_run=dry_run))
    if report.rejected:
        typer.echo(f"enlace: {report.rejected} rows were not taken: see {target}", err=True)
        raise typer.Exit(FOUND)
