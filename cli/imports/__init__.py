"""`enlace import`: registers of the past, from CSV and XLSX."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli.errors import FOUND, USAGE, UserError

if TYPE_CHECKING:
    from cli.imports.register import Register
    from cli.imports.run import Report

app = typer.Typer(help="Import historical registers.")


@app.callback()
def imports() -> None:
    """Import historical registers and logs; the same file twice changes nothing."""


File = Annotated[Path, typer.Argument(help="CSV (also .gz) or XLSX, a header in its first row.")]
Tenant = Annotated[str, typer.Option(help="The account whose register it is.")]
Mapping = Annotated[Path | None, typer.Option(help="What its columns mean (docs/import.md).")]
RejectFile = Annotated[
    Path | None, typer.Option(help="Where bad rows go; FILE.rejects.csv when not named.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and judge, write nothing.")]


@app.command("requests")
def requests(
    file: File,
    tenant: Tenant,
    mapping: Mapping = None,
    rejects: RejectFile = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Enter the requests of an older register, as they were.

    Each row's id is derived from tenant, source and the row's own id, so that importing a file
    again changes nothing. Bad rows go to a file with line and reason; exit code 1 says there were.

    \b
    Example:
      ./enlace import requests 311.csv.gz --tenant osinergmin \\
        --mapping deploy/mappings/baltimore_311.toml
    """
    from cli.imports.requests import REQUESTS

    _imported(REQUESTS, file, tenant, mapping, rejects, dry_run=dry_run)


@app.command("incidents")
def incidents(
    file: File,
    tenant: Tenant,
    mapping: Mapping = None,
    rejects: RejectFile = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Enter the incidents of an older register or event log, with their way through the tiers.

    The rows of one incident are taken together or not at all, wherever they stand in the file.
    Interrupted, even killed? Import again: what is there already stays as it is.

    \b
    Example:
      ./enlace import incidents log.csv.gz --tenant osce \\
        --mapping deploy/mappings/volvo_bpi2013.toml
    """
    from cli.imports.incidents import INCIDENTS

    _imported(INCIDENTS, file, tenant, mapping, rejects, dry_run=dry_run)


@app.command("people")
def people(
    file: File,
    tenant: Tenant,
    mapping: Mapping = None,
    rejects: RejectFile = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Enter the staff of an account: a row a person, with roles, languages and skills.

    The file is judged as a whole first: with a bad row in it nobody is entered, and the first
    faults are shown with their lines.

    \b
    Example:
      ./enlace import people personal.xlsx --tenant osinergmin \\
        --mapping deploy/mappings/personal.toml
    """
    from cli.imports.people import PEOPLE

    _imported(PEOPLE, file, tenant, mapping, rejects, dry_run=dry_run)


@app.command("rosters")
def rosters(
    file: File,
    tenant: Tenant,
    mapping: Mapping = None,
    rejects: RejectFile = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Enter rosters: a row a shift, of people who were imported before.

    Each week of a person that the file names is planned as the file says; overlapping shifts are
    refused, and with a bad row nothing is entered.

    \b
    Example:
      ./enlace import rosters turnos.xlsx --tenant osinergmin \\
        --mapping deploy/mappings/turnos.toml
    """
    from cli.imports.rosters import ROSTERS

    _imported(ROSTERS, file, tenant, mapping, rejects, dry_run=dry_run)


def _imported(
    register: Register,
    file: Path,
    tenant: str,
    mapping: Path | None,
    rejects: Path | None,
    *,
    dry_run: bool,
) -> None:
    from cli.imports.run import Job, import_register

    if not file.is_file():
        raise UserError(f"there is no file {file}", USAGE)
    target = rejects or file.with_name(f"{file.name}.rejects.csv")
    job = Job(file, tenant, mapping, target, dry_run=dry_run)
    if register.whole and not dry_run:
        judged = import_register(register, replace(job, dry_run=True))
        if judged.rejected:
            _refused(judged, target, "nothing was imported")
    report = import_register(register, job)
    typer.echo(report.told(dry_run=dry_run))
    if report.rejected:
        _refused(report, target, f"{report.rejected} rows were not taken")


def _refused(report: Report, target: Path, what: str) -> NoReturn:
    for fault in report.faults:
        typer.echo(fault, err=True)
    more = report.rejected - len(report.faults)
    rest = f" and {more} more" if more > 0 else ""
    typer.echo(f"enlace: {what}{rest}: see {target}", err=True)
    raise typer.Exit(FOUND)
