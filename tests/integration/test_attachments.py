"""Documents over real HTTP into real GridFS: whole, in parts, cut off, false, too many."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from services.intake.clearing import Clearing
from services.intake.policy import MAX_ATTACHMENT
from services.intake.service import SERVICE
from shared.files import GridFiles
from shared.security import Role
from shared.settings import Settings
from shared.sniffing import Passing
from tests.support.eventually import PATIENCE, eventually
from tests.support.house import House, running

pytestmark = pytest.mark.integration
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d"}
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4_000


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


@pytest.fixture
def client(house: House) -> httpx.AsyncClient:
    return house.as_(Role.LIAISON)


async def request_of(client: httpx.AsyncClient) -> str:
    answer = await client.post("/requests", json=ASKED)
    return str(answer.json()["id"])


async def declared(
    client: httpx.AsyncClient, request_id: str, content: bytes = PDF, **changes: Any
) -> httpx.Response:
    body = {
        "name": "nota señores.pdf",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return await client.post(f"/requests/{request_id}/attachments", json={**body, **changes})


def path_of(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"].removeprefix("/api/v1")) + "/content"


def span(first: int, content: bytes) -> dict[str, str]:
    return {"content-range": f"bytes {first}-{first + len(content) - 1}/{len(PDF)}"}


async def stored_files(house: House) -> int:
    database = house.process.parts["intake"].workshop.database
    return int(await database["files.files"].count_documents({}))


async def test_a_document_goes_in_and_comes_back_the_same(
    house: House, client: httpx.AsyncClient
) -> None:
    request_id = await request_of(client)
    path = path_of(await declared(client, request_id))
    early = await client.get(path)
    done = await client.put(path, content=PDF)
    back = await client.get(path)
    shown = await eventually(
        lambda: client.get(f"/requests/{request_id}"), lambda a: bool(a.json()["documents"])
    )
    other = await request_of(client)
    elsewhere = await client.get(path.replace(request_id, other))

    assert (early.status_code, early.json()["code"]) == (409, "attachment.incomplete")
    assert (done.status_code, done.json()["status"]) == (200, "complete")
    assert back.content == PDF
    assert back.headers["content-type"] == "application/pdf"
    assert back.headers["x-content-type-options"] == "nosniff"
    disposition = "attachment; filename*=UTF-8''nota%20se%C3%B1ores.pdf"
    assert back.headers["content-disposition"] == disposition
    (document,) = shown.json()["documents"]
    assert set(document) == {"id", "name", "size", "sha256"}
    assert document["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "attachment.unknown")
    assert (await client.put(path, content=PDF)).json()["code"] == "attachment.not_receiving"


async def test_it_is_sent_in_parts_that_follow_each_other(
    house: House, client: httpx.AsyncClient
) -> None:
    path = path_of(await declared(client, await request_of(client)))
    cut = 300_000
    first = await client.put(path, content=PDF[:cut], headers=span(0, PDF[:cut]))
    again = await client.put(path, content=PDF[:cut], headers=span(0, PDF[:cut]))
    gap = await client.put(path, content=PDF[cut + 1 :], headers=span(cut + 1, PDF[cut + 1 :]))
    false = await client.put(path, content=PDF[cut:-1], headers=span(cut, PDF[cut:]))
    odd = await client.put(path, content=b"x", headers={"content-range": "bytes 5-1/3"})
    last = await client.put(path, content=PDF[cut:], headers=span(cut, PDF[cut:]))

    assert (first.json()["status"], first.json()["received"]) == ("receiving", cut)
    for refused in (again, gap):
        assert (refused.status_code, refused.json()["code"]) == (409, "attachment.offset")
        assert refused.json()["fields"]["expected"] == cut
    for refused in (false, odd):
        assert (refused.status_code, refused.json()["code"]) == (422, "attachment.range")
    assert last.json()["status"] == "complete"
    assert (await client.get(path)).content == PDF
    assert await stored_files(house) == 2


async def test_a_sender_who_is_cut_off_goes_on_where_he_stopped(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, through = asyncio.Event(), Passing.through

    async def seen(self: Passing, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in through(self, content):
            yield chunk
            arrived.set()

    monkeypatch.setattr(Passing, "through", seen)
    path = path_of(await declared(client, await request_of(client)))
    url = urlsplit(house.url)
    head = (
        f"PUT /api/v1{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(PDF)}\r\n"
        f"authorization: {client.headers['authorization']}\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port)) as line:
        await asyncio.to_thread(line.sendall, head.encode() + PDF[:100_000])
        # what nobody has read when the line breaks is lost
        await asyncio.wait_for(arrived.wait(), PATIENCE)
    shown = await eventually(
        lambda: client.get(path.removesuffix("/content")), lambda a: a.json()["received"] > 0
    )
    here = shown.json()["received"]
    done = await client.put(path, content=PDF[here:], headers=span(here, PDF[here:]))

    assert 0 < here <= 100_000
    assert done.json()["status"] == "complete"
    assert (await client.get(path)).content == PDF


@pytest.mark.parametrize(
    ("content", "changes", "code"),
    [
        (PDF, {"sha256": "0" * 64}, "attachment.sha256_mismatch"),
        (b"<html><script>", {}, "attachment.type_not_taken"),
        (b"MZ\x90\x00 named .pdf", {}, "attachment.type_not_taken"),
    ],
)
async def test_what_is_not_what_it_should_be_is_refused_and_deleted(
    house: House, client: httpx.AsyncClient, content: bytes, changes: dict[str, Any], code: str
) -> None:
    answer = await declared(client, await request_of(client), content, **changes)
    path = path_of(answer)
    refused = await client.put(path, content=content)
    workshop = house.process.parts["intake"].workshop
    await Clearing(workshop, GridFiles(workshop.database)).clear()

    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
    assert (await client.get(path.removesuffix("/content"))).json()["status"] == "refused"
    await eventually(lambda: stored_files(house), lambda n: n == 0)


async def test_what_nobody_finishes_is_given_up(house: House, client: httpx.AsyncClient) -> None:
    path = path_of(await declared(client, await request_of(client)))
    await client.put(path, content=PDF[:10], headers=span(0, PDF[:10]))
    house.clock.ahead += timedelta(hours=25)
    shown = await eventually(
        lambda: client.get(path.removesuffix("/content")),
        lambda a: a.json()["status"] == "refused",
    )
    assert shown.json()["reason"] == "abandoned"
    await eventually(lambda: stored_files(house), lambda n: n == 0)


async def test_sizes_and_room_are_limited_by_policy(
    house: House, client: httpx.AsyncClient
) -> None:
    request_id = await request_of(client)
    large = await declared(client, request_id, size=MAX_ATTACHMENT + 1)
    policy = house.process.parts["intake"].workshop.policy("osinergmin")
    row = policy.section.attachments
    narrow = row.model_copy(update={"quota_bytes": 3 * len(PDF), "per_request": 3})
    section = policy.section.model_copy(update={"attachments": narrow})
    object.__setattr__(policy, "section", section)
    answers = await asyncio.gather(*(declared(client, request_id) for _ in range(6)))
    codes = {answer.json().get("code") for answer in answers if answer.status_code != 201}
    kept = [answer for answer in answers if answer.status_code == 201]

    assert (large.status_code, large.json()["code"]) == (422, "attachment.too_large")
    assert len(kept) <= 3
    assert codes <= {"attachment.quota", "attachment.too_many"}
    assert codes


async def test_a_large_document_streams_both_ways(house: House, client: httpx.AsyncClient) -> None:
    block = b"%PDF-1.7\n" + b"\x01" * (1024 * 1024 - 9)
    whole, times = hashlib.sha256(), 24
    for _ in range(times):
        whole.update(block)
    size = times * len(block)
    answer = await declared(client, await request_of(client), size=size, sha256=whole.hexdigest())

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(times):
            yield block

    done = await client.put(path_of(answer), content=blocks())
    back = hashlib.sha256()
    async with client.stream("GET", path_of(answer)) as stream:
        async for chunk in stream.aiter_bytes():
            back.update(chunk)

    assert done.json()["status"] == "complete"
    assert back.hexdigest() == whole.hexdigest()
