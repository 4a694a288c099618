"""Clients that do the main job through the chaos, and a copyist who repeats every event."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import httpx

from shared.bus.connection import LOST, connect
from shared.bus.topology import EVENTS, INBOX, Inbox
from shared.ids import new_id
from shared.security import Role
from tests.chaos.arena import Arena

POISON = (b"\x00\x01 not an event", b'{"specversion": "1.0"}', b"[]")


@dataclass
class Accepted:
    """What was answered with 2xx, and so may never be lost."""

    requests: dict[str, str] = field(default_factory=dict)
    observed: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    retries: int = 0
    replays: int = 0


@dataclass
class Clients:
    """Each sends requests and leads some of them through their evaluation."""

    arena: Arena
    accepted: Accepted
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, count: int) -> None:
        async with httpx.AsyncClient(timeout=15) as http:
            await asyncio.gather(*(self._one(http, random.Random(i)) for i in range(count)))  # noqa: S311

    async def _one(self, http: httpx.AsyncClient, rand: random.Random) -> None:
        walks: set[asyncio.Task[None]] = set()
        while not self.stopping.is_set():
            request_id = await self._receive(http)
            if request_id is not None and rand.random() < 0.6:
                walk = asyncio.create_task(self._evaluate(http, request_id, rand))
                walks.add(walk)
                walk.add_done_callback(walks.discard)
            await asyncio.sleep(rand.uniform(0.02, 0.25))
        await asyncio.gather(*walks)

    async def _receive(self, http: httpx.AsyncClient) -> str | None:
        key, body = (
            new_id(),
            {
                "type": "information",
                "topic": "Caos",
                "subject": "Solicitud durante el caos",
                "description": "Nada de lo aceptado se pierde.",
            },
        )
        url = f"{self.arena.url('intake')}/requests"
        answer = await self._insist(http, url, body, {"Idempotency-Key": key}, Role.LIAISON)
        if answer is None:
            return None
        assert answer.status_code == 201, answer.text
        request = answer.json()
        self.accepted.requests[request["id"]] = request["code"]
        return str(request["id"])

    async def _evaluate(
        self, http: httpx.AsyncClient, request_id: str, rand: random.Random
    ) -> None:
        if rand.random() < 0.4:
            asked = await self._step(http, request_id, "observe", {"questions": ["¿Desde cuándo?"]})
            if asked is None:
                return
            self.accepted.observed.add(request_id)
            query = asked["queries"][-1]
            answers = [{"question_id": q["id"], "text": "Desde hoy"} for q in query["questions"]]
            body = {"query_id": query["id"], "answers": answers}
            if await self._step(http, request_id, "answer", body) is None:
                return
            self.accepted.answered.add(request_id)
        if rand.random() < 0.7:
            body = {"checks": ["other_requests", "resources", "areas"]}
            if await self._step(http, request_id, "approve", body):
                self.accepted.approved.add(request_id)
        elif await self._step(http, request_id, "refuse", {"reason": "No es viable"}):
            self.accepted.refused.add(request_id)

    async def _step(
        self, http: httpx.AsyncClient, request_id: str, step: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        """One command on an evaluation, read anew until it is accepted; None when time is up."""
        url = f"{self.arena.url('validation')}/evaluations/{request_id}"
        role = Role.LIAISON if step == "answer" else Role.VALIDATION_SUPERVISOR
        headers = {"Authorization": f"Bearer {self.arena.token(role)}"}
        key = new_id()
        for _ in range(200):
            with suppress(httpx.HTTPError):
                seen = await http.get(url, headers=headers)
                if seen.status_code == 200:
                    more = {"If-Match": seen.headers["etag"], "Idempotency-Key": key}
                    done = await http.post(f"{url}/{step}", json=body, headers={**headers, **more})
                    if done.status_code == 200:
                        result: dict[str, Any] = done.json()
                        return result
                    assert done.status_code in (409, 412, 503, 504), done.text
            self.accepted.retries += 1
            await asyncio.sleep(0.3)
        return None

    async def _insist(
        self,
        http: httpx.AsyncClient,
        url: str,
        body: dict[str, Any],
        headers: dict[str, str],
        role: Role,
    ) -> httpx.Response | None:
        """Send the same thing under the same key until there is an answer."""
        for _ in range(200):
            token = self.arena.token(role)
            with suppress(httpx.HTTPError):
                answer = await http.post(
                    url, json=body, headers={**headers, "Authorization": f"Bearer {token}"}
                )
                if answer.status_code < 500:
                    return answer
            self.accepted.retries += 1
            await asyncio.sleep(0.2)
        return None


@dataclass
class Copyist:
    """Delivers every event once more to everybody who hears it, late and out of order."""

    arena: Arena
    inboxes: list[Inbox]
    copied: int = 0
    poisoned: dict[str, int] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while not self.stopping.is_set():
            # the library tells of a connection that died meanwhile by a bare RuntimeError, too
            with suppress(*LOST, RuntimeError, asyncio.CancelledError):
                await self._session()
            await asyncio.sleep(0.3)

    async def _session(self) -> None:
        # straight to the broker: the copyist is not what is tested
        connection = await connect(self.arena.broker.amqp_url, "copyist")
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(
                "chaos.copies", durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind(EVENTS, "#")
            inbox = await channel.get_exchange(INBOX, ensure=False)
            rand = random.Random(11)  # noqa: S311 - repeatable
            while not self.stopping.is_set():
                await asyncio.sleep(0.5)
                batch = []
                while len(batch) < 400 and (message := await queue.get(fail=False)):
                    batch.append(message)
                rand.shuffle(batch)
                for message in batch:
                    await self._copy(inbox, message)
                    await message.ack()
                await self._poison(inbox, rand)

    async def _copy(self, inbox: Any, message: Any) -> None:
        for target in self.inboxes:
            patterns = [pattern.removesuffix("#") for pattern in target.hears]
            if any((message.routing_key + ".").startswith(pattern) for pattern in patterns):
                copy = aio_pika.Message(message.body, delivery_mode=2, message_id=new_id())
                await inbox.publish(copy, target.service)
                self.copied += 1

    async def _poison(self, inbox: Any, rand: random.Random) -> None:
        if rand.random() < 0.3 and sum(self.poisoned.values()) < 30:
            service = rand.choice(["validation", "intake", "training", "kpi"])
            body = aio_pika.Message(rand.choice(POISON), delivery_mode=2, message_id=new_id())
            await inbox.publish(body, service)
            self.poisoned[service] = self.poisoned.get(service, 0) + 1
