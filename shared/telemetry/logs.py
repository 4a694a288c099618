"""Logs: one JSON object a line on stdout, from structlog and from the standard library alike.

Lines carry the correlation of the work at hand (`shared.telemetry.context`). Event names are
constant and in the past tense; facts are keys.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.types import Processor

from shared.settings import LogFormat, LogLevel, Settings
from shared.telemetry.context import current
from shared.telemetry.redaction import redact

# chatty below these levels, whatever ours is
_QUIET: Final = {
    "aio_pika": logging.WARNING,
    "aiormq": logging.WARNING,
    "asyncio": logging.WARNING,
    "faststream": logging.WARNING,
    "httpx": logging.WARNING,
    # the SMTP library's: at INFO it tells who writes to whom
    "mail.log": logging.WARNING,
    "pymongo": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
    "uvicorn.error": logging.WARNING,
}


def configure_logging(
    level: LogLevel = LogLevel.INFO,
    form: LogFormat = LogFormat.JSON,
    *,
    stream: TextIO | None = None,
) -> None:
    """Send every logger of the process to `stream` (stdout); once, in main."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_formatter(form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name, least in _QUIET.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(max(least, number))


def setup_logging(settings: Settings) -> None:
    """Configure logging as `settings` say."""
    configure_logging(settings.log_level, settings.log_format)


def _shared_processors() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        add_work,
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]


def _formatter(form: LogFormat) -> logging.Formatter:
    tail: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
    ]
    if form is LogFormat.JSON:
        tail.append(structlog.processors.JSONRenderer(serializer=_to_json))
    else:
        tail.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(),
                # its own draws the values of every frame: secrets, and seconds of standing still
                exception_formatter=structlog.dev.plain_traceback,
            )
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(), processors=tail
    )


def add_work(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: the correlation of the work at hand, unless the line has its own."""
    work = current()
    if work is None:
        return event
    event.setdefault("correlation_id", work.correlation_id)
    event.setdefault("trace_id", work.traceparent[3:35])
    for name in ("causation_id", "tenant", "actor", "service"):
        value = getattr(work, name)
        if value is not None:
            event.setdefault(name, value)
    for name, value in work.facts.items():
        event.setdefault(name, value)
    return event


def _to_json(event: MutableMapping[str, Any], **_: object) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
