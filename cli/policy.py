"""`enlace policy`: validate what differs between accounts."""

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel

from cli.errors import FOUND, USAGE, UserError
from cli.local.home import CHECKOUT
from shared.i18n import SPANISH
from shared.policy import DeadlineRow, PolicyError, Severity, Tenant, load_tenants
from shared.policy import check as check_tenants

app = typer.Typer(help="Tenant policies.", no_args_is_help=True)

TENANTS: Final = CHECKOUT / "deploy" / "tenants"
Directory = Annotated[Path, typer.Argument(metavar="[DIR]", show_default="deploy/tenants")]
SERVICES: Final = (
    "intake",
    "validation",
    "training",
    "incidents",
    "calls",
    "quality",
    "people",
    "kpi",
    "portal",
)


@app.callback()
def group() -> None:
    """Tenant policies."""


@app.command()
def check(
    directory: Directory = TENANTS,
    language: Annotated[
        str, typer.Option(help="Language of reasons: es or en.", envvar="ENLACE_LANGUAGE")
    ] = SPANISH,
) -> None:
    """Validate all tenants: one line a finding, with file, line, rule and reason.

    Example: enlace policy check deploy/tenants
    """
    if not directory.is_dir():
        raise UserError(f"{directory} is not a folder; name one that holds tenants", USAGE)
    findings = check_tenants(directory, sections())
    for found in findings:
        reason = found.reason(language)
        typer.echo(f"{found.file}:{found.line}: {found.severity} [{found.rule}] {reason}")
    if any(found.severity is Severity.ERROR for found in findings):
        raise typer.Exit(FOUND)


@app.command()
def table(directory: Directory = TENANTS) -> None:
    """Print every term, number and reading of all tenants as Markdown, with their sources.

    Example: enlace policy table > docs/deadlines.md
    """
    try:
        tenants = load_tenants(directory)
    except PolicyError as error:
        raise UserError(str(error.findings[0])) from None
    typer.echo("# Plazos, cifras y lecturas por cuenta / Terms, figures and readings by tenant")
    for tenant in tenants.values():
        typer.echo("\n".join(_chapter(tenant)))


def _chapter(tenant: Tenant) -> list[str]:
    terms = [
        f"| {key} | {_amount(row)} | {row.unit} | {row.calendar} | {row.ambiguity or ''} "
        f"| {row.source} |"
        for key, row in tenant.deadlines.items()
    ]
    figures = [
        f"| {key} | {_value(row.value)} | {row.unit} | {row.source} |"
        for key, row in tenant.figures.items()
    ]
    readings = [
        f"| {key} | {row.value} | {row.note} | {row.source} |"
        for key, row in tenant.readings.items()
    ]
    return [
        f"\n## {tenant.name}: {tenant.version}\n",
        "| term | amount | unit | calendar | reading | source |",
        "| --- | --- | --- | --- | --- | --- |",
        *terms,
        "\n| figure | value | unit | source |\n| --- | --- | --- | --- |",
        *figures,
        "\n| ambiguity | reading | note | source |\n| --- | --- | --- | --- |",
        *readings,
    ]


def _amount(row: DeadlineRow) -> str:
    return str(row.amount) if row.minimum is None else f"{row.minimum}-{row.amount}"


def _value(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def sections() -> Mapping[str, type[BaseModel]]:
    """The models of all services, by the name of their file."""
    found: dict[str, type[BaseModel]] = {}
    for name in SERVICES:
        module = f"services.{name}.service"
        if _exists(module):
            found |= importlib.import_module(module).SERVICE.sections
    return found


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
