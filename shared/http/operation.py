"""One operation of a service's API: declared once, served fast, described in OpenAPI.

FastAPI describes it (as an `APIRoute` with a signature made for the schema, when the description
is asked for: making it is most of what a start would cost) and the edge serves it: going through
FastAPI's own machinery costs more than twice what the whole edge does
(`docs/decisions/0010-serve-operations-past-fastapi.md`).
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Annotated, Any, Final

from fastapi import Header, Path, Query, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import TypeAdapter
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from shared.http.problems import STATUS
from shared.http.signature import Handler, Signature, gives_file, read_signature
from shared.security import Role

CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NO_CONTENT: Final = 204
_BEARER: Final = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="An access token of this system (Ed25519)."
)
_ALWAYS: Final = (
    "malformed_request",
    "not_found",
    "method_not_allowed",
    "invalid_request",
    "too_many_requests",
    "internal_error",
    "unavailable",
    "timeout",
)
_PERMITTED: Final = ("token_missing", "token_expired", "token_invalid", "not_allowed")
_TAKING: Final = ("slow_body", "body_too_large", "unsupported_media_type")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operation asks of its caller beside its parameters."""

    status: int = 200
    roles: frozenset[Role] | None = None
    idempotent: bool = False
    if_match: bool = False
    location: str | None = None
    max_body: int | None = None
    timeout: float | None = None
    problems: Sequence[str] = ()
    media_types: Sequence[str] = ()


class Operation:
    """A method and path with its handler; `roles` None means that anybody may call it."""

    def __init__(
        self,
        verb: str,
        path: str,
        handler: Handler,
        *,
        name: str,
        service: str,
        terms: Terms,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = path
        self.path_regex, self.path_format, converters = compile_path(path)
        self.name = name
        self.verb = verb
        self.handler = handler
        self.service = service
        self.terms = terms
        self.path_names = tuple(converters)
        self.taking: Signature = read_signature(handler, self.path_names)
        self.result = _adapter(self.taking.result)
        self.location_fields = _fields_of(terms.location or "")
        files = gives_file(self.taking.result)
        if files != bool(terms.media_types):
            raise TypeError(f"{name}: a file needs its media_types, and nothing else does")
        if terms.if_match and verb == "POST" and self.taking.body is None and not self.path_names:
            raise TypeError(f"{name}: If-Match needs something that exists")
        self._extra = dict(extra) if extra else None

    def described(self) -> APIRoute:
        """What FastAPI makes OpenAPI of; nobody ever calls it."""
        files = gives_file(self.taking.result)
        return APIRoute(
            self.path,
            _described(self),
            methods=[self.verb],
            status_code=self.terms.status,
            response_model=None if files else self.taking.result,
            response_class=Response if files else JSONResponse,
            response_model_exclude_none=False,
            responses=dict(_responses(self)),
            tags=[self.service],
            operation_id=f"{self.service}_{self.name}",
            name=self.name,
            summary=self.name.replace("_", " ").capitalize(),
            description=inspect.getdoc(self.handler) or "",
            openapi_extra=self._extra,
        )


def _fields_of(template: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name)


@cache
def _adapter(result: Any) -> TypeAdapter[Any] | None:  # noqa: ANN401 - a type as a handler says
    return None if result is None or gives_file(result) else TypeAdapter(result)


def _described(operation: Operation) -> Handler:
    """A function that is never called: FastAPI reads the schema off its signature."""

    async def described(**_: object) -> None: ...

    described.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=value)
            for name, kind, value in _described_parameters(operation)
        ]
    )
    return described


def _described_parameters(operation: Operation) -> list[tuple[str, Any, Any]]:
    taking, terms = operation.taking, operation.terms
    required = inspect.Parameter.empty
    rows: list[tuple[str, Any, Any]] = [
        (name, Annotated[hint, Path(**_segment(hint))], required)
        for name, hint in taking.parameters.items()
    ]
    if taking.body is not None:
        rows.append(("body", taking.body, required))
    if taking.query is not None:
        rows.append(("query", Annotated[taking.query, Query()], required))
    if terms.idempotent:
        key = Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[!-~]+$")
        rows.append(("idempotency_key", Annotated[str, key], None))
    if terms.if_match:
        tag = Header(alias="If-Match", pattern=r'^"(0|[1-9][0-9]{0,17})"$', examples=['"3"'])
        rows.append(("if_match", Annotated[str, tag], required))
    if terms.roles is not None:
        rows.append(("credentials", Annotated[Any, Security(_BEARER)], None))
    return rows


def _segment(hint: object) -> dict[str, Any]:
    return {"min_length": 1, "max_length": 200} if hint is str else {}


def _codes(operation: Operation) -> list[str]:
    terms, taking = operation.terms, operation.taking
    codes = [*_ALWAYS, *terms.problems]
    if terms.roles is not None:
        codes += _PERMITTED
    if taking.body is not None:
        codes += ["malformed_json", *_TAKING]
    if operation.verb in CHANGES:
        codes += ["conflict"]
    if terms.idempotent:
        codes += ["invalid_idempotency_key", "idempotency_key_reused"]
    if terms.if_match:
        codes += ["precondition_required", "invalid_if_match", "stale_version"]
    return codes


def _responses(operation: Operation) -> Mapping[int | str, dict[str, Any]]:
    documented = _failures(_codes(operation))
    documented[operation.terms.status] = _success(operation)
    return documented


def describe_failures(route: APIRoute, problems: Sequence[str]) -> None:
    """Tell OpenAPI how an ordinary route fails: as everything under the edge, and by `problems`."""
    codes = [*_ALWAYS, *_PERMITTED, *_TAKING, "conflict", *problems]
    route.responses = {**_failures(codes), **route.responses}


def _failures(codes: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS.get(code, 409), []).append(code)
    return {
        status: {
            "description": ", ".join(f"`{code}`" for code in dict.fromkeys(codes)),
            "content": {"application/problem+json": {"schema": {"$ref": _PROBLEM}}},
        }
        for status, codes in sorted(by_status.items())
    }


_PROBLEM: Final = "#/components/schemas/Problem"


def _success(operation: Operation) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Correlation-ID": _text_header("The thread of this request")}
    if operation.taking.versioned:
        headers["ETag"] = _text_header("The version, for If-Match")
    if operation.terms.location:
        headers["Location"] = _text_header("Where the new resource is")
    success: dict[str, Any] = {"description": "Done", "headers": headers}
    if operation.terms.media_types:
        binary = {"schema": {"type": "string", "format": "binary"}}
        success["content"] = dict.fromkeys(operation.terms.media_types, binary)
    return success


def _text_header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}
