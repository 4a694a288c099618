"""What is decided about a replication: given, when, then."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.training.domain.enrolment import Exempt, Sign
from services.training.domain.lifecycle import PlanStatus
from services.training.domain.plan import (
    Cancel,
    Expire,
    Launch,
    Leader,
    OpenPlan,
    Publish,
    Recount,
    Tally,
    next_due,
)
from services.training.policy import Method
from shared.contracts.training import (
    PlanBreached,
    PlanCancelled,
    PlanCascadeOpened,
    PlanCompleted,
    PlanFellDue,
    PlanLaunched,
    PlanMaterialPublished,
    PlanProgressed,
)
from shared.decider import Rejected
from tests.support.evaluations import lima
from tests.support.replications import LEADERS, SHA, Replication, told_to_client

Launched = Callable[..., Replication]
DUE = lima(2, 16, 30)
OTHER = "b" * 64


def sign(replication: Replication, *names: str, at: object = None) -> None:
    for name in names:
        command = Sign(replication.plan, SHA, Method.CLICK)
        replication.to(name, command, at or lima(1, 13))  # type: ignore[arg-type]


def led(replication: Replication) -> Replication:
    sign(replication, "sofia", "mario")
    replication.recount(lima(1, 13))
    return replication


def test_a_replication_has_one_business_day(opened: Replication) -> None:
    assert opened.plan.status is PlanStatus.OPEN
    assert opened.plan.deadline is not None
    assert (opened.plan.deadline.stage, opened.plan.deadline.due_at) == ("training.replica", DUE)
    assert next_due(opened.plan) == DUE


def test_a_longer_term_told_to_the_client_is_the_replications_too() -> None:
    replication, told = Replication(), told_to_client(lima(31, 16, 30), lima(1))
    replication.give(OpenPlan("c", "t", "s", lima(1), told), lima(1))

    assert replication.plan.deadline is not None
    assert replication.plan.deadline.due_at == lima(31, 16, 30)
    assert replication.plan.deadline.stage == "training.replica"


def test_opening_again_changes_nothing(opened: Replication) -> None:
    told = told_to_client(DUE, lima(1))
    assert opened.give(OpenPlan("x", "t", "s", lima(2), told), lima(2)) == []


def test_material_is_published_by_hash_and_version(opened: Replication) -> None:
    (first,) = opened.give(Publish(SHA), lima(1))
    again = opened.give(Publish(SHA), lima(1))
    (second,) = opened.give(Publish(OTHER, file_name="ayuda.pdf"), lima(1))

    assert first == PlanMaterialPublished(material_version=1, sha256=SHA)
    assert again == []
    assert second == PlanMaterialPublished(material_version=2, sha256=OTHER, file_name="ayuda.pdf")


def test_a_correction_after_the_launch_leaves_signatures_good(launched: Launched) -> None:
    replication = launched()
    sign(replication, "sofia")
    (event,) = replication.give(Publish(OTHER, substantial=False), lima(1, 13))

    assert isinstance(event, PlanMaterialPublished)
    assert (event.material_version, event.substantial) == (2, False)
    assert replication.plan.status is PlanStatus.LEADERS
    assert (replication.plan.required, replication.tally().leaders_signed) == (1, 1)


def test_a_launch_names_the_leaders_and_only_counts_the_advisers(opened: Replication) -> None:
    opened.give(Publish(SHA), lima(1))
    events = opened.give(Launch("r1", LEADERS, 20_000), lima(1, 12))

    assert events == [
        PlanLaunched(
            roster="r1",
            leaders=("sofia", "mario"),
            eligible=20_000,
            material_version=1,
            sha256=SHA,
        )
    ]


@pytest.mark.parametrize(
    ("leaders", "advisers", "refusal"),
    [
        (LEADERS[:1], 4, r"plan\.leaders_missing \(roles=\['quality_monitor'\]\)"),
        ((), 4, r"plan\.leaders_missing"),
        (LEADERS, 0, r"plan\.nobody_to_train"),
    ],
)
def test_a_launch_needs_every_leading_role_and_somebody_to_train(
    opened: Replication, leaders: tuple[Leader, ...], advisers: int, refusal: str
) -> None:
    opened.give(Publish(SHA), lima(1))
    with pytest.raises(Rejected, match=refusal):
        opened.give(Launch("r1", leaders, advisers), lima(1, 12))


def test_one_person_may_lead_in_both_roles(opened: Replication) -> None:
    opened.give(Publish(SHA), lima(1))
    both = (Leader("sofia", ("supervisor", "quality_monitor")),)
    assert len(opened.give(Launch("r1", both, 4), lima(1, 12))) == 1


def test_the_cascade_opens_with_the_last_leader(launched: Launched) -> None:
    replication = launched()
    sign(replication, "sofia")
    assert replication.recount(lima(1, 13)) == []
    sign(replication, "mario")

    assert replication.recount(lima(1, 13)) == [PlanCascadeOpened(advisers=4)]
    assert replication.recount(lima(1, 13)) == []
    assert replication.plan.status is PlanStatus.CASCADE


def test_progress_is_told_with_its_denominator(launched: Launched) -> None:
    replication = led(launched())
    sign(replication, "ana")

    assert replication.recount(lima(1, 14)) == [PlanProgressed(signed=1, exempt=0, eligible=4)]


def test_an_old_count_changes_nothing(launched: Launched) -> None:
    replication = led(launched())
    old = replication.tally()
    sign(replication, "ana", "beto")
    replication.recount(lima(1, 14))

    assert replication.give(Recount(old), lima(1, 15)) == []
    assert replication.plan.signed == 2


def test_progress_is_told_at_most_once_a_percent(opened: Replication) -> None:
    opened.give(Publish(SHA), lima(1))
    opened.give(Launch("r1", LEADERS, 20_000), lima(1, 12))
    opened.give(Recount(Tally(leaders_signed=2)), lima(1, 13))
    for signed in range(1, 20_000):
        opened.give(Recount(Tally(leaders_signed=2, signed=signed)), lima(1, 14))
    done = Tally(leaders_signed=2, signed=20_000, last_done_at=lima(1, 15))
    opened.give(Recount(done), lima(1, 15))

    progress = [event for event in opened.told if isinstance(event, PlanProgressed)]
    assert [event.signed for event in progress] == list(range(200, 20_000, 200))
    assert isinstance(opened.told[-1], PlanCompleted)


def test_only_everybody_completes_it(launched: Launched) -> None:
    replication = led(launched())
    sign(replication, "ana", "beto", "caro")
    assert not any(isinstance(e, PlanCompleted) for e in replication.recount(lima(1, 14)))
    replication.to("dana", Exempt(replication.plan, "De licencia"), lima(1, 15))

    assert replication.recount(lima(1, 15)) == [
        PlanCompleted(signed=3, exempt=1, eligible=4, on_time=True, done_at=lima(1, 15))
    ]
    assert next_due(replication.plan) is None


def test_leaders_come_first_even_when_all_advisers_are_exempt(launched: Launched) -> None:
    replication = launched("ana")
    replication.to("ana", Exempt(replication.plan, "De licencia"), lima(1, 12))
    assert not any(isinstance(e, PlanCompleted) for e in replication.recount(lima(1, 12)))
    sign(replication, "sofia", "mario")

    assert replication.recount(lima(1, 14)) == [
        PlanCascadeOpened(advisers=1),
        PlanCompleted(signed=0, exempt=1, eligible=1, on_time=True, done_at=lima(1, 13)),
    ]


def test_before_the_launch_the_missed_term_is_told_at_once(opened: Replication) -> None:
    assert opened.give(Expire(DUE), DUE - timedelta(milliseconds=1)) == []
    (event,) = opened.give(Expire(DUE), DUE)

    assert event == PlanBreached(stage="training.replica", due_at=DUE, signed=0, eligible=0)
    assert next_due(opened.plan) is None
    assert opened.give(Expire(DUE), DUE) == []


def test_while_people_sign_they_are_counted_before_the_term_is_missed(launched: Launched) -> None:
    replication = led(launched())
    sign(replication, "ana")
    assert replication.give(Expire(DUE), DUE) == [PlanFellDue(stage="training.replica", due_at=DUE)]
    assert next_due(replication.plan) is None

    events = replication.recount(DUE, due=True)
    assert events == [
        PlanProgressed(signed=1, exempt=0, eligible=4),
        PlanBreached(stage="training.replica", due_at=DUE, signed=1, eligible=4),
    ]
    assert replication.recount(DUE, due=True) == []


def test_who_signed_in_time_is_not_late_because_of_a_late_count(launched: Launched) -> None:
    """All signed before the term, and everything stood still until after it."""
    replication = led(launched())
    sign(replication, "ana", "beto", "caro", "dana", at=DUE)
    replication.give(Expire(DUE), DUE + timedelta(hours=2))

    (event,) = replication.recount(DUE + timedelta(hours=2), due=True)
    assert isinstance(event, PlanCompleted)
    assert (event.on_time, event.done_at) == (True, DUE)


def test_a_late_last_signature_tells_the_breach_that_no_timer_told(launched: Launched) -> None:
    replication, late = led(launched("ana")), DUE + timedelta(seconds=1)
    sign(replication, "ana", at=late)
    breached, completed = replication.recount(late)

    assert breached == PlanBreached(stage="training.replica", due_at=DUE, signed=1, eligible=1)
    assert isinstance(completed, PlanCompleted)
    assert not completed.on_time
    assert replication.give(Expire(DUE), late) == []


def test_a_breached_plan_completes_late_without_a_second_breach(launched: Launched) -> None:
    replication, late = led(launched("ana")), DUE + timedelta(days=1)
    replication.give(Expire(DUE), DUE)
    replication.recount(DUE, due=True)
    sign(replication, "ana", at=late)

    (completed,) = replication.recount(late)
    assert isinstance(completed, PlanCompleted)
    assert not completed.on_time


def test_cancelling_ends_it_and_repeats_harmlessly(launched: Launched) -> None:
    replication = launched()
    assert replication.give(Cancel("Anulada"), lima(1, 13)) == [PlanCancelled(reason="Anulada")]
    assert replication.give(Cancel("Anulada"), lima(1, 14)) == []
    assert replication.recount(lima(1, 14)) == []
    assert replication.give(Expire(DUE), DUE) == []
