"""The plan of the demonstration month: from a seed, whole, with all that it promises to show."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cli.demo.api import Api, Somebody
from cli.demo.day import PEOPLE
from cli.demo.month import Month, Story, plan
from cli.demo.play import Play
from cli.demo.road import Team
from shared.pace import Pace, clock_of, real_of
from shared.security import Issuer, ensure_keys, load_signing_key
from tests.support.evaluations import tenant

CALENDAR = tenant().calendar("office")
JULY = Month(date(2026, 7, 1), CALENDAR)
STORIES = plan(JULY, 1, 40)
BY_KIND = Counter(one.kind for one in STORIES)


def of(kind: str) -> Story:
    return next(one for one in STORIES if one.kind == kind)


def names(story: Story) -> list[str]:
    return [step.name for step in story.steps]


def test_the_same_seed_is_the_same_month_and_another_one_is_not() -> None:
    assert plan(JULY, 1, 40) == STORIES
    assert plan(JULY, 2, 40) != STORIES


def test_it_has_what_it_promises_to_show() -> None:
    friday = of("friday").steps[0].at.astimezone(CALENDAR.zone)
    assert (friday.weekday(), friday.hour, friday.minute) == (4, 16, 31)
    blocked = names(of("blocked"))
    assert blocked.index("launch_in_vain") < blocked.index("clarify") < blocked.index("launch")
    assert blocked.index("sign_in_vain") < blocked.index("leaders")
    assert blocked.count("doubt") == 3
    assert names(of("verbal lapsed")) == ["ask"]
    assert names(of("verbal")) == ["ask", "confirm"]
    observe, answer = (
        next(step.at for step in of("late client").steps if step.name == name)
        for name in ("observe", "answer")
    )
    assert CALENDAR.elapsed_business_time(observe, answer) > 5 * 8 * 3_600
    contradicting = [one.steps[0].facts["body"] for one in STORIES if one.kind == "contradiction"]
    assert {tuple(one["touches"]) for one in contradicting} == {("denuncias de alumbrado",)}
    assert BY_KIND["drawn"] == 40


def test_one_request_is_left_in_each_state_on_the_last_day() -> None:
    last = JULY.days[-1]
    for kind in (
        "in_evaluation", "observed", "answered", "viable", "preparing", "training_leaders",
        "deploying",
    ):  # fmt: skip
        assert {step.at.astimezone(CALENDAR.zone).date() for step in of(kind).steps} == {last}


@pytest.mark.parametrize("first", [date(2026, 7, 1), date(2026, 2, 1), date(2026, 12, 1)])
def test_every_step_is_known_in_its_order_and_within_the_month(first: date) -> None:
    month = Month(first, CALENDAR)
    known = {"ask"} | {name for one in STORIES for name in names(one)}
    for story in plan(month, 7, 30):
        instants = [step.at for step in story.steps]
        assert instants == sorted(instants)
        assert all(month.begins <= at < month.ends for at in instants)
        assert set(names(story)) <= known
        assert names(story)[:1] == ["ask"]


def test_every_step_of_the_plan_can_be_played(tmp_path: Path) -> None:
    roles = {role for one in PEOPLE for role in one.roles}
    team = Team.of(Somebody(role, (role,)) for role in sorted(roles))
    api = Api(
        "http://127.0.0.1:1", "osinergmin", Issuer(load_signing_key(ensure_keys(tmp_path).private))
    )
    assert {name for one in STORIES for name in names(one)} == set(
        Play(api, team, "1", lambda _: None).acts
    )


SINCE = datetime(2025, 1, 2, 12, 0, tzinfo=UTC)
PACE = Pace(JULY.begins, SINCE, 3_600.0, JULY.ends)


def test_a_month_passes_at_its_pace_and_time_goes_on_after_it() -> None:
    assert PACE.at(SINCE) == JULY.begins
    assert PACE.at(SINCE - timedelta(seconds=5)) == JULY.begins - timedelta(seconds=5)
    assert PACE.at(SINCE + timedelta(seconds=24)) == JULY.begins + timedelta(days=1)
    month = timedelta(seconds=31 * 24)
    assert PACE.at(SINCE + month) == JULY.ends
    assert PACE.at(SINCE + month + timedelta(hours=1)) == JULY.ends + timedelta(hours=1)
    for days in (-1, 0, 3, 31, 40):
        shown = JULY.begins + timedelta(days=days)
        assert abs(PACE.at(PACE.real(shown)) - shown) < timedelta(seconds=4)


def test_a_pace_is_written_and_read_as_one_line() -> None:
    assert Pace.parse(str(PACE)) == PACE
    for text in ("", "a,b,c,d", "2026-07-01,x,1,2026-08-01", str(PACE).replace("3600", "0")):
        with pytest.raises(ValueError, match=r".*"):
            Pace.parse(text)


def test_without_a_setting_the_clock_is_the_real_one() -> None:
    assert abs(clock_of(None)() - datetime.now(UTC)) < timedelta(seconds=5)
    assert real_of(None)(SINCE) == SINCE
    assert real_of(str(PACE))(PACE.at(SINCE + timedelta(seconds=9))) == SINCE + timedelta(seconds=9)
    assert clock_of(str(PACE))() > JULY.ends
