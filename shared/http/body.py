"""Bodies: read up to a limit, parsed straight into a model, refused precisely."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.types import Message, Receive

from shared.http.headers import RawHeaders, content_length
from shared.http.problems import Refused

M = TypeVar("M", bound=BaseModel)
_ESCAPED_NUL: Final = b"\\u0000"
PATIENCE: Final = 16
_JSON_ERRORS: Final = frozenset({"json_invalid", "json_type"})


class Input(BaseModel):
    """What a caller sends: unknown fields, endless texts, NaN and the null character refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=20_000
    )


class Disconnected(Exception):
    """The caller went away while sending."""


async def read_body(receive: Receive, headers: RawHeaders, limit: int) -> bytes:
    """The whole body; 413 when it is longer than `limit` bytes."""
    declared = content_length(headers)
    if declared is not None and declared > limit:
        raise await too_large(receive, limit, declared=declared)
    message = await receive()
    body: bytes = chunk_of(message)
    if message.get("more_body"):
        body = await _read_rest(receive, body, limit)
    if len(body) > limit:
        raise await too_large(receive, limit, more=False)
    return body


async def _read_rest(receive: Receive, first: bytes, limit: int) -> bytes:
    chunks, size, more = [first], len(first), True
    while more:
        message = await receive()
        chunks.append(chunk_of(message))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise await too_large(receive, limit, more=more)
    return b"".join(chunks)


def chunk_of(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Disconnected
    chunk: bytes = message.get("body", b"")
    return chunk


async def too_large(
    receive: Receive, limit: int, *, declared: int | None = None, more: bool = True
) -> Refused:
    """The refusal of a body longer than `limit`.

    A caller who is still sending when the connection closes never sees the answer, so up to
    `PATIENCE` times the limit is read and dropped first.
    """
    dropped, patience = 0, PATIENCE * limit
    more = more and (declared is None or declared <= patience)
    while more and dropped <= patience:
        message = await receive()
        dropped += len(chunk_of(message))
        more = message.get("more_body", False)
    return Refused("body_too_large", fields={"limit": limit}, headers={"connection": "close"})


def parse_json(model: type[M], body: bytes) -> M:
    """The body as `model`; 400 for what is not JSON, 422 with every finding for the rest."""
    try:
        parsed: M = model.__pydantic_validator__.validate_json(body)
    except ValidationError as error:
        raise refusal_of_validation(error) from None
    if _ESCAPED_NUL in body:
        _refuse_nul(orjson.loads(body))
    return parsed


def refusal_of_validation(error: ValidationError) -> Refused:
    errors = error.errors(include_url=False, include_input=False)
    if errors[0]["type"] in _JSON_ERRORS:
        return Refused("malformed_json")
    return Refused("invalid_request", errors=errors)


def _refuse_nul(document: object) -> None:
    findings = [{"type": "nul_character", "loc": path} for path in _nul_paths(document, ())]
    if findings:
        raise Refused("invalid_request", errors=findings)


def _nul_paths(node: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, str):
        if "\x00" in node:
            yield path
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _nul_paths(item, (*path, index))
    elif isinstance(node, dict):
        for key, item in node.items():
            if "\x00" in key:
                yield (*path, key.replace("\x00", ""))
            yield from _nul_paths(item, (*path, key))


@cache
def describe_input(model: type[BaseModel]) -> None:
    """Raise TypeError when `model` would let through what storage cannot keep."""
    for name, schema in _objects(model.model_json_schema()):
        if "properties" in schema and schema.get("additionalProperties") is not False:
            raise TypeError(f"{name}: a request model forbids unknown fields; derive from Input")
        if schema.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & set(schema):
            raise TypeError(f"{name}: an integer of a request needs an upper bound")


def _objects(schema: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    name = schema.get("title", name)
    yield name, schema
    for key, value in schema.items():
        if isinstance(value, dict) and key not in {"default", "examples", "const"}:
            yield from _objects(value, name or key)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and key in {"anyOf", "oneOf", "allOf", "prefixItems"}:
                    yield from _objects(item, name or key)
