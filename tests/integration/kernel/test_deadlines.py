"""Deadlines in the real MongoDB: durable, exactly once, also after a time of darkness."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.pace import Pace
from shared.parts import Parts
from shared.store import Cases, Cause, utc_now
from tests.support.eventually import eventually
from tests.support.kernel import Bench
from tests.support.toy import COUNTER, TENANT, TOY, Break, Counter, Remind

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


@pytest.fixture
def doomed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Parts], Cases[Counter]]:
    """The counters of a part, with a bug in what their deadline does."""

    def doom(part: Parts) -> Cases[Counter]:
        cases = part.cases["toy.counter"]
        broken = replace(COUNTER.decider, on_due=lambda _: Break())
        monkeypatch.setattr(cases, "kind", replace(COUNTER, decider=broken))
        return cases

    return doom


def not_fired(part: Parts, reason: str) -> float | None:
    labels = {"service": "toy", "reason": reason}
    return part.workshop.registry.get_sample_value("enlace_deadlines_not_fired_total", labels)


async def test_a_bug_in_one_kind_does_not_hold_up_another(
    bench: Bench, doomed: Callable[[Parts], Cases[Counter]]
) -> None:
    timer = replace(COUNTER, thing="timer")
    part = bench.parts(replace(TOY, kinds=(COUNTER, timer)))
    due = utc_now() - timedelta(minutes=5)
    for kind in ("toy.counter", "toy.timer"):
        await part.cases[kind].create("c1", Remind(due), cause())
    doomed(part)

    await part.deadlines.fire_due()

    assert (await part.cases["toy.timer"].get("c1", TENANT)).state.told == (due,)
    assert (await part.cases["toy.counter"].get("c1", TENANT)).state.due_at == due
    assert not_fired(part, "bug") == 1


async def test_those_that_cannot_be_fired_do_not_hold_up_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.timers.MAX_BATCH", 3)
    clock = [utc_now()]
    part = bench.parts(TOY, now=lambda: clock[0])
    cases = part.cases["toy.counter"]
    due = clock[0] - timedelta(minutes=5)
    for i in range(3):
        await cases.create(f"bad{i}", Remind(due - timedelta(hours=1)), cause())
    await cases.create("good", Remind(due), cause())
    # their tenant has lost its policy, and they are always the first
    gone = {"_id": {"$regex": "^bad"}}
    await cases.collection.update_many(gone, {"$set": {"tenant": "gone"}})

    assert await part.deadlines.fire_due() == 3
    assert await part.deadlines.fire_due() == 1
    assert (await cases.get("good", TENANT)).state.told == (due,)
    assert not_fired(part, "rejected") == 3

    tries = []
    for _ in range(300):  # ten minutes
        clock[0] += timedelta(seconds=2)
        tries.append(await part.deadlines.fire_due())
    # after 2, 4, 8, … 256 seconds
    assert sum(tries) == 3 * 8

    await cases.collection.update_many(gone, {"$set": {"tenant": TENANT}})
    clock[0] += timedelta(minutes=5)
    assert await part.deadlines.fire_due() == 3
    assert await part.deadlines.fire_due() == 0


async def test_a_timer_that_waits_is_shown_by_how_long(bench: Bench) -> None:
    now = utc_now()
    part = bench.parts(TOY, now=lambda: now)
    cases = part.cases["toy.counter"]
    for name, minutes in (("older", -10), ("late", -5), ("soon", 5)):
        await cases.create(name, Remind(now + timedelta(minutes=minutes)), cause())

    def shown() -> float | None:
        labels = {"service": "toy"}
        return part.workshop.registry.get_sample_value("enlace_timer_overdue_seconds", labels)

    await part.deadlines.measure()
    assert shown() == 600
    await part.deadlines.fire_due()
    await part.deadlines.measure()
    assert shown() == 0


async def test_in_a_month_of_minutes_lateness_is_told_in_real_seconds(bench: Bench) -> None:
    """A second until the next look is more than an hour of its days, and no timer was late."""
    since = utc_now()
    pace = Pace(since - timedelta(days=60), since, 4_320, since - timedelta(days=30))
    real = since + timedelta(seconds=101.5)
    part = bench.parts(TOY, now=lambda: pace.at(real), clock=str(pace))
    due = pace.at(since + timedelta(seconds=100))
    await part.cases["toy.counter"].create("c1", Remind(due), cause())

    def shown(metric: str) -> float | None:
        return part.workshop.registry.get_sample_value(metric, {"service": "toy"})

    await part.deadlines.measure()
    assert shown("enlace_timer_overdue_seconds") == pytest.approx(1.5, abs=0.01)
    await part.deadlines.fire_due()
    assert (await part.cases["toy.counter"].get("c1", TENANT)).state.told == (due,)
    assert shown("enlace_timer_lateness_seconds_sum") == pytest.approx(1.5, abs=0.01)
    assert shown("enlace_timer_lateness_seconds_count") == 1


async def test_parts_that_are_ready_are_shown(bench: Bench) -> None:
    bench.declare()
    async with bench.running(TOY) as (part,):

        async def ready() -> float | None:
            labels = {"service": "toy", "part": "database"}
            return part.workshop.registry.get_sample_value("enlace_service_ready", labels)

        await eventually(ready, lambda value: value == 1)
