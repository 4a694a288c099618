"""The plain application a competent developer would write instead; what ours is measured against.

FastAPI, PyMongo's async client and aio-pika, as their documentation shows them: a request is
validated, inserted with majority write concern and announced with a confirmed publish. It has no
history, no outbox, no idempotency, no deadlines, no code and no tokens. Its consumer makes one
write for each message.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import aio_pika
from fastapi import FastAPI
from pydantic import BaseModel
from pymongo import AsyncMongoClient

EXCHANGE = "plain.events"


class NewRequest(BaseModel):
    type: Literal["information", "training", "reinforcement", "system_change", "system_access"]
    topic: str
    subject: str
    description: str


class Accepted(BaseModel):
    id: str
    status: str
    received_at: datetime


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        os.environ["PLAIN_MONGO_URL"], w="majority", maxPoolSize=100
    )
    connection = await aio_pika.connect_robust(os.environ["PLAIN_AMQP_URL"])
    channel = await connection.channel(publisher_confirms=True)
    app.state.requests = client["plain"]["requests"]
    app.state.exchange = await channel.declare_exchange(
        EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
    )
    queue = await channel.declare_queue(
        "plain.in", durable=True, arguments={"x-queue-type": "quorum"}
    )
    await queue.bind(app.state.exchange, "request.#")
    yield
    await connection.close()
    await client.close()


app = FastAPI(lifespan=lifespan)


@app.post("/requests", status_code=201)
async def receive(new: NewRequest) -> Accepted:
    document = {
        "_id": str(uuid.uuid4()),
        **new.model_dump(),
        "status": "received",
        "received_at": datetime.now(UTC),
    }
    await app.state.requests.insert_one(document)
    event = Accepted(
        id=document["_id"], status=document["status"], received_at=document["received_at"]
    )
    await app.state.exchange.publish(
        aio_pika.Message(
            event.model_dump_json().encode(),
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        ),
        routing_key="request.received",
    )
    return event
