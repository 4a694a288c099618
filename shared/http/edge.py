"""The one way in: correlation, limits, time, identity, permission, parsing, answer, measures.

Pure ASGI around the FastAPI application. Declared operations are served here directly; the rest
(the schema, probes, pages, uploads) passes through to FastAPI under the same limits.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import structlog
from fastapi.routing import APIRoute
from opentelemetry.trace import Tracer
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http import answers, headers
from shared.http.answers import Answer
from shared.http.body import Disconnected, parse_json, read_body, too_large
from shared.http.call import Call
from shared.http.index import Found, Index
from shared.http.limits import RateLimiter
from shared.http.measures import UNMATCHED, RequestMeasures
from shared.http.operation import Operation
from shared.http.problems import Problems, Refused, refusal_of
from shared.http.signature import refuse_query
from shared.i18n import negotiate
from shared.security import Actor, Kind, TokenError, Verifier
from shared.telemetry.context import WorkContext, enter, leave
from shared.telemetry.tracing import server_span

log = structlog.stdlib.get_logger("enlace.http")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE: Final = 499
_SERVER_ERROR: Final = 500
ANONYMOUS: Final = Actor("anonymous", "", kind=Kind.PROGRAM)


@dataclass(frozen=True, slots=True)
class Door:
    """What the edge works with; `timeout` in seconds, `body_limit` in bytes."""

    verifier: Verifier
    limiter: RateLimiter
    problems: Problems
    measures: RequestMeasures
    body_limit: int
    timeout: float
    max_in_flight: int
    tracer: Tracer | None = None


@dataclass(slots=True)
class Exchange:
    """One request on its way through."""

    scope: Scope
    receive: Receive
    headers: headers.RawHeaders
    context: WorkContext
    reading: bool = False

    @property
    def caller(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else "unknown"

    @property
    def language(self) -> str:
        return negotiate(self.headers.get(b"accept-language", b"").decode("latin-1"))


class Edge:
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        wanted = {name: value for name, value in scope["headers"] if name in headers.WANTED}
        exchange = Exchange(scope, receive, wanted, headers.work_context(wanted))
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
        if operation is None:
            if self._somebody_else(exchange.scope):
                return await self._pass(exchange, send)
            refusal = Refused("method_not_allowed", headers={"allow": _allow(found)})
            return UNMATCHED, await self._refuse(exchange, send, refusal)
        return operation.path_format, await self._operate(exchange, send, operation, found)

    async def _operate(
        self, exchange: Exchange, send: Send, operation: Operation, found: Found[Operation]
    ) -> int:
        try:
            answer = await self._timed(exchange, operation, found.values)
        except Disconnected:
            return _CLIENT_GONE
        except asyncio.CancelledError:
            if _really_cancelled():
                raise
            # a broken connection to the broker can surface as a cancellation nobody asked for
            return await self._refuse(exchange, send, Refused("timeout"))
        except Exception as error:  # noqa: BLE001 - the last resort, where 500 is decided
            return await self._refuse(exchange, send, self._judge(error, exchange))
        if isinstance(answer, Response):
            await answer(exchange.scope, exchange.receive, _dresser(send, exchange.context))
            return answer.status_code
        await answer.send(send, exchange.context.correlation_id)
        return answer.status

    async def _timed(
        self, exchange: Exchange, operation: Operation, values: tuple[str, ...]
    ) -> Answer | Response:
        if self._measures.in_flight > self._door.max_in_flight:
            raise Refused("overloaded", headers={"retry-after": "1"})
        async with asyncio.timeout(operation.terms.timeout or self._door.timeout):
            if self._door.tracer is None:
                return await self._run(exchange, operation, values)
            with server_span(self._door.tracer, operation.name, exchange.context):
                return await self._run(exchange, operation, values)

    async def _run(
        self, exchange: Exchange, operation: Operation, values: tuple[str, ...]
    ) -> Answer | Response:
        actor = self._admit(exchange, operation)
        call = _call(exchange, operation, actor)
        arguments = await self._arguments(exchange, operation, values, call)
        result = await operation.handler(call, **arguments)
        if isinstance(result, Response):
            return result
        return answers.answer_result(operation, result, arguments.get("query"), call.path)

    def _admit(self, exchange: Exchange, operation: Operation) -> Actor:
        roles, context = operation.terms.roles, exchange.context
        context.service = operation.service
        if roles is None:
            self._door.limiter.take(exchange.caller)
            return ANONYMOUS
        actor = self.authenticate(exchange.headers)
        context.tenant, context.actor = actor.tenant, actor.subject
        if roles.isdisjoint(actor.roles):
            raise Refused("not_allowed")
        self._door.limiter.take(f"{actor.tenant}/{actor.subject}")
        return actor

    def authenticate(self, raw: headers.RawHeaders) -> Actor:
        """The bearer of the request's token; 401 says what is wrong with it."""
        token = headers.bearer(raw)
        if token is None:
            raise Refused("token_missing")
        try:
            return self._door.verifier.verify(token)
        except TokenError as error:
            raise Refused(error.code) from None

    async def _arguments(
        self, exchange: Exchange, operation: Operation, values: tuple[str, ...], call: Call
    ) -> dict[str, Any]:
        taking, terms, scope = operation.taking, operation.terms, exchange.scope
        arguments = taking.path_values(operation.path_names, values) if values else {}
        if terms.if_match:
            call.if_match = headers.expected_version(exchange.headers)
        if terms.idempotent:
            call.idempotency_key = headers.idempotency_key(exchange.headers)
        if taking.query is not None:
            arguments["query"] = taking.query_values(scope["query_string"])
        elif scope["query_string"]:
            refuse_query(scope["query_string"])
        if taking.body is not None:
            headers.require_json(exchange.headers)
            limit = terms.max_body or self._door.body_limit
            exchange.reading = True
            call.raw = await read_body(exchange.receive, exchange.headers, limit)
            exchange.reading = False
            arguments["body"] = parse_json(taking.body, call.raw)
        return arguments

    def _judge(self, error: Exception, exchange: Exchange) -> Refused:
        refusal = refusal_of(error)
        if refusal is not None:
            return refusal
        if isinstance(error, TimeoutError):
            return Refused("slow_body" if exchange.reading else "timeout")
        log.error("request_failed", path=exchange.scope["path"], exc_info=error)
        return Refused("internal_error")

    async def _refuse(self, exchange: Exchange, send: Send, refusal: Refused) -> int:
        answer = self.problem(refusal, exchange.language, exchange.context.correlation_id)
        if refusal.status < _SERVER_ERROR:
            log.debug("request_refused", code=refusal.code, path=exchange.scope["path"])
        await answer.send(send, exchange.context.correlation_id)
        return refusal.status

    def problem(self, refusal: Refused, language: str, correlation_id: str) -> Answer:
        """`refusal` as it is sent."""
        body = self._door.problems.render(refusal, language=language, correlation_id=correlation_id)
        return answers.answer_problem(refusal, body, language)

    def _somebody_else(self, scope: Scope) -> bool:
        path, method = scope["path"], scope["method"]
        return any(r.path_regex.match(path) and method in (r.methods or ()) for r in self._others)

    async def _pass(self, exchange: Exchange, send: Send) -> tuple[str, int]:
        """To FastAPI, with the body counted and the time limited until the answer starts."""
        scope, door = exchange.scope, self._door
        started: list[int] = []

        async def counted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message["status"])
                deadline.reschedule(None)
                message = answers.dressed(message, exchange.context.correlation_id)
            await send(message)

        try:
            async with asyncio.timeout(door.timeout) as deadline:
                await self._inner(scope, _counter(scope, exchange.receive, door), counted_send)
        except Exception as error:  # noqa: BLE001 - the last resort, where 500 is decided
            refusal = self._judge(error, exchange)
            if not started:
                started.append(await self._refuse(exchange, send, refusal))
        route = scope.get("route")
        return getattr(route, "path", UNMATCHED), started[0] if started else _CLIENT_GONE


def _call(exchange: Exchange, operation: Operation, actor: Actor) -> Call:
    context = exchange.context
    return Call(
        operation=operation.name,
        actor=actor,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        path=exchange.scope["path"],
        accept_language=exchange.headers.get(b"accept-language", b"").decode("latin-1"),
    )


def _allow(found: Found[Operation]) -> str:
    return ", ".join(sorted(found.verbs))


def _really_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _dresser(send: Send, context: WorkContext) -> Send:
    async def dressed_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = answers.dressed(message, context.correlation_id)
        await send(message)

    return dressed_send


def _counter(scope: Scope, receive: Receive, door: Door) -> Receive:
    received = 0

    async def counted_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        # only now is the route known, which may allow more than the rest
        limit = getattr(scope.get("route"), "max_body_size", None) or door.body_limit
        if received > limit:
            raise too_large(limit)
        return message

    return counted_receive
