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
    follow_enrolment,
    follow_plan,
)
from shared.decider import Rejected
from tests.support.diagrams import ended

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "training.md"
OPEN, READY, LEADERS = PlanStatus.OPEN, PlanStatus.READY, PlanStatus.LEADERS
CASCADE, COMPLETED, CANCELLED = PlanStatus.CASCADE, PlanStatus.COMPLETED, PlanStatus.CANCELLED
NO, CLOSED, TWICE = "plan.illegal_transition", "plan.closed", "plan.already_launched"

EARLY, LED = "plan.not_launched", "leader.already_done"
# the columns: open, publish, launch, reopen, extend, replace, withdraw, set_quiz, extend_quiz,
# open_cascade, complete, cancel
PLANS: dict[PlanStatus, tuple[PlanStatus | str, ...]] = {
    PlanStatus.NEW: (OPEN, *(NO,) * 11),
    OPEN: (NO, READY, "plan.no_material", NO, *(EARLY,) * 3, OPEN, OPEN, NO, NO, CANCELLED),
    READY: (NO, READY, LEADERS, NO, *(EARLY,) * 3, READY, READY, NO, NO, CANCELLED),
    LEADERS: (
        *(NO, LEADERS, TWICE, LEADERS, LEADERS, LEADERS),
        *(LEADERS, LEADERS, LEADERS, CASCADE, NO, CANCELLED),
    ),
    CASCADE: (
        *(NO, CASCADE, TWICE, LEADERS, CASCADE, LED),
        *(CASCADE, CASCADE, CASCADE, NO, COMPLETED, CANCELLED),
    ),
    COMPLETED: (CLOSED,) * 12,
    CANCELLED: (CLOSED,) * 12,
}

NEVER = "enrolment.illegal_transition"
UNSIGNED, SIGNED = EnrolmentStatus.OPEN, EnrolmentStatus.SIGNED
EXEMPT, RELEASED = EnrolmentStatus.EXEMPT, EnrolmentStatus.RELEASED
DONE, ALREADY = "signature.already_signed", "exemption.already_signed"
PASSED, OUT, AWAY = "quiz.already_passed", "signature.exempt", "signature.released"
# the columns are open, sign, exempt, reopen, release, withdraw, take_quiz, grant
ENROLMENTS: dict[EnrolmentStatus, tuple[EnrolmentStatus | str, ...]] = {
    EnrolmentStatus.NEW: (UNSIGNED, *(NEVER,) * 7),
    UNSIGNED: (NEVER, SIGNED, EXEMPT, NEVER, RELEASED, NEVER, UNSIGNED, UNSIGNED),
    SIGNED: (NEVER, DONE, ALREADY, UNSIGNED, RELEASED, NEVER, PASSED, PASSED),
    EXEMPT: (NEVER, OUT, "exemption.already_exempt", NEVER, NEVER, UNSIGNED, OUT, OUT),
    RELEASED: (NEVER, AWAY, "exemption.released", NEVER, NEVER, NEVER, AWAY, AWAY),
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
    assert ended(PLAN_LIFE) in page
    assert ended(ENROLMENT_LIFE) in page
