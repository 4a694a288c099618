"""Event bodies, their registry by type and version, and the upcasting of older versions.

A body is a frozen pydantic model whose wire type is `<service>.<thing>.<past participle>.v<n>`.
Readers are tolerant: a field they do not know is ignored, so that adding an optional field is
compatible. Anything else is a new version beside the old one, with an upcaster from the old.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, Unpack

from pydantic import BaseModel, ConfigDict

JsonObject = dict[str, Any]
Upcaster = Callable[[JsonObject], tuple[str, JsonObject]]

TYPE_PATTERN = re.compile(r"[a-z]+\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")
REGISTRY: dict[str, type["EventBody"]] = {}
_UPCASTERS: dict[str, Upcaster] = {}


class UnknownEventType(LookupError):
    """No version of this event is known here."""

    reason = "unknown_type"


class UnknownEventVersion(LookupError):
    """The event is known, but not in this version: the reader is older than the writer."""

    reason = "unknown_version"


class TypeName(NamedTuple):
    """A wire type taken apart; `thing` names the kind of case within its service."""

    service: str
    thing: str
    verb: str
    version: int

    @classmethod
    @lru_cache(maxsize=1_000)
    def parse(cls, event_type: str) -> "TypeName":
        if not TYPE_PATTERN.fullmatch(event_type):
            msg = f"not an event type: {event_type[:200]!r}"
            raise ValueError(msg)
        service, thing, verb, version = event_type.split(".")
        return cls(service, thing, verb, int(version[1:]))

    @property
    def stream(self) -> str:
        return f"{self.service}.{self.thing}"

    @property
    def routing_key(self) -> str:
        return f"{self.service}.{self.thing}.{self.verb}"


class EventBody(BaseModel):
    """What an event says. Subclass with `event_type="service.thing.verb.v1"` to publish it."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    event_type: ClassVar[str] = ""
    warns: ClassVar[bool] = False
    """Whether it tells that a promise runs out."""

    def __init_subclass__(cls, *, event_type: str = "", **kwargs: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, *, event_type: str = "", **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not event_type:
            return
        TypeName.parse(event_type)
        if event_type in REGISTRY:
            msg = f"{event_type} is declared twice"
            raise TypeError(msg)
        cls.event_type = event_type
        REGISTRY[event_type] = cls


def upcast(event_type: str) -> Callable[[Upcaster], Upcaster]:
    """Register how a retired version's data becomes the next version's."""

    def register(function: Upcaster) -> Upcaster:
        _UPCASTERS[event_type] = function
        return function

    return register


def current(event_type: str, data: JsonObject) -> tuple[str, JsonObject]:
    """Carry stored data to the newest version that has no further upcaster."""
    while (step := _UPCASTERS.get(event_type)) is not None:
        event_type, data = step(dict(data))
    return event_type, data


def body_of(event_type: str, data: JsonObject) -> EventBody:
    """The body of a stored or received event, in its newest version.

    Raises:
        UnknownEventType, UnknownEventVersion: nothing here can read it.
        pydantic.ValidationError: the data does not fit the type.
    """
    newest, data = current(event_type, data)
    model = REGISTRY.get(newest)
    if model is not None:
        return model.model_validate(data)
    stem = event_type.rpartition(".v")[0]
    if any(known.rpartition(".v")[0] == stem for known in REGISTRY):
        raise UnknownEventVersion(event_type)
    raise UnknownEventType(event_type)


def schemas() -> Mapping[str, JsonObject]:
    """The JSON Schema of every published type, by type."""
    return {name: REGISTRY[name].model_json_schema() for name in sorted(REGISTRY)}
