"""How a case lies in MongoDB: one document, written as a whole or not at all.

_id, tenant        whose case it is
version            number of its events; the guard of every write
state              the fold of its history, for reading and deciding
shape              version of the state's shape; another one is folded anew from the history
history            every event, chained by hash (`head` is the last hash)
published          the last sequence the broker has confirmed: what follows is the outbox
relay_at           present while something is unpublished: when another relay may take over
claimed_until      present while one has: until then no third one does
claim              by which that one knows the cases it took over together
next_due           present while a deadline runs
heard              last sequence taken from each case of another service
seen               ids of the last commands, with the fingerprint of what they asked
commit             id of the last write, to tell winners from losers in a bulk write
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Generic, TypeVar

from bson.codec_options import CodecOptions, TypeRegistry
from pydantic import TypeAdapter

from shared.contracts import EventBody, body_of
from shared.decider import Decider, Given, Stamp
from shared.ids import new_id
from shared.store.group import Document
from shared.store.history import GENESIS, Entry, entry_hash

S = TypeVar("S")
P = TypeVar("P")
MAX_SEEN = 64
RELAY_LEASE = timedelta(seconds=5)
WITHOUT_HISTORY = {"history": 0}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever BSON does not know
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, frozenset | set):
        return sorted(value)
    msg = f"a case's state cannot hold {type(value).__name__}"
    raise TypeError(msg)


CODEC: CodecOptions[Document] = CodecOptions(
    tz_aware=True, type_registry=TypeRegistry(fallback_encoder=_plain)
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Who asks, for whom, why: what a command carries beside itself.

    `id` makes it idempotent; `fingerprint` tells a repetition from another request under the same
    id. `source` is (stream, sequence) of the event that led to it, where those come in order. `at`
    overrides the present for what happened in the past (imports).
    """

    tenant: str
    actor: str
    id: str = field(default_factory=new_id)
    fingerprint: str = ""
    roles: frozenset[str] = frozenset()
    source: tuple[str, int] | None = None
    correlation: str = ""
    causation: str = ""
    trace: str = ""
    at: datetime | None = None
    areas: frozenset[str] = frozenset()
    organisation: str = ""

    def given(self, at: datetime, policy: P) -> Given[P]:
        """What a decision may look at, at an instant."""
        who = (self.roles, self.areas, self.organisation)
        return Given(at, self.actor, self.tenant, policy, *who)


@cache
def _adapter_of(state: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, or a union of types
    """Made once for each type of state: making one takes some milliseconds."""
    return TypeAdapter(state)


class Shape(Generic[S]):
    """Turns states into BSON and back, and folds histories."""

    def __init__(self, decider: Decider[S, Any, Any], version: int) -> None:
        self.decider = decider
        self.version = version
        state: Any = decider.state
        self._adapter: TypeAdapter[S] = _adapter_of(state)

    def dump(self, state: S) -> Document:
        dumped: Document = self._adapter.dump_python(state)
        return dumped

    def load(self, stored: Document) -> S:
        return self._adapter.validate_python(stored)

    def fold(self, history: list[Entry]) -> S:
        state = self.decider.initial()
        for entry in history:
            state = self.evolve(state, body_of(entry["type"], entry["data"]), entry)
        return state

    def evolve(self, state: S, body: EventBody, entry: Entry) -> S:
        return self.decider.evolve(state, body, Stamp(entry["at"], entry["actor"], entry["seq"]))


@dataclass(slots=True)
class Draft(Generic[S]):
    """A case while commands are being decided on it; nothing is saved yet."""

    id: str
    tenant: str
    state: S
    version: int = 0
    head: str = GENESIS
    heard: dict[str, int] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    new_entries: list[Entry] = field(default_factory=list)
    new_bodies: list[EventBody] = field(default_factory=list)
    new_seen: list[list[str]] = field(default_factory=list)
    new_heard: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, shape: Shape[S]) -> "Draft[S]":
        return cls(
            id=document["_id"],
            tenant=document["tenant"],
            state=shape.load(document["state"]),
            version=document["version"],
            head=document["head"],
            heard=dict(document["heard"]),
            seen={entry[0]: entry[1] for entry in document["seen"]},
        )

    def record(self, bodies: list[EventBody], cause: Cause, at: datetime, shape: Shape[S]) -> None:
        """Append the events of one command, all of them or (when folding fails) none."""
        state, head, entries = self.state, self.head, []
        for sequence, body in enumerate(bodies, self.version + 1):
            entry: Entry = {
                "id": new_id(),
                "seq": sequence,
                "type": body.event_type,
                "at": at,
                "actor": cause.actor,
                "corr": cause.correlation,
                "cause": cause.causation or cause.id,
                "data": body.model_dump(mode="json"),
            }
            entry["hash"] = head = entry_hash(self.id, head, entry)
            if cause.trace:
                entry["trace"] = cause.trace
            state = shape.evolve(state, body, entry)
            entries.append(entry)
        self.state, self.head = state, head
        self.version += len(entries)
        self.new_entries += entries
        self.new_bodies += bodies

    def note(self, cause: Cause) -> None:
        """Remember that the command was handled."""
        self.seen[cause.id] = cause.fingerprint
        self.new_seen.append([cause.id, cause.fingerprint])
        if cause.source is not None:
            stream, sequence = cause.source
            self.heard[stream] = self.new_heard[stream] = sequence

    def has_handled(self, cause: Cause) -> bool:
        if cause.id in self.seen:
            return True
        if cause.source is None:
            return False
        stream, sequence = cause.source
        return sequence <= self.heard.get(stream, 0)

    @property
    def stored_version(self) -> int:
        return self.version - len(self.new_entries)

    def to_insert(self, shape: Shape[S], relay_at: datetime) -> Document:
        document: Document = {
            "_id": self.id,
            "tenant": self.tenant,
            "version": self.version,
            "state": shape.dump(self.state),
            "shape": shape.version,
            "history": self.new_entries,
            "head": self.head,
            "published": 0,
            "relay_at": relay_at,
            "heard": self.new_heard,
            "seen": self.new_seen[-MAX_SEEN:],
            "commit": self.new_entries[-1]["id"],
        }
        if (due := shape.decider.next_due(self.state)) is not None:
            document["next_due"] = due
        return document

    def to_update(self, shape: Shape[S], relay_at: datetime) -> tuple[Document, Document]:
        """The guard and the change."""
        values: Document = {
            "version": self.version,
            "state": shape.dump(self.state),
            "shape": shape.version,
            "head": self.head,
            "relay_at": relay_at,
            "commit": self.new_entries[-1]["id"],
            **{f"heard.{stream}": seq for stream, seq in self.new_heard.items()},
        }
        change: Document = {
            "$set": values,
            "$push": {
                "history": {"$each": self.new_entries},
                "seen": {"$each": self.new_seen, "$slice": -MAX_SEEN},
            },
        }
        due = shape.decider.next_due(self.state)
        if due is None:
            change["$unset"] = {"next_due": ""}
        else:
            values["next_due"] = due
        return {"_id": self.id, "version": self.stored_version}, change
