"""What is promised and not yet due, by account: read from the cases, in business time.

Only promises count. A timer for something else, such as a report, a reminder or the end of an
upload, is nothing that somebody could break.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from shared.clock import Calendar
from shared.decider import Rejected
from shared.store import Cases, utc_now
from shared.store.kind import Promised
from shared.telemetry.kernel import KernelMetrics

NEAR_SECONDS: Final = 3_600
"""Working time within which a promise counts as imminent."""
FURTHEST: Final = timedelta(days=366)
"""Beyond it nothing is promised: it is how a case without a promise is sorted."""


class PromiseGauges:
    """Shows the tightest promise of each account and how many are near, for one service."""

    def __init__(
        self,
        service: str,
        cases: Sequence[Cases[Any]],
        policy: Callable[[str], Any],
        metrics: KernelMetrics,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._service = service
        self._cases = [(one, one.kind.promised) for one in cases if one.kind.promised is not None]
        self._policy = policy
        self._metrics = metrics
        self._now = now

    async def measure(self, tenants: Iterable[str]) -> None:
        """Show it as it is now; an account to which nothing is promised has no tightest promise.

        Raises:
            PyMongoError: the database did not answer; what was shown stays.
        """
        now, known = self._now(), tuple(tenants) if self._cases else ()
        tightest: dict[str, int] = {}
        number: Counter[str] = Counter()
        for cases, promised in self._cases:
            calendars = self._calendars(promised, known)
            for tenant in calendars:
                # there at 0, so that the first warning is seen to rise
                self._metrics.warnings.labels(tenant, cases.kind.stream)
            near: list[str] = []
            for tenant, at in (await _earliest(cases, promised, tuple(calendars), now)).items():
                left = calendars[tenant].elapsed_business_time(now, at)
                tightest[tenant] = min(left, tightest.get(tenant, left))
                if left <= NEAR_SECONDS:
                    near.append(tenant)
            edges = {one: calendars[one].add_business_time(now, NEAR_SECONDS) for one in near}
            number.update(await _counted(cases, promised, edges, now))
        for tenant in known:
            self._show(tenant, number[tenant], tightest.get(tenant))

    def _calendars(self, promised: Promised, tenants: Iterable[str]) -> Mapping[str, Calendar]:
        """Those of the accounts that have this kind of case."""
        found: dict[str, Calendar] = {}
        for tenant in tenants:
            try:
                found[tenant] = promised.calendar(self._policy(tenant))
            except Rejected:
                continue
        return found

    def _show(self, tenant: str, number: int, left: int | None) -> None:
        self._metrics.imminent.labels(tenant, self._service).set(number)
        if left is None:
            self._metrics.tightest.remove(tenant, self._service)
        else:
            self._metrics.tightest.labels(tenant, self._service).set(left)


async def _earliest(
    cases: Cases[Any], promised: Promised, tenants: Sequence[str], now: datetime
) -> dict[str, datetime]:
    """The next promise of each account: one step into the index an account."""
    ahead = {"$gte": now, "$lt": now + FURTHEST}
    wanted = {"tenant": {"$in": tenants}, **promised.where, promised.due_at: ahead}
    found = await cases.collection.aggregate(
        [
            {"$match": wanted},
            {"$sort": {"tenant": 1, promised.due_at: 1}},
            {"$group": {"_id": "$tenant", "at": {"$first": f"${promised.due_at}"}}},
        ]
    )
    return {row["_id"]: row["at"] async for row in found}


async def _counted(
    cases: Cases[Any], promised: Promised, edges: Mapping[str, datetime], now: datetime
) -> dict[str, int]:
    """How many promises of each account are due until its edge."""
    if not edges:
        return {}
    near = [
        {"tenant": tenant, **promised.where, promised.due_at: {"$gte": now, "$lte": edge}}
        for tenant, edge in edges.items()
    ]
    found = await cases.collection.aggregate(
        [{"$match": {"$or": near}}, {"$group": {"_id": "$tenant", "n": {"$sum": 1}}}]
    )
    return {row["_id"]: row["n"] async for row in found}
