"""What training says: plans (subject: the request's id) and enrolments (one person in one plan)."""

from datetime import datetime

from shared.contracts.events import EventBody
from shared.contracts.terms import Deadline


class PlanOpened(EventBody, event_type="training.plan.opened.v1"):
    """A replication ("réplica") is due (A44); nobody is enrolled yet."""

    code: str
    topic: str
    title: str
    deadline: Deadline


class PlanMaterialPublished(EventBody, event_type="training.plan.material_published.v1"):
    """The memory-aid that will be signed for, by version and hash (A52)."""

    material_version: int
    sha256: str
    material: bool = True


class PlanLaunched(EventBody, event_type="training.plan.launched.v1"):
    """The leaders may sign: supervisor and quality monitor first (A55)."""

    leaders: tuple[str, ...]
    eligible: int


class PlanCascadeOpened(EventBody, event_type="training.plan.cascade_opened.v1"):
    """All leaders have signed: the advisers may."""

    advisers: int


class PlanProgressed(EventBody, event_type="training.plan.progressed.v1"):
    """Coverage over the eligible, with its denominator (A51, A53)."""

    signed: int
    exempt: int
    eligible: int


class PlanCompleted(EventBody, event_type="training.plan.completed.v1"):
    """Everybody eligible has signed or is exempt with a reason."""

    signed: int
    exempt: int
    eligible: int
    on_time: bool


class PlanBreached(EventBody, event_type="training.plan.breached.v1"):
    """The promised instant passed with somebody unsigned."""

    stage: str
    due_at: datetime
    signed: int
    eligible: int


class EnrolmentOpened(EventBody, event_type="training.enrolment.opened.v1"):
    """One person is to sign for one plan; the subject is the enrolment's id."""

    plan_id: str
    person_id: str
    leader: bool


class EnrolmentSigned(EventBody, event_type="training.enrolment.signed.v1"):
    """The person was "informed and trained" (A54): who, when, for which version, how."""

    plan_id: str
    person_id: str
    leader: bool
    material_version: int
    sha256: str
    method: str


class EnrolmentExempted(EventBody, event_type="training.enrolment.exempted.v1"):
    """Not to sign, with the reason; stays in the denominator that is shown (AMB-2)."""

    plan_id: str
    person_id: str
    leader: bool
    reason: str
