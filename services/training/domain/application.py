"""Whether somebody may apply what is replicated: not before having signed for it (A40, A54).

Locked from the approval on, unlocked by the person's own signature, and locked again by a
substantial change of the material until the next one. Who is exempt was not trained: exempt from
signing is not free to apply.
"""

from services.training.domain.enrolment_state import Enrolment
from services.training.domain.lifecycle import EnrolmentStatus, PlanStatus
from services.training.domain.plan_state import Plan

_BEFORE = (PlanStatus.NEW, PlanStatus.OPEN, PlanStatus.READY)
_OUT = (EnrolmentStatus.NEW, EnrolmentStatus.RELEASED)


def lock(plan: Plan, enrolment: Enrolment | None, *, active: bool) -> str:  # noqa: PLR0911 - reasons
    """Why somebody may not apply it, as a code; empty when they may."""
    if plan.status is PlanStatus.CANCELLED:
        return "application.cancelled"
    if plan.status in _BEFORE:
        return "application.not_launched"
    if plan.blocked:
        return "application.blocked"
    if enrolment is None or enrolment.status in _OUT:
        return "application.not_eligible"
    if not active:
        return "application.person_left"
    if enrolment.status is EnrolmentStatus.EXEMPT:
        return "application.exempt"
    if enrolment.status is not EnrolmentStatus.SIGNED or enrolment.is_outdated(plan):
        return "application.not_signed"
    return ""
