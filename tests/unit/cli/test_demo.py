"""The demonstration day itself: document A's staff, every state once, nothing that changes."""

from collections import Counter

import pytest

from cli.demo.day import PEOPLE, SCENES, Scene
from cli.demo.road import WAY
from services.intake.domain import Status
from services.intake.policy import intake_policy
from services.people.policy import people_policy
from tests.support.evaluations import tenant

# a request is in these for a moment only: the next event is on its way
PASSING = {Status.NEW, Status.RECEIVED, Status.DEPLOYED}


def test_the_staff_is_that_of_the_document() -> None:
    advisers = [one for one in PEOPLE if "adviser" in one.roles]
    posts = Counter((one.channel, one.shift) for one in advisers)

    assert posts == {("telephone", "day"): 18, ("telephone", "24x7"): 2, ("virtual", "day"): 8}
    assert sum("qu" in one.languages and "ay" in one.languages for one in advisers) == 3
    assert sum("lsp" in one.languages for one in advisers) == 2
    assert Counter(role for one in PEOPLE for role in one.roles) == {
        "adviser": 28,
        "trainer": 2,
        "supervisor": 1,
        "quality_monitor": 1,
        "validation_supervisor": 1,
        "training_coordinator": 1,
        "liaison": 1,
        "report_reader": 1,
    }


def test_the_account_knows_its_people_and_its_types() -> None:
    known = people_policy(tenant())
    for one in PEOPLE:
        known.check("roles", one.roles)
        known.check("languages", one.languages)
        known.check("channels", (one.channel,) if one.channel else ())
        known.check("shifts", (one.shift,) if one.shift else ())
    types = intake_policy(tenant()).types
    assert {scene.type for scene in SCENES} == set(types)


def test_every_lasting_state_has_a_request() -> None:
    assert {scene.goal for scene in SCENES} == set(Status) - PASSING
    assert set(WAY) <= set(Status)


def test_what_is_entered_twice_has_one_name() -> None:
    assert len({one.key for one in PEOPLE}) == len({one.name for one in PEOPLE}) == len(PEOPLE)
    assert len({scene.number for scene in SCENES}) == len(SCENES)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.number}-{scene.goal}")
def test_a_scene_has_what_its_way_needs(scene: Scene) -> None:
    place = WAY.index(scene.goal) if scene.goal in WAY else 0

    if place > WAY.index("observed"):
        assert len(scene.answers) == len(scene.questions)
    if place > WAY.index("preparing") and scene.replicated:
        assert scene.aid
    if scene.goal in ("not_viable", "withdrawn") or scene.exempt or not scene.replicated:
        assert scene.reason or scene.goal == "viable"
    if scene.goal == "deploying":
        assert 0 < scene.signed < 28 - scene.exempt
