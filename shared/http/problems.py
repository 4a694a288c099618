"""What goes wrong, told as RFC 9457 problem details with a stable code.

A code decides the status; titles and details come from the catalogue in the caller's language
(``problem.<code>.title`` and ``.detail``), so a service adds a refusal by raising it and writing
its two sentences in ``locale/``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from shared import i18n
from shared.decider import Called, Invalid, NotAllowed, Rejected, Stale, Transient, Unknown

MEDIA_TYPE: Final = "application/problem+json"
URN: Final = "urn:enlace:problem:"

STATUS: Final[Mapping[str, int]] = {
    "malformed_json": 400,
    "malformed_request": 400,
    "invalid_idempotency_key": 400,
    "invalid_if_match": 400,
    "token_missing": 401,
    "token_expired": 401,
    "token_invalid": 401,
    "sign_in_wrong": 401,
    "session_ended": 401,
    "invitation_wrong": 401,
    "key_wrong": 401,
    "not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "slow_body": 408,
    "conflict": 409,
    "stale_version": 412,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_request": 422,
    "idempotency_key_reused": 422,
    "invalid_cursor": 422,
    "precondition_required": 428,
    "too_many_requests": 429,
    "too_many_tries": 429,
    "internal_error": 500,
    "unavailable": 503,
    "overloaded": 503,
    "timeout": 504,
}
_FAMILIES: Final[tuple[tuple[type[Rejected], int], ...]] = (
    (Invalid, 422),
    (NotAllowed, 403),
    (Unknown, 404),
    (Stale, 412),
)
_BY_STATUS: Final[Mapping[int, str]] = {
    400: "malformed_request",
    401: "token_missing",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "stale_version",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    428: "precondition_required",
    429: "too_many_requests",
    503: "unavailable",
    504: "timeout",
}
RETRY_AFTER_SECONDS: Final = 2
EXPECTED: Final = "expected"
NAMED: Final[Mapping[str, str]] = {
    "status": "status",
    "wanted": "status",
    "action": "action",
    "holder": "holder",
    "roles": "role",
    "what": "choice",
    "field": "choice",
}
"""Facts that are codes of ours, and what the catalogue names them as."""
_CHOICE: Final = re.compile(r"'([^']*)'")


class Finding(BaseModel):
    """One thing wrong with a request: where (JSON pointer), what (code), in words."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(examples=["/subject"])
    code: str = Field(examples=["missing"])
    detail: str = Field(examples=["Falta este campo."])


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, the words may change."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(examples=["urn:enlace:problem:stale_version"])
    title: str = Field(examples=["La versión ya no es la actual"])
    status: int = Field(ge=400, le=599, examples=[412])
    detail: str = Field(examples=["Lea el recurso de nuevo y repita el cambio sobre su ETag."])
    code: str = Field(examples=["stale_version"])
    correlation_id: str = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    errors: list[Finding] | None = None
    fields: dict[str, Any] | None = Field(None, description="Facts of a business refusal")


class Refused(Exception):
    """The edge says no. Services raise `shared.decider.Rejected` instead."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code] if status is None else status
        self.errors = errors
        self.headers = headers or {}
        self.fields = fields or {}


class Problems:
    """Renders failures in the caller's language."""

    def __init__(self, catalogue: i18n.Catalogue) -> None:
        self._catalogue = catalogue

    def render(self, refusal: Refused, *, language: str, correlation_id: str) -> bytes:
        """The body of the answer, as JSON."""
        code, fields = refusal.code, refusal.fields
        return to_json(
            Problem(
                type=URN + code,
                title=self._words(language, code, "title", refusal.status, fields),
                status=refusal.status,
                detail=self._words(language, code, "detail", refusal.status, fields),
                code=code,
                correlation_id=correlation_id,
                errors=[self._finding(language, error) for error in refusal.errors] or None,
                fields=dict(fields) or None,
            ),
            exclude_none=True,
            serialize_unknown=True,
        )

    def _words(
        self, language: str, code: str, part: str, status: int, fields: Mapping[str, Any]
    ) -> str:
        family = _BY_STATUS.get(status, "internal_error")
        told = {name: self._named(language, code, name, fact) for name, fact in fields.items()}
        return self._catalogue.find(
            language, f"problem.{code}.{part}", told
        ) or self._catalogue.text(language, f"problem.{family}.{part}", told)

    def _named(self, language: str, code: str, name: str, fact: object) -> object:
        """A code in words: the account's, else those of the problem's own thing, else of all."""
        if isinstance(fact, list | tuple):
            return [self._named(language, code, name, one) for one in fact]
        if isinstance(fact, Called):
            return fact.names.get(language, str(fact))
        kind = NAMED.get(name)
        if kind is None:
            return fact
        thing = code.partition(".")[0]
        return (
            self._catalogue.find(language, f"name.{thing}.{kind}.{fact}")
            or self._catalogue.find(language, f"name.{kind}.{fact}")
            or fact
        )

    def _finding(self, language: str, error: Mapping[str, Any]) -> Finding:
        facts = {name: _plain(name, value) for name, value in error.get("ctx", {}).items()}
        code = error["type"]
        detail = self._catalogue.find(language, f"invalid.{code}", facts)
        return Finding(
            pointer=_pointer(error["loc"]),
            code=code,
            detail=detail or self._catalogue.text(language, "invalid.other"),
        )


def refusal_of(error: BaseException) -> Refused | None:
    """How an exception of the inner rooms looks from outside; None for what is our own fault."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Rejected):
        return Refused(error.code, status=_status_of(error), fields=error.fields)
    if isinstance(error, Transient):
        return Refused("unavailable", headers={"retry-after": str(RETRY_AFTER_SECONDS)})
    return None


def refusal_of_status(status: int, headers: Mapping[str, str] | None = None) -> Refused:
    """A refusal that only has a status, as frameworks raise them."""
    return Refused(_BY_STATUS.get(status, "internal_error"), status=status, headers=headers)


def _status_of(error: Rejected) -> int:
    for family, status in _FAMILIES:
        if isinstance(error, family):
            return status
    return STATUS.get(error.code, 409)


def _pointer(location: Sequence[str | int]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in location)


def _plain(name: str, value: object) -> object:
    """What validation knows of the rule is told; what the caller sent is not echoed."""
    if name == EXPECTED and (choices := _CHOICE.findall(str(value))):
        # pydantic joins them with an English word
        return choices
    return value if isinstance(value, int | float | str) else str(value)
