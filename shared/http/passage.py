"""What is no declared operation passes through to FastAPI: the schema, probes, pages, uploads.

The limits are the same: the body is counted while it is read, the time runs until the answer
starts, and the answer gets the headers that every answer has.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Send

from shared.http.answers import dressed
from shared.http.body import too_large
from shared.http.exchange import Door, Exchange


class Passage:
    """One request through the inner application; `status` is None until the answer starts."""

    def __init__(self, inner: ASGIApp, door: Door, exchange: Exchange, send: Send) -> None:
        self.status: int | None = None
        self.on_start: Callable[[], None] = _nothing
        self._inner = inner
        self._door = door
        self._exchange = exchange
        self._send = send
        self._received = 0

    async def run(self) -> None:
        await self._inner(self._exchange.scope, self._receive, self.send)

    @property
    def template(self) -> str | None:
        """The route's template, once FastAPI has found it."""
        scope = self._exchange.scope
        if "route" in scope:
            return getattr(scope["route"], "path", None)
        # a plain Starlette route does not tell; without parameters its path is its template
        plain = "endpoint" in scope and not scope.get("path_params")
        return scope["path"] if plain else None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.on_start()
            message = dressed(message, self._exchange.context.correlation_id)
        await self._send(message)

    async def _receive(self) -> Message:
        message = await self._exchange.receive()
        if message["type"] == "http.disconnect":
            return message
        self._received += len(message.get("body", b""))
        # only now is the route known
        limit = self._door.body_limits.get(self.template or "", self._door.body_limit)
        if self._received > limit:
            more = message.get("more_body", False)
            raise await too_large(self._exchange.receive, limit, more=more)
        return message


def _nothing() -> None:
    """By default nobody waits for the answer to start."""
