"""What happens to a request for a declared operation, up to its answer."""

from typing import Any, Final

from starlette.responses import Response

from shared.http import headers
from shared.http.answers import Answer, answer_result
from shared.http.body import parse_json, read_body
from shared.http.call import Call
from shared.http.exchange import Door, Exchange
from shared.http.operation import Operation
from shared.http.problems import Refused
from shared.http.signature import refuse_query
from shared.security import Actor, Kind, TokenError, Verifier
from shared.telemetry.tracing import server_span

ANONYMOUS: Final = Actor("anonymous", "", kind=Kind.PROGRAM)


async def handle(
    door: Door, exchange: Exchange, operation: Operation, values: tuple[str, ...]
) -> Answer | Response:
    """The answer of `operation`, in a span when spans are made."""
    if door.tracer is None:
        return await _handle(door, exchange, operation, values)
    with server_span(door.tracer, operation.name, exchange.context):
        return await _handle(door, exchange, operation, values)


def authenticate(verifier: Verifier, raw: headers.RawHeaders) -> Actor:
    """The bearer of the request's token; 401 says what is wrong with it."""
    token = headers.bearer(raw)
    if token is None:
        raise Refused("token_missing")
    try:
        return verifier.verify(token)
    except TokenError as error:
        raise Refused(error.code) from None


async def _handle(
    door: Door, exchange: Exchange, operation: Operation, values: tuple[str, ...]
) -> Answer | Response:
    actor = _admit(door, exchange, operation)
    call = _call(exchange, operation, actor)
    arguments = _addressed(exchange, operation, values, call)
    if operation.taking.body is not None:
        call.raw = await _read(door, exchange, operation)
        arguments["body"] = parse_json(operation.taking.body, call.raw)
    result = await operation.handler(call, **arguments)
    if isinstance(result, Response):
        return result
    return answer_result(operation, result, arguments.get("query"), call.path)


def _admit(door: Door, exchange: Exchange, operation: Operation) -> Actor:
    roles, context = operation.terms.roles, exchange.context
    context.service = operation.service
    if roles is None:
        door.limiter.take(exchange.client)
        return ANONYMOUS
    actor = authenticate(door.verifier, exchange.headers)
    context.tenant, context.actor = actor.tenant, actor.subject
    if roles.isdisjoint(actor.roles):
        raise Refused("not_allowed")
    door.limiter.take(f"{actor.tenant}/{actor.subject}")
    return actor


def _call(exchange: Exchange, operation: Operation, actor: Actor) -> Call:
    context = exchange.context
    return Call(
        operation=operation.name,
        actor=actor,
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        path=exchange.scope["path"],
        accept_language=exchange.accept_language,
        client="" if exchange.proxies is None else exchange.client,
    )


def _addressed(
    exchange: Exchange, operation: Operation, values: tuple[str, ...], call: Call
) -> dict[str, Any]:
    """Path, query and conditions; the body is left to be read."""
    taking, terms, query_string = operation.taking, operation.terms, exchange.scope["query_string"]
    arguments = taking.path_values(operation.path_names, values) if values else {}
    if taking.query is not None:
        arguments["query"] = taking.query_values(query_string)
    elif query_string:
        refuse_query(query_string)
    if terms.if_match:
        call.if_match = headers.expected_version(exchange.headers)
    if terms.idempotent:
        call.idempotency_key = headers.idempotency_key(exchange.headers)
    return arguments


async def _read(door: Door, exchange: Exchange, operation: Operation) -> bytes:
    headers.require_json(exchange.headers)
    exchange.reading = True
    limit = operation.terms.max_body or door.body_limit
    body = await read_body(exchange.receive, exchange.headers, limit)
    exchange.reading = False
    return body
