"""Takes deliveries that are due, sends them, and writes down how each try ended."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import structlog
from pymongo.errors import PyMongoError

from services.intake.cases import DELIVERY, SUBSCRIPTION
from services.intake.domain.delivery import Conclude, Delivery, DeliveryStatus, Message, Take
from services.intake.domain.subscription import SubscriptionStatus
from services.intake.policy import IntakePolicy
from services.intake.posting import Answer, Poster, signature, unix_now
from services.intake.secrets import Secrets
from shared.decider import Rejected, Transient
from shared.service import Workshop
from shared.store import Cause, Outcome
from shared.waiting import pause

log = structlog.get_logger()
LOOK_EVERY = 0.5
AT_ONCE = 64
PER_TARGET = 4
"""A target that hangs holds this many senders, and no more."""


@dataclass
class Postman:
    """One of several may run: the guarded write lets one of them take a delivery."""

    workshop: Workshop
    secrets: Secrets
    _under_way: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Each delivery's target and request."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def watch(self) -> None:
        try:
            while True:
                try:
                    await self._look()
                except (Transient, PyMongoError) as error:
                    log.warning("deliveries_interrupted", reason=str(error))
                await pause(LOOK_EVERY)
        finally:
            # a try that is cut off here is brought back by its lease
            for task in self._tasks:
                task.cancel()

    async def _look(self) -> None:
        cases = self.workshop.of(DELIVERY)
        due = {
            "next_due": {"$lte": self.workshop.now()},
            "_id": {"$nin": list(self._under_way)},
            "state.message.subscription_id": {"$nin": self._busy_targets()},
        }
        fields = {"tenant": 1, "next_due": 1, "state.message": 1}
        cursor = cases.collection.find(due, fields).sort("next_due", 1).limit(AT_ONCE)
        for found in sorted(await cursor.to_list(), key=_turn):
            message = found["state"]["message"]
            road = (message["subscription_id"], message["request_id"])
            if len(self._under_way) >= AT_ONCE or road[0] in self._busy_targets():
                continue
            if road in self._under_way.values():
                continue  # side by side, the close of a request could overtake its receipt
            self._under_way[found["_id"]] = road
            task = asyncio.create_task(self._carry(found["_id"], found["tenant"]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _busy_targets(self) -> list[str]:
        targets = [target for target, _ in self._under_way.values()]
        return [target for target in set(targets) if targets.count(target) >= PER_TARGET]

    async def _carry(self, delivery_id: str, tenant: str) -> None:
        try:
            await self._try(delivery_id, tenant)
        except (Rejected, Transient, PyMongoError) as error:
            # another one took it, or the database is away: the lease brings it back
            log.info("delivery_left", delivery=delivery_id, reason=str(error))
        finally:
            del self._under_way[delivery_id]

    async def _try(self, delivery_id: str, tenant: str) -> None:
        cases, cause = self.workshop.of(DELIVERY), Cause(tenant, "system:intake")
        taken = await cases.handle(delivery_id, Take(), cause)
        if not taken.entries or taken.state.status is not DeliveryStatus.SENDING:
            return
        started = time.perf_counter()
        answer = await self._send(taken, tenant)
        ended = Conclude(
            number=taken.state.number,
            status=answer.status,
            error=answer.error,
            milliseconds=round(1_000 * (time.perf_counter() - started)),
            final=answer.final,
        )
        await cases.handle(delivery_id, ended, Cause(tenant, "system:intake"))

    async def _send(self, delivery: Outcome[Delivery], tenant: str) -> Answer:
        message = delivery.state.message
        subscription = await self.workshop.of(SUBSCRIPTION).get(message.subscription_id, tenant)
        secret = await self.secrets.of(tenant, message.subscription_id)
        if secret is None or subscription.state.status is not SubscriptionStatus.ACTIVE:
            return Answer(0, "subscription_closed", final=True)
        policy: IntakePolicy = self.workshop.policy(tenant)
        row = policy.webhooks
        body = payload(delivery.id, message)
        headers = {
            "x-enlace-delivery": delivery.id,
            "x-enlace-occasion": message.occasion,
            "x-enlace-signature": signature(secret, unix_now(), body),
        }
        poster = Poster(row.timeout, row.allow_private)
        return await poster.post(subscription.state.url, headers, body)


def _turn(found: dict[str, Any]) -> tuple[datetime, int]:
    return found["next_due"], found["state"]["message"]["sequence"]


def payload(delivery_id: str, message: Message) -> bytes:
    """What is sent, byte by byte the same at each try."""
    return orjson.dumps(
        {
            "id": delivery_id,
            "occasion": message.occasion,
            "occurred_at": message.occurred_at,
            "request": {
                "id": message.request_id,
                "code": message.code,
                "status": message.status,
                "coverage_pct": message.coverage_pct,
                "sequence": message.sequence,
            },
        },
        option=orjson.OPT_UTC_Z,
    )
