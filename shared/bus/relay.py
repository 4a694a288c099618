"""The relay: carries committed events from the cases' documents to the broker.

What was just committed is handed over in memory and published at once, in batches. That memory may
be lost: every document with something unpublished carries `relay_at`, and the sweep takes over
what is past it, whoever committed it; `claimed_until` keeps two sweeps apart. A document is marked
only when its run of confirmed events follows on what was published before, so no event is skipped.
The relay makes duplicates (a crash between confirm and mark, a lost confirm) and never losses.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.bus.marks import Marks
from shared.bus.offers import Offers, Run
from shared.bus.publisher import UNCONFIRMED, UNROUTABLE, Message, Publisher
from shared.bus.topology import EVENTS
from shared.cancellation import was_asked_to_stop
from shared.contracts import Envelope, EventBody, encode
from shared.contracts.events import TypeName
from shared.decider import Transient
from shared.ids import new_id
from shared.store.cases import utc_now
from shared.store.document import RELAY_LEASE
from shared.store.group import Collection, Document
from shared.store.history import Entry, to_envelope
from shared.telemetry.kernel import KernelMetrics
from shared.waiting import pause

log = structlog.get_logger()
MAX_BATCH = 200
MAX_WAITING = 20_000
SWEEP_EVERY = 1.0
MARK_EVERY = 0.1
CLAIM = timedelta(seconds=15)
OUTCOMES = ("confirmed", UNROUTABLE, UNCONFIRMED)
MAX_RUN = 500
Confirmed = Sequence[tuple[Run, Sequence[int]]]
"""Runs of one case, and the sequences of each that the broker confirmed, from its beginning on."""
Follow = Callable[[Envelope, EventBody | None], Awaitable[None]]


class EventRelay:
    """One a service and process; several may work on the same cases."""

    def __init__(self, service: str, publisher: Publisher, metrics: KernelMetrics) -> None:
        self._service = service
        self._publisher = publisher
        self._metrics = metrics
        # from the beginning: a rise from nothing is not seen as one
        self._confirmed_events, *_ = (
            metrics.published.labels(service=service, outcome=outcome) for outcome in OUTCOMES
        )
        self._collections: dict[str, Collection] = {}
        self._offers = Offers(MAX_WAITING)
        self._publishing = False
        self._marks = Marks()
        self._swept_to: dict[str, datetime] = {}
        self._wake = asyncio.Event()
        self._followed: frozenset[str] = frozenset()
        self._follow: Follow | None = None

    def watch(self, kind: str, collection: Collection) -> None:
        self._collections[kind] = collection
        self._marks.watch(kind, collection)

    def follow_with(self, types: Iterable[str], follow: Follow) -> None:
        """Call `follow` with every event of these types, confirmed and before it is noted.

        It is given the body as well where that is at hand, so as not to be read anew.

        What it fails to do is done again by the sweep, together with the publishing.
        """
        self._followed, self._follow = frozenset(types), follow

    def offer(
        self,
        kind: str,
        case_id: str,
        tenant: str,
        entries: Sequence[Entry],
        bodies: Sequence[EventBody],
    ) -> None:
        """Take what was just committed. When too much waits, the sweep will find it."""
        for body in bodies:
            if body.warns:
                self._metrics.warnings.labels(tenant, kind).inc()
        self._offers.put(Run(kind, case_id, tenant, entries, bodies))
        self._wake.set()

    @property
    def works(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What publishes until cancelled; each a task of its own, for a group cancels only once."""
        return {
            "relay": self._publish_offers,
            "sweep": self._sweep_for_ever,
            "marks": self._mark_for_ever,
        }

    async def drain(self) -> None:
        """Publish what still waits in memory before a stop; what fails the store keeps."""
        while self._offers and await self._next_batch():
            pass
        await self._try(self._marks.flush())

    async def oldest_unpublished_seconds(self) -> float:
        """How long the oldest unconfirmed event has waited, 0 when there is none."""
        found = await asyncio.gather(*map(_oldest_in, self._collections.values()))
        waiting = [document["relay_at"] - RELAY_LEASE for document in found if document is not None]
        return max(0.0, (utc_now() - min(waiting)).total_seconds()) if waiting else 0.0

    async def sweep(self) -> bool:
        """Publish some of what is past its `relay_at`; True when there is more of it."""
        # what is confirmed and not noted yet looks unpublished
        await self._marks.flush()
        for kind, collection in self._collections.items():
            runs = await self._overdue(kind, collection)
            await self._relay(runs)
            if nothing_left := [run.case_id for run in runs if not run.entries]:
                await self._marks.release(kind, nothing_left)
        await self._marks.flush()
        return bool(self._swept_to)

    async def _publish_offers(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._publishing = True
            try:
                while self._offers and await self._next_batch():
                    pass
            finally:
                self._publishing = False

    async def _next_batch(self) -> bool:
        batch = self._offers.take(MAX_BATCH)
        if await self._try(self._relay(batch)):
            self._offers.done(batch)
            return True
        self._offers.forget()
        return False

    async def _sweep_for_ever(self) -> None:
        while True:
            await pause(SWEEP_EVERY)
            await self._try(self._sweep_all())

    async def _sweep_all(self) -> None:
        """After an outage a second's pause for every two hundred cases would take hours."""
        while await self.sweep():
            pass

    async def _mark_for_ever(self) -> None:
        while True:
            await asyncio.sleep(MARK_EVERY)
            await self._try(self._marks.flush())

    async def _try(self, work: Any) -> bool:  # noqa: ANN401 - any coroutine
        try:
            await work
        except asyncio.CancelledError:
            if was_asked_to_stop():
                raise
            reason = "cancelled by a dying connection"
        except (Transient, PyMongoError) as error:
            reason = str(error)[:200]
        else:
            return True
        log.warning("relay_interrupted", service=self._service, reason=reason)
        await asyncio.sleep(0.5)
        return False

    async def _overdue(self, kind: str, collection: Collection) -> list[Run]:
        """The next of those past their `relay_at`, claimed; after the last the first are next.

        All together in two round trips: after an outage there are thousands.
        Who cannot be published keeps his `relay_at`, by which one sees how long he has waited, and
        must not be all that is ever looked at.
        """
        now = utc_now()
        past, free = {"$lte": now}, {"$not": {"$gt": now}}
        if (reached := self._swept_to.pop(kind, None)) is not None:
            past["$gte"] = reached
        cursor = collection.find({"relay_at": past, "claimed_until": free}, {"relay_at": 1})
        found = [one async for one in cursor.sort("relay_at", 1).limit(MAX_BATCH)]
        ids = [one["_id"] for one in found if not self._has_at_hand(kind, one["_id"])]
        if not ids:
            # nothing, or what has its turn here soon: all behind it is younger
            return []
        if len(found) == MAX_BATCH:
            self._swept_to[kind] = found[-1]["relay_at"]
        these, claim = {"_id": {"$in": ids}}, new_id()
        taken = {"claimed_until": now + CLAIM, "claim": claim}
        still = {"relay_at": {"$lte": now}, "claimed_until": free}
        await collection.update_many({**these, **still}, {"$set": taken})
        tail = {"$slice": ["$history", "$published", MAX_RUN]}
        claimed = collection.find({**these, "claim": claim}, {"tenant": 1, "history": tail})
        return [_unread(kind, one) async for one in claimed.sort("relay_at", 1)]

    def _has_at_hand(self, kind: str, case_id: str) -> bool:
        """Whether a case's turn comes here anyway: busy as we are, it would be published twice."""
        return self._publishing and self._offers.holds(kind, case_id)

    async def _relay(self, runs: Sequence[Run]) -> None:
        messages = [_message(run, entry) for run in runs for entry in run.entries]
        answers = await self._publisher.publish(messages) if messages else []
        self._confirmed_events.inc(answers.count(""))
        verdicts = iter(answers)
        cases: dict[tuple[str, str], list[tuple[Run, Sequence[int]]]] = {}
        for run in runs:
            cases.setdefault(run[:2], []).append((run, self._confirmed(run.entries, verdicts)))
        asking = [runs for runs in cases.values() if not self._noted(runs)]
        # together: what one case asks waits for the database while the others ask
        ends = await asyncio.gather(*map(self._conclude, asking), return_exceptions=True)
        for failure in ends:
            if failure is not None:
                raise failure

    def _noted(self, runs: Confirmed) -> bool:
        """Note the confirmed events of one case, unless one of them asks something: False."""
        if any(one["type"] in self._followed for run, _ in runs for one in run.entries):
            return False
        for run, confirmed in runs:
            if not self._note(run, confirmed):
                break
        return True

    async def _conclude(self, runs: Confirmed) -> None:
        """Do what the confirmed events of one case ask, in their order, and note them.

        After one that is not confirmed nothing more is done: the sweep does it in its order.
        """
        for run, confirmed in runs:
            if self._follow is not None:
                for entry, body in zip(run.entries[: len(confirmed)], run.bodies, strict=False):
                    if entry["type"] in self._followed:
                        await self._follow(to_envelope(run.case_id, run.tenant, entry), body)
            if not self._note(run, confirmed):
                return

    def _note(self, run: Run, confirmed: Sequence[int]) -> bool:
        """Note what is confirmed of a run; whether that is all of it."""
        if confirmed:
            self._marks.confirm(run.kind, run.case_id, confirmed[0], confirmed[-1])
        return len(confirmed) == len(run.entries)

    def _confirmed(self, entries: Sequence[Entry], verdicts: Iterator[str]) -> list[int]:
        """The unbroken run of confirmed sequences at the beginning."""
        confirmed: list[int] = []
        broken = False
        for entry in entries:
            if reason := next(verdicts):
                self._refused(entry, reason)
                broken = True
            elif not broken:
                confirmed.append(entry["seq"])
        return confirmed

    def _refused(self, entry: Entry, reason: str) -> None:
        self._metrics.published.labels(service=self._service, outcome=reason).inc()
        log.error("event_not_published", type=entry["type"], event_id=entry["id"], reason=reason)


def _unread(kind: str, case: Document) -> Run:
    entries = case["history"]
    return Run(kind, case["_id"], case["tenant"], entries, [None] * len(entries))


def _message(run: Run, entry: Mapping[str, Any]) -> Message:
    event = to_envelope(run.case_id, run.tenant, entry)
    key = TypeName.parse(event.type).routing_key
    return Message(EVENTS, key, encode(event), event.id, event.type)


async def _oldest_in(collection: Collection) -> Document | None:
    unpublished = {"relay_at": {"$exists": True}}
    return await collection.find_one(unpublished, {"relay_at": 1}, sort=[("relay_at", 1)])
