"""The functional core every service writes: a Decider, and the ways in which it may say no.

    events = decide(state, command, given)      pure: the business rule
    state  = evolve(state, event, stamp)        pure: what the event changes

Time, actor and policy come in through `Given`; ids come in through the command. The shell (load,
decide, evolve, save, publish, deduplicate, fire deadlines) is `shared.store` and exists once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Generic, Self, TypeVar

from shared.contracts import EventBody

S = TypeVar("S")
C = TypeVar("C")
P = TypeVar("P")


class Called(str):
    """A code among the facts of a refusal, and what people call it in each language."""

    __slots__ = ("names",)
    names: Mapping[str, str]

    def __new__(cls, code: str, names: Mapping[str, str]) -> Self:
        called = super().__new__(cls, code)
        called.names = names
        return called


def moment(at: datetime, zone: tzinfo) -> Called:
    """An instant of a refusal, on the clock of those who read it."""
    there = at.astimezone(zone)
    forms = {"es": "%d/%m/%Y %H:%M:%S", "en": "%Y-%m-%d %H:%M:%S"}
    return Called(at.isoformat(), {one: there.strftime(form) for one, form in forms.items()})


class Rejected(Exception):
    """The business says no, and says why: `code` is stable, `fields` fill its message.

    The HTTP edge answers 409; in a consumer the message becomes a dead letter with this reason.
    """

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.fields.items())
        return f"{self.code} ({details})" if details else self.code


class Invalid(Rejected):
    """What was asked is not well formed for this tenant (422)."""


class NotAllowed(Rejected):
    """The caller may know of it but not do it (403)."""


class Unknown(Rejected):
    """There is no such thing, or the caller may not know of it (404)."""


class Stale(Rejected):
    """The caller decided on an older version (412)."""


class Transient(Exception):
    """Worth another try, unchanged: the infrastructure did not answer as it should (503)."""


@dataclass(frozen=True, slots=True)
class Given(Generic[P]):
    """What a decision may look at beside the state: all of it an argument, none of it read."""

    at: datetime
    actor: str
    tenant: str
    policy: P
    roles: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and by whom an event was recorded, and its place in the case's history."""

    at: datetime
    actor: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C, P]):
    """The rules of one kind of case.

    `next_due` is a pure function of the state: the next instant at which the case wants to be
    woken, or None. When it has come, the case is given `on_due(due)`, after which `next_due` must
    be another instant or None. A state never changes: one initial state serves all cases.
    """

    state: type[S]
    initial: Callable[[], S]
    decide: Callable[[S, C, Given[P]], Sequence[EventBody]]
    evolve: Callable[[S, Any, Stamp], S]
    next_due: Callable[[S], datetime | None] = lambda _: None
    on_due: Callable[[datetime], C] | None = None
