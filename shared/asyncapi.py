"""AsyncAPI 3 of all events, generated from the contracts and the services by FastStream.

FastStream describes the bus and is what a subscriber outside would use; the kernel's own consumers
work below it, in batches (see docs/decisions).
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Union

from faststream import FastStream
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.specification import AsyncAPI
from pydantic import BaseModel, Field, create_model

from shared.bus.topology import EVENTS
from shared.contracts import REGISTRY, EventBody
from shared.contracts.events import TypeName
from shared.service import Service

TITLE = "Enlace"
DESCRIPTION = """Every event of Enlace: CloudEvents 1.0 in structured JSON on one topic exchange.
The routing key is the type without its version; `sequence` counts 1, 2, 3 … within one case."""


def document(services: Sequence[Service], version: str) -> dict[str, Any]:
    """The AsyncAPI document of these services: what each sends and what each hears."""
    broker = RabbitBroker("amqp://broker/")
    exchange = RabbitExchange(EVENTS, type=ExchangeType.TOPIC, declare=False)
    names = {service.name for service in services}
    events = {
        name: _envelope(name, body)
        for name, body in sorted(REGISTRY.items())
        if TypeName.parse(name).service in names
    }
    for name, model in events.items():
        broker.publisher(
            exchange=exchange,
            routing_key=TypeName.parse(name).routing_key,
            title=name,
            description=_summary(REGISTRY[name]),
            schema=model,
            persist=True,
        )
    for service in services:
        _describe_inbox(broker, exchange, service, events)
    application = FastStream(
        broker, specification=AsyncAPI(title=TITLE, version=version, description=DESCRIPTION)
    )
    return _ordered(json.loads(application.schema.to_specification().to_json()))


def _ordered(described: dict[str, Any]) -> dict[str, Any]:
    """The same in the order of names: FastStream's own differs from run to run."""
    for part in (described, described["components"]):
        for section, entries in part.items():
            if section in {"channels", "operations", "messages", "schemas"}:
                part[section] = dict(sorted(entries.items()))
    return described


def _describe_inbox(
    broker: RabbitBroker,
    exchange: RabbitExchange,
    service: Service,
    events: dict[str, type[BaseModel]],
) -> None:
    if service.inbox is None:
        return
    heard = {pattern.removesuffix(".#") for pattern in service.inbox.hears}
    models = [
        model
        for name, model in events.items()
        if "#" in heard or TypeName.parse(name).stream in heard
    ]
    if not models:
        return
    queue = RabbitQueue(
        service.inbox.queue,
        queue_type=QueueType.QUORUM,
        declare=False,
        routing_key=", ".join(service.inbox.hears),
    )
    broker.subscriber(
        queue, exchange, title=service.name, description=f"What {service.name} hears."
    )(_handler(models))


def _handler(models: Sequence[type[BaseModel]]) -> Callable[..., Any]:
    async def hear(event: object) -> None:
        """Only its signature is read: FastStream describes, the kernel consumes."""

    hear.__annotations__["event"] = Union[tuple(models)]  # noqa: UP007 - made at run time
    return hear


def _envelope(name: str, body: type[EventBody]) -> type[BaseModel]:
    parsed = TypeName.parse(name)
    fields: dict[str, Any] = {
        "specversion": (Literal["1.0"], ...),
        "id": (Annotated[str, Field(description="UUIDv7, also the AMQP message id")], ...),
        "source": (Annotated[str, Field(examples=[f"/enlace/{parsed.service}"])], ...),
        "type": (Annotated[str, Field(json_schema_extra={"const": name})], ...),
        "subject": (Annotated[str, Field(description="The case")], ...),
        "time": (datetime, ...),
        "datacontenttype": (Literal["application/json"], "application/json"),
        "dataschema": (str, ...),
        "tenant": (str, ...),
        "sequence": (Annotated[int, Field(ge=1)], ...),
        "correlationid": (str, ...),
        "causationid": (str, ...),
        "actor": (str, ...),
        "traceparent": (str, ""),
        "data": (body, ...),
    }
    model: type[BaseModel] = create_model(f"{body.__name__}V{parsed.version}", **fields)
    return model


def _summary(body: type[EventBody]) -> str:
    return (body.__doc__ or "").strip()
