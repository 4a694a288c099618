"""Which requests were in course in a period of the past, and what it costs to find them."""

from datetime import date, timedelta
from itertools import combinations_with_replacement
from zoneinfo import ZoneInfo

import pytest

from services.kpi.domain import RequestFact
from services.kpi.views import Figures, Period
from shared.store.group import Document
from tests.support.figures import World, counted, events_of, rules
from tests.support.house import House
from tests.support.lives import (
    HOUR,
    MONDAY,
    Life,
    imported,
    imported_life,
    long_life,
    open_life,
    whole_life,
)

pytestmark = pytest.mark.integration
LIMA = ZoneInfo("America/Lima")
DAY = timedelta(days=1)


async def told(things: World, *lives: Life) -> None:
    await things.happened(*lives)
    await things.publish(events_of(list(lives)))


async def listed(things: World, period: Period) -> list[str]:
    """The ids of those that the figures find."""
    figures = Figures(things.books)
    async with figures.moment() as session:
        found = await figures.requests(period, rules("osinergmin"), 1_000, session)
    return sorted(record.id.partition(":")[2] for record in found)


async def by_hand(things: World, period: Period) -> list[str]:
    """The same, by a look at every fact."""
    found: list[str] = []
    async with Figures(things.books).moment() as session:
        figures = things.books.facts.find({}, session=session)
        async for document in figures:
            fact = RequestFact(**document["fact"])
            assert fact.received_at is not None
            start = fact.received_at.astimezone(LIMA).date()
            end = fact.closed_at and fact.closed_at.astimezone(LIMA).date()
            last = start if end is None and fact.imported else end or date.max
            if start <= period.last and max(start, last) >= period.first:
                found.append(document["_id"].partition(":")[2])
    return sorted(found)


def lives_around_july() -> list[Life]:
    """From and to the days at which something might be lost, and some of every other kind."""
    days = [-40, -36, -35, -6, -5, -4, 0, 6, 24, 25, 26, 27, 56, 90]
    instants = [MONDAY + number * DAY for number in days]
    lives = [long_life(*ends) for ends in combinations_with_replacement(instants, 2)]
    lives += [make(at) for at in instants for make in (open_life, whole_life, imported_life)]
    return [*lives, *(Life().add(at, imported(at, None, None)) for at in instants)]


async def test_requests_in_course_are_found_whenever_it_was(house: House, things: World) -> None:
    lives = lives_around_july()
    await told(things, *lives)
    await counted(things, lives)
    for first, last in (
        (date(2026, 7, 1), date(2026, 7, 31)),
        (date(2026, 7, 13), date(2026, 7, 19)),
        (date(2026, 7, 27), date(2026, 8, 2)),
        (date(2026, 7, 31), date(2026, 7, 31)),
        (date(2026, 8, 1), date(2026, 8, 1)),
        (date(2026, 6, 16), date(2026, 6, 30)),
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2027, 1, 1), date(2027, 1, 31)),
    ):
        found = await listed(things, Period(first, last))
        assert found == await by_hand(things, Period(first, last)), (first, last)


async def test_a_correction_moves_what_was_carried_over(house: House, things: World) -> None:
    life = long_life(MONDAY, MONDAY + 90 * DAY)
    await told(things, life)
    await counted(things, [life])
    await things.publish([*life.events, *reversed(life.events)])
    assert await listed(things, Period(date(2026, 8, 10), date(2026, 8, 16))) == [life.id]
    # what was counted before requests were carried over comes with a rebuild
    pulled: Document = {"$pull": {"counted": {"b": {"$regex": "carried"}}}}
    await things.books.facts.update_many({}, pulled)
    await things.books.buckets.delete_many({"family": "carried"})
    assert not (await things.verify()).fine
    await things.rebuild()
    assert (await things.verify()).fine
    assert await listed(things, Period(date(2026, 8, 10), date(2026, 8, 16))) == [life.id]


async def test_what_happened_since_costs_an_old_report_nothing(house: House, things: World) -> None:
    """Documents that the database looks at, before and after a hundred later requests."""
    old = [whole_life(), long_life(MONDAY - 60 * DAY, MONDAY + 60 * DAY)]
    await told(things, *old)
    await counted(things, old)
    before = await looked_at(things)
    later = [long_life(MONDAY + (70 + n) * DAY, MONDAY + (70 + n) * DAY + HOUR) for n in range(100)]
    await told(things, *later)
    await counted(things, [*old, *later])
    assert before
    assert await looked_at(things) == before


async def looked_at(things: World) -> int:
    """How many documents the database looks at for a list of July's requests.

    Of its own session alone: the service reads its standing figures meanwhile.
    """
    database = things.client[things.settings.for_service("kpi").database]
    figures, july = Figures(things.books), Period(date(2026, 7, 1), date(2026, 7, 31))
    async with figures.moment() as session:
        own = session.session_id["id"]
        await database.command("profile", 2)
        try:
            found = await figures.requests(july, rules("osinergmin"), 1_000, session)
        finally:
            await database.command("profile", 0)
    assert len(found) == 2
    names = {f"{database.name}.facts", f"{database.name}.buckets"}
    asked = database["system.profile"].find({"ns": {"$in": list(names)}, "command.lsid.id": own})
    spent = [entry["docsExamined"] async for entry in asked if "find" in entry["command"]]
    await database.drop_collection("system.profile")
    assert len(spent) == len(names)
    return sum(spent)
