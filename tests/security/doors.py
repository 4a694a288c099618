"""Every way into the running application, found in its own routes, and a request that fits it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Final

import httpx
from pydantic import BaseModel, ValidationError

from shared.http import EnlaceApp, PageQuery
from shared.http.operation import Operation
from shared.security import Role

NOBODY: Final = "01983e2a-7d3d-7c3e-9a63-000000000000"
_TEXTS: Final = (
    "x",
    "a",
    "https://x.example",
    "a" * 64,
    "2026-07-01",
    "a@b.pe",
    '"1"',
    "+51 1",
    "role:a",
)
_FORMATS: Final = {"date": "2026-07-01", "date-time": "2026-07-01T10:00:00Z"}
_WORDS: Final = {"from": "2026-07-01", "to": "2026-07-31", "indicator": "requests.received"}
# parts of a path that name no thing of an account: every account has its own behind them
_NATURAL: Final = {
    "month": "2026-06",
    "report": "requests",
    "kind": "requests",
    "form": "json",
    "week": "2026-W31",
}
JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """One operation, and how to call it well."""

    operation: Operation

    @property
    def name(self) -> str:
        return f"{self.operation.service}.{self.operation.name}"

    @property
    def roles(self) -> frozenset[Role]:
        return self.operation.terms.roles or frozenset()

    @property
    def addresses(self) -> bool:
        """Whether its path names a thing."""
        return bool(self._names)

    @property
    def _names(self) -> list[str]:
        return [name for name in self.operation.path_names if name not in _NATURAL]

    @property
    def is_list(self) -> bool:
        query = self.operation.taking.query
        return not self.addresses and query is not None and issubclass(query, PageQuery)

    def path(self, *things: str) -> str:
        """Its path; the last thing stands for those that are not given."""
        given = [*things, *[things[-1]] * len(self._names)]
        values = _NATURAL | dict(zip(self._names, given, strict=False))
        return self.operation.path_format.format(**values)

    def things(self, ids: Sequence[str], parts: Sequence[str] = ()) -> list[tuple[str, ...]]:
        """Ways to name a thing with `ids`; its parts are numbered, or things themselves."""
        parts = parts or [*ids, "1"]
        rest = [parts] * (len(self._names) - 1)
        return [way for way in product(ids, *rest) if len(set(way)) == len(way)]

    @cached_property
    def query(self) -> JsonObject:
        """The parameters that must be there."""
        model = self.operation.taking.query
        return {} if model is None else instance(model, _WORDS)

    @cached_property
    def body(self) -> JsonObject | None:
        """The smallest that is taken, None for an operation without one."""
        model = self.operation.taking.body
        return None if model is None else instance(model, {})

    async def knock(
        self, client: httpx.AsyncClient, *things: str, **changes: Any
    ) -> httpx.Response:
        """A request with nothing wrong in it but what the test is about."""
        request: dict[str, Any] = {
            "params": self.query,
            "headers": {"if-match": '"1"'} if self.operation.terms.if_match else {},
            "json": self.body,
            **changes,
        }
        here = client.base_url
        where = f"{here.scheme}://{here.netloc.decode()}{self.path(*things or (NOBODY,))}"
        return await client.request(self.operation.verb, where, **request)


def doors_of(app: EnlaceApp) -> list[Door]:
    """All operations of all services of `app`."""
    return [Door(operation) for routes in app._services for operation in routes.operations]


def instance(model: type[BaseModel], words: Mapping[str, Any]) -> JsonObject:
    """The smallest thing that `model` takes; `words` by property."""
    schema = model.model_json_schema()
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = list(schema.get("required", ()))
    optional = [name for name in properties if name not in required]
    for more in [[], *([name] for name in optional)]:
        made = {
            name: words.get(name, value_of(properties[name], schema)) for name in [*required, *more]
        }
        try:
            model.model_validate(made)
        except ValidationError:
            continue
        return made
    raise AssertionError(f"no small {model.__name__} is known; teach tests/security/doors.py one")


def value_of(part: Mapping[str, Any], root: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - a table
    """A value that fits a part of a schema."""
    if "$ref" in part:
        return value_of(root["$defs"][part["$ref"].rpartition("/")[2]], root)
    if "anyOf" in part:
        return value_of(part["anyOf"][0], root)
    if "enum" in part:
        return part["enum"][0]
    match part.get("type"):
        case "object":
            names: Sequence[str] = part.get("required", ())
            return {name: value_of(part["properties"][name], root) for name in names}
        case "array":
            return [value_of(part["items"], root)] * max(1, part.get("minItems", 0))
        case "integer" | "number":
            return part.get("minimum", 0)
        case "boolean":
            return False
    return _FORMATS.get(part.get("format", "")) or _text(part)


def _text(part: Mapping[str, Any]) -> str:
    pattern, shortest = part.get("pattern", ""), part.get("minLength", 0)
    fits = [text for text in _TEXTS if len(text) >= shortest and re.search(pattern, text)]
    assert fits, f"no text here is like {pattern}: give tests/security/doors.py one"
    return fits[0]
