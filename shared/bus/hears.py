"""What a service hears: a table from event types to pure functions that answer with commands."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Generic, TypeVar

from shared.contracts import Envelope, EventBody
from shared.contracts.events import TypeName

B_co = TypeVar("B_co", bound=EventBody, covariant=True)


@dataclass(frozen=True, slots=True)
class Heard(Generic[B_co]):
    """An event of another service (or of the own one), read and in its order."""

    body: B_co
    subject: str
    tenant: str
    at: datetime
    actor: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Send:
    """A command to one of the service's own cases; `kind` is the case's stream name."""

    kind: str
    case_id: str
    command: Any
    create: bool = False


Answer = Iterable[Send] | Awaitable[Iterable[Send]]
Handler = Callable[..., Answer]
H = TypeVar("H", bound=Handler)


class Hears:
    """The handlers of one service, by event type.

        hears = Hears("validation")

        @hears(RequestReceived)
        def on_request_received(heard: Heard[RequestReceived]) -> Iterable[Send]:
            yield Send(EVALUATION.stream, heard.subject, OpenEvaluation(...), create=True)

    A handler that must look at the service's own cases to know whom an event concerns is a
    coroutine function with a second argument, the service's `Workshop`. It only reads: what it
    wants done it answers as commands.

    Hearing one event of a kind of case means hearing all of them, since order is kept within the
    case; those without a handler only move its place.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self.handlers: dict[str, Handler] = {}
        self._looking: set[Handler] = set()

    def __call__(self, *bodies: type[EventBody]) -> Callable[[H], H]:
        def register(handler: H) -> H:
            for body in bodies:
                if body.event_type in self.handlers:
                    msg = f"{self.service} handles {body.event_type} twice"
                    raise TypeError(msg)
                self.handlers[body.event_type] = handler
            if iscoroutinefunction(handler):
                self._looking.add(handler)
            return handler

        return register

    @property
    def streams(self) -> frozenset[str]:
        return frozenset(TypeName.parse(name).stream for name in self.handlers)

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(f"{stream}.#" for stream in sorted(self.streams))

    async def commands(
        self, event: Envelope, workshop: object = None, body: EventBody | None = None
    ) -> list[Send]:
        """What the event asks of this service's cases; `body` is its own where that was read.

        Raises:
            UnknownEventType, UnknownEventVersion, pydantic.ValidationError: it cannot be read.
        """
        body = event.body() if body is None else body
        handler = self.handlers.get(body.event_type)
        if handler is None:
            return []
        heard = Heard(body, event.subject, event.tenant, event.time, event.actor, event.sequence)
        answer = handler(heard, workshop) if handler in self._looking else handler(heard)
        sends = list(await answer if isawaitable(answer) else answer)
        if len({(send.kind, send.case_id) for send in sends}) < len(sends):
            msg = f"{self.service} answers {event.type} with two commands to one case"
            raise TypeError(msg)
        return sends
