"""The demonstration month in a house: played, and counted by another way than the service's."""

import asyncio
from collections import Counter
from datetime import date, datetime
from typing import Any, Final

from cli.demo import join
from cli.demo.api import Api
from cli.demo.day import PEOPLE
from cli.demo.month import Month, plan
from cli.demo.play import Play
from tests.support.evaluations import tenant
from tests.support.house import House

SEED, DRAWN, ADVISERS = 3, 6, 3
MONTH: Final = Month(date(2026, 7, 1), tenant().calendar("office"))
STORIES: Final = plan(MONTH, SEED, DRAWN)
COUNTED: Final = (
    "received", "closed", "on_time", "round_trips", "verbal", "verbal_unconfirmed",
    "stages_breached",
)  # fmt: skip


async def play(house: House) -> None:
    """All its stories: the clock jumps from step to step, so that a month takes seconds."""

    def until(at: datetime) -> None:
        if at > house.clock():
            house.clock.move_to(at)

    house.clock.move_to(MONTH.begins)
    api = Api(house.url, "osinergmin", house.issuer)
    advisers = [one for one in PEOPLE if "adviser" in one.roles][:ADVISERS]
    people = [*(one for one in PEOPLE if "adviser" not in one.roles), *advisers]

    def run() -> None:
        Play(api, join(api, people), str(SEED), until).run(STORIES, lambda _: None)

    await asyncio.to_thread(run)


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
