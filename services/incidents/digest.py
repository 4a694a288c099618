"""What the ladder has announced and still stands, as one page instead of one message each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.incidents.domain import Incident
from services.incidents.domain.stages import Standing
from services.incidents.policy import IncidentPolicy
from services.incidents.views import View
from shared.store import Cases
from shared.store.group import transient_when_away

SHOWN = 20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class DigestRow(View):
    """Incidents of one tier whose promise has reached the same share; 100 is broken.

    `tickets` are the first by due date, `notify` the roles that the ladder names.
    """

    tier: int
    stage: str
    share: int
    count: int
    oldest_due_at: datetime
    tickets: Sequence[str]
    notify: Sequence[str]


class Digest(View):
    """The rows, the worst first."""

    items: Sequence[DigestRow]


async def digest(
    incidents: Cases[Incident], tenant: str, policy: IncidentPolicy, role: str | None
) -> Digest:
    """What is announced and not settled, for a role or for all.

    Raises:
        Transient: the database did not answer.
    """
    with transient_when_away():
        cursor = await incidents.collection.aggregate(pipeline(tenant))
        rows = [_row(found, policy) async for found in cursor]
    return Digest(items=[row for row in rows if role is None or role in row.notify])


def _row(found: dict[str, Any], policy: IncidentPolicy) -> DigestRow:
    key = found["_id"]
    return DigestRow(
        tier=key["tier"],
        stage=key["stage"],
        share=key["share"],
        count=found["count"],
        oldest_due_at=found["oldest"],
        tickets=found["tickets"],
        notify=policy.notified(key["share"]),
    )


def pipeline(tenant: str) -> list[dict[str, Any]]:
    """What the database is asked."""
    running = {
        "state.stages.standing": Standing.RUNNING.value,
        "state.stages.told.0": {"$exists": True},
    }
    key = {
        "tier": "$state.tier",
        "stage": "$state.stages.name",
        "share": {"$max": "$state.stages.told"},
    }
    ticket = {"output": "$state.ticket", "sortBy": {"state.stages.due_at": 1}, "n": SHOWN}
    return [
        {"$match": {"tenant": tenant, "state.told_at": {"$gt": LONG_AGO}, "state.open": True}},
        {"$project": {"state.tier": 1, "state.ticket": 1, "state.stages": 1}},
        {"$unwind": "$state.stages"},
        {"$match": running},
        {
            "$group": {
                "_id": key,
                "count": {"$sum": 1},
                "oldest": {"$min": "$state.stages.due_at"},
                "tickets": {"$topN": ticket},
            }
        },
        {"$sort": {"_id.share": -1, "oldest": 1, "_id.stage": 1, "_id.tier": 1}},
    ]
