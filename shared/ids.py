"""Identifiers: time-ordered for what is new, derived for what must come out the same twice."""

from uuid import UUID, uuid5

import uuid_utils

# Name space of the ids that are derived from an idempotency key (RFC 9562, section 5.5).
DERIVED = UUID("6c1f7f3e-3f0d-5f5e-9c53-0e4a1d7a51b0")


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562, section 5.7): sorts by the moment it was made."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str) -> str:
    """The same parts give the same id, so a repeated creation meets the first one's case."""
    return str(uuid5(DERIVED, "\x1f".join(parts)))
