"""What every log line, event and outgoing call of the present work carries.

One context variable holds one small object; binding it costs a fraction of a microsecond, and the
log pays for rendering only when a line is written.
"""

from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(slots=True)
class WorkContext:
    """The thread through one request or message: `correlation_id` stays, `causation_id` steps."""

    correlation_id: str
    traceparent: str
    causation_id: str | None = None
    tenant: str | None = None
    actor: str | None = None
    service: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


_CURRENT: Final[ContextVar[WorkContext | None]] = ContextVar("enlace_work", default=None)


def current() -> WorkContext | None:
    """The context of the work at hand, or None outside of any."""
    return _CURRENT.get()


def enter(context: WorkContext) -> Token[WorkContext | None]:
    """Make `context` the current one; give the token back to `leave`."""
    return _CURRENT.set(context)


def leave(token: Token[WorkContext | None]) -> None:
    _CURRENT.reset(token)
