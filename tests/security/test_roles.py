"""G7, roles: each role has its own commands only, on every operation of every service."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.http.operation import Operation
from shared.security import Actor, Issuer, Role, ensure_keys, load_signing_key
from tests.security.doors import Door
from tests.security.town import MINE, Town
from tests.support.house import client_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
ANA = Actor("ana", MINE, frozenset(Role))


async def test_every_operation_names_the_roles_that_may_do_it(town: Town) -> None:
    """Nothing is open by omission: an operation for everybody would be listed here."""
    assert {door.name for door in town.open} == {
        "people.choose_password",
        "people.give_token",
        "people.refresh_session",
        "people.sign_in",
        "people.sign_out",
    }
    strangers = [
        route.name
        for routes in town.house.process.app._services
        for route in [*routes.operations, *routes.others]
        if not isinstance(route, Operation)
    ]
    tested = ["put_attachment_content"]  # in test_upload.py
    assert strangers == tested, "an ordinary route needs tests of its own here"


def _broken(door: Door) -> dict[str, Any]:
    """What is read after permission was asked (see below), and is no body."""
    return {} if door.body is None else {"content": b"{", "json": None}


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_do_what_the_table_says_and_nothing_else(town: Town, role: Role) -> None:
    client = town.house.as_(role, subject=f"matrix-{role}")
    for door in town.doors:
        may = role in door.roles
        # who may do it is refused for what he sends: thousands of cases would be made otherwise
        answer = await door.knock(client, **(_broken(door) if may else {}))
        if may:
            assert answer.status_code != 401, door.name
            assert answer.json().get("code") != "not_allowed", f"{role} may {door.name}"
        else:
            assert answer.status_code == 403, f"{role} may not {door.name}"
            assert answer.json()["code"] == "not_allowed", door.name


async def test_no_role_at_all_may_do_nothing(town: Town) -> None:
    client = town.house.as_()
    assert {door.name: (await door.knock(client)).status_code for door in town.doors} == {
        door.name: 403 for door in town.doors
    }


async def test_permission_is_asked_before_anything_is_read(town: Town) -> None:
    """A caller who may not do it learns nothing of what exists or what is well formed."""
    for door in town.doors:
        client = town.house.as_(*(set(Role) - door.roles))
        answer = await door.knock(client, town.ids[0], content=b"{", json=None, headers={})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), door.name


async def refused(town: Town, authorization: str | None, code: str, doors: list[Door]) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    async with client_of(town.house.url, **headers) as client:
        for door in doors:
            answer = await door.knock(client, town.ids[0])
            assert (answer.status_code, answer.json()["code"]) == (401, code), door.name
            assert answer.headers["www-authenticate"].startswith('Bearer realm="enlace"')
            assert answer.headers["content-type"] == "application/problem+json"


async def test_without_a_token_nothing_opens(town: Town) -> None:
    await refused(town, None, "token_missing", town.doors)
    for authorization in ("", "Basic YW5hOmFuYQ==", "Bearer"):
        await refused(town, authorization, "token_missing", town.doors[:1])


async def test_an_expired_token_opens_nothing(town: Town) -> None:
    issuer = Issuer(town.house.issuer._key, now=lambda: time.time() - 3600)
    token = issuer.issue(ANA, lifetime=timedelta(minutes=10))
    await refused(town, f"Bearer {token}", "token_expired", town.doors)


def tampered(token: str) -> str:
    """The same signature under other claims: another account."""
    header, claims, signature = token.split(".")
    content = orjson.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    changed = orjson.dumps({**content, "tenant": "osce", "roles": ["tenant_admin"]})
    return ".".join([header, urlsafe_b64encode(changed).decode().rstrip("="), signature])


def unsigned(token: str) -> str:
    header = urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


async def test_a_forged_token_opens_nothing(town: Town, tmp_path: Path) -> None:
    own = town.house.issuer.issue(ANA)
    stranger = Issuer(load_signing_key(ensure_keys(tmp_path).private)).issue(ANA)
    # a stranger's signature that claims to be by our key
    signed_by_stranger = ".".join([*own.split(".")[:2], stranger.split(".")[2]])
    await refused(town, f"Bearer {tampered(own)}", "token_invalid", town.doors)
    for token in (unsigned(own), stranger, signed_by_stranger, own[:-4], "x.y.z"):
        await refused(town, f"Bearer {token}", "token_invalid", town.doors[:1])
