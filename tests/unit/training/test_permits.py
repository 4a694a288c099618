"""Who may apply what is replicated, and exemptions that are taken back without losing count."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.training.domain.application import lock
from services.training.domain.enrolment import Enrolment, Exempt, ExemptLeft, Sign, WithdrawOwn
from services.training.domain.lifecycle import EnrolmentStatus, PlanStatus
from services.training.domain.plan import Block, Publish, Recount, WithdrawExemption
from services.training.domain.plan_state import Plan
from services.training.policy import Method
from shared.contracts.training import (
    EnrolmentExempted,
    EnrolmentExemptionWithdrawn,
    PlanBreached,
    PlanCompleted,
    PlanExemptionWithdrawn,
    PlanProgressed,
)
from shared.decider import Rejected
from tests.support.evaluations import lima
from tests.support.replications import SHA, Replication

Launched = Callable[..., Replication]
NOON, ONE = lima(1, 12), lima(1, 13)
RUNNING = Plan(status=PlanStatus.CASCADE, required=2)
SIGNED = Enrolment(status=EnrolmentStatus.SIGNED, material_version=2)


@pytest.mark.parametrize(
    ("plan", "enrolment", "active", "code"),
    [
        (RUNNING, SIGNED, True, ""),
        (replace(RUNNING, status=PlanStatus.COMPLETED), SIGNED, True, ""),
        (replace(RUNNING, status=PlanStatus.LEADERS), SIGNED, True, ""),
        (replace(RUNNING, status=PlanStatus.OPEN), None, True, "not_launched"),
        (replace(RUNNING, status=PlanStatus.READY), None, True, "not_launched"),
        (replace(RUNNING, status=PlanStatus.CANCELLED), SIGNED, True, "cancelled"),
        (replace(RUNNING, blocked="q1"), SIGNED, True, "blocked"),
        (RUNNING, None, True, "not_eligible"),
        (RUNNING, Enrolment(status=EnrolmentStatus.RELEASED), True, "not_eligible"),
        (RUNNING, SIGNED, False, "person_left"),
        (RUNNING, Enrolment(status=EnrolmentStatus.EXEMPT), True, "exempt"),
        (RUNNING, Enrolment(status=EnrolmentStatus.OPEN), True, "not_signed"),
        (RUNNING, replace(SIGNED, material_version=1), True, "not_signed"),
    ],
)
def test_nobody_applies_what_was_not_signed_for(
    plan: Plan, enrolment: Enrolment | None, code: str, *, active: bool
) -> None:
    assert lock(plan, enrolment, active=active) == (code and f"application.{code}")


def test_a_substantial_change_locks_again_until_the_next_signature(launched: Launched) -> None:
    running = launched("ana")
    running.to("sofia", Sign(running.plan, SHA, Method.CLICK), NOON)
    assert lock(running.plan, running.enrolments["sofia"], active=True) == ""
    running.give(Publish("b" * 64), ONE)
    assert lock(running.plan, running.enrolments["sofia"], active=True) == "application.not_signed"
    running.to("sofia", Sign(running.plan, "b" * 64, Method.CLICK), ONE)
    assert lock(running.plan, running.enrolments["sofia"], active=True) == ""


def cascading(launched: Launched) -> Replication:
    """Ana is exempt; beto, caro and dana have yet to sign."""
    running = launched()
    for leader in ("sofia", "mario"):
        running.to(leader, Sign(running.plan, SHA, Method.CLICK), NOON)
    running.recount(NOON)
    running.to("ana", Exempt(running.plan, "De licencia"), NOON)
    running.recount(NOON)
    return running


WITHDRAW = WithdrawExemption("ana", leader=False, reason="Volvió", number=1)


def test_an_exemption_is_withdrawn_with_its_reason(launched: Launched) -> None:
    running = cascading(launched)
    assert running.give(WITHDRAW, ONE) == [
        PlanExemptionWithdrawn(person_id="ana", reason="Volvió", number=1),
        PlanProgressed(signed=0, exempt=0, eligible=4),
    ]
    assert running.to("ana", WithdrawOwn(1, "Volvió"), ONE) == [
        EnrolmentExemptionWithdrawn(plan_id="p1", person_id="ana", reason="Volvió", number=1)
    ]
    ana = running.enrolments["ana"]
    assert (ana.status, ana.reason, ana.done_at) == (EnrolmentStatus.OPEN, "", None)
    # however often it is said
    assert running.give(WITHDRAW, ONE) == []
    assert running.to("ana", WithdrawOwn(1, "Volvió"), ONE) == []
    for name in ("ana", "beto", "caro", "dana"):
        running.to(name, Sign(running.plan, SHA, Method.CLICK), ONE)
    (done,) = running.recount(ONE)
    assert isinstance(done, PlanCompleted)
    assert (done.signed, done.exempt) == (4, 0)


def test_no_count_that_does_not_know_of_it_completes_the_plan(launched: Launched) -> None:
    running = cascading(launched)
    for name in ("beto", "caro", "dana"):
        running.to(name, Sign(running.plan, SHA, Method.CLICK), NOON)
    old = running.tally()
    running.give(WITHDRAW, ONE)
    # counted before, and between the two writes
    assert running.give(Recount(old), ONE) == []
    assert running.give(Recount(running.tally()), ONE) == []
    # the term comes in between: what is sure is told
    late: list[Any] = running.give(Recount(old, due=True), lima(2, 17))
    assert [type(event) for event in late] == [PlanBreached]
    running.to("ana", WithdrawOwn(1, "Volvió"), ONE)
    assert running.recount(ONE) == [PlanProgressed(signed=3, exempt=0, eligible=4)]
    running.to("ana", Sign(running.plan, SHA, Method.CLICK), lima(2, 18))
    assert isinstance(running.recount(lima(2, 18))[0], PlanCompleted)


def test_it_can_be_given_and_withdrawn_again(launched: Launched) -> None:
    running = cascading(launched)
    for number in (1, 2, 3):
        running.give(replace(WITHDRAW, number=number), ONE)
        running.to("ana", WithdrawOwn(number, "Volvió"), ONE)
        running.recount(ONE)
        running.to("ana", Exempt(running.plan, "De licencia"), ONE)
        running.recount(ONE)
    assert running.plan.withdrawn == ("ana#1", "ana#2", "ana#3")
    assert running.tally().withdrawals == 3
    assert running.plan.exempt == 1


def test_when_an_exemption_can_no_longer_be_withdrawn(launched: Launched) -> None:
    running = cascading(launched)
    with pytest.raises(Rejected, match=r"exemption\.cascade_open"):
        running.give(replace(WITHDRAW, person_id="sofia", leader=True), ONE)
    for name in ("beto", "caro", "dana"):
        running.to(name, Sign(running.plan, SHA, Method.CLICK), NOON)
    running.recount(NOON)
    with pytest.raises(Rejected, match=r"plan\.closed"):
        running.give(WITHDRAW, ONE)


def test_a_leader_who_is_to_sign_after_all_holds_the_gate(launched: Launched) -> None:
    running = launched("ana")
    running.to("sofia", Sign(running.plan, SHA, Method.CLICK), NOON)
    led = frozenset({"quality_monitor"})
    running.to("mario", Exempt(running.plan, "Otro lidera", led), NOON)
    opening = running.tally()
    command = WithdrawExemption("mario", leader=True, reason="x", number=1)
    assert len(running.give(command, NOON)) == 1
    assert running.give(Recount(opening), NOON) == []
    running.to("mario", WithdrawOwn(1, "x"), NOON)
    assert running.recount(NOON) == []
    assert running.plan.status is PlanStatus.LEADERS


def test_the_client_s_query_shuts_it_for_all(launched: Launched) -> None:
    running = cascading(launched)
    running.give(Block("q1", ONE), ONE)
    assert lock(running.plan, running.enrolments["sofia"], active=True) == "application.blocked"


def test_who_left_is_exempt_with_that_reason_and_the_rest_completes_it(launched: Launched) -> None:
    """AMB-2: the denominator does not shrink; who left no longer keeps the plan open."""
    running = cascading(launched)
    gone = ExemptLeft(running.plan, "Dejó el servicio")
    (event,) = running.to("beto", gone, ONE)
    assert isinstance(event, EnrolmentExempted)
    assert event.reason == "Dejó el servicio"
    assert running.to("beto", gone, ONE) == []
    for name in ("caro", "dana"):
        running.to(name, Sign(running.plan, SHA, Method.CLICK), ONE)
    assert running.to("caro", gone, ONE) == []
    (done,) = running.recount(ONE)
    assert isinstance(done, PlanCompleted)
    assert (done.signed, done.exempt, done.eligible) == (2, 2, 4)
    assert running.to("dana", gone, ONE) == []


def test_who_left_is_left_to_somebody_where_it_is_not_plain(launched: Launched) -> None:
    running = launched("ana")
    assert running.to("sofia", ExemptLeft(running.plan, "x"), ONE) == []
    running.give(Block("q1", ONE), ONE)
    assert running.to("ana", ExemptLeft(running.plan, "x"), ONE) == []
