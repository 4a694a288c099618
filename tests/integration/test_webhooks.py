"""Signed notices against a real HTTP server on loopback that fails, hangs, turns away, recovers."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.service import SERVICE
from shared.contracts.terms import Deadline
from shared.contracts.validation import EvaluationObserved, EvaluationOpened, Question
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import PATIENCE, eventually
from tests.support.house import House, Outsider, running

pytestmark = pytest.mark.integration
ANSWERED = 2.0
"""Seconds, where one hangs that has to be given up: enough for the others on a busy machine."""
ASKED = {"type": "information", "topic": "t", "subject": "s", "description": "d"}


@dataclass
class Target:
    """A subscriber's server: answers as it is told, one behaviour a request, the last for ever."""

    behaviours: list[str] = field(default_factory=lambda: ["200"])
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            self.bodies.append(await reader.readexactly(int(headers["content-length"])))
            self.heads.append(headers)
            behaviour = self.behaviours.pop(0) if self.behaviours[1:] else self.behaviours[0]
            if behaviour == "hang":
                await asyncio.sleep(2 * PATIENCE)
            elif behaviour != "drop":
                place = f"location: {self.url}/elsewhere\r\n" if behaviour == "302" else ""
                writer.write(f"HTTP/1.1 {behaviour} x\r\n{place}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Target]:
    target = Target()
    running_now: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(target.serve(reader, writer))
        running_now.add(task)
        task.add_done_callback(running_now.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    target.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield target
    finally:
        for task in running_now:
            task.cancel()
        await asyncio.gather(*running_now, return_exceptions=True)
        server.close()


@pytest.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house


def quick(house: House, **changes: Any) -> None:
    """Loopback allowed and short waits, by policy."""
    policy = house.process.parts["intake"].workshop.policy("osinergmin")
    fast = {"allow_private": True, "first_wait": 0.05, "timeout": PATIENCE, "attempts": 3}
    row = policy.section.webhooks.model_copy(update={**fast, **changes})
    section = policy.section.model_copy(update={"webhooks": row})
    object.__setattr__(policy, "section", section)


async def subscribed(house: House, target: Target, *occasions: str) -> tuple[str, str]:
    wanted = {"url": f"{target.url}/hook?x=1", "occasions": occasions or ("receipt",)}
    answer = await house.as_(Role.TENANT_ADMIN).post("/webhooks", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["secret"]


async def asked(house: House) -> dict[str, Any]:
    view: dict[str, Any] = (await house.as_(Role.LIAISON).post("/requests", json=ASKED)).json()
    return view


async def deliveries(house: House, webhook: str, status: str, number: int = 1) -> list[Any]:
    admin = house.as_(Role.TENANT_ADMIN)

    async def look() -> list[Any]:
        page = (await admin.get(f"/webhooks/{webhook}/deliveries")).json()
        return [one for one in page["items"] if one["status"] == status]

    return await eventually(look, lambda found: len(found) >= number)


def signed(target: Target, secret: str, number: int = -1) -> bool:
    header = dict(part.split("=") for part in target.heads[number]["x-enlace-signature"].split(","))
    content = header["t"].encode() + b"." + target.bodies[number]
    made = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, header["v1"]) and abs(time.time() - int(header["t"])) < 60


async def test_receipt_observation_and_close_are_told_signed_and_logged(house: House) -> None:
    quick(house)
    async with listening() as target:
        webhook, secret = await subscribed(house, target, "receipt", "observation", "close")
        request = await asked(house)
        due = Deadline(stage="x", due_at=house.clock(), effective_at=house.clock())
        opened = EvaluationOpened(
            code="c", request_type="t", topic="t", title="s", received_at=house.clock(),
            deadline=due,
        )  # fmt: skip
        question = (Question(id="1", text="¿?"),)
        observed = EvaluationObserved(query_id="q", questions=question, round_trip=1)
        await Outsider(house.settings.amqp_url.get_secret_value()).tell(  # type: ignore[union-attr]
            request["id"], opened, observed
        )
        await deliveries(house, webhook, "delivered", 2)
        client = house.as_(Role.LIAISON)
        shown = await client.get(f"/requests/{request['id']}")
        tag = {"if-match": shown.headers["etag"]}
        await client.post(f"/requests/{request['id']}/withdraw", json={"reason": "x"}, headers=tag)
        done = await deliveries(house, webhook, "delivered", 3)
        admin = house.as_(Role.TENANT_ADMIN)
        again = await admin.get(f"/webhooks/{webhook}")

    bodies = [json.loads(body) for body in target.bodies]
    assert [body["occasion"] for body in bodies] == ["receipt", "observation", "close"]
    assert {body["request"]["code"] for body in bodies} == {request["code"]}
    assert [body["request"]["status"] for body in bodies] == ["received", "observed", "withdrawn"]
    assert all(signed(target, secret, number) for number in range(3))
    assert not signed(target, "whsec_other")
    assert {line["status"] for one in done for line in one["log"]} == {200}
    assert again.json()["secret"] is None
    assert secret not in again.text


async def test_one_that_fails_hangs_and_recovers_is_told_once_with_its_log(house: House) -> None:
    quick(house, attempts=5, timeout=ANSWERED)
    async with listening() as target:
        target.behaviours = ["503", "hang", "drop", "204"]
        webhook, secret = await subscribed(house, target)
        await asked(house)
        (done,) = await deliveries(house, webhook, "delivered")

    log = [(line["number"], line["status"], line["error"]) for line in done["log"]]
    assert log == [(1, 503, "status"), (2, 0, "timeout"), (3, 0, "no_answer"), (4, 204, "")]
    assert len(set(target.bodies)) == 1
    assert {head["x-enlace-delivery"] for head in target.heads} == {done["id"]}
    assert signed(target, secret)


async def test_one_that_never_answers_ends_failed_holds_up_nobody_and_is_replayed(
    house: House,
) -> None:
    quick(house, timeout=ANSWERED)
    async with listening() as dead, listening() as alive:
        dead.behaviours = ["hang"]
        hanging, _ = await subscribed(house, dead)
        healthy, _ = await subscribed(house, alive)
        for _ in range(6):
            await asked(house)
        await deliveries(house, healthy, "delivered", 6)
        failed = await deliveries(house, hanging, "failed", 6)
        quick(house)
        dead.behaviours = ["200"]
        path = f"/webhooks/{hanging}/deliveries/{failed[0]['id']}"
        admin = house.as_(Role.TENANT_ADMIN)
        replayed = await admin.post(f"{path}/replay")
        (told,) = await deliveries(house, hanging, "delivered")
        elsewhere = await admin.get(path.replace(hanging, healthy))

    assert [line["error"] for line in failed[0]["log"]] == ["timeout"] * 3
    assert replayed.status_code == 200
    assert told["id"] == failed[0]["id"]
    assert len(told["log"]) == 4
    assert elsewhere.json()["code"] == "delivery.unknown"


async def test_redirects_are_not_followed_and_a_closed_subscription_is_told_nothing(
    house: House,
) -> None:
    quick(house, attempts=2)
    async with listening() as target:
        target.behaviours = ["302"]
        webhook, _ = await subscribed(house, target)
        await asked(house)
        (failed,) = await deliveries(house, webhook, "failed")
        admin = house.as_(Role.TENANT_ADMIN)
        tag = {"if-match": '"1"'}
        closed = await admin.delete(f"/webhooks/{webhook}", headers=tag)
        replayed = await admin.post(f"/webhooks/{webhook}/deliveries/{failed['id']}/replay")
        (after,) = await eventually(
            lambda: deliveries(house, webhook, "failed"), lambda found: len(found[0]["log"]) == 3
        )

    assert [line["status"] for line in failed["log"]] == [302, 302]
    assert len(target.bodies) == 2
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert replayed.status_code == 200
    assert after["log"][-1]["error"] == "subscription_closed"


async def test_inner_addresses_are_refused_and_never_called(house: House) -> None:
    async with listening() as target:
        quick(house)
        webhook, _ = await subscribed(house, target)
        quick(house, allow_private=False)
        await asked(house)
        (failed,) = await deliveries(house, webhook, "failed")
        admin: httpx.AsyncClient = house.as_(Role.TENANT_ADMIN)
        answers = [
            await admin.post("/webhooks", json={"url": url})
            for url in (target.url, "https://169.254.169.254/latest", "https://[::1]/")
        ]
        stranger = await house.as_(Role.LIAISON).get("/webhooks")

    assert target.bodies == []
    assert [line["error"] for line in failed["log"]] == ["private_address"]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert stranger.status_code == 403
