"""Lists: every item once, whatever the page size; cursors that are not ours are refused."""

from datetime import UTC, datetime

import httpx
import pytest

from shared.http.pages import decode_cursor, encode_cursor
from shared.http.problems import Refused


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
async def test_walking_the_pages_shows_each_item_once(
    client: httpx.AsyncClient, limit: int
) -> None:
    seen: list[str] = []
    path = f"/api/v1/notes?limit={limit}"
    while path:
        response = await client.get(path)
        page = response.json()
        assert len(page["items"]) <= limit
        seen += [item["id"] for item in page["items"]]
        link = response.headers.get("link", "")
        assert (page["next"] is not None) == ('rel="next"' in link)
        path = link.partition(">")[0][1:]

    assert seen == ["0", "1", "2", "3", "4", "5", "6"]


async def test_the_next_link_keeps_the_filters(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/notes?limit=1&color=red&color=blue")

    assert response.json()["items"][0]["title"] == "red-blue"
    assert "color=red&color=blue" in response.headers["link"]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("limit=0", {"/limit": "greater_than_equal"}),
        ("limit=101", {"/limit": "less_than_equal"}),
        ("limit=x", {"/limit": "int_parsing"}),
        ("limit=" + "9" * 5000, {"/limit": "int_parsing_size"}),
        ("limit=1&limit=2", {"/limit": "repeated"}),
        ("color=green", {"/color/0": "enum"}),
        ("since=yesterday", {"/since": "datetime_from_date_parsing"}),
        ("nope=1", {"/nope": "extra_forbidden"}),
        ("color=%00", {"/color": "nul_character"}),
    ],
)
async def test_a_bad_query_is_refused_where_it_is_wrong(
    client: httpx.AsyncClient, query: str, errors: dict[str, str]
) -> None:
    response = await client.get(f"/api/v1/notes?{query}")

    assert response.status_code == 422
    assert {e["pointer"]: e["code"] for e in response.json()["errors"]} == errors


async def test_an_operation_without_query_refuses_one(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/notes/1?verbose=yes")

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/verbose"


async def test_a_query_of_endless_fields_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/notes?" + "&".join(f"a{n}=1" for n in range(200)))

    assert (response.status_code, response.json()["code"]) == (400, "malformed_request")


@pytest.mark.parametrize(
    "cursor",
    ["!!", "WyJ4Il0", "e30", "W10", "WzEsMl0", "WzFd=", "W3RydWVd", encode_cursor(2**63), "_w"],
)
async def test_a_made_up_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    response = await client.get("/api/v1/notes", params={"next": cursor})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_cursor")


def test_a_cursor_keeps_its_types() -> None:
    at = datetime(2026, 7, 24, 16, 30, 0, 123000, tzinfo=UTC)

    assert decode_cursor(encode_cursor(at, "c-1", 5), datetime, str, int) == (at, "c-1", 5)


def test_a_member_may_be_missing_where_it_was_declared_so() -> None:
    at = datetime(2026, 7, 24, tzinfo=UTC)
    kinds = (datetime | None, str)

    assert decode_cursor(encode_cursor(None, "c-1"), *kinds) == (None, "c-1")
    assert decode_cursor(encode_cursor(at, "c-1"), *kinds) == (at, "c-1")
    with pytest.raises(Refused, match="invalid_cursor"):
        decode_cursor(encode_cursor(None, "c-1"), datetime, str)


@pytest.mark.parametrize("text", ["2026-07-24T16:30:00", "soon", ""])
def test_a_cursor_without_a_real_instant_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="invalid_cursor"):
        decode_cursor(encode_cursor(text), datetime)
