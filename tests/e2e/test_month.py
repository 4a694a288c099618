"""The demonstration month in a house of its own: played, then counted anew from the histories.

The clock jumps from step to step, so that a month takes seconds; `tests/unit/cli/test_month.py`
looks at the whole of the plan.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.demo import join
from cli.demo.api import Api
from cli.demo.day import PEOPLE
from cli.demo.month import Month, Story, plan
from cli.demo.play import Play
from services.intake.service import SERVICE as INTAKE
from services.kpi.service import SERVICE as KPI
from services.people.service import SERVICE as PEOPLE_SERVICE
from services.training.service import SERVICE as TRAINING
from services.validation.service import SERVICE as VALIDATION
from shared.security import Role
from tests.e2e.test_first_road import nothing_is_buried
from tests.support.evaluations import tenant
from tests.support.eventually import eventually
from tests.support.house import House, every, running, settings_of

pytestmark = pytest.mark.e2e
SEED, DRAWN, ADVISERS = 3, 2, 3
COUNTED = (
    "received", "closed", "on_time", "round_trips", "verbal", "verbal_unconfirmed",
    "stages_breached",
)  # fmt: skip
KINDS = {"friday", "blocked", "verbal lapsed", "contradiction", "late client", "replaced", "drawn"}


@pytest.fixture
async def house(
    amqp_url: str, management_url: str, mongo_url: str, database_prefix: str, tmp_path: Path
) -> AsyncIterator[House]:
    settings = settings_of(amqp_url, management_url, mongo_url, database_prefix)
    services = [PEOPLE_SERVICE, INTAKE, VALIDATION, TRAINING, KPI]
    async with running(services, settings, tmp_path) as house:
        yield house
        await nothing_is_buried(amqp_url, services)


async def played(house: House, stories: list[Story], first: datetime) -> None:
    def until(at: datetime) -> None:
        if at > house.clock():
            house.clock.move_to(at)

    house.clock.move_to(first)
    api = Api(house.url, "osinergmin", house.issuer)
    advisers = [one for one in PEOPLE if "adviser" in one.roles][:ADVISERS]
    people = [*(one for one in PEOPLE if "adviser" not in one.roles), *advisers]

    def play() -> None:
        Play(api, join(api, people), str(SEED), until).run(stories, lambda _: None)

    await asyncio.to_thread(play)


def missed(life: list[dict[str, Any]], place: int) -> bool:
    """Whether a breach is one: the news that the work was done in time may have come after it."""
    if not life[place]["type"].endswith("deadline_breached.v1"):
        return False
    due, after = life[place]["data"]["due_at"], [event["data"] for event in life[place:]]
    done = [one.get("occurred_at") or one.get("closed_at") for one in after]
    return not any(at is not None and at <= due for at in done)


def counted(lives: list[list[dict[str, Any]]]) -> Counter[str]:
    """The month's figures by another way than the service's: from what is written down."""
    figures: Counter[str] = Counter()
    for life in lives:
        kinds = [event["type"].split(".")[2] for event in life]
        first = life[0]["data"]
        figures["received"] += 1
        figures["verbal"] += bool(first["verbal"])
        figures["stages_breached"] += sum(missed(life, place) for place in range(len(life)))
        figures["verbal_unconfirmed"] += kinds.count("confirmation_lapsed")
        if "closed" in kinds:
            last = next(event["data"] for event in life if event["type"].endswith("closed.v1"))
            figures["closed"] += 1
            figures["on_time"] += last["on_time"] is True
            asked = [event["data"] for event in life if "progressed" in event["type"]]
            figures["round_trips"] += sum(
                one["status"] == "observed" or one.get("gate") == "shut" for one in asked
            )
    return figures


async def test_the_months_figures_are_those_of_its_histories(house: House) -> None:
    month = Month(date(2026, 7, 1), tenant().calendar("office"))
    stories = [one for one in plan(month, SEED, DRAWN) if one.kind in KINDS]
    await played(house, stories, month.begins)
    house.clock.move_to(month.ends)
    reader, auditor = house.as_(Role.REPORT_READER), house.as_(Role.AUDITOR)

    async def lives() -> list[list[dict[str, Any]]]:
        requests = await every(auditor, "/requests")
        return [await every(auditor, f"/requests/{one['id']}/history") for one in requests]

    async def indicators() -> Counter[str]:
        days = {"from": "2026-07-01", "to": "2026-07-31"}
        view = (await reader.get("/indicators/requests", params=days)).json()
        return Counter({name: view["figures"][name]["numerator"] for name in COUNTED})

    async def both() -> tuple[Counter[str], Counter[str]]:
        return +counted(await lives()), +(await indicators())

    await eventually(both, lambda seen: seen[0] == seen[1])
    found = {one["id"]: one for one in await every(auditor, "/requests")}
    statuses = Counter(one["status"] for one in found.values())
    relations = Counter(over["relation"] for one in found.values() for over in one["overlaps"])

    assert len(found) == len(stories) + 1, "a replacement is a request more"
    assert statuses["replaced"] == 1
    assert statuses["withdrawn"] == 2, "the contradicting one, and the verbal one that lapsed"
    assert statuses["closed"] >= 5
    assert relations["in_course"] >= 1
    assert relations["newer_rule"] >= 1
    friday = next(one for one in found.values() if "16:31" in one["subject"])
    assert friday["effective_received_at"] > friday["received_at"]
