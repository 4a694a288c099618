"""What a handler gets and what it may give back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, TypeVar

from shared.i18n import negotiate
from shared.security import Actor

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """One request, already authenticated, permitted, limited and parsed.

    `client` is the address that asks, empty where it may be a proxy's (`ENLACE_HTTP_PROXIES`).
    """

    operation: str
    actor: Actor
    correlation_id: str
    traceparent: str
    path: str
    accept_language: str = ""
    idempotency_key: str | None = None
    if_match: int | None = None
    client: str = ""
    raw: bytes = field(default=b"", repr=False)

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    @property
    def language(self) -> str:
        """The caller's language among ours, `es` when in doubt."""
        return negotiate(self.accept_language)

    @property
    def expected_version(self) -> int:
        """The version the caller decided on; only operations with `if_match` have one."""
        if self.if_match is None:
            raise TypeError(f"{self.operation} does not ask for If-Match")
        return self.if_match

    @property
    def fingerprint(self) -> str:
        """32 hex digits that differ when the same idempotency key carries another request."""
        return blake2b(self.path.encode() + b"\n" + self.raw, digest_size=16).hexdigest()


@dataclass(slots=True)
class Reply(Generic[T]):
    """A result with more to say than its body: another status, a version, a place."""

    body: T
    status: int | None = None
    version: int | None = None
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
