"""A case's history as the API shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.http import Call, Page, PageQuery, page_of
from shared.store import Cases, Entry
from shared.store.cases import MAX_HISTORY


class HistoryEvent(BaseModel):
    """One thing that happened; `hash` chains it to the one before."""

    model_config = ConfigDict(frozen=True)

    id: str
    sequence: int
    type: str
    at: datetime
    actor: str
    data: Mapping[str, Any]
    hash: str


async def history_page(
    cases: Cases[Any], call: Call, case_id: str, query: PageQuery
) -> Page[HistoryEvent]:
    """What happened to a case of the caller's account, oldest first.

    Raises:
        Unknown: it has no such case.
    """
    after = query.after(int)
    start = min(max(0, after[0]), MAX_HISTORY) if after else 0
    entries = await cases.history(case_id, call.tenant, start, query.limit + 1)
    events = [_shown(entry) for entry in entries]
    return page_of(events, query, lambda event: (event.sequence,))


def _shown(entry: Entry) -> HistoryEvent:
    return HistoryEvent.model_construct(
        id=entry["id"],
        sequence=entry["seq"],
        type=entry["type"],
        at=entry["at"],
        actor=entry["actor"],
        data=entry["data"],
        hash=entry["hash"],
    )
