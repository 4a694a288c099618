"""Refuses a change to a published version that would break its readers.

Compatible is what a tolerant reader does not notice: a new optional property. Removing or renaming
a property, asking for one that was optional, or changing what a property may hold needs a new
version beside the old one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_ANNOTATIONS = frozenset({"title", "description", "default", "examples"})


def incompatibilities(published: Schema, proposed: Schema) -> list[str]:
    """What readers of `published` would trip over, as lines with the place in the schema."""
    return list(_compare(published, proposed, published, proposed, ""))


def _compare(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, at: str
) -> Iterator[str]:
    old, new = _resolve(old, old_root), _resolve(new, new_root)
    if "properties" in old:
        yield from _compare_objects(old, new, old_root, new_root, at)
        return
    for key in sorted((set(old) | set(new)) - _ANNOTATIONS):
        if key in {"items", "additionalProperties"} and _both_schemas(old, new, key):
            yield from _compare(old[key], new[key], old_root, new_root, f"{at}[]")
        elif key in {"anyOf", "prefixItems"} and len(old.get(key, ())) == len(new.get(key, ())):
            for index, (ours, theirs) in enumerate(zip(old[key], new[key], strict=True)):
                yield from _compare(ours, theirs, old_root, new_root, f"{at}<{index}>")
        elif old.get(key) != new.get(key):
            yield f"{at or '/'}: {key} was {old.get(key)!r}, is {new.get(key)!r}"


def _compare_objects(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, at: str
) -> Iterator[str]:
    properties = new.get("properties", {})
    for name, schema in old["properties"].items():
        if name in properties:
            yield from _compare(schema, properties[name], old_root, new_root, f"{at}/{name}")
        else:
            yield f"{at}/{name}: removed"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{at}/{name}: newly required"
    for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        if name in properties:
            yield f"{at}/{name}: no longer always there"


def _both_schemas(old: Schema, new: Schema, key: str) -> bool:
    return isinstance(old.get(key), Mapping) and isinstance(new.get(key), Mapping)


def _resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema
