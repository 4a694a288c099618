"""A declared operation: what it gives, what it refuses, and with which code."""

import json
from typing import Any

import httpx
import pytest

from shared.security import Role
from tests.support.http_edge import Desk

NOTE = {"title": "hola", "text": "x"}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:enlace:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert body["correlation_id"] == response.headers["x-correlation-id"]
    return response.status_code, body["code"]


def findings(response: httpx.Response) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


async def test_a_command_answers_with_status_location_and_etag(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/v1/notes", json=NOTE)

    assert response.status_code == 201
    assert response.json() == {"id": "n-1", "title": "hola", "version": 1}
    assert response.headers["location"] == "/api/v1/notes/n-1"
    assert response.headers["etag"] == '"1"'
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(response.content))


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/notes/1", "/api/v1/nothing", "/live", "/api/v1/openapi.json"):
        headers = (await client.get(path)).headers

        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_a_reply_says_more_than_its_body(client: httpx.AsyncClient) -> None:
    response = await client.put("/api/v1/notes/7", json=NOTE, headers={"if-match": '"3"'})

    assert response.status_code == 200
    assert response.headers["etag"] == '"4"'
    assert response.headers["x-extra"] == "yes"


async def test_no_content_has_no_body(client: httpx.AsyncClient) -> None:
    response = await client.delete("/api/v1/notes/7", headers={"if-match": '"3"'})

    assert response.status_code == 204
    assert response.content == b""


async def test_a_parameter_may_fill_half_a_segment(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/reports/week.red")).text == "week red"
    green = await client.get("/api/v1/reports/week.green")
    assert problem(green) == (404, "not_found")
    (finding,) = green.json()["errors"]
    assert (finding["pointer"], finding["code"]) == ("/form", "enum")
    assert "red, blue" in finding["detail"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("5", 200), ("0", 404), ("100", 404), ("x", 404), ("9" * 5000, 404), ("%00", 404)],
)
async def test_a_path_that_names_nothing_is_not_found(
    client: httpx.AsyncClient, value: str, expected: int
) -> None:
    assert (await client.get(f"/api/v1/numbers/{value}")).status_code == expected


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"authorization": ""}, "token_missing"),
        ({"authorization": "Basic YTpi"}, "token_missing"),
        ({"authorization": "Bearer "}, "token_missing"),
        ({"authorization": "Bearer x.y.z"}, "token_invalid"),
    ],
)
async def test_without_a_good_token_nobody_comes_in(
    client: httpx.AsyncClient, headers: dict[str, str], code: str
) -> None:
    response = await client.post("/api/v1/notes", json=NOTE, headers=headers)

    assert problem(response) == (401, code)
    assert response.headers["www-authenticate"].startswith('Bearer realm="enlace"')


async def test_a_role_has_its_own_operations_only(desk: Desk) -> None:
    async with desk.client(**desk.bearer(Role.AUDITOR)) as auditor:
        assert (await auditor.get("/api/v1/notes/1")).status_code == 200
        assert problem(await auditor.post("/api/v1/notes", json=NOTE)) == (403, "not_allowed")


async def test_permission_is_judged_before_the_body_is_read(desk: Desk) -> None:
    async with desk.client(**desk.bearer(Role.AUDITOR)) as auditor:
        response = await auditor.post("/api/v1/notes", content=b"{broken")

    assert problem(response) == (403, "not_allowed")


