"""The thread from an HTTP request to the last consumer, for the log lines on the way."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.contracts import Envelope
from shared.telemetry.context import WorkContext, enter, leave


@contextmanager
def at_work_on(event: Envelope, service: str) -> Iterator[None]:
    """What is logged inside carries the event's correlation, with the event as its cause."""
    context = WorkContext(
        correlation_id=event.correlationid,
        traceparent=event.traceparent or "",
        causation_id=event.id,
        tenant=event.tenant,
        actor=f"system:{service}",
        service=service,
    )
    token = enter(context)
    try:
        yield
    finally:
        leave(token)
