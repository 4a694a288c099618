"""The whole matrices of statuses and actions of plans and enrolments, and their diagrams."""

from pathlib import Path

import pytest

from services.training.domain.lifecycle import (
    ENROLMENT_LIFE,
    PLAN_LIFE,
    EnrolmentAction,
    EnrolmentStatus,
    PlanAction,
    PlanStatus,
    diagram,
    follow_enrolment,
    follow_plan,
)
from shared.decider import Rejected

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "training.md"
OPEN, READY, LEADERS = PlanStatus.OPEN, PlanStatus.READY, PlanStatus.LEADERS
CASCADE, COMPLETED, CANCELLED = PlanStatus.CASCADE, PlanStatus.COMPLETED, PlanStatus.CANCELLED
NO, CLOSED, TWICE = "plan.illegal_transition", "plan.closed", "plan.already_launched"

# the columns are open, publish, launch, open_cascade, complete, cancel
PLANS: dict[PlanStatus, tuple[PlanStatus | str, ...]] = {
    PlanStatus.NEW: (OPEN, NO, NO, NO, NO, NO),
    OPEN: (NO, READY, "plan.no_material", NO, NO, CANCELLED),
    READY: (NO, READY, LEADERS, NO, NO, CANCELLED),
    LEADERS: (NO, LEADERS, TWICE, CASCADE, NO, CANCELLED),
    CASCADE: (NO, CASCADE, TWICE, NO, COMPLETED, CANCELLED),
    COMPLETED: (CLOSED,) * 6,
    CANCELLED: (CLOSED,) * 6,
}

NEVER = "enrolment.illegal_transition"
# the columns are open, sign, exempt
ENROLMENTS: dict[EnrolmentStatus, tuple[EnrolmentStatus | str, ...]] = {
    EnrolmentStatus.NEW: (EnrolmentStatus.OPEN, NEVER, NEVER),
    EnrolmentStatus.OPEN: (NEVER, EnrolmentStatus.SIGNED, EnrolmentStatus.EXEMPT),
    EnrolmentStatus.SIGNED: (NEVER, "signature.already_signed", "exemption.already_signed"),
    EnrolmentStatus.EXEMPT: (NEVER, "signature.exempt", "exemption.already_exempt"),
}


@pytest.mark.parametrize("status", PlanStatus)
@pytest.mark.parametrize("action", PlanAction)
def test_every_pair_of_a_plan(status: PlanStatus, action: PlanAction) -> None:
    expected = PLANS[status][list(PlanAction).index(action)]
    if isinstance(expected, PlanStatus):
        assert follow_plan(status, action) is expected
        return
    with pytest.raises(Rejected) as refusal:
        follow_plan(status, action)
    assert refusal.value.code == expected


@pytest.mark.parametrize("status", EnrolmentStatus)
@pytest.mark.parametrize("action", EnrolmentAction)
def test_every_pair_of_an_enrolment(status: EnrolmentStatus, action: EnrolmentAction) -> None:
    expected = ENROLMENTS[status][list(EnrolmentAction).index(action)]
    if isinstance(expected, EnrolmentStatus):
        assert follow_enrolment(status, action) is expected
        return
    with pytest.raises(Rejected) as refusal:
        follow_enrolment(status, action)
    assert refusal.value.code == expected


def test_every_status_is_reached() -> None:
    assert {*PLAN_LIFE.values(), PlanStatus.NEW} == set(PlanStatus)
    assert {*ENROLMENT_LIFE.values(), EnrolmentStatus.NEW} == set(EnrolmentStatus)


def test_the_page_shows_the_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert diagram(PLAN_LIFE) in page
    assert diagram(ENROLMENT_LIFE) in page
