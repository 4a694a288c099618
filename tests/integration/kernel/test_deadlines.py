"""Deadlines in the real MongoDB: durable, exactly once, also after a time of darkness."""

import asyncio
from datetime import timedelta

import pytest

from shared.store import Cause, utc_now
from tests.support.eventually import eventually
from tests.support.kernel import Bench
from tests.support.toy import TENANT, TOY, Count, Remind

pytestmark = pytest.mark.integration


def cause() -> Cause:
    return Cause(TENANT, "person:ana")


async def test_fires_once_with_several_workers_at_the_promised_instant(bench: Bench) -> None:
    workers = [bench.parts(TOY) for _ in range(3)]
    cases = workers[0].cases["toy.counter"]
    due = utc_now() - timedelta(hours=3)  # fell due while everything was down
    for i in range(40):
        await cases.create(f"c{i}", Remind(due), cause())

    await asyncio.gather(*(worker.deadlines.fire_due() for worker in workers))
    await asyncio.gather(*(worker.deadlines.fire_due() for worker in workers))

    async for document in cases.collection.find():
        assert document["state"]["told"] == [due]
        assert document["version"] == 2
        assert "next_due" not in document
        assert document["history"][1]["actor"] == "system:toy"


async def test_does_not_fire_early_and_follows_a_change(bench: Bench) -> None:
    now = utc_now()
    clock = [now]
    part = bench.parts(TOY, now=lambda: clock[0])
    cases = part.cases["toy.counter"]
    await cases.create("c1", Remind(now + timedelta(hours=1)), cause())
    await part.deadlines.fire_due()
    await cases.handle("c1", Remind(now + timedelta(hours=2)), cause())
    clock[0] = now + timedelta(hours=1, minutes=30)
    await part.deadlines.fire_due()
    assert (await cases.get("c1", TENANT)).state.told == ()
    clock[0] = now + timedelta(days=3)
    await part.deadlines.fire_due()
    assert (await cases.get("c1", TENANT)).state.told == (now + timedelta(hours=2),)


async def test_one_that_cannot_be_fired_does_not_hold_up_the_others(bench: Bench) -> None:
    part = bench.parts(TOY)
    cases = part.cases["toy.counter"]
    due = utc_now() - timedelta(minutes=5)
    for name in ("bad", "good"):
        await cases.create(name, Count(), cause())
        await cases.handle(name, Remind(due), cause())
    # its tenant has lost its policy
    await cases.collection.update_one({"_id": "bad"}, {"$set": {"tenant": "gone"}})
    async with bench.running(TOY):

        async def told() -> int:
            return len((await cases.get("good", TENANT)).state.told)

        await eventually(told, lambda count: count == 1)


async def test_what_falls_due_within_the_hour_is_shown_by_account(bench: Bench) -> None:
    now = utc_now()
    part = bench.parts(TOY, now=lambda: now)
    cases = part.cases["toy.counter"]
    for name, minutes in (("soon", 10), ("later", 50), ("tomorrow", 24 * 60)):
        await cases.create(name, Remind(now + timedelta(minutes=minutes)), cause())

    await part.deadlines.measure([TENANT, "other"])

    registry = part.workshop.registry
    shown = {
        tenant: [
            registry.get_sample_value(name, {"tenant": tenant, "service": "toy"})
            for name in ("enlace_deadlines_imminent", "enlace_deadline_tightest_seconds")
        ]
        for tenant in (TENANT, "other")
    }
    assert shown == {TENANT: [2, 600], "other": [0, 3600]}

    await cases.handle("soon", Remind(now + timedelta(days=1)), cause())
    await part.deadlines.measure([TENANT])
    imminent = {"tenant": TENANT, "service": "toy"}
    assert registry.get_sample_value("enlace_deadlines_imminent", imminent) == 1


async def test_parts_that_are_ready_are_shown(bench: Bench) -> None:
    bench.declare()
    async with bench.running(TOY) as (part,):

        async def ready() -> float | None:
            labels = {"service": "toy", "part": "database"}
            return part.workshop.registry.get_sample_value("enlace_service_ready", labels)

        await eventually(ready, lambda value: value == 1)
