"""What a batch of events changes: the places reached, the facts and the buckets. Pure.

The whole change is one transaction. Each fact keeps what it has added to the buckets (`counted`),
so a correction takes away exactly that, also when the rules or the account's policy have changed
since; the figures are always the sum over the facts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from services.kpi.families import Counts, difference, merge, spread
from services.kpi.kinds import SOURCES, Fact, Kind, kind_of
from services.kpi.policy import Counting
from services.kpi.sources import Source
from shared.bus.delivery import Burial, Delivery, Verdict
from shared.bus.order import Cursor, Place
from shared.contracts import EventBody, UnknownEventType, UnknownEventVersion, decode
from shared.contracts.events import TypeName
from shared.decider import Rejected

By = Callable[[str], Counting]


@dataclass(slots=True)
class Reading:
    """A delivery with its body read ahead, or why it cannot be read."""

    delivery: Delivery
    source: Source
    body: EventBody | None = None
    failure: tuple[str, str] = ("", "")

    @property
    def fact_id(self) -> str:
        return f"{self.source.fact}:{self.delivery.event.subject}"


def read(delivery: Delivery) -> Reading | None:
    """None for a kind of case that no indicator needs."""
    event = delivery.event
    source = SOURCES.get(stream_of(event.type))
    if source is None:
        return None
    if delivery.exhausted:
        return Reading(delivery, source, failure=(delivery.exhausted, ""))
    try:
        return Reading(delivery, source, event.body())
    except (UnknownEventType, UnknownEventVersion) as error:
        return Reading(delivery, source, failure=(error.reason, event.type))
    except ValidationError as error:
        return Reading(delivery, source, failure=("invalid_body", where(error)))


@lru_cache(maxsize=1_000)
def stream_of(event_type: str) -> str:
    """The kind of case that an event is of."""
    return TypeName.parse(event_type).stream


def where(error: ValidationError) -> str:
    """Where a body is wrong, without the values: they may be personal data."""
    found = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in found)[:500]


@dataclass(slots=True)
class Record:
    """A fact while a batch changes it; `recount` when it has, and so what it adds.

    Its tenant is that of the first event which said something of the case: one that was buried or
    that waits for others decides nothing.
    """

    id: str
    tenant: str
    fact: Fact
    counted: Counts = field(default_factory=dict)
    recount: bool = False
    reached: dict[str, int] = field(default_factory=dict)
    irregular: set[str] = field(default_factory=set)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    stored: bool = False
    changed: bool = False

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Record":
        return cls(
            id=document["_id"],
            tenant=document["tenant"],
            fact=kind_of(document["_id"]).from_document(document["fact"]),
            counted={entry["b"]: entry["m"] for entry in document["counted"]},
            reached=document["reached"],
            irregular=set(document.get("irregular", ())),
            stored=True,
        )

    @classmethod
    def blank(cls, fact_id: str, tenant: str) -> "Record":
        """Nothing heard yet."""
        return cls(fact_id, tenant, kind_of(fact_id).blank)

    @property
    def kind(self) -> Kind:
        return kind_of(self.id)

    def to_document(self) -> dict[str, Any]:
        document = {
            "_id": self.id,
            "tenant": self.tenant,
            "reached": self.reached,
            "fact": self.kind.to_document(self.fact),
            "counted": [{"b": key, "m": amounts} for key, amounts in self.counted.items()],
        }
        if self.irregular:
            document["irregular"] = sorted(self.irregular)
        return document

    def cursor(self, source: Source, subject: str) -> Cursor:
        """The place reached in one of its streams; irregular ones were loaded before."""
        found = self.cursors.get(source.service)
        if found is None:
            name = f"{source.service}/{source.thing}:{subject}"
            found = Cursor(name, self.reached.get(source.service, 0))
            self.cursors[source.service] = found
        return found


@dataclass(slots=True)
class Ledger:
    """One batch at work on the records it concerns."""

    by: By
    records: dict[str, Record]
    handled: list[tuple[Delivery, str]] = field(default_factory=list)
    burials: list[tuple[Delivery, Burial]] = field(default_factory=list)

    def take(self, reading: Reading) -> Verdict:
        """Put one event in its place; what waited for it follows."""
        delivery = reading.delivery
        event = delivery.event
        record = self.records.get(reading.fact_id)
        if record is None:
            record = self.records[reading.fact_id] = Record.blank(reading.fact_id, event.tenant)
        cursor = record.cursor(reading.source, event.subject)
        place = cursor.place(event.sequence, replay=delivery.replay)
        if place is Place.REPEATED:
            self.handled.append((delivery, "repeated"))
            return Verdict.DONE
        if place is Place.EARLY:
            return self._park(record, cursor, delivery)
        self._apply(record, cursor, reading)
        while (parked := cursor.next_parked()) is not None:
            waited = read(Delivery(decode(parked), parked, tag=0))
            if waited is not None:
                self._apply(record, cursor, waited)
        return Verdict.DONE

    def _park(self, record: Record, cursor: Cursor, delivery: Delivery) -> Verdict:
        if not cursor.park(delivery.event.sequence, delivery.body):
            return Verdict.RETRY
        record.changed = True
        self.handled.append((delivery, "early"))
        return Verdict.DONE

    def _apply(self, record: Record, cursor: Cursor, reading: Reading) -> None:
        delivery, (reason, detail) = reading.delivery, reading.failure
        event = delivery.event
        if reading.body is not None:
            reason, detail = self._folded(record, reading.body, delivery)
        if reason:
            self.burials.append((delivery, Burial(delivery.body, reason, detail)))
        cursor.advance(event.sequence, handled=not reason)
        record.changed = True
        self.handled.append((delivery, "buried" if reason else "handled"))

    def _folded(self, record: Record, body: EventBody, delivery: Delivery) -> tuple[str, str]:
        event = delivery.event
        if event.tenant != record.tenant and record.fact != record.kind.blank:
            return "other_tenant", f"this case is not of {event.tenant}"
        try:
            self.by(event.tenant)
            where = event.time, event.sequence, event.actor
            after = record.kind.fold(record.fact, body, *where)
        except Rejected as error:
            return "rejected", str(error)
        except Exception as error:  # noqa: BLE001 - kept with its reason, and the rest goes on
            return "bug", f"{type(error).__name__}: {error}"
        # many events tell the figures nothing: their place is all that is kept of them
        if after is not record.fact or event.tenant != record.tenant:
            record.fact, record.tenant, record.recount = after, event.tenant, True
        return "", ""

    def settle(self) -> tuple[list[Record], Counts]:
        """The records to be saved, and what is added to the buckets."""
        changed = [record for record in self.records.values() if record.changed]
        total: Counts = {}
        for record in changed:
            close(record, self.by, total)
        return changed, spread(total)


def close(record: Record, by: By, total: Counts) -> None:
    """Bring what the record has counted up to its fact; the difference, by day, to `total`."""
    for name, cursor in record.cursors.items():
        record.reached[name] = cursor.reached
        if cursor.early or cursor.passed_over:
            record.irregular.add(name)
        else:
            record.irregular.discard(name)
    if record.recount:
        counts = record.kind.counts(record.fact, by(record.tenant))
        merge(total, difference(record.counted, counts))
        record.counted = counts


def streams_of(records: Iterable[Record]) -> dict[str, tuple[Record, str]]:
    """The streams with something irregular, by the id of their cursor."""
    found: dict[str, tuple[Record, str]] = {}
    for record in records:
        subject = record.id.partition(":")[2]
        for source in record.kind.sources:
            if source.service in record.irregular:
                found[f"{source.service}/{source.thing}:{subject}"] = record, source.service
    return found
