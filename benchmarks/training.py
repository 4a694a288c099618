"""A replication to 20,000 advisers whose signatures arrive within a minute.

They arrive at an even pace, each with a token of its own that was never seen before. All must be
accepted, and the coverage that is served meanwhile must be right at every moment: no less than was
answered before it was asked for, no more than was sent before it was told. The plan must end
complete, and its case must not have grown with the number of people.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aio_pika
import psutil
from bson import BSON
from pymongo import MongoClient

from benchmarks._rig import TENANT, Result, Rig, report, rig, row
from cli.local.services import own_environment
from shared.bus.topology import EVENTS
from shared.contracts import Envelope, EventBody, encode
from shared.contracts.people import PersonJoined
from shared.contracts.terms import Deadline
from shared.contracts.validation import EvaluationApproved
from shared.ids import new_id
from shared.security import Actor, Issuer, Role, load_signing_key
from shared.store import utc_now

PEOPLE = 20_000
SECONDS = 58.0
CONNECTIONS = 256
PATIENCE_SECONDS = 240.0
LIMIT_MS = 250.0
PLAN_LIMIT_KIB = 128.0
SAMPLE_EVERY = 0.25
LEADERS = {"sofia": Role.SUPERVISOR, "mario": Role.QUALITY_MONITOR}
Sample = tuple[float, float, int]


class Replication:
    """A running training service and one plan in it."""

    def __init__(self, bench: Rig, port: int, people: int) -> None:
        self.port = port
        self.plan_id = new_id()
        self.people = [f"asesor-{number:05}" for number in range(people)]
        self._issuer = Issuer(load_signing_key(bench.folder / "keys" / "token-private.pem"))
        settings = bench.settings.for_service("training")
        client: MongoClient[dict[str, Any]] = MongoClient(settings.mongo_url.get_secret_value())
        bench.stack.callback(client.close)
        self.database = client[settings.database]
        self._amqp = settings.amqp_url.get_secret_value()

    def token(self, subject: str, *roles: Role) -> str:
        actor = Actor(subject, TENANT, frozenset(roles))
        return self._issuer.issue(actor, lifetime=timedelta(hours=1))

    def call(self, path: str, token: str, body: object = None, version: int = 0) -> Result:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        if version:
            headers["if-match"] = f'"{version}"'
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}/api/v1/trainings/{self.plan_id}{path}"
        with urlopen(Request(url, data, headers)) as answer:
            found: Result = json.load(answer)
            return found

    def wait(self, what: str, count: int, where: dict[str, Any]) -> float:
        """Seconds until so many documents are there."""
        begun = time.monotonic()
        while (found := self.database[what].count_documents(where)) < count:
            if time.monotonic() - begun > PATIENCE_SECONDS:
                raise AssertionError(f"{found} of {count} {what} after {PATIENCE_SECONDS:.0f} s")
            time.sleep(0.05)
        return time.monotonic() - begun

    async def told(self) -> None:
        """Everybody joins, and an evaluation is approved, as the other services say it."""
        since = date(2026, 1, 5)
        due = Deadline(
            stage="request.information",
            due_at=utc_now() + timedelta(days=30),
            effective_at=utc_now(),
        )
        approved = EvaluationApproved(
            code="SOL-2026-000001",
            request_type="information",
            topic="Tarifas eléctricas",
            title="Nuevo pliego",
            deadline=due,
        )
        everybody = {**dict.fromkeys(self.people, Role.ADVISER), **LEADERS}
        joined = [
            self._message(name, PersonJoined(roles=(role.value,), starts_on=since))
            for name, role in everybody.items()
        ]
        async with await aio_pika.connect(self._amqp) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange(EVENTS, ensure=False)
            for start in range(0, len(joined), 1_000):
                piece = joined[start : start + 1_000]
                await asyncio.gather(*(exchange.publish(*message) for message in piece))
            await exchange.publish(*self._message(self.plan_id, approved))

    def _message(self, subject: str, body: EventBody) -> tuple[aio_pika.Message, str]:
        data = body.model_dump(mode="json")
        event = Envelope(new_id(), body.event_type, subject, utc_now(), TENANT, 1, data)
        content = aio_pika.Message(encode(event), message_id=event.id, delivery_mode=2)
        return content, event.name.routing_key

    def launched(self) -> str:
        """Material, launch, everybody enrolled, the leaders' signatures; the hash to sign with."""
        asyncio.run(self.told())
        joined = self.wait("members", len(self.people) + len(LEADERS), {})
        self.wait("plans", 1, {"_id": self.plan_id})
        trainer = self.token("eva", Role.TRAINER)
        view = self.call("/material", trainer, {"text": "Desde el lunes se informa …"}, 1)
        self.call("/launch", trainer, {}, view["version"])
        enrolled = self.wait("enrolments", len(self.people) + len(LEADERS), {})
        _note(f"{len(self.people)} people known in {joined:.1f} s, enrolled in {enrolled:.1f} s")
        for name, role in LEADERS.items():
            signature = {"sha256": view["sha256"], "method": "click"}
            self.call("/signatures", self.token(name, role), signature)
        self.wait("plans", 1, {"state.status": "cascade"})
        return str(view["sha256"])


