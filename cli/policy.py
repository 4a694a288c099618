"""`enlace policy`: validate what differs between accounts."""

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel

from cli.errors import FOUND, USAGE, UserError
from shared.i18n import SPANISH
from shared.policy import Severity
from shared.policy import check as check_tenants

app = typer.Typer(help="Tenant policies.", no_args_is_help=True)

TENANTS: Final = Path("deploy/tenants")
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
    directory: Annotated[Path, typer.Argument(metavar="[DIR]")] = TENANTS,
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
