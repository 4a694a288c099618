"""Durable deadlines: the case's own `next_due`, indexed, fired as a command to the case.

A deadline that fell due while everything was down fires when a worker is back, once, with the due
instant that was promised: the guarded write lets one of several workers win, and the winner's state
no longer has the deadline open.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from shared.decider import Rejected, Transient
from shared.store import Cases, Cause, utc_now
from shared.store.group import Document
from shared.telemetry.kernel import KernelMetrics
from shared.waiting import pause

log = structlog.get_logger()
LOOK_EVERY = 1.0
MAX_BATCH = 1_000
HORIZON = timedelta(hours=1)


class DeadlineWorker:
    """Fires what is due in the cases of one service."""

    def __init__(
        self,
        service: str,
        cases: Sequence[Cases[Any]],
        metrics: KernelMetrics,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._service = service
        self._cases = [c for c in cases if c.kind.decider.on_due is not None]
        self._metrics = metrics
        self._now = now

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

    async def measure(self, tenants: Iterable[str]) -> None:
        """Show what falls due within `HORIZON`: a range of the index, however many cases wait."""
        now = self._now()
        number: Counter[str] = Counter()
        tightest = dict.fromkeys(tenants, HORIZON)
        for cases in self._cases:
            near = cases.collection.aggregate(
                [
                    {"$match": {"next_due": {"$lte": now + HORIZON}}},
                    {"$group": {"_id": "$tenant", "n": {"$sum": 1}, "at": {"$min": "$next_due"}}},
                ]
            )
            async for row in await near:
                number[row["_id"]] += row["n"]
                tightest[row["_id"]] = min(tightest.get(row["_id"], HORIZON), row["at"] - now)
        for tenant, left in tightest.items():
            self._metrics.imminent.labels(tenant, self._service).set(number[tenant])
            self._metrics.tightest.labels(tenant, self._service).set(left.total_seconds())

    async def fire_due(self) -> int:
        """Fire what is due now; returns how many cases were looked at."""
        looked_at = 0
        for cases in self._cases:
            now = self._now()
            cursor = cases.collection.find(
                {"next_due": {"$lte": now}}, {"next_due": 1, "tenant": 1}
            )
            due = [document async for document in cursor.sort("next_due", 1).limit(MAX_BATCH)]
            await asyncio.gather(*(self._fire(cases, document) for document in due))
            looked_at += len(due)
        return looked_at

    async def _fire(self, cases: Cases[Any], document: Document) -> None:
        case_id, due = document["_id"], document["next_due"]
        on_due = cases.kind.decider.on_due
        if on_due is None:
            return
        cause = Cause(document["tenant"], f"system:{self._service}", causation="deadline")
        try:
            outcome = await cases.handle(case_id, on_due(due), cause)
        except Rejected:
            log.exception("deadline_refused", case_id=case_id)
            return
        if outcome.entries:
            late = (self._now() - due).total_seconds()
            self._metrics.timer_lateness.labels(service=self._service).observe(max(0.0, late))
