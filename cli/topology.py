"""`enlace topology`: declares exchanges, queues and permissions before services start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

import typer

from cli.errors import USAGE, UserError
from cli.local.home import known_services
from cli.local.management import Management, usual_address
from cli.run import wait_for_gate
from shared.bus.topology import Definitions, Login, definitions
from shared.runner import find
from shared.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretStr

    from shared.service import Service

app = typer.Typer()


@app.callback()
def topology() -> None:
    """Declare the broker's topology: a deploy step, since services declare nothing."""


@app.command()
def apply(
    *,
    show: Annotated[bool, typer.Option("--show", help="Print the definitions, apply nothing.")] = (
        False
    ),
) -> None:
    """Declare exchanges, queues, dead letters and the permissions of each service's user.

    Applying it again changes nothing. Users are made for the services whose own address
    (ENLACE_<SERVICE>_AMQP_URL) names one.

    \b
    Example:
      ./enlace topology apply
    """
    services = find(known_services(), known_services())
    settings = Settings()
    if settings.amqp_url is None:
        raise UserError("set ENLACE_AMQP_URL to the broker that shall have the topology")
    wanted = wanted_definitions(settings, services)
    if show:
        import json

        typer.echo(json.dumps(_without_secrets(wanted), indent=2))
        return
    wait_for_gate()
    declare(_management(settings.amqp_url, settings.amqp_management_url), wanted)
    typer.echo(f"{len(wanted['queues'])} queues of {len(services)} services declared")


def _management(broker: SecretStr, management: SecretStr | None) -> str:
    if management is not None:
        return management.get_secret_value()
    return usual_address(broker.get_secret_value())


def wanted_definitions(settings: Settings, services: Sequence[Service]) -> Definitions:
    """What these services need, with a user for each that has an address of its own."""
    inboxes = [service.inbox for service in services if service.inbox is not None]
    admin = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
    urls = {s.name: settings.for_service(s.name).amqp_url.get_secret_value() for s in services}
    logins = [Login.from_url(name, url) for name, url in urls.items() if url != admin]
    return definitions(vhost_of(admin), inboxes, logins)


def declare(management_url: str, wanted: Definitions) -> None:
    """Give the definitions to the broker.

    Raises:
        UserError: the management API does not answer or refuses.
    """
    try:
        Management(management_url).call("POST", "definitions", wanted, timeout=60.0)
    except OSError as error:
        where = urlsplit(management_url).netloc.rpartition("@")[2]
        raise UserError(
            f"the broker's management API at {where} does not answer ({error}): "
            "the topology is declared through it; ENLACE_AMQP_MANAGEMENT_URL says where it is"
        ) from error


def admin_address() -> str:
    """The broker's address with the rights of an administrator."""
    url = Settings().amqp_url
    if url is None:
        raise UserError("nothing is running here: `./enlace up`, or set ENLACE_AMQP_URL")
    address = url.get_secret_value()
    if not is_address(address):
        raise UserError("ENLACE_AMQP_URL is not amqp(s)://user:password@host:port/vhost", USAGE)
    return address


def is_address(url: str) -> bool:
    """Tell whether that names a broker."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"amqp", "amqps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def vhost_of(url: str) -> str:
    """The virtual host an AMQP address names; none is `/`."""
    return unquote(urlsplit(url).path[1:]) or "/"


def _without_secrets(wanted: Definitions) -> Definitions:
    users = [{**user, "password_hash": "…"} for user in wanted["users"]]
    return {**wanted, "users": users}
