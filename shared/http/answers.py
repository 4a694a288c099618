"""The bytes that go back: results and problems with the headers that every answer carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Message, Send

from shared.http.call import Reply
from shared.http.headers import etag
from shared.http.operation import Operation
from shared.http.pages import Page, PageQuery, link_next
from shared.http.problems import MEDIA_TYPE, Refused

RawHeaders = list[tuple[bytes, bytes]]

# for machines: nothing here is rendered, framed, sniffed or cached
SECURITY: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_JSON: Final = (b"content-type", b"application/json")
_PROBLEM: Final = (b"content-type", MEDIA_TYPE.encode())
_CHALLENGE: Final = {
    "token_missing": b'Bearer realm="enlace"',
    "token_expired": b'Bearer realm="enlace", error="invalid_token"',
    "token_invalid": b'Bearer realm="enlace", error="invalid_token"',
    **dict.fromkeys(
        ("sign_in_wrong", "session_ended", "invitation_wrong", "key_wrong"),
        b'Bearer realm="enlace"',
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: RawHeaders
    body: bytes

    async def send(self, send: Send, correlation_id: str) -> None:
        headers = [
            *self.headers,
            *SECURITY,
            (b"x-correlation-id", correlation_id.encode("ascii")),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def answer_result(operation: Operation, result: Any, query: object, path: str) -> Answer:  # noqa: ANN401
    """A handler's result as the operation promised it."""
    if type(result) is Reply:
        return _reply(operation, result)
    headers = [_JSON]
    if operation.taking.versioned:
        headers.append((b"etag", etag(result.version).encode()))
    if operation.terms.location is not None:
        headers.append((b"location", _location(operation, result)))
    if isinstance(result, Page) and result.next is not None and isinstance(query, PageQuery):
        headers.append((b"link", link_next(path, query, result.next).encode()))
    return _with_body(operation, operation.terms.status, headers, result)


def _reply(operation: Operation, reply: Reply[Any]) -> Answer:
    headers = [_JSON, *_encoded(reply.headers)]
    version = reply.version
    if version is None and operation.taking.versioned:
        version = reply.body.version
    if version is not None:
        headers.append((b"etag", etag(version).encode()))
    if reply.location is not None:
        headers.append((b"location", reply.location.encode()))
    elif operation.terms.location is not None:
        headers.append((b"location", _location(operation, reply.body)))
    return _with_body(operation, reply.status or operation.terms.status, headers, reply.body)


def _with_body(operation: Operation, status: int, headers: RawHeaders, result: object) -> Answer:
    if operation.result is None:
        return Answer(status, headers[1:], b"")
    body = operation.result.dump_json(result)
    headers.append((b"content-length", b"%d" % len(body)))
    return Answer(status, headers, body)


def _location(operation: Operation, result: object) -> bytes:
    values = {name: getattr(result, name) for name in operation.location_fields}
    return str(operation.terms.location).format(**values).encode()


def answer_problem(refusal: Refused, body: bytes, language: str) -> Answer:
    headers: RawHeaders = [
        _PROBLEM,
        (b"content-length", b"%d" % len(body)),
        (b"content-language", language.encode()),
        *_encoded(refusal.headers),
    ]
    challenge = _CHALLENGE.get(refusal.code)
    if challenge is not None:
        headers.append((b"www-authenticate", challenge))
    return Answer(refusal.status, headers, body)


def dressed(message: Message, correlation_id: str) -> Message:
    """The start of an answer made elsewhere, with the headers it did not set itself."""
    headers = list(message.get("headers", ()))
    present = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in SECURITY if name not in present]
    headers.append((b"x-correlation-id", correlation_id.encode("ascii")))
    return {**message, "headers": headers}


def _encoded(headers: Mapping[str, str]) -> Iterable[tuple[bytes, bytes]]:
    return ((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
