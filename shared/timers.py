"""Durable deadlines: the case's own `next_due`, indexed, fired as a command to the case.

A deadline that fell due while everything was down fires when a worker is back, once, with the due
instant that was promised: the guarded write lets one of several workers win, and the winner's state
no longer has the deadline open.

A deadline that cannot be fired, be it refused or a bug, keeps its place before all that are due
later. It is left out of the looks for a while, which grows, so that the others have their turn.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.decider import Rejected, Transient
from shared.pace import identity
from shared.store import Cases, Cause, utc_now
from shared.store.group import Document
from shared.telemetry.kernel import KernelMetrics
from shared.waiting import pause

log = structlog.get_logger()
LOOK_EVERY = 1.0
MAX_BATCH = 1_000
FIRST_REST = timedelta(seconds=2)
LONGEST_REST = timedelta(minutes=5)


@dataclass(slots=True)
class Resting:
    """The cases of one kind that could not be fired, by when they get their next try."""

    until: dict[str, datetime] = field(default_factory=dict)
    length: dict[str, timedelta] = field(default_factory=dict)

    def send(self, case_id: str, now: datetime) -> None:
        """Let a case rest, twice as long as the last time."""
        length = self.length.get(case_id, FIRST_REST / 2) * 2
        self.length[case_id] = length = min(length, LONGEST_REST)
        self.until[case_id] = now + length

    def at(self, now: datetime) -> list[str]:
        """Who rests now. Who did not come back when he could has been mended meanwhile."""
        for case_id in [one for one, until in self.until.items() if until <= now - LONGEST_REST]:
            del self.until[case_id], self.length[case_id]
        return [one for one, until in self.until.items() if until > now]


class DeadlineWorker:
    """Fires what is due in the cases of one service."""

    def __init__(
        self,
        service: str,
        cases: Sequence[Cases[Any]],
        metrics: KernelMetrics,
        now: Callable[[], datetime] = utc_now,
        real: Callable[[datetime], datetime] = identity,
    ) -> None:
        self._service = service
        self._cases = [c for c in cases if c.kind.decider.on_due is not None]
        self._metrics = metrics
        self._now = now
        self._real = real
        self._resting = {c.kind.stream: Resting() for c in self._cases}

    @property
    def has_work(self) -> bool:
        return bool(self._cases)

    async def run(self) -> None:
        """Look for due cases until cancelled."""
        while True:
            try:
                fired = await self.fire_due()
            except (Transient, PyMongoError) as error:
                log.warning("deadlines_interrupted", service=self._service, reason=str(error))
                fired = 0
            if fired < MAX_BATCH:
                await pause(LOOK_EVERY)

    async def measure(self) -> None:
        """Show how long the timer that waits longest has been due; a failing one never fires."""
        now, late = self._now(), 0.0
        for cases in self._cases:
            first = await cases.collection.find_one(
                {"next_due": {"$lte": now}}, {"next_due": 1}, sort=[("next_due", 1)]
            )
            if first is not None:
                late = max(late, self._late(first["next_due"], now))
        self._metrics.timer_overdue.labels(service=self._service).set(late)

    async def fire_due(self) -> int:
        """Fire what is due now; returns how many cases were looked at."""
        looked_at = 0
        for cases in self._cases:
            now = self._now()
            wanted: Document = {"next_due": {"$lte": now}}
            if resting := self._resting[cases.kind.stream].at(now):
                wanted["_id"] = {"$nin": resting}
            cursor = cases.collection.find(wanted, {"next_due": 1, "tenant": 1})
            due = [document async for document in cursor.sort("next_due", 1).limit(MAX_BATCH)]
            await asyncio.gather(*(self._fire(cases, document) for document in due))
            looked_at += len(due)
        return looked_at

    async def _fire(self, cases: Cases[Any], document: Document) -> None:
        try:
            await self._fire_one(cases, document["_id"], document["next_due"], document["tenant"])
        except Transient:
            raise
        except Exception as error:
            # one case's refusal or bug is not the others'
            reason = "rejected" if isinstance(error, Rejected) else "bug"
            log.exception("deadline_not_fired", case_id=document["_id"], reason=reason)
            self._metrics.unfired.labels(self._service, reason).inc()
            self._resting[cases.kind.stream].send(document["_id"], self._now())

    async def _fire_one(self, cases: Cases[Any], case_id: str, due: datetime, tenant: str) -> None:
        decider = cases.kind.decider
        if decider.on_due is None:
            return
        cause = Cause(tenant, f"system:{self._service}", causation="deadline")
        outcome = await cases.handle(case_id, decider.on_due(due), cause)
        if outcome.entries:
            late = max(0.0, self._late(due, self._now()))
            self._metrics.timer_lateness.labels(service=self._service).observe(late)

    def _late(self, due: datetime, now: datetime) -> float:
        """Real seconds: where a clock runs fast, each of them is many of its own."""
        return (self._real(now) - self._real(due)).total_seconds()
