"""The description of the bus is generated: what is sent, what is heard, with its schema."""

from shared.asyncapi import document
from tests.support.toy import ECHO, TOY


def test_describes_what_each_service_sends_and_hears() -> None:
    described = document([TOY, ECHO], "1.2.3")

    assert described["asyncapi"] == "3.0.0"
    assert described["info"]["version"] == "1.2.3"
    sent = described["channels"]["toy.counter.counted.v1"]
    assert sent["address"] == "toy.counter.counted"
    assert sent["bindings"]["amqp"]["exchange"]["name"] == "enlace.events"
    assert described["operations"]["echo"]["action"] == "receive"
    schema = described["components"]["schemas"]["CounterCountedV1"]
    assert schema["properties"]["type"]["const"] == "toy.counter.counted.v1"
    assert {"id", "tenant", "sequence", "data"} <= set(schema["required"])


def test_leaves_out_services_that_are_not_there() -> None:
    assert "echo.mirror.seen.v1" not in document([TOY], "1")["channels"]
