"""Limits, over real HTTP on the loopback: size, time, rate, load."""

import asyncio
from pathlib import Path

import httpx
import pytest

from shared.http.headers import forwarded_for
from shared.http.limits import Rate, RateLimiter
from shared.http.problems import Refused
from shared.security import Role
from tests.support.eventually import PATIENCE, eventually
from tests.support.http_edge import UPLOAD_LIMIT, Desk, make_desk

NOTE = b'{"title": "a"}'
JSON = {"content-type": "application/json"}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def patient(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(headers=desk.bearer(), timeout=PATIENCE)


async def reached(desk: Desk, number: int) -> None:
    """That many are in the slow operation."""

    async def waiting() -> int:
        return desk.notes.waiting

    await eventually(waiting, lambda found: found == number, every=0)


@pytest.fixture
def small(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, http_body_limit=1000)


async def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not(small: Desk) -> None:
    async with small.served() as port, patient(small) as client:
        url = f"http://127.0.0.1:{port}/api/v1/notes"
        fits = NOTE + b" " * (1000 - len(NOTE))

        assert (await client.post(url, content=fits, headers=JSON)).status_code == 201
        assert code(await client.post(url, content=fits + b" ", headers=JSON)) == (
            413,
            "body_too_large",
        )


async def test_a_body_without_length_is_counted(small: Desk) -> None:
    async def endless():  # type: ignore[no-untyped-def]  # noqa: ANN202
        for _ in range(20):
            yield b" " * 100

    async with small.served() as port, patient(small) as client:
        url = f"http://127.0.0.1:{port}/api/v1/notes"
        response = await client.post(url, content=endless(), headers=JSON)

    assert code(response) == (413, "body_too_large")


async def test_a_caller_sees_the_refusal_of_what_he_is_still_sending(small: Desk) -> None:
    async with small.served() as port, patient(small) as client:
        url = f"http://127.0.0.1:{port}/api/v1/notes"
        response = await client.post(url, content=b" " * 15_000, headers=JSON)

    assert code(response) == (413, "body_too_large")


async def test_a_huge_body_is_refused_without_reading_it(small: Desk) -> None:
    async with small.served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_head(small, length=10**12))
        answer = await reader.read(2000)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"body_too_large"' in answer


async def test_a_body_that_never_ends_is_given_up(tmp_path: Path) -> None:
    hasty = make_desk(tmp_path, http_timeout=0.3)
    async with hasty.served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_head(hasty, length=100) + b'{"ti')
        answer = await asyncio.wait_for(reader.read(2000), PATIENCE)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"slow_body"' in answer


async def test_a_caller_who_hangs_up_leaves_no_trace_but_a_count(small: Desk) -> None:
    labels = {"method": "POST", "route": "/api/v1/notes", "status": "499"}

    async def in_flight() -> float:
        return small.registry.get_sample_value("enlace_http_requests_in_flight") or 0

    async def counted() -> float:
        return small.registry.get_sample_value("enlace_http_requests_total", labels) or 0

    async with small.served() as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_head(small, length=100) + b'{"ti')
        await writer.drain()
        await eventually(in_flight)
        writer.close()
        await eventually(counted, lambda number: number == 1)


def _head(desk: Desk, *, length: int) -> bytes:
    lines = [
        "POST /api/v1/notes HTTP/1.1",
        "host: desk",
        f"authorization: {desk.bearer()['authorization']}",
        "content-type: application/json",
        f"content-length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_slow_operation_is_cancelled_and_told(desk: Desk) -> None:
    async with desk.served() as port, patient(desk) as client:
        response = await client.get(f"http://127.0.0.1:{port}/api/v1/slow")

        assert code(response) == (504, "timeout")
        assert desk.notes.cancelled == 1
        desk.notes.released.set()
        again = await client.get(f"http://127.0.0.1:{port}/api/v1/slow")
        assert again.status_code == 200


async def test_many_slow_ones_do_not_hold_up_the_rest(desk: Desk) -> None:
    async with desk.client() as client:
        slow = [asyncio.create_task(client.get("/api/v1/slow")) for _ in range(20)]
        await reached(desk, 20)
        quick = await client.get("/api/v1/notes/1")
        answers = await asyncio.gather(*slow)

    assert quick.status_code == 200
    assert {code(answer) for answer in answers} == {(504, "timeout")}


async def test_beyond_its_load_the_process_says_so(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, http_max_in_flight=3, patience=PATIENCE)
    async with desk.client() as client:
        slow = [asyncio.create_task(client.get("/api/v1/slow")) for _ in range(3)]
        await reached(desk, 3)
        refused = await client.get("/api/v1/notes/1")
        probe = await client.get("/live")
        desk.notes.released.set()
        await asyncio.gather(*slow)
        later = await client.get("/api/v1/notes/1")

    assert code(refused) == (503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert (probe.status_code, later.status_code) == (200, 200)


async def test_a_caller_has_a_rate_and_others_are_not_touched(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, http_rate=0.01, http_burst=2)
    async with desk.client() as ana, desk.client(**desk.bearer(subject="eva")) as eva:
        answers = [await ana.get("/api/v1/notes/1") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert code(answers[2]) == (429, "too_many_requests")
        assert 100 - PATIENCE < int(answers[2].headers["retry-after"]) <= 100
        assert (await eva.get("/api/v1/notes/1")).status_code == 200


def test_a_bucket_fills_up_again() -> None:
    clock = [0.0]
    limiter = RateLimiter(Rate(per_second=2, burst=3), now=lambda: clock[0])
    taken = []
    for at in (0, 0, 0, 0, 0.5, 0.5, 10, 10, 10, 10):
        clock[0] = at
        taken.append(_takes(limiter, "ana"))

    assert taken == [True, True, True, False, True, False, True, True, True, False]


def test_the_oldest_callers_are_forgotten() -> None:
    limiter = RateLimiter(Rate(per_second=0.001, burst=1), callers=2, now=lambda: 0.0)

    assert [_takes(limiter, caller) for caller in "abca"] == [True, True, True, True]
    assert not _takes(limiter, "c")


@pytest.mark.parametrize(
    ("told", "proxies", "client"),
    [
        ("203.0.113.7", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", 1, "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"),
        ("203.0.113.7", 2, None),
        ("203.0.113.7", 0, None),
        ("whoever", 1, None),
        ("", 1, None),
    ],
)
def test_who_asks_is_what_our_own_proxies_saw(told: str, proxies: int, client: str | None) -> None:
    assert forwarded_for({b"x-forwarded-for": told.encode()}, proxies) == client


def _takes(limiter: RateLimiter, caller: str) -> bool:
    try:
        limiter.take(caller)
    except Refused:
        return False
    return True


async def test_an_upload_has_its_own_limit_and_the_same_door(small: Desk) -> None:
    url = "/api/v1/notes/uploads"
    async with small.client() as client, small.client(**small.bearer(Role.AUDITOR)) as auditor:
        fits = await client.post(url, files={"file": b"x" * (UPLOAD_LIMIT - 500)})
        large = await client.post(url, files={"file": b"x" * (UPLOAD_LIMIT + 1)})
        forbidden = await auditor.post(url, files={"file": b"x"})
        anonymous = await client.post(url, files={"file": b"x"}, headers={"authorization": ""})
        empty = await client.post(url)

    assert fits.json() == {"size": UPLOAD_LIMIT - 500, "tenant": "acme"}
    assert code(large) == (413, "body_too_large")
    assert code(forbidden) == (403, "not_allowed")
    assert code(anonymous) == (401, "token_missing")
    assert code(empty) == (422, "invalid_request")
