"""Profiles of one person are joined at the same moment from several sides, on the real database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from services.intake.private import Contact
from services.intake.profiles.cases import PROFILE
from services.intake.profiles.domain import Status
from services.intake.profiles.joins import Joins, Wish
from services.intake.profiles.meeting import Meeting
from services.intake.service import SERVICE
from shared.decider import Rejected, Stale
from shared.ids import new_id
from shared.service import Workshop
from shared.settings import Settings
from shared.store import Cause
from tests.support.house import running

pytestmark = pytest.mark.integration
ROUNDS = 25


@pytest.fixture
async def workshop(settings: Settings, tmp_path: Path) -> AsyncIterator[Workshop]:
    async with running([SERVICE], settings, tmp_path) as house:
        yield house.process.parts["intake"].workshop


def cause() -> Cause:
    return Cause("osce", "person:ana")


async def met(workshop: Workshop, number: int) -> list[str]:
    """So many people, each with a number of his own."""
    meeting = Meeting(workshop)
    own = [Contact(phone=f"9{int(new_id()[-11:], 16)}") for _ in range(number)]
    return [(await meeting.register(one, cause()))[0].id for one in own]


async def told(workshop: Workshop, profile_id: str, into: str) -> str:
    """What became of one wish, as its own process would have it."""
    try:
        await Joins(workshop).join(profile_id, into, cause(), 1)
    except Rejected as error:
        return error.code
    return "joined"


async def roots(workshop: Workshop, ids: Sequence[str]) -> set[str]:
    """Who these are in the end; each must have one."""
    meeting = Meeting(workshop)
    found = {(await meeting.last("osce", one)).id for one in ids}
    for one in found:
        assert (await meeting.cases.get(one, "osce")).state.status is Status.OPEN
    return found


async def test_two_that_are_joined_with_each_other_at_once_are_one(workshop: Workshop) -> None:
    outcomes = Counter[str]()
    for _ in range(ROUNDS):
        first, second = await met(workshop, 2)
        said = await asyncio.gather(told(workshop, first, second), told(workshop, second, first))
        outcomes.update(said)
        assert len(await roots(workshop, (first, second))) == 1
    assert outcomes == {"joined": ROUNDS, "profile.joined_with_itself": ROUNDS}


async def test_a_ring_does_not_close(workshop: Workshop) -> None:
    for size in (3, 4, 5):
        for _ in range(5):
            ring = await met(workshop, size)
            pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
            said = await asyncio.gather(*(told(workshop, one, other) for one, other in pairs))
            (root,) = await roots(workshop, ring)
            assert Counter(said) == {"joined": size - 1, "profile.joined_with_itself": 1}
            whole = await Meeting(workshop).whole("osce", root)
            assert set(whole) == set(ring)
            assert len(await Meeting(workshop).contacts("osce", [root])) == size


async def test_whoever_was_cut_off_finds_his_wish_done(workshop: Workshop) -> None:
    first, second, third = await met(workshop, 3)
    kept = {name: getattr(cause(), name) for name in ("tenant", "actor", "id", "fingerprint")}
    wish = Wish(new_id(), first, second, 1, kept)
    assert await Joins(workshop)._begin(wish)
    # he comes late, when another has done it and joined further
    assert await told(workshop, second, third) == "joined"
    outcome = await Joins(workshop)._settled(wish)
    assert (outcome.replayed, outcome.state.into) == (True, second)
    assert await roots(workshop, (first, second, third)) == {third}
    history = await workshop.of(PROFILE).history(first, "osce", 0, 10)
    assert [one["type"].split(".")[2] for one in history] == ["opened", "joined"]


async def test_what_nobody_came_back_for_is_done_or_refused(workshop: Workshop) -> None:
    first, second = await met(workshop, 2)
    kept = {name: getattr(cause(), name) for name in ("tenant", "actor", "id", "fingerprint")}
    for expected, status in ((7, Status.OPEN), (1, Status.JOINED)):
        wish = Wish(new_id(), first, second, expected, kept)
        assert await Joins(workshop)._begin(wish)
        await Joins(workshop).finish("osce")
        state = (await workshop.of(PROFILE).get(first, "osce")).state
        assert state.status is status
    await Joins(workshop).finish("osce")
    with pytest.raises(Stale):
        await Joins(workshop).join(second, first, cause(), 9)
