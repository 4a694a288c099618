"""Cursor pagination: a page says where the next one starts, and nothing about how many there are.

A cursor is the sort key of the last item shown, as base64url JSON: opaque to the caller, unsigned
because it grants nothing (tenant and permissions are checked on every page), typed so that a
made-up one is refused and never reaches a query.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Generic, TypeVar, get_args
from urllib.parse import urlencode

import orjson
from pydantic import BaseModel, ConfigDict, Field

from shared.http.body import Input
from shared.http.problems import Refused

T = TypeVar("T")
MAX_LIMIT: Final = 100
_MAX_CURSOR: Final = 512
Kind = type | UnionType


class PageQuery(Input):
    """The query of every list; derive from it to add filters."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 20
    next: Annotated[str | None, Field(max_length=_MAX_CURSOR)] = None

    def after(self, *types: Kind) -> tuple[Any, ...] | None:
        """The sort key to continue behind, or None on the first page; 422 when it is not ours.

        A member that may be missing is declared so: ``after(datetime | None, str)``.
        """
        return None if self.next is None else decode_cursor(self.next, *types)


class Page(BaseModel, Generic[T]):
    """Up to `limit` items; `next`, sent back as the query's `next`, continues; null at the end."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next: str | None = None


def page_of(items: Sequence[T], query: PageQuery, key: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """Cut a page out of `limit + 1` fetched items: the one too many proves that more follow."""
    shown = list(items[: query.limit])
    more = len(items) > query.limit
    return Page(items=shown, next=encode_cursor(*key(shown[-1])) if more else None)


def encode_cursor(*key: str | int | datetime | None) -> str:
    """The cursor of a sort key of texts, integers and aware UTC instants."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode("ascii").rstrip("=")


def decode_cursor(cursor: str, *types: Kind) -> tuple[Any, ...]:
    """The sort key in `cursor`, its members of `types`; 422 when it is not ours."""
    try:
        padded = cursor.replace("=", "!") + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise Refused("invalid_cursor") from None
    if not isinstance(values, list) or len(values) != len(types):
        raise Refused("invalid_cursor")
    return tuple(_member(value, kind) for value, kind in zip(values, types, strict=True))


def link_next(path: str, query: PageQuery, cursor: str) -> str:
    """The ``Link`` header (RFC 8288) to the next page."""
    fields = query.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    fields |= {"limit": query.limit, "next": cursor}
    return f'<{path}?{urlencode(fields, doseq=True)}>; rel="next"'


def _member(value: object, kind: Kind) -> object:
    if isinstance(kind, UnionType):
        if value is None:
            return None
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    if kind is datetime and isinstance(value, str):
        return _instant(value)
    if type(value) is not kind or value == "" or (isinstance(value, str) and "\x00" in value):
        raise Refused("invalid_cursor")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Refused("invalid_cursor")
    return value


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise Refused("invalid_cursor")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("invalid_cursor") from None
