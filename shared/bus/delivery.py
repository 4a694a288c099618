"""One message as it came, and the ways in which handling it may end."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.bus.topology import Inbox
from shared.contracts import Envelope

REPLAY_HEADER = "x-enlace-replay"


class Verdict(StrEnum):
    """Done: acknowledge. Hold: the database is away, try again here. Retry: wait in the ladder."""

    DONE = "done"
    HOLD = "hold"
    RETRY = "retry"


@dataclass(slots=True)
class Delivery:
    """A decoded message; `exhausted` says why it shall not be tried again."""

    event: Envelope
    body: bytes
    tag: int
    replay: bool = False
    deliveries: int = 0
    attempts: int = 0
    exhausted: str = ""


@dataclass(frozen=True, slots=True)
class Burial:
    """A message that could not be handled, and why."""

    body: bytes
    reason: str
    detail: str
    headers: dict[str, Any] = field(default_factory=dict)


def attempts_of(headers: dict[str, Any], inbox: Inbox) -> int:
    """How often the message has been rejected from the service's queue."""
    deaths = headers.get("x-death")
    if not isinstance(deaths, list):
        return 0
    return sum(
        int(death.get("count", 0))
        for death in deaths
        if isinstance(death, dict) and death.get("queue") == inbox.queue
    )
