"""Secrets of 256 bits that travel once and are kept as their SHA-256 alone.

They are not guessed as passwords are, so a plain hash is enough to keep them by.
"""

import hashlib
from dataclasses import dataclass
from secrets import token_urlsafe


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """A secret with the id of what it opens; `text` is how it travels: `enr_<id>.<secret>`."""

    prefix: str
    id: str
    secret: str

    @property
    def text(self) -> str:
        return f"{self.prefix}_{self.id}.{self.secret}"

    @property
    def kept(self) -> str:
        return digest(self.secret)


def new_mark(prefix: str, thing_id: str) -> Mark:
    """A fresh secret for a thing."""
    return Mark(prefix, thing_id, token_urlsafe(32))


def read_mark(prefix: str, text: str) -> Mark | None:
    """What a text says it opens; None when it is no secret of this kind."""
    start, _, rest = text.partition("_")
    thing_id, _, secret = rest.partition(".")
    return Mark(prefix, thing_id, secret) if start == prefix and thing_id and secret else None
