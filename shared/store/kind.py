"""What a kind of case is, what comes of a command, and who takes what was committed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from shared.clock import Calendar
from shared.contracts import EventBody
from shared.decider import Decider
from shared.store.history import Entry

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """What became of a command: the case after it, and the events it added."""

    id: str
    state: S
    version: int
    entries: Sequence[Entry] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Promised:
    """Where a state has the next instant that somebody was promised, and in whose working time.

    `due_at` and the fields of `where` follow the tenant in an index of the kind. Two kinds never
    show the same promise: a request has what was said of its evaluation and of its replication.
    """

    calendar: Callable[[Any], Calendar]
    due_at: str = "state.due_at"
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind(Generic[S]):
    """A kind of case: what it is called, where it lies, by which rules it lives."""

    service: str
    thing: str
    decider: Decider[S, Any, Any]
    shape: int = 1
    indexes: Sequence[tuple[str, ...]] = ()
    unique: Sequence[tuple[str, ...]] = ()
    promised: Promised | None = None

    @property
    def stream(self) -> str:
        return f"{self.service}.{self.thing}"

    @property
    def collection(self) -> str:
        return f"{self.thing}s"


class Relay(Protocol):
    """Takes what was committed and publishes it; may forget, since the store remembers.

    The bodies are those of the entries, as they were before they were written down.
    """

    def offer(
        self,
        kind: str,
        case_id: str,
        tenant: str,
        entries: Sequence[Entry],
        bodies: Sequence[EventBody],
    ) -> None: ...
