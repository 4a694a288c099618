"""Lines are JSON, carry the thread, and tell neither secrets nor persons."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.settings import LogFormat, LogLevel
from shared.telemetry import WorkContext, configure_logging, enter, leave
from tests.support import logs

PERSON = "Rosaura Quispe"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging(LogLevel.INFO, LogFormat.JSON, stream=stream)
    yield stream
    root.handlers, root.level = before
    logs.plain()


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_carries_the_work_at_hand(lines: io.StringIO) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    token = enter(WorkContext("c-1", trace, tenant="acme", facts={"message_id": "m"}))
    structlog.get_logger("enlace.test").info("request_received", case="r-1")
    leave(token)
    structlog.get_logger("enlace.test").info("process_started")
    inside, outside = read(lines)

    assert inside["event"] == "request_received"
    assert inside["correlation_id"] == "c-1"
    assert inside["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert (inside["tenant"], inside["case"], inside["message_id"]) == ("acme", "r-1", "m")
    assert (inside["level"], inside["logger"]) == ("info", "enlace.test")
    assert inside["at"].endswith("Z")
    assert "correlation_id" not in outside


def test_the_standard_library_goes_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("pymongo.topology").warning("lost %s", "primary")
    logging.getLogger("pymongo.command").info("chatter")
    logging.getLogger("uvicorn.access").error("GET /x?token=1")
    (line,) = read(lines)

    assert (line["event"], line["level"]) == ("lost primary", "warning")
    assert line["logger"] == "pymongo.topology"


def test_secrets_and_persons_are_hidden(lines: io.StringIO) -> None:
    structlog.get_logger().info(
        "call_recorded",
        password="p1",
        access_token="p2",
        caller={"phone": "p3", "extras": [{"Email": "p4"}], "line": "101"},
        url="mongodb://enlace:p5@127.0.0.1/?x=1",
        header="Bearer p6.p6.p6",
        tokens_used=5,
    )
    (line,) = read(lines)

    assert not any(f"p{n}" in lines.getvalue() for n in range(1, 7))
    assert line["caller"]["line"] == "101"
    assert line["tokens_used"] == 5
    assert line["url"].startswith("mongodb://enlace:")


def test_an_exception_is_text_without_passwords(lines: io.StringIO) -> None:
    try:
        _connect()
    except ConnectionError:
        structlog.get_logger().exception("relay_failed")
    (line,) = read(lines)

    assert "ConnectionError" in line["exception"]
    assert "hunter2" not in lines.getvalue()


def _connect() -> None:
    raise ConnectionError("amqp://enlace:hunter2@127.0.0.1 refused")


def test_what_json_cannot_say_is_written_as_text(lines: io.StringIO) -> None:
    structlog.get_logger().info("odd", value={1, 2}, error=ValueError("x"))

    assert read(lines)[0]["error"] == "x"


def test_below_the_level_nothing_is_written(lines: io.StringIO) -> None:
    structlog.get_logger().debug("noise")

    assert lines.getvalue() == ""


def test_people_get_lines_to_read() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging(LogLevel.DEBUG, LogFormat.CONSOLE, stream=stream)
    structlog.get_logger().debug("request_refused", code="x", password="hunter2")
    root.handlers, root.level = before
    logs.plain()

    assert "request_refused" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_people_read_an_exception_without_the_values_that_led_to_it() -> None:
    """To draw them took seconds, in which nothing else was done, and nobody hid what they were."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging(LogLevel.DEBUG, LogFormat.CONSOLE, stream=stream)
    try:
        _connect_for(PERSON)
    except ConnectionError:
        structlog.get_logger().exception("relay_failed")
    root.handlers, root.level = before
    logs.plain()

    assert "in _connect_for" in stream.getvalue()
    assert PERSON not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def _connect_for(person: str) -> None:
    assert person
    _connect()
