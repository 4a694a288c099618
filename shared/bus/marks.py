"""What the broker has confirmed, gathered for a moment and noted in the cases in few writes.

A note may be lost: then the sweep publishes again and the reader drops the repetition. It may
never run ahead: it takes hold only where it follows on what was noted before.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from pymongo import WriteConcern

from shared.store.group import Collection

MAX_IDS = 500
NOTHING_LEFT = {"relay_at": "", "claimed_until": "", "claim": ""}
Run = tuple[int, int]


class Marks:
    """Confirmed runs of events by case, first and last sequence."""

    def __init__(self) -> None:
        self._collections: dict[str, Collection] = {}
        self._runs: dict[str, dict[str, Run]] = {}
        self._flushing = asyncio.Lock()

    def watch(self, kind: str, collection: Collection) -> None:
        # a note is a hint, the case itself is majority-written: no need to wait for the journal
        hint = WriteConcern(w=1, j=False)
        self._collections[kind] = collection.with_options(write_concern=hint)
        self._runs[kind] = {}

    def confirm(self, kind: str, case_id: str, first: int, last: int) -> None:
        """Gather a run; one that does not follow on the gathered one is left to the sweep."""
        runs = self._runs[kind]
        known = runs.get(case_id)
        if known is None:
            runs[case_id] = (first, last)
        elif known[1] + 1 == first:
            runs[case_id] = (known[0], last)

    async def release(self, kind: str, case_ids: Sequence[str]) -> None:
        """Take the mark off cases that turned out to have nothing unpublished."""
        done = {"_id": {"$in": list(case_ids)}, "$expr": {"$eq": ["$published", "$version"]}}
        await self._collections[kind].update_many(done, {"$unset": NOTHING_LEFT})

    async def flush(self) -> None:
        """Note what was gathered, when what another flush took before is noted."""
        async with self._flushing:
            for kind, runs in self._runs.items():
                self._runs[kind] = {}
                alike: dict[Run, list[str]] = {}
                for case_id, run in runs.items():
                    alike.setdefault(run, []).append(case_id)
                for run, case_ids in alike.items():
                    for part in _parts(case_ids):
                        await self._note(kind, run, part)

    async def _note(self, kind: str, run: Run, case_ids: Sequence[str]) -> None:
        # The first form is the cheap one, for cases that have not moved on. The second is for those
        # that have, and touches nothing the first has done.
        first, last = run
        collection = self._collections[kind]
        still: Mapping[str, Any] = {"_id": {"$in": list(case_ids)}, "published": first - 1}
        noted = await collection.update_many(
            {**still, "version": last}, {"$set": {"published": last}, "$unset": NOTHING_LEFT}
        )
        if noted.matched_count < len(case_ids):
            left = {"$gt": ["$version", last]}
            keep = {name: {"$cond": [left, f"${name}", "$$REMOVE"]} for name in NOTHING_LEFT}
            await collection.update_many(still, [{"$set": {"published": last, **keep}}])


def _parts(case_ids: Sequence[str]) -> list[list[str]]:
    rest = iter(case_ids)
    return list(iter(lambda: list(islice(rest, MAX_IDS)), []))
