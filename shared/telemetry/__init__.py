"""What the system tells about itself: logs, metrics, traces, and the thread through them."""

from shared.telemetry.context import WorkContext, current, enter, leave
from shared.telemetry.logs import configure_logging, setup_logging
from shared.telemetry.metrics import Labelled, Metrics, OpenLabel
from shared.telemetry.trace_context import TraceParent, new_traceparent, parse_traceparent
from shared.telemetry.tracing import make_tracing

__all__ = [
    "Labelled",
    "Metrics",
    "OpenLabel",
    "TraceParent",
    "WorkContext",
    "configure_logging",
    "current",
    "enter",
    "leave",
    "make_tracing",
    "new_traceparent",
    "parse_traceparent",
    "setup_logging",
]