BAD_BODIES: list[tuple[bytes, int, str, dict[str, str]]] = [
    (b"", 400, "malformed_json", {}),
    (b"{", 400, "malformed_json", {}),
    (b'{"title": "a"} x', 400, "malformed_json", {}),
    (b"\xff\xfe", 400, "malformed_json", {}),
    (b'{"title": "\xff"}', 400, "malformed_json", {}),
    (b'{"title": "\x00"}', 400, "malformed_json", {}),
    (b'{"title": "\\ud800"}', 400, "malformed_json", {}),
    (b"[" * 5000, 400, "malformed_json", {}),
    (b"[]", 422, "invalid_request", {"": "model_type"}),
    (b"null", 422, "invalid_request", {"": "model_type"}),
    (b"{}", 422, "invalid_request", {"/title": "missing"}),
    (b'{"title": ""}', 422, "invalid_request", {"/title": "string_too_short"}),
    (b'{"title": 5}', 422, "invalid_request", {"/title": "string_type"}),
    (b'{"title": "a", "typo~/x": 1}', 422, "invalid_request", {"/typo~0~1x": "extra_forbidden"}),
    (b'{"title": "a\\u0000b"}', 422, "invalid_request", {"/title": "nul_character"}),
    (
        b'{"title": "a", "tags": ["b", "\\u0000"]}',
        422,
        "invalid_request",
        {"/tags/1": "nul_character"},
    ),
    (b'{"title": "a", "weight": 1e400}', 422, "invalid_request", {"/weight": "finite_number"}),
    (b'{"title": "a", "share": 1e400}', 422, "invalid_request", {"/share": "finite_number"}),
    (
        b'{"title": "a", "weight": ' + b"9" * 400 + b"}",
        422,
        "invalid_request",
        {"/weight": "less_than_equal"},
    ),
    (b'{"title": "a", "color": "green"}', 422, "invalid_request", {"/color": "enum"}),
    (
        b'{"title": "a", "at": "2026-01-01T00:00:00"}',
        422,
        "invalid_request",
        {"/at": "timezone_aware"},
    ),
]


async def test_what_may_be_chosen_is_told_in_the_callers_language(
    client: httpx.AsyncClient,
) -> None:
    headers = {"content-type": "application/json", "accept-language": "es"}
    content = b'{"title": "a", "color": "green"}'
    response = await client.post("/api/v1/notes", content=content, headers=headers)

    (finding,) = response.json()["errors"]
    assert finding["detail"] == "Debe ser uno de: red, blue."


@pytest.mark.parametrize(("body", "status", "code", "errors"), BAD_BODIES)
async def test_a_bad_body_is_refused_where_it_is_wrong(
    client: httpx.AsyncClient, body: bytes, status: int, code: str, errors: dict[str, str]
) -> None:
    headers = {"content-type": "application/json"}
    response = await client.post("/api/v1/notes", content=body, headers=headers)

    assert problem(response) == (status, code)
    if errors:
        assert findings(response) == errors


async def test_a_literal_backslash_before_u0000_is_no_null_character(
    client: httpx.AsyncClient,
) -> None:
    body = json.dumps({"title": "\\u0000"}).encode()
    headers = {"content-type": "application/json"}

    assert (await client.post("/api/v1/notes", content=body, headers=headers)).status_code == 201


async def test_what_was_sent_is_not_echoed(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/v1/notes", json={"title": 5, "hunter2": "s3cret"})

    assert "s3cret" not in response.text


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ('Application/JSON;charset="UTF-8"', 201),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
async def test_the_media_type_is_checked(
    client: httpx.AsyncClient, media_type: str, status: int
) -> None:
    headers = {"content-type": media_type}
    response = await client.post("/api/v1/notes", content=b'{"title":"a"}', headers=headers)

    assert response.status_code == status
    if status == 415:
        assert problem(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        ("rejected", 409, "note.closed"),
        ("invalid", 422, "note.too_old"),
        ("forbidden", 403, "note.not_yours"),
        ("unknown", 404, "note.unknown"),
        ("stale", 412, "stale_version"),
        ("reused", 422, "idempotency_key_reused"),
        ("transient", 503, "unavailable"),
        ("refused", 422, "invalid_cursor"),
        ("late", 504, "timeout"),
        ("bug", 500, "internal_error"),
    ],
)
async def test_each_family_of_failure_has_its_status(
    client: httpx.AsyncClient, failure: str, status: int, code: str
) -> None:
    response = await client.post(f"/api/v1/notes/{failure}/fail")

    assert problem(response) == (status, code)
    assert "secret" not in response.text
    assert ("retry-after" in response.headers) == (status == 503)


