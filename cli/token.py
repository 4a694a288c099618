"""`./enlace token`: a token for trying the API of a local `up`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.demo.day import TENANT as DEMONSTRATED
from cli.errors import USAGE, UserError
from shared.security import Actor, Issuer, Role, load_signing_key
from shared.settings import Settings

app = typer.Typer()
GIVEN = [role for role in Role if role is not Role.SYSTEM]


@app.command()
def token(
    role: Annotated[
        list[Role] | None, typer.Option(help="A role of the bearer; repeatable. All, if none.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Its tenant; the demonstration's, if none.")
    ] = None,
    area: Annotated[
        list[str] | None, typer.Option(help="An area that the bearer works in; repeatable.")
    ] = None,
    organisation: Annotated[
        str, typer.Option(help="The organisation that the bearer is of, for a provider.")
    ] = "",
    subject: Annotated[str, typer.Option(help="Who the bearer is.")] = "visitor",
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="How long it is good.")] = 60,
) -> None:
    """Print a token for trying the API.

    \b
    Example:
      TOKEN=$(./enlace token --role liaison)
      curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/v1/requests
    """
    settings = Settings()
    chosen = _tenant(settings.tenants_dir, tenant)
    roles = role or GIVEN
    if Role.SYSTEM in roles:
        raise UserError("nobody signs in as the system: choose another --role", USAGE)
    actor = Actor(
        subject,
        chosen,
        frozenset(roles),
        areas=frozenset(area or ()),
        organisation=organisation,
    )
    typer.echo(_issuer(settings).issue(actor, lifetime=timedelta(minutes=minutes)))
    shown = "all roles" if role is None else ", ".join(sorted(roles))
    typer.echo(f"enlace: {subject} of {chosen}, {shown}, {minutes} min", err=True)


def _tenant(folder: Path, wanted: str | None) -> str:
    known = sorted(path.name for path in folder.glob("*") if path.is_dir())
    if not known:
        raise UserError(f"{folder} has no tenants: set ENLACE_TENANTS_DIR")
    if wanted is not None and wanted not in known:
        raise UserError(f"there is no tenant {wanted}: choose one of {', '.join(known)}", USAGE)
    # the account of the demonstration day is the one where there is something to see
    return wanted or (DEMONSTRATED if DEMONSTRATED in known else known[0])


def _issuer(settings: Settings) -> Issuer:
    if settings.token_private_key is None:
        raise UserError("there is no key to sign with: run ./enlace up first")
    return Issuer(load_signing_key(settings.token_private_key))
