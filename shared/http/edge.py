"""The one way in: correlation, limits, time, identity, permission, parsing, answer, measures.

Pure ASGI around the FastAPI application. Declared operations are served here directly; the rest
passes through to FastAPI under the same limits.
"""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Final

import structlog
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http import headers
from shared.http.answers import Answer, answer_problem
from shared.http.body import Disconnected
from shared.http.deadlines import Deadlines, forgiven
from shared.http.exchange import Door, Exchange
from shared.http.handling import authenticate, handle
from shared.http.index import Found, Index
from shared.http.measures import UNMATCHED
from shared.http.operation import Operation
from shared.http.passage import Passage
from shared.http.problems import Refused, refusal_of
from shared.security import Actor
from shared.telemetry.context import enter, leave

log = structlog.stdlib.get_logger("enlace.http")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE: Final = 499


class Edge:
    """The ASGI application that the server calls; `inner` is FastAPI's own."""

    def __init__(
        self,
        inner: ASGIApp,
        operations: Sequence[Operation],
        others: Sequence[APIRoute],
        door: Door,
    ) -> None:
        self._inner = inner
        self._index = Index(operations)
        self._others = tuple(others)
        self._door = door
        self._measures = door.measures
        self._deadlines = Deadlines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        wanted = {name: value for name, value in scope["headers"] if name in headers.WANTED}
        context = headers.work_context(wanted)
        exchange = Exchange(scope, receive, wanted, context, self._door.proxies)
        token = enter(exchange.context)
        started = perf_counter()
        self._measures.in_flight += 1
        template, status = UNMATCHED, _CLIENT_GONE
        try:
            template, status = await self._serve(exchange, send)
        finally:
            self._measures.in_flight -= 1
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            self._measures.route(method, template).observe(status, perf_counter() - started)
            leave(token)

    async def _serve(self, exchange: Exchange, send: Send) -> tuple[str, int]:
        found = self._index.find(exchange.scope["path"])
        if found is None:
            return await self._pass(exchange, send)
        operation = found.verbs.get(exchange.scope["method"])
        if operation is not None:
            return operation.path_format, await self._operate(exchange, send, operation, found)
        if self._somebody_else(exchange.scope):
            return await self._pass(exchange, send)
        refusal = Refused("method_not_allowed", headers={"allow": ", ".join(sorted(found.verbs))})
        return UNMATCHED, await self._refuse(exchange, send, refusal)

    async def _operate(
        self, exchange: Exchange, send: Send, operation: Operation, found: Found[Operation]
    ) -> int:
        self._deadlines.watch(exchange, operation.terms.timeout or self._door.timeout)
        try:
            self._refuse_overload()
            answer = await handle(self._door, exchange, operation, found.values)
        except Disconnected:
            return _CLIENT_GONE
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - 500 is decided here
            return await self._refuse(exchange, send, self._judge(error, exchange))
        finally:
            self._deadlines.release(exchange)
        if isinstance(answer, Response):
            passage = Passage(answer, self._door, exchange, send)
            await passage.run()
            return answer.status_code
        await answer.send(send, exchange.context.correlation_id)
        return answer.status

    async def _pass(self, exchange: Exchange, send: Send) -> tuple[str, int]:
        passage = Passage(self._inner, self._door, exchange, send)
        self._deadlines.watch(exchange, self._door.timeout)
        passage.on_start = lambda: self._deadlines.release(exchange)
        try:
            await passage.run()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - 500 is decided here
            refusal = self._judge(error, exchange)
            if passage.status is None:
                passage.status = await self._refuse(exchange, send, refusal)
        finally:
            self._deadlines.release(exchange)
        return passage.template or UNMATCHED, passage.status or _CLIENT_GONE

    def authenticate(self, raw: headers.RawHeaders) -> Actor:
        """The bearer of the request's token; 401 says what is wrong with it."""
        return authenticate(self._door.verifier, raw)

    def problem(self, refusal: Refused, language: str, correlation_id: str) -> Answer:
        """`refusal` as it is sent."""
        body = self._door.problems.render(refusal, language=language, correlation_id=correlation_id)
        return answer_problem(refusal, body, language)

    def _refuse_overload(self) -> None:
        if self._measures.in_flight > self._door.max_in_flight:
            raise Refused("overloaded", headers={"retry-after": "1"})

    async def _refuse(self, exchange: Exchange, send: Send, refusal: Refused) -> int:
        correlation_id = exchange.context.correlation_id
        answer = self.problem(refusal, exchange.language, correlation_id)
        log.debug("request_refused", code=refusal.code, path=exchange.scope["path"])
        await answer.send(send, correlation_id)
        return refusal.status

    def _judge(self, error: BaseException, exchange: Exchange) -> Refused:
        """The refusal that `error` becomes; a real cancellation goes on its way."""
        if isinstance(error, asyncio.CancelledError):
            if not forgiven(exchange):
                raise error
            return Refused("slow_body" if exchange.reading else "timeout")
        refusal = refusal_of(error)
        if refusal is not None:
            return refusal
        if isinstance(error, TimeoutError) or exchange.late:
            return Refused("timeout")
        log.error("request_failed", path=exchange.scope["path"], exc_info=error)
        return Refused("internal_error")

    def _somebody_else(self, scope: Scope) -> bool:
        path, method = scope["path"], scope["method"]
        return any(r.path_regex.match(path) and method in (r.methods or ()) for r in self._others)
