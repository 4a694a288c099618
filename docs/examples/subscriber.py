"""A subscriber of your own: hears every request that is received, and prints its code.

Give it queues and a user of its own; Enlace's belong to its services. What it cannot handle is kept
in `example.failed`. See docs/subscribing.md.
"""

import os

from faststream import FastStream
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)

broker = RabbitBroker(os.environ["ENLACE_AMQP_URL"], default_channel=Channel(prefetch_count=32))
app = FastStream(broker)

events = RabbitExchange("enlace.events", type=ExchangeType.TOPIC, declare=False)
failures = RabbitExchange("example.failures", type=ExchangeType.FANOUT, durable=True)
failed = RabbitQueue("example.failed", queue_type=QueueType.QUORUM)
mine = RabbitQueue(
    "example.requests",
    queue_type=QueueType.QUORUM,
    routing_key="intake.request.received",
    arguments={"x-dead-letter-exchange": "example.failures", "x-delivery-limit": 20},
)


@app.on_startup
async def keep_what_fails() -> None:
    """Before the first event comes: FastStream rejects what a handler fails on."""
    await broker.connect()
    queue = await broker.declare_queue(failed)
    await queue.bind(await broker.declare_exchange(failures))


@broker.subscriber(mine, events)
async def on_request_received(event: dict) -> None:
    """The envelope is CloudEvents JSON; an event may come twice, its `id` tells."""
    print(event["id"], event["data"]["code"], flush=True)
