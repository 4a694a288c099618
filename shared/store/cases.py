"""The shell around every decider: load, decide, evolve, save, hand over to the relay. Written once.

A command ends in one single-document write guarded by the case's version, so that state, trail,
outbox, handled ids and next deadline commit together or not at all. Commands that wait for the same
case are decided one after another on one draft and committed by one write; each caller gets its own
outcome. A lost race reloads and decides again, a bounded number of times.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pymongo import IndexModel
from pymongo.asynchronous.database import AsyncDatabase

from shared.decider import Invalid, Rejected, Stale, Transient, Unknown
from shared.store.document import CODEC, RELAY_LEASE, WITHOUT_HISTORY, Cause, Draft, Shape
from shared.store.group import (
    Collection,
    Document,
    GroupReader,
    GroupWriter,
    transient_when_away,
)
from shared.store.history import Entry
from shared.store.kind import Kind, Outcome, Relay
from shared.waiting import together

S = TypeVar("S")
MAX_ATTEMPTS = 8
MAX_HISTORY = 10_000


def utc_now() -> datetime:
    """The present in UTC, in the milliseconds that BSON can keep."""
    # a third of what it costs to ask for microseconds and to replace them
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1_000, UTC)


def to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@dataclass(slots=True)
class _Pending(Generic[S]):
    command: Any
    cause: Cause
    expected: int | None
    create: bool
    future: "asyncio.Future[Outcome[S]]"
    answer: "Outcome[S] | BaseException | None" = field(default=None)


class Cases(Generic[S]):
    """All cases of one kind."""

    def __init__(
        self,
        kind: Kind[S],
        database: AsyncDatabase[Document],
        policy: Callable[[str], Any],
        relay: Relay,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.kind = kind
        self.collection: Collection = database.get_collection(kind.collection, codec_options=CODEC)
        self.shape = Shape(kind.decider, kind.shape)
        self._policy = policy
        self._relay = relay
        self._now = now
        self._initial = kind.decider.initial()
        self._writer = GroupWriter(self.collection)
        self._reader = GroupReader(self.collection, WITHOUT_HISTORY)
        self._busy: dict[str, list[_Pending[S]]] = {}
        self._drains: set[asyncio.Task[None]] = set()

    async def create(self, case_id: str, command: object, cause: Cause) -> Outcome[S]:
        """Give a command to a case that should not exist yet.

        Decided without reading first; when the id is taken, the command goes to the case as it is,
        where a repetition meets its own id and anything else is for the decider to refuse.
        """
        pending = self._pending(command, cause, expected=None, create=True)
        draft = self._blank(case_id, cause.tenant)
        self._decide(draft, pending)
        if draft.new_entries and await self._save(draft):
            return _settled(pending)
        return await self._enqueue(case_id, pending)

    async def handle(
        self,
        case_id: str,
        command: object,
        cause: Cause,
        *,
        expected: int | None = None,
        create: bool = False,
    ) -> Outcome[S]:
        """Give a command to a case.

        Args:
            case_id: whose command it is; unknown ids are refused unless `create`.
            command: what the kind's decider understands.
            cause: who asks, and the id that makes a repetition harmless.
            expected: the version the caller decided on; another one is `Stale`.
            create: start from the initial state when there is no such case.

        Raises:
            Rejected: the domain's own refusal, `Unknown`, or `Stale`.
            Transient: the database did not answer, or the race was lost too often.
        """
        return await self._enqueue(case_id, self._pending(command, cause, expected, create=create))

    async def get(self, case_id: str, tenant: str) -> Outcome[S]:
        """The present state of a tenant's case.

        Raises:
            Unknown: there is none, or it is another tenant's.
        """
        found = await self.look(case_id, tenant)
        if found is None:
            raise self._unknown(case_id)
        return found

    async def look(self, case_id: str, tenant: str) -> Outcome[S] | None:
        """The same, and None where there is none: for what is looked for and mostly not there."""
        document = await self._reader.get(case_id)
        if document is None or document["tenant"] != tenant:
            return None
        draft = await self._draft(document)
        return Outcome(case_id, draft.state, draft.version)

    async def look_all(self, case_ids: Iterable[str], tenant: str) -> list[Outcome[S]]:
        """Those of these ids that are there, in their order.

        One by one, since the reads of all who look at this moment travel together.
        """
        found = await together([self.look(case_id, tenant) for case_id in case_ids])
        return [one for one in found if one is not None]

    async def history(self, case_id: str, tenant: str, after: int, limit: int) -> list[Entry]:
        """Entries after a sequence, oldest first."""
        wanted, part = {"_id": case_id, "tenant": tenant}, {"history": {"$slice": [after, limit]}}
        with transient_when_away():
            document = await self.collection.find_one(wanted, part)
        if document is None:
            raise self._unknown(case_id)
        entries: list[Entry] = document["history"]
        return entries

    async def find(
        self,
        tenant: str,
        where: Mapping[str, Any],
        *,
        order: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 100,
    ) -> list[Outcome[S]]:
        """Cases of one tenant by their state (`state.field`), in an order an index supports."""
        cursor = self.collection.find({**where, "tenant": tenant}, WITHOUT_HISTORY)
        with transient_when_away():
            found = [document async for document in cursor.sort(list(order)).limit(limit)]
        shaped = [document for one in found if (document := await self._shaped(one)) is not None]
        return [Outcome(d["_id"], self.shape.load(d["state"]), d["version"]) for d in shaped]

    async def ensure_indexes(self) -> None:
        """Create the kernel's and the kind's indexes; every kind's index starts with the tenant."""
        present = [
            IndexModel(name, partialFilterExpression={name: {"$exists": True}})
            for name in ("relay_at", "next_due")
        ]
        own = [
            IndexModel(["tenant", *fields], unique=unique)
            for unique, wanted in ((False, self.kind.indexes), (True, self.kind.unique))
            for fields in wanted
        ]
        await self.collection.create_indexes([*present, *own])

    def _unknown(self, case_id: str) -> Unknown:
        return Unknown(f"{self.kind.thing}.unknown", id=case_id)

    def _pending(
        self, command: object, cause: Cause, expected: int | None, *, create: bool
    ) -> _Pending[S]:
        future: asyncio.Future[Outcome[S]] = asyncio.get_running_loop().create_future()
        return _Pending(command, cause, expected, create, future)

    async def _enqueue(self, case_id: str, pending: _Pending[S]) -> Outcome[S]:
        waiting = self._busy.get(case_id)
        if waiting is None:
            self._busy[case_id] = [pending]
            task = asyncio.create_task(self._drain(case_id))
            self._drains.add(task)
            task.add_done_callback(self._drains.discard)
        else:
            waiting.append(pending)
        return await pending.future

    async def _drain(self, case_id: str) -> None:
        while batch := self._busy[case_id]:
            self._busy[case_id] = []
            try:
                await self._work(case_id, batch)
            except Exception as error:  # noqa: BLE001 - handed to each caller, who decides
                _answer_all(batch, error)
            except BaseException:
                # cancelled: nobody is left waiting, nor whoever comes next
                failure = Transient(f"{self.kind.thing} {case_id}: interrupted")
                _answer_all(batch + self._busy.pop(case_id), failure)
                raise
            for pending in batch:
                _answer(pending)
        del self._busy[case_id]

    async def _work(self, case_id: str, batch: list[_Pending[S]]) -> None:
        absent = 0
        for attempt in range(MAX_ATTEMPTS):
            draft = await self._decided_on(case_id, batch)
            if not draft.new_entries or await self._save(draft):
                return
            absent += draft.stored_version == 0
            if absent > 1:
                # refused twice and still not there: something else of it is taken, such as a code
                raise Rejected("not_unique", id=case_id)
            await asyncio.sleep(0.002 * attempt)
        msg = f"{self.kind.thing} {case_id}: {MAX_ATTEMPTS} races lost"
        raise Transient(msg)

    async def _decided_on(self, case_id: str, batch: list[_Pending[S]]) -> Draft[S]:
        """All that waits for the case, decided one after another on what is stored now."""
        document = await self._reader.get(case_id)
        if document is None:
            draft = self._blank(case_id, batch[0].cause.tenant)
        else:
            draft = await self._draft(document)
        for pending in batch:
            if document is None and not draft.new_entries and not pending.create:
                pending.answer = self._unknown(case_id)
            else:
                self._decide(draft, pending)
        return draft

    def _decide(self, draft: Draft[S], pending: _Pending[S]) -> None:
        try:
            pending.answer = self._decided(draft, pending)
        except Exception as error:  # noqa: BLE001 - one caller's refusal or bug is not the others'
            pending.answer = error

    def _decided(self, draft: Draft[S], pending: _Pending[S]) -> Outcome[S]:
        cause = pending.cause
        if cause.tenant != draft.tenant:
            raise self._unknown(draft.id)
        if draft.has_handled(cause):
            if draft.seen.get(cause.id, cause.fingerprint) != cause.fingerprint:
                raise Invalid("idempotency_key_reused")
            return Outcome(draft.id, draft.state, draft.version, replayed=True)
        if pending.expected is not None and pending.expected != draft.version:
            raise Stale("stale_version", expected=pending.expected, actual=draft.version)
        if draft.version >= MAX_HISTORY:
            raise Invalid("history_full", limit=MAX_HISTORY)
        at = self._now() if cause.at is None else to_milliseconds(cause.at)
        given = cause.given(at, self._policy(cause.tenant))
        bodies = list(self.kind.decider.decide(draft.state, pending.command, given))
        before = len(draft.new_entries)
        draft.record(bodies, cause, at, self.shape)
        if bodies:
            draft.note(cause)
        return Outcome(draft.id, draft.state, draft.version, draft.new_entries[before:])

    def _blank(self, case_id: str, tenant: str) -> Draft[S]:
        return Draft(case_id, tenant, self._initial)

    async def _draft(self, document: Document) -> Draft[S]:
        shaped = await self._shaped(document)
        if shaped is None:
            raise self._unknown(document["_id"])
        return Draft.of(shaped, self.shape)

    async def _shaped(self, document: Document) -> Document | None:
        """The document with its state in the present shape; None when it has gone meanwhile."""
        if document["shape"] == self.kind.shape:
            return document
        with transient_when_away():
            whole = await self.collection.find_one({"_id": document["_id"]})
        if whole is not None:
            whole["state"] = self.shape.dump(self.shape.fold(whole["history"]))
        return whole

    async def _save(self, draft: Draft[S]) -> bool:
        relay_at = utc_now() + RELAY_LEASE
        if draft.stored_version == 0:
            saved = await self._writer.insert(draft.to_insert(self.shape, relay_at))
        else:
            saved = await self._writer.update(*draft.to_update(self.shape, relay_at))
        if saved:
            self._relay.offer(
                self.kind.stream, draft.id, draft.tenant, draft.new_entries, draft.new_bodies
            )
        return saved


def _answer_all(batch: Iterable[_Pending[S]], failure: Exception) -> None:
    for pending in batch:
        pending.answer = failure
        _answer(pending)


def _answer(pending: _Pending[S]) -> None:
    if pending.future.done():
        return
    if isinstance(pending.answer, BaseException):
        pending.future.set_exception(pending.answer)
    elif pending.answer is not None:
        pending.future.set_result(pending.answer)


def _settled(pending: _Pending[S]) -> Outcome[S]:
    if isinstance(pending.answer, BaseException):
        raise pending.answer
    if pending.answer is None:
        raise AssertionError("a decided command has an answer")
    return pending.answer
