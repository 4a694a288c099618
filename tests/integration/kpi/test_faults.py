"""Figures through repetition, disorder, crashes and bad messages."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from cli.local.database import Database
from services.kpi.books import Books
from services.kpi.service import SERVICE
from shared.decider import Transient
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.figures import (
    World,
    all_reached,
    counted,
    events_of,
    letters,
    publish,
    second_consumer,
    some_lives,
    some_lives_of,
    world,
)
from tests.support.house import House, running, settings_of
from tests.support.lives import open_life

pytestmark = pytest.mark.integration


async def test_twice_and_shuffled_before_two_consumers(
    settings: Settings, house: House, things: World
) -> None:
    lives = [life for day in range(12) for life in some_lives_of(day)]
    events = events_of(lives) * 2
    random.Random(7).shuffle(events)  # noqa: S311 - repeatable
    await things.happened(*lives)
    async with second_consumer(settings):
        half = len(events) // 2
        await asyncio.gather(things.publish(events[:half]), things.publish(events[half:]))
        await counted(things, lives)
    assert await letters(settings) == []
    await eventually(lambda: things.books.cursors.count_documents({}), lambda number: number == 0)


async def test_a_crash_at_any_step_changes_no_figure(
    house: House, things: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts written and buckets not; all written and not committed; committed and not told."""
    lives = some_lives()
    steps = Counter[str]()
    add, transact = Books.add, Books.transact

    async def add_and_break(self: Books, *arguments: Any) -> None:
        steps["add"] += 1
        if steps["add"] % 3 == 1:
            raise AutoReconnect("between facts and buckets")
        await add(self, *arguments)
        if steps["add"] % 3 == 2:
            raise AutoReconnect("before the commit")

    async def transact_and_break(self: Books, work: Any) -> Any:
        done = await transact(self, work)
        steps["commit"] += 1
        if steps["commit"] % 2:
            raise Transient("after the commit")
        return done

    monkeypatch.setattr(Books, "add", add_and_break)
    monkeypatch.setattr(Books, "transact", transact_and_break)
    await things.happened(*lives)
    for event in events_of(lives):
        await things.publish([event])
    await eventually(lambda: all_reached(things, lives))
    monkeypatch.undo()
    await counted(things, lives)
    assert steps["commit"] > 1
    assert steps["add"] > 5


async def test_a_killed_database_changes_no_figure(
    own_database: Database, amqp_url: str, management_url: str, tmp_path: Path
) -> None:
    settings = settings_of(amqp_url, management_url, own_database.url, "killed_")
    lives = [life for day in range(20) for life in some_lives_of(day)]
    async with running([SERVICE], settings, tmp_path), world(settings) as things:
        await things.happened(*lives)
        publishing = asyncio.create_task(things.publish(events_of(lives)))
        for _ in range(2):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(own_database.kill)
            await asyncio.to_thread(own_database.restart)
        await publishing
        await counted(things, lives)


async def test_what_cannot_be_counted_is_kept_and_stops_nothing(
    settings: Settings, house: House, things: World
) -> None:
    good = some_lives()
    bad = open_life()
    first, second, _ = bad.events
    odd = [
        replace(first, type="intake.request.received.v9"),
        replace(second, data={"status": "observed"}),
        replace(bad.events[2], data={**bad.events[2].data, "round_trip": 2**63}),
        replace(open_life().events[0], type="weather.storm.seen.v1"),
        replace(open_life().events[0], tenant="nobody"),
    ]
    await publish(settings, [("intake.request.received", b"{")])
    await things.publish([*odd, *events_of(good)])
    await things.happened(*good)
    found = await eventually(lambda: letters(settings), lambda found: len(found) == 6)
    assert Counter(letter["reason"] for letter in found) == {
        "malformed": 1,
        "unknown_version": 1,
        "invalid_body": 1,
        "bug": 1,
        "unknown_type": 1,
        "rejected": 1,
    }
    await eventually(lambda: all_reached(things, good))
    verdict = await things.verify()
    assert not verdict.differences
    assert verdict.buried == 3
