"""Whatever a caller may say has an end: every text, list and map of every body and query."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from pydantic import ConfigDict, Field

import services
from shared.http import Input

SHORT = ("maxLength", "enum", "const", "format")
"""What makes a text short: its limit, a closed set, or a form such as a date's."""
PARTS = ("anyOf", "allOf", "oneOf", "prefixItems")
NESTED = ("items", "additionalProperties", "propertyNames")


def models(kind: type[Input] = Input) -> Iterator[type[Input]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith(("services.", "shared.")):
            yield one
        yield from models(one)


for module in walk_packages(services.__path__, "services."):
    import_module(module.name)
INPUTS = sorted({*models()}, key=lambda one: (one.__module__, one.__name__))


def endless(schema: dict[str, Any], place: str = "") -> Iterator[str]:
    """Places of a schema where there may be ever more."""
    kind = schema.get("type")
    if kind == "string" and not any(name in schema for name in SHORT):
        yield f"{place}: text"
    if kind == "array" and "maxItems" not in schema:
        yield f"{place}: list"
    if kind == "object" and "properties" not in schema and "maxProperties" not in schema:
        yield f"{place}: map"
    within = [(place, one) for name in PARTS for one in schema.get(name, ())]
    within += [(f"{place}/{name}", schema[name]) for name in NESTED if name in schema]
    for group in ("properties", "$defs"):
        within += [(f"{place}/{name}", one) for name, one in schema.get(group, {}).items()]
    for where, one in within:
        if isinstance(one, dict):
            yield from endless(one, where)


@pytest.mark.parametrize("model", INPUTS, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_nothing_that_is_said_is_endless(model: type[Input]) -> None:
    assert list(endless(model.model_json_schema())) == []


def test_what_is_endless_is_found() -> None:
    class Endless(Input):
        model_config = ConfigDict(str_max_length=None)

        text: str
        short: str = Field("", max_length=3)
        many: tuple[str, ...] = Field((), max_length=3)
        more: tuple[int, ...] = ()
        named: dict[str, int] = Field(default_factory=dict)

    found = ["/text: text", "/many/items: text", "/more: list", "/named: map"]
    assert list(endless(Endless.model_json_schema())) == found