class Watch(threading.Thread):
    """Asks for the coverage again and again: when asked, when told, how many have signed."""

    def __init__(self, replication: Replication) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self._replication = replication
        self._token = replication.token("lia", Role.LIAISON)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_EVERY):
            asked = time.monotonic()
            signed = self._replication.call("/coverage", self._token)["signed"]
            self.samples.append((asked, time.monotonic(), signed))

    def stop(self) -> list[Sample]:
        self._over.set()
        self.join()
        return self.samples


def right(samples: Sequence[Sample], sent: Sequence[float], answered: Sequence[float]) -> int:
    """How many of the samples tell what was true between their question and their answer."""
    sent, answered = sorted(sent), sorted(answered)
    return sum(
        bisect_left(answered, asked) <= signed <= bisect_right(sent, told)
        for asked, told, signed in samples
    )


def signed_by_all(replication: Replication, sha256: str, seconds: float) -> Result:
    """Let the signatures arrive; what the process that sends them tells."""
    tokens = [replication.token(name, Role.ADVISER) for name in replication.people]
    path = f"/api/v1/trainings/{replication.plan_id}/signatures"
    where = ["127.0.0.1", str(replication.port), path, str(seconds), str(CONNECTIONS)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._arrivals", *where],
        input=json.dumps({"body": {"sha256": sha256, "method": "click"}, "tokens": tokens}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=Path.cwd(),
        env=own_environment({}),
    )
    told: Result = json.loads(done.stdout)
    return told


def main(people: int = PEOPLE, seconds: float = SECONDS) -> None:
    with rig() as bench:
        # nobody counts here, but the events have to arrive somewhere
        bench.declare("training", "kpi")
        port, service = bench.start("training")
        replication = Replication(bench, port, people)
        sha256 = replication.launched()
        watch = Watch(replication)
        watch.start()
        worked = _worked(service.pid)
        told = signed_by_all(replication, sha256, seconds)
        worked = (_worked(service.pid) - worked) / people
        samples = watch.stop()
        replication.wait("plans", 1, {"state.status": "completed"})
        plan = replication.database["plans"].find_one({"_id": replication.plan_id})
    if told["failed"]:
        _note(f"{told['failed']} refused: {told['first_failure']}")
    assert plan is not None
    waits = sorted(1_000 * (b - a) for a, b in zip(told["due"], told["answered"], strict=True))
    took = max(told["answered"]) - min(told["due"])
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    good = right(samples, told["sent"], told["answered"])
    size = len(BSON.encode(plan)) / 1024
    signed = plan["state"]["signed"]
    _note(f"{signed} signed in {took:.1f} s; p50 {p50:.1f} ms, slowest {waits[-1]:.0f} ms")
    report(
        "training",
        [
            row("accepted", len(waits), people, "signatures", len(waits) / people, 1.0),
            row("all of them within", took, 60.0, "s", 60.0 / took, 1.0),
            row("p99 from when due", p99, LIMIT_MS, "ms", LIMIT_MS / p99, 1.0),
            row("right coverage", good, len(samples), "answers", good / len(samples), 1.0),
            row("plan's document", size, PLAN_LIMIT_KIB, "KiB", PLAN_LIMIT_KIB / size, 1.0),
            {
                "measure": "service's processor time",
                "ours": round(worked * 1e6),
                "theirs": None,
                "unit": "µs each",
                "ratio": None,
                "target": None,
            },
        ],
    )


def _worked(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
