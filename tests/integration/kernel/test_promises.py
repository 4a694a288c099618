"""What is promised, by account and in working time: gauges read from the real MongoDB."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.decider import Unknown
from shared.imminence import PromiseGauges
from shared.parts import Parts
from shared.store import Cause, Promised
from tests.support import evaluations
from tests.support.evaluations import lima
from tests.support.kernel import Bench
from tests.support.toy import COUNTER, TENANT, TOY, Remind

pytestmark = pytest.mark.integration
NOW = lima(2, 16, 20)
"""A Thursday, ten minutes before the office closes until half past eight."""
WITHOUT = "third"
"""An account that has no such kind of case."""


def _calendar(policy: object) -> Any:
    if policy is None:
        raise Unknown("counter.not_offered")
    return evaluations.tenant().calendar("office")


KIND = replace(COUNTER, indexes=(("state.due_at", "_id"),), promised=Promised(calendar=_calendar))
SERVICE = replace(TOY, kinds=(KIND,))


async def _promise(part: Parts, name: str, at: datetime, tenant: str = TENANT) -> None:
    await part.cases["toy.counter"].create(name, Remind(at), Cause(tenant, "person:ana"))


def _shown(part: Parts, name: str, tenant: str) -> float | None:
    labels = {"tenant": tenant, "service": "toy"}
    return part.workshop.registry.get_sample_value(f"enlace_{name}", labels)


async def test_what_is_left_is_working_time(bench: Bench) -> None:
    part = bench.parts(SERVICE, now=lambda: NOW)
    dues = {"tonight": (2, 16, 25), "morning": (3, 8, 40), "later": (3, 9, 20), "far": (3, 9, 21)}
    for name, at in dues.items():
        await _promise(part, name, lima(*at))
    await _promise(part, "monday", lima(6, 8, 40), "other")

    await part.promises.measure([TENANT, "other"])

    assert _shown(part, "deadline_tightest_seconds", TENANT) == 5 * 60
    assert _shown(part, "deadlines_imminent", TENANT) == 3
    assert _shown(part, "deadline_tightest_seconds", "other") == (10 + 8 * 60 + 10) * 60
    assert _shown(part, "deadlines_imminent", "other") == 0


async def test_what_is_broken_or_far_beyond_is_no_promise_ahead(bench: Bench) -> None:
    clock = [NOW]
    part = bench.parts(SERVICE, now=lambda: clock[0])
    await _promise(part, "broken", NOW - timedelta(hours=1))
    await _promise(part, "never", datetime(9999, 12, 31, tzinfo=NOW.tzinfo))
    await part.promises.measure([TENANT])
    assert _shown(part, "deadline_tightest_seconds", TENANT) is None
    assert _shown(part, "deadlines_imminent", TENANT) == 0

    await _promise(part, "soon", NOW + timedelta(minutes=5))
    await part.promises.measure([TENANT])
    assert _shown(part, "deadline_tightest_seconds", TENANT) == 300
    clock[0] = NOW + timedelta(minutes=6)
    await part.promises.measure([TENANT])
    assert _shown(part, "deadline_tightest_seconds", TENANT) is None


async def test_timers_for_something_else_are_no_promises(bench: Bench) -> None:
    part = bench.parts(TOY, now=lambda: NOW)
    await _promise(part, "reminder", NOW + timedelta(minutes=5))

    await part.promises.measure([TENANT])

    assert _shown(part, "deadlines_imminent", TENANT) is None


async def test_an_account_without_such_cases_is_left_out(bench: Bench) -> None:
    part = bench.parts(SERVICE, now=lambda: NOW)
    policies = {TENANT: object(), WITHOUT: None}
    gauges = PromiseGauges(
        "toy", tuple(part.cases.values()), policies.get, part.workshop.metrics, lambda: NOW
    )
    await _promise(part, "soon", NOW + timedelta(minutes=5))

    await gauges.measure(policies)

    assert _shown(part, "deadlines_imminent", TENANT) == 1
    assert _shown(part, "deadline_tightest_seconds", WITHOUT) is None


@pytest.mark.parametrize("where", [{}, {"state.total": 0}], ids=["plain", "what is open"])
async def test_it_costs_a_step_an_account_however_many_cases_wait(
    bench: Bench, where: dict[str, int]
) -> None:
    promised = Promised(_calendar, where=where)
    kind = replace(KIND, indexes=((*where, "state.due_at", "_id"),), promised=promised)
    part = bench.parts(replace(TOY, kinds=(kind,)), now=lambda: NOW)
    cases = part.cases["toy.counter"]
    await cases.ensure_indexes()
    for number in range(30):
        tenant = (TENANT, "other")[number % 2]
        await _promise(part, f"c{number}", NOW + timedelta(days=1 + number), tenant)
    database = part.workshop.database
    await database.command("profile", 2)

    await part.promises.measure([TENANT, "other"])

    await database.command("profile", 0)
    looks = database["system.profile"].find({"command.aggregate": cases.collection.name})
    examined = [look["keysExamined"] async for look in looks]
    assert examined
    assert max(examined) <= 6
