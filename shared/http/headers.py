"""The request headers that the edge understands, parsed strictly."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from shared.http.problems import Refused
from shared.telemetry.context import WorkContext
from shared.telemetry.trace_context import new_traceparent, parse_traceparent

RawHeaders = Mapping[bytes, bytes]

WANTED: Final = frozenset(
    {
        b"accept-language",
        b"authorization",
        b"content-length",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"traceparent",
        b"x-correlation-id",
        b"x-forwarded-for",
    }
)
_CORRELATION: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_ETAG: Final = re.compile(rb'"(0|[1-9][0-9]{0,17})"')
_JSON: Final = re.compile(
    rb"application/(?:json|merge-patch\+json)(?:\s*;\s*charset=\"?utf-?8\"?)?\s*", re.IGNORECASE
)


def forwarded_for(headers: RawHeaders, proxies: int) -> str | None:
    """The address that the outermost of so many proxies of ours saw; before it is hearsay."""
    told = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    if proxies == 0 or len(told) < proxies:
        return None
    try:
        return str(ip_address(told[-proxies].strip()))
    except ValueError:
        return None


def work_context(headers: RawHeaders) -> WorkContext:
    """The thread this request belongs to: the caller's if it is well formed, else a new one."""
    text = headers.get(b"traceparent")
    parent = parse_traceparent(text.decode("latin-1")) if text else None
    traceparent = new_traceparent() if parent is None else str(parent)
    given = headers.get(b"x-correlation-id")
    if given is not None and _CORRELATION.fullmatch(given):
        return WorkContext(given.decode("ascii"), traceparent)
    return WorkContext(traceparent[3:35], traceparent)


def bearer(headers: RawHeaders) -> bytes | None:
    """The bearer token, or None when there is none."""
    value = headers.get(b"authorization")
    if value is None or value[:7].lower() != b"bearer ":
        return None
    return value[7:].strip() or None


def idempotency_key(headers: RawHeaders) -> str | None:
    """The ``Idempotency-Key``: 1 to 255 visible ASCII characters."""
    value = headers.get(b"idempotency-key")
    if value is None:
        return None
    if not _KEY.fullmatch(value):
        raise Refused("invalid_idempotency_key")
    return value.decode("ascii")


def expected_version(headers: RawHeaders) -> int:
    """The version in ``If-Match``: exactly one strong ETag of ours (RFC 9110, 13.1.1)."""
    value = headers.get(b"if-match")
    if value is None:
        raise Refused("precondition_required")
    match = _ETAG.fullmatch(value.strip())
    if match is None:
        raise Refused("invalid_if_match")
    return int(match[1])


def etag(version: int) -> str:
    """The strong ETag of a case's version."""
    return f'"{version}"'


def require_json(headers: RawHeaders) -> None:
    """Refuse a body that does not say it is JSON in UTF-8."""
    value = headers.get(b"content-type")
    if value == b"application/json":
        return
    if value is None or not _JSON.fullmatch(value):
        raise Refused("unsupported_media_type", fields={"expected": "application/json"})


def content_length(headers: RawHeaders) -> int | None:
    value = headers.get(b"content-length")
    return int(value) if value is not None and value.isdigit() else None
