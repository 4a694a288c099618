"""What may change while a plan runs: its material, its people, the gate. Given, when, then."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.training.domain.enrolment import Exempt, OpenEnrolment, Release, Sign
from services.training.domain.lifecycle import EnrolmentStatus, PlanStatus
from services.training.domain.plan import (
    Block,
    Cancel,
    Expire,
    Extend,
    Launch,
    Publish,
    Recount,
    ReplaceLeader,
    Tally,
    Unblock,
    next_due,
)
from services.training.policy import Method
from shared.contracts.training import (
    EnrolmentExempted,
    EnrolmentReleased,
    EnrolmentReopened,
    EnrolmentSigned,
    PlanBlocked,
    PlanBreached,
    PlanCascadeOpened,
    PlanCompleted,
    PlanFellDue,
    PlanLeaderReplaced,
    PlanMaterialPublished,
    PlanProgressed,
    PlanReopened,
    PlanRosterExtended,
    PlanUnblocked,
)
from shared.decider import Invalid, Rejected
from tests.support.evaluations import lima
from tests.support.replications import LEADERS, SHA, Replication

Launched = Callable[..., Replication]
DUE = lima(2, 16, 30)
NEW = "b" * 64
ONE = lima(1, 13)


def sign(replication: Replication, *names: str, sha: str = SHA) -> None:
    for name in names:
        replication.to(name, Sign(replication.plan, sha, Method.CLICK), ONE)


def led(replication: Replication) -> Replication:
    sign(replication, "sofia", "mario")
    replication.recount(ONE)
    return replication


def refusal(replication: Replication, command: object) -> Rejected:
    with pytest.raises(Rejected) as found:
        replication.give(command, ONE)  # type: ignore[arg-type]
    return found.value


def test_a_substantial_change_asks_all_to_sign_anew_leaders_first(launched: Launched) -> None:
    replication = led(launched())
    sign(replication, "ana", "beto")
    replication.to("caro", Exempt(replication.plan, "De licencia"), ONE)
    replication.recount(ONE)

    assert replication.give(Publish(NEW), ONE) == [
        PlanMaterialPublished(material_version=2, sha256=NEW),
        PlanReopened(required_version=2, eligible=4),
        PlanProgressed(signed=0, exempt=1, eligible=4),
    ]
    assert replication.plan.status is PlanStatus.LEADERS
    assert replication.tally() == Tally(exempt=1, required=2)
    with pytest.raises(Rejected, match=r"signature\.leaders_first"):
        sign(replication, "ana", sha=NEW)
    sign(replication, "sofia", "mario", sha=NEW)
    assert replication.recount(ONE) == [PlanCascadeOpened(advisers=4)]
    again = replication.to("ana", Sign(replication.plan, NEW, Method.CLICK), ONE)
    assert [type(event) for event in again] == [EnrolmentReopened, EnrolmentSigned]
    sign(replication, "beto", "dana", sha=NEW)
    *_, completed = replication.recount(ONE)
    assert isinstance(completed, PlanCompleted)
    assert (completed.signed, completed.exempt, completed.eligible) == (3, 1, 4)


def test_a_count_from_before_the_change_is_not_taken_for_one_after(launched: Launched) -> None:
    replication = led(launched())
    sign(replication, "ana", "beto", "caro", "dana")
    old = replication.tally()
    replication.give(Publish(NEW), ONE)

    assert replication.give(Recount(old), ONE) == []
    (breached,) = replication.give(Recount(old, due=True), DUE)
    assert breached == PlanBreached(stage="training.replica", due_at=DUE, signed=0, eligible=4)


def test_who_signed_the_older_version_may_be_exempted_from_the_newer(launched: Launched) -> None:
    replication = led(launched())
    sign(replication, "ana")
    replication.give(Publish(NEW), ONE)
    events = replication.to("ana", Exempt(replication.plan, "De licencia"), ONE)

    assert [type(event) for event in events] == [EnrolmentReopened, EnrolmentExempted]


def test_a_repeated_signature_for_an_older_version_is_no_longer_the_same(
    launched: Launched,
) -> None:
    replication = led(launched())
    replication.give(Publish(NEW), ONE)
    with pytest.raises(Rejected, match=r"signature\.other_version"):
        sign(replication, "sofia")


def test_what_was_published_before_the_launch_is_what_is_required(opened: Replication) -> None:
    opened.give(Publish(SHA), lima(1))
    opened.give(Publish(NEW), lima(1))
    opened.give(Launch("r1", LEADERS, 4), lima(1, 12))
    assert opened.plan.required == 2


def test_newcomers_grow_the_denominator(launched: Launched) -> None:
    replication = led(launched("ana"))
    assert replication.give(Extend("r2", 2), ONE) == [
        PlanRosterExtended(roster="r2", added=2, eligible=3)
    ]
    for name in ("eli", "fabi"):
        replication.enrol_one(name, ONE)
    sign(replication, "ana")
    assert replication.recount(ONE) == [PlanProgressed(signed=1, exempt=0, eligible=3)]
    sign(replication, "eli", "fabi")
    *_, completed = replication.recount(ONE)
    assert isinstance(completed, PlanCompleted)
    assert replication.plan.rosters == ("r1", "r2")


def test_only_a_running_plan_takes_newcomers(opened: Replication, launched: Launched) -> None:
    assert refusal(opened, Extend("r2", 1)).code == "plan.not_launched"
    replication = launched()
    assert refusal(replication, Extend("r2", 0)).code == "plan.nobody_to_train"
    replication.give(Cancel("Anulada"), ONE)
    assert refusal(replication, Extend("r2", 1)).code == "plan.closed"


def test_a_leader_who_leaves_is_replaced_and_the_gate_waits_for_the_new_one(
    launched: Launched,
) -> None:
    replication = launched()
    sign(replication, "mario")
    assert replication.give(ReplaceLeader("sofia", "susana", "r2", "Renuncia"), ONE) == [
        PlanLeaderReplaced(leaving="sofia", replacement="susana", roster="r2", reason="Renuncia")
    ]
    assert replication.plan.leaders == ("susana", "mario")
    assert replication.to("sofia", Release("susana"), ONE) == [
        EnrolmentReleased(plan_id="p1", person_id="sofia", replacement="susana")
    ]
    assert replication.to("sofia", Release("susana"), ONE) == []
    with pytest.raises(Rejected, match=r"signature\.released"):
        sign(replication, "sofia")
    assert replication.recount(ONE) == []
    replication.enrol_one("susana", ONE, "supervisor")
    sign(replication, "susana")
    assert replication.recount(ONE) == [PlanCascadeOpened(advisers=4)]


def test_only_a_leader_before_the_cascade_is_replaced(launched: Launched) -> None:
    replication = launched()
    unknown = refusal(replication, ReplaceLeader("ana", "eli", "r2", "x"))
    assert isinstance(unknown, Invalid)
    assert unknown.code == "leader.unknown"
    led(replication)
    done = refusal(replication, ReplaceLeader("sofia", "eli", "r2", "x"))
    assert done.code == "leader.already_done"


def test_an_exemption_stays_when_the_leader_leaves(launched: Launched) -> None:
    replication = launched()
    led_by_others = frozenset({"supervisor"})
    replication.to("sofia", Exempt(replication.plan, "Viaje", led_by_others), ONE)
    assert replication.to("sofia", Release("susana"), ONE) == []


def test_the_gate_stops_the_launch_and_moves_the_date_by_the_wait(opened: Replication) -> None:
    opened.give(Publish(SHA), lima(1))
    since = lima(1, 12, 30)
    assert opened.give(Block("q1", since), since) == [PlanBlocked(query_id="q1", since=since)]
    assert opened.give(Block("q1", since), since) == []
    assert next_due(opened.plan) is None
    assert opened.give(Expire(DUE), DUE + timedelta(days=1)) == []
    launch = Launch("r1", LEADERS, 4)
    assert (refusal(opened, launch).code, refusal(opened, launch).fields) == (
        "plan.blocked",
        {"query": "q1"},
    )
    assert opened.give(Unblock("other", lima(2)), lima(2)) == []

    (event,) = opened.give(Unblock("q1", lima(3, 12, 30)), lima(3, 12, 30))
    assert isinstance(event, PlanUnblocked)
    # two business days, over the weekend
    assert event.deadline.due_at == lima(6, 16, 30)
    assert [step.code for step in event.deadline.steps][-2:] == ["wait_paused", "due"]
    assert next_due(opened.plan) == lima(6, 16, 30)
    assert len(opened.give(launch, lima(3, 13))) == 1


def test_a_promise_that_had_passed_before_the_wait_stays_missed(opened: Replication) -> None:
    late = DUE + timedelta(hours=1)
    breached, blocked = opened.give(Block("q1", late), late)
    assert isinstance(breached, PlanBreached)
    assert isinstance(blocked, PlanBlocked)
    (event,) = opened.give(Unblock("q1", lima(6)), lima(6))
    assert isinstance(event, PlanUnblocked)
    assert event.deadline.due_at == DUE


def test_a_launch_that_crossed_with_the_query_takes_no_signatures_meanwhile(
    launched: Launched,
) -> None:
    replication = launched()
    replication.give(Block("q1", ONE), ONE)
    for command in (
        Sign(replication.plan, SHA, Method.CLICK),
        Exempt(replication.plan, "De licencia"),
    ):
        with pytest.raises(Rejected, match=r"plan\.blocked"):
            replication.to("sofia", command, ONE)
    replication.give(Unblock("q1", lima(1, 14)), lima(1, 14))
    sign(replication, "sofia")
    assert replication.enrolments["sofia"].status is EnrolmentStatus.SIGNED


def test_a_gate_shut_after_the_term_fell_due_while_people_sign(launched: Launched) -> None:
    replication, late = launched(), DUE + timedelta(hours=1)
    fell, blocked = replication.give(Block("q1", late), late)
    assert isinstance(fell, PlanFellDue)
    assert isinstance(blocked, PlanBlocked)


def test_a_plan_that_ended_has_no_gate(launched: Launched) -> None:
    replication = launched()
    replication.give(Block("q1", ONE), ONE)
    replication.give(Cancel("Anulada"), ONE)
    assert replication.give(Unblock("q1", lima(2)), lima(2)) == []
    assert replication.give(Block("q2", lima(2)), lima(2)) == []


def test_enrolling_again_changes_nothing(launched: Launched) -> None:
    replication = launched()
    assert replication.to("ana", OpenEnrolment("p1", "ana", ("supervisor",)), ONE) == []
