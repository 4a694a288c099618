"""Figures held against the histories, and made anew from them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.intake import service as intake
from services.kpi import verify as comparison
from services.kpi.service import SERVICE
from services.validation import service as validation
from shared.security import Role
from shared.settings import Settings
from tests.support.eventually import eventually
from tests.support.figures import World, counted, events_of, figures, some_lives, some_lives_of
from tests.support.house import House, running
from tests.support.lives import MONDAY, whole_life

pytestmark = pytest.mark.integration


async def test_verify_finds_what_was_tampered_with_and_rebuild_mends_it(
    house: House, things: World
) -> None:
    lives = some_lives()
    await things.happened(*lives)
    await things.publish(events_of(lives))
    await counted(things, lives)

    books = things.books
    bucket = "osinergmin|requests|2026-07-06|information|api|dsr"
    await books.buckets.update_one({"_id": bucket}, {"$inc": {"counts.on_time": 1}})
    verdict = await things.verify()
    assert [(d.bucket, d.measure) for d in verdict.differences] == [(bucket, "on_time")]
    fact = f"request:{lives[1].id}"
    await books.facts.update_one({"_id": fact}, {"$set": {"fact.on_time": False}})
    ghost = await books.facts.find_one({"_id": fact})
    assert ghost is not None
    await books.facts.insert_one({**ghost, "_id": "request:ghost"})
    verdict = await things.verify()
    assert verdict.unknown == ["ghost"]

    done = await things.rebuild(restart=True)
    assert (done.cases, done.removed) == (7, 1)
    assert done.buckets
    await counted(things, lives)
    assert (await things.rebuild()).buckets == 0


async def test_rebuild_gives_a_case_back_to_its_account(house: House, things: World) -> None:
    lives = some_lives()
    await things.happened(*lives)
    first, *rest = lives[0].events
    await things.publish([replace(first, tenant="osce"), *rest])
    await things.publish(events_of(lives[1:]))
    await eventually(things.verify, lambda verdict: not verdict.behind and verdict.cases == 7)
    assert not (await things.verify()).fine
    await things.rebuild(restart=True)
    await counted(things, lives)


async def test_verify_finds_an_event_that_never_came(house: House, things: World) -> None:
    life = whole_life()
    await things.happened(life)
    await things.publish(life.events[:-1])
    await eventually(lambda: things.books.facts.count_documents({}))
    missing = {(f"request:{life.id}", "training")}
    verdict = await eventually(
        lambda: things.verify(patience=0), lambda verdict: set(verdict.behind) == missing
    )
    assert not verdict.fine


async def test_verify_is_not_content_with_those_it_follows(
    house: House, things: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "KEPT", 1)
    lives = [whole_life(), whole_life(MONDAY + timedelta(days=1))]
    await things.happened(*lives)
    verdict = await things.verify(patience=0)
    assert (len(verdict.behind), verdict.unfollowed) == (1, 5)
    verdict.behind.clear()
    assert not verdict.differences
    assert not verdict.fine


async def test_verify_tells_dead_letters_of_one_account(house: House, things: World) -> None:
    life = whole_life()
    first, *rest = life.events
    await things.happened(life)
    await things.publish([replace(first, data={"none": "of its fields"}), *rest])
    await eventually(things.verify, lambda verdict: not verdict.behind)
    assert (await things.verify()).buried == 1
    assert (await things.verify(tenant="osinergmin")).buried == 1
    assert (await things.verify(tenant="osce")).buried == 0


async def test_rebuild_from_nothing_while_events_arrive(house: House, things: World) -> None:
    lives = [life for day in range(15) for life in some_lives_of(day)]
    await things.happened(*lives)
    publishing = asyncio.create_task(things.publish(events_of(lives)))
    while not publishing.done():
        await things.rebuild(restart=True)
    await publishing
    await counted(things, lives)


async def test_requests_of_the_real_services_are_counted(
    settings: Settings, things: World, tmp_path: Path
) -> None:
    services = [intake.SERVICE, validation.SERVICE, SERVICE]
    async with running(services, settings, tmp_path) as house:
        house.clock.move_to(MONDAY)
        liaison = house.as_(Role.LIAISON)
        asked = {"type": "information", "topic": "t", "subject": "s", "description": "d"}
        for _ in range(3):
            answer = await liaison.post("/requests", json={**asked, "area": "DSR"})
            assert answer.status_code == 201, answer.text
        await eventually(things.verify, lambda verdict: verdict.cases == 3 and verdict.fine)
        day = MONDAY.date().isoformat()
        reader = house.as_(Role.REPORT_READER)
        shown = await figures(reader, **{"from": day, "to": day, "area": "dsr"})
        assert shown["received"]["value"] == 3
        buckets = things.books.buckets
        standing = "osinergmin|open|all|in_evaluation|provider:validation"
        bucket = await eventually(lambda: buckets.find_one({"_id": standing}))
        assert bucket["counts"]["open"] == 3
