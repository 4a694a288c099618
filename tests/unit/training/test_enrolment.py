"""What is decided about one person's signature."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.training.domain.enrolment import Enrolment, Exempt, Sign
from services.training.domain.lifecycle import EnrolmentStatus, PlanStatus
from services.training.domain.plan import Cancel, Plan, Publish
from services.training.policy import Method
from shared.contracts.training import (
    EnrolmentEvidenced,
    EnrolmentExempted,
    EnrolmentSigned,
)
from shared.decider import Invalid, NotAllowed, Rejected
from tests.support.evaluations import lima
from tests.support.replications import SHA, Replication

Launched = Callable[..., Replication]
NOON = lima(1, 12)


def click(plan: Plan, **changes: Any) -> Sign:
    return replace(Sign(plan, SHA, Method.CLICK), **changes)


def refusal(replication: Replication, person: str, command: Any) -> Rejected:
    with pytest.raises(Rejected) as found:
        replication.to(person, command, NOON)
    return found.value


def cascade(replication: Replication) -> Replication:
    for leader in ("sofia", "mario"):
        replication.to(leader, click(replication.plan), NOON)
    replication.recount(NOON)
    return replication


def test_a_signature_says_who_which_version_and_how(launched: Launched) -> None:
    replication = launched()
    drawn = click(replication.plan, method=Method.DRAWN, evidence="e" * 64)
    evidenced, event = replication.to("sofia", drawn, NOON)

    assert evidenced == EnrolmentEvidenced(
        plan_id="p1", person_id="sofia", method="drawn", sha256="e" * 64
    )
    assert event == EnrolmentSigned(
        plan_id="p1",
        person_id="sofia",
        leader=True,
        material_version=1,
        sha256=SHA,
        method="drawn",
    )
    assert replication.enrolments["sofia"].done_at == NOON
    assert replication.enrolments["sofia"].evidence == "e" * 64


@pytest.mark.parametrize("method", [Method.PIN, Method.DRAWN, Method.SCANNED])
def test_a_signature_that_is_more_than_a_click_needs_its_evidence(
    launched: Launched, method: Method
) -> None:
    replication = launched()
    bare = refusal(replication, "sofia", click(replication.plan, method=method))
    assert isinstance(bare, Invalid)
    assert (bare.code, bare.fields) == ("signature.evidence_missing", {"method": method.value})


def test_no_adviser_signs_before_the_leaders(launched: Launched) -> None:
    replication = launched()
    assert refusal(replication, "ana", click(replication.plan)).code == "signature.leaders_first"
    cascade(replication)

    assert len(replication.to("ana", click(replication.plan), NOON)) == 1


def test_the_same_signature_again_is_the_same(launched: Launched) -> None:
    replication = launched()
    replication.to("sofia", click(replication.plan), NOON)

    assert replication.to("sofia", click(replication.plan), NOON) == []
    other = refusal(replication, "sofia", click(replication.plan, method=Method.PIN))
    assert other.code == "signature.already_signed"


def test_a_repeated_signature_stays_the_same_after_the_end(launched: Launched) -> None:
    replication = launched()
    replication.to("sofia", click(replication.plan), NOON)
    replication.give(Cancel("Anulada"), NOON)

    assert replication.to("sofia", click(replication.plan), NOON) == []


def test_only_the_version_in_force_is_signed(launched: Launched) -> None:
    replication = launched()
    wrong = refusal(replication, "sofia", click(replication.plan, sha256="c" * 64))
    replication.give(Publish("b" * 64, substantial=False), NOON)
    old = refusal(replication, "sofia", click(replication.plan))

    assert (wrong.code, wrong.fields) == ("signature.other_version", {"current": 1})
    assert (old.code, old.fields) == ("signature.other_version", {"current": 2})


def test_who_left_signs_no_more(launched: Launched) -> None:
    replication = launched()
    gone = refusal(replication, "sofia", click(replication.plan, active=False))
    assert isinstance(gone, NotAllowed)
    assert gone.code == "signature.person_left"


def test_a_method_that_the_policy_does_not_take(launched: Launched) -> None:
    replication = launched()
    unknown = refusal(replication, "sofia", click(replication.plan, method="telepathy"))
    assert isinstance(unknown, Invalid)
    assert unknown.code == "signature.method"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (PlanStatus.OPEN, "plan.not_launched"),
        (PlanStatus.READY, "plan.not_launched"),
        (PlanStatus.COMPLETED, "plan.closed"),
        (PlanStatus.CANCELLED, "plan.closed"),
    ],
)
def test_signatures_and_exemptions_only_while_the_plan_runs(
    launched: Launched, status: PlanStatus, code: str
) -> None:
    replication = launched()
    plan = replace(replication.plan, status=status)

    assert refusal(replication, "sofia", click(plan)).code == code
    assert refusal(replication, "ana", Exempt(plan, "De licencia")).code == code


def test_an_exemption_has_its_reason_and_is_final(launched: Launched) -> None:
    replication = launched()
    (event,) = replication.to("ana", Exempt(replication.plan, "De licencia"), NOON)

    assert event == EnrolmentExempted(
        plan_id="p1", person_id="ana", leader=False, reason="De licencia"
    )
    assert replication.to("ana", Exempt(replication.plan, "De licencia"), NOON) == []
    again = refusal(replication, "ana", Exempt(replication.plan, "Otra"))
    signing = refusal(cascade(replication), "ana", click(replication.plan))
    assert (again.code, signing.code) == ("exemption.already_exempt", "signature.exempt")


def test_who_signed_is_not_exempted(launched: Launched) -> None:
    replication = launched()
    replication.to("sofia", click(replication.plan), NOON)
    late = refusal(replication, "sofia", Exempt(replication.plan, "Viaje"))
    assert late.code == "exemption.already_signed"


def test_a_leader_is_exempt_only_where_another_has_signed(launched: Launched) -> None:
    replication = launched()
    alone = refusal(replication, "sofia", Exempt(replication.plan, "Viaje"))
    led = frozenset({"supervisor"})
    (event,) = replication.to("sofia", Exempt(replication.plan, "Viaje", led), NOON)

    assert (alone.code, alone.fields) == ("exemption.leader_needed", {"roles": ["supervisor"]})
    assert isinstance(event, EnrolmentExempted)


def test_every_status_of_the_table_is_one_of_the_state() -> None:
    assert Enrolment().status is EnrolmentStatus.NEW
