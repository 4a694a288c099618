"""A subscriber of your own: hears every request that is received, and prints its code.

Give it a queue of its own; Enlace's queues belong to its services.
"""

import os

from faststream import FastStream
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue

broker = RabbitBroker(os.environ["ENLACE_AMQP_URL"])
events = RabbitExchange("enlace.events", type=ExchangeType.TOPIC, declare=False)
mine = RabbitQueue(
    "example.requests", queue_type=QueueType.QUORUM, routing_key="intake.request.received"
)


@broker.subscriber(mine, events)
async def on_request_received(event: dict) -> None:
    """The envelope is CloudEvents JSON; an event may come twice, its `id` tells."""
    print(event["id"], event["data"]["code"], flush=True)


app = FastStream(broker)
