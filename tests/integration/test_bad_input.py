"""Bad input over real HTTP: each kind has its own stable code, told as a problem in two languages.

What goes wrong on the bus (unknown version, unroutable, a stalled broker, a step-down) is in
`tests/integration/kernel`.
"""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.service import SERVICE
from shared.security import Actor, Issuer, Role, ensure_keys, load_signing_key
from tests.support.house import House, client_of, running, settings_of
from tests.support.infra import Infra

pytestmark = pytest.mark.integration
LIMIT = 100_000
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d"}
LIAISON = Actor("ana", "osinergmin", frozenset({Role.LIAISON}))


@pytest.fixture(scope="module")
async def house(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    with infra.vhost() as amqp, infra.database_prefix() as prefix:
        settings = settings_of(amqp, infra.broker.management_url, infra.database.url, prefix)
        settings = settings.model_copy(update={"http_body_limit": LIMIT})
        async with running([SERVICE], settings, tmp_path_factory.mktemp("keys")) as house:
            yield house


@pytest.fixture
def client(house: House) -> httpx.AsyncClient:
    return house.as_(Role.LIAISON)


async def refused(
    client: httpx.AsyncClient, status: int, code: str, verb: str, path: str, **request: Any
) -> dict[str, Any]:
    """Ask in Spanish and in English: the same code, other words; gives the Spanish problem."""
    headers = request.pop("headers", {})
    told = {}
    for language in ("es", "en"):
        both = {**headers, "accept-language": language}
        answer = await client.request(verb, path, headers=both, **request)
        problem: dict[str, Any] = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        assert problem["status"] == status
        assert problem["type"] == f"urn:enlace:problem:{code}"
        assert problem["correlation_id"] == answer.headers["x-correlation-id"]
        assert problem["title"]
        assert problem["detail"]
        told[language] = problem
    assert told["es"]["title"] != told["en"]["title"]
    assert told["es"]["detail"] != told["en"]["detail"]
    return told["es"]


async def known(client: httpx.AsyncClient) -> set[str]:
    return {request["id"] for request in (await client.get("/requests")).json()["items"]}


async def received(client: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    answer = await client.post("/requests", json=ASKED, headers=headers)
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def test_an_unknown_type(client: httpx.AsyncClient) -> None:
    before, body = await known(client), {**ASKED, "type": "wish"}
    problem = await refused(client, 422, "request.unknown_type", "POST", "/requests", json=body)

    assert "information" in problem["fields"]["known"]
    assert "wish" in problem["detail"]
    assert await known(client) == before


async def test_a_missing_field(client: httpx.AsyncClient) -> None:
    before, body = (
        await known(client),
        {name: value for name, value in ASKED.items() if name != "subject"},
    )
    problem = await refused(client, 422, "invalid_request", "POST", "/requests", json=body)

    (finding,) = problem["errors"]
    assert (finding["pointer"], finding["code"]) == ("/subject", "missing")
    assert finding["detail"]
    assert await known(client) == before


async def test_an_oversized_body(client: httpx.AsyncClient) -> None:
    before, body = await known(client), {**ASKED, "description": "x" * LIMIT}
    problem = await refused(client, 413, "body_too_large", "POST", "/requests", json=body)

    assert problem["fields"]["limit"] == LIMIT
    assert await known(client) == before


async def test_an_oversized_body_that_does_not_say_how_long_it_is(
    client: httpx.AsyncClient,
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b" " * (LIMIT // 3)

    answer = await client.post(
        "/requests", content=endless(), headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "application/json; charset=latin-1", ""]
)
async def test_a_wrong_media_type(client: httpx.AsyncClient, media_type: str) -> None:
    problem = await refused(
        client,
        415,
        "unsupported_media_type",
        "POST",
        "/requests",
        content=b"{}",
        headers={"content-type": media_type},
    )

    assert problem["fields"]["expected"] == "application/json"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5_000])
async def test_a_body_that_is_not_json(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    await refused(client, 400, "malformed_json", "POST", "/requests", content=body, headers=headers)


async def test_a_reused_idempotency_key_with_another_body(client: httpx.AsyncClient) -> None:
    key, before = {"idempotency-key": "one-wish"}, await known(client)
    first = await received(client, **key)
    other = {**ASKED, "subject": "another"}
    await refused(
        client, 422, "idempotency_key_reused", "POST", "/requests", json=other, headers=key
    )

    again = await client.post("/requests", json=ASKED, headers=key)
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert await known(client) == {*before, first["id"]}


async def test_a_stale_etag(client: httpx.AsyncClient) -> None:
    request = await received(client)
    path = f"/requests/{request['id']}/withdraw"
    problem = await refused(
        client,
        412,
        "stale_version",
        "POST",
        path,
        json={"reason": "r"},
        headers={"if-match": '"7"'},
    )

    assert problem["fields"] == {"expected": 7, "actual": 1}
    assert (await client.get(f"/requests/{request['id']}")).json()["version"] == 1


async def test_no_etag_and_a_made_up_one(client: httpx.AsyncClient) -> None:
    path = f"/requests/{(await received(client))['id']}/withdraw"
    body = {"reason": "r"}
    await refused(client, 428, "precondition_required", "POST", path, json=body)
    for tag in ("1", 'W/"1"', "*", '"1", "2"', '"one"'):
        headers = {"if-match": tag}
        await refused(client, 400, "invalid_if_match", "POST", path, json=body, headers=headers)


async def test_an_illegal_transition(client: httpx.AsyncClient) -> None:
    request = await received(client)
    path = f"/requests/{request['id']}/withdraw"
    body = {"reason": "r"}
    done = await client.post(path, json=body, headers={"if-match": '"1"'})
    assert done.status_code == 200
    problem = await refused(
        client,
        409,
        "request.illegal_transition",
        "POST",
        path,
        json=body,
        headers={"if-match": done.headers["etag"]},
    )

    assert problem["fields"]["action"] == "withdraw"
    assert (await client.get(f"/requests/{request['id']}")).headers["etag"] == done.headers["etag"]


async def test_another_accounts_id(house: House, client: httpx.AsyncClient) -> None:
    request = await received(client)
    stranger = house.as_(Role.LIAISON, tenant="osce")
    path = f"/requests/{request['id']}"
    for rest in ("", "/history", "/deadlines"):
        await refused(stranger, 404, "request.unknown", "GET", path + rest)
    headers = {"if-match": '"1"'}
    await refused(
        stranger,
        404,
        "request.unknown",
        "POST",
        f"{path}/withdraw",
        json={"reason": "r"},
        headers=headers,
    )


async def test_an_expired_token(house: House, client: httpx.AsyncClient) -> None:
    past = Issuer(house.issuer._key, now=lambda: time.time() - 3600)
    token = past.issue(LIAISON, lifetime=timedelta(minutes=10))
    headers = {"authorization": f"Bearer {token}"}
    await refused(client, 401, "token_expired", "GET", "/requests", headers=headers)


async def test_a_forged_token(client: httpx.AsyncClient, tmp_path: Path) -> None:
    stranger = Issuer(load_signing_key(ensure_keys(tmp_path / "stranger").private))
    headers = {"authorization": f"Bearer {stranger.issue(LIAISON)}"}
    await refused(client, 401, "token_invalid", "GET", "/requests", headers=headers)


async def test_no_token(house: House) -> None:
    async with client_of(f"{house.url}/api/v1") as nobody:
        await refused(nobody, 401, "token_missing", "GET", "/requests")


async def test_a_role_that_may_not(house: House) -> None:
    await refused(house.as_(Role.ADVISER), 403, "not_allowed", "POST", "/requests", json=ASKED)


async def test_an_address_where_nothing_is(client: httpx.AsyncClient) -> None:
    await refused(client, 404, "not_found", "GET", "/wishes")
    await refused(client, 404, "request.unknown", "GET", "/requests/none")
    await refused(client, 405, "method_not_allowed", "DELETE", "/requests")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "101"}, "invalid_request"),
        ({"limit": "many"}, "invalid_request"),
        ({"colour": "red"}, "invalid_request"),
        ({"next": "made-up"}, "invalid_cursor"),
    ],
)
async def test_a_query_that_makes_no_sense(
    client: httpx.AsyncClient, query: dict[str, str], code: str
) -> None:
    await refused(client, 422, code, "GET", "/requests", params=query)


async def test_an_idempotency_key_that_is_none(client: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "with blanks in it"}
    await refused(
        client, 400, "invalid_idempotency_key", "POST", "/requests", json=ASKED, headers=headers
    )
