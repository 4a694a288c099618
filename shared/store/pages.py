"""Lists page by page: a page begins behind the last one shown, by values that an index has."""

from typing import Any


def behind(field: str, position: tuple[Any, ...] | None) -> dict[str, Any]:
    """What sorts behind a position of `field` and id, both ascending; all, without a position.

    To be put beside filters that have no `$or` of their own.
    """
    if position is None:
        return {}
    value, last = position
    return {"$or": [{field: {"$gt": value}}, {field: value, "_id": {"$gt": last}}]}


def behind_id(position: tuple[Any, ...] | None) -> dict[str, Any]:
    """What sorts behind a position of the id alone; all, without a position."""
    return {} if position is None else {"_id": {"$gt": position[0]}}