async def test_a_refusal_tells_its_facts(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/v1/notes/rejected/fail")).json()["fields"] == {"reason": "x"}


@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        (None, 428, "precondition_required"),
        ("*", 400, "invalid_if_match"),
        ("3", 400, "invalid_if_match"),
        ('W/"3"', 400, "invalid_if_match"),
        ('"3", "4"', 400, "invalid_if_match"),
        ('"03"', 400, "invalid_if_match"),
        ('"' + "9" * 40 + '"', 400, "invalid_if_match"),
        ('"2"', 412, "stale_version"),
    ],
)
async def test_a_change_needs_the_version_it_was_decided_on(
    client: httpx.AsyncClient, tag: str | None, status: int, code: str
) -> None:
    headers = {} if tag is None else {"if-match": tag}

    response = await client.put("/api/v1/notes/7", json=NOTE, headers=headers)

    assert problem(response) == (status, code)


@pytest.mark.parametrize("key", ["", "a b", "á", "x" * 256, "\t"])
async def test_an_idempotency_key_is_visible_ascii(client: httpx.AsyncClient, key: str) -> None:
    headers: Any = {"idempotency-key": key.encode()}
    response = await client.post("/api/v1/notes", json=NOTE, headers=headers)

    assert problem(response) == (400, "invalid_idempotency_key")


async def test_the_handler_knows_who_asks_and_why(desk: Desk) -> None:
    given = {"idempotency-key": "k-1", "x-correlation-id": "corr-1", "traceparent": TRACE}
    async with desk.client(**given, **{"accept-language": "en"}) as client:
        seen = (await client.post("/api/v1/echo", json=NOTE)).json()

    assert seen["tenant"] == "acme"
    assert seen["subject"] == "ana"
    assert seen["idempotency_key"] == "k-1"
    assert seen["correlation_id"] == "corr-1"
    assert seen["traceparent"] == TRACE
    assert seen["language"] == "en"


async def test_the_fingerprint_tells_one_body_from_another(client: httpx.AsyncClient) -> None:
    bodies = [NOTE, NOTE, {**NOTE, "text": "y"}]
    first, same, other = [
        (await client.post("/api/v1/echo", json=body)).json()["fingerprint"] for body in bodies
    ]

    assert first == same != other


@pytest.mark.parametrize("given", ["", "a b", "x" * 200, "-start", "<script>"])
async def test_an_odd_correlation_id_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    response = await client.get("/api/v1/notes/1", headers={"x-correlation-id": given})

    assert len(response.headers["x-correlation-id"]) == 32


async def test_a_new_thread_takes_the_trace_id_of_the_caller(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/notes/1", headers={"traceparent": TRACE})

    assert response.headers["x-correlation-id"] == TRACE[3:35]


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    response = await client.patch("/api/v1/notes/7", json=NOTE)

    assert problem(response) == (405, "method_not_allowed")
    assert response.headers["allow"] == "DELETE, GET, PUT"


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/notes/", "/api/v1/notes/1/2/3"])
async def test_nothing_there_is_a_problem_too(client: httpx.AsyncClient, path: str) -> None:
    assert problem(await client.get(path)) == (404, "not_found")


async def test_problems_speak_the_callers_language(client: httpx.AsyncClient) -> None:
    titles = {
        language: (
            await client.get("/api/v1/nothing", headers={"accept-language": language})
        ).json()["title"]
        for language in ("", "es-PE", "en-US,en;q=0.9", "fr", "en;q=0.1, es;q=0.5", ";;q=x")
    }

    assert titles == {
        "": "No existe",
        "es-PE": "No existe",
        "en-US,en;q=0.9": "Not found",
        "fr": "No existe",
        "en;q=0.1, es;q=0.5": "No existe",
        ";;q=x": "No existe",
    }
