"""How replications look from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.training.domain.enrolment import Enrolment
from services.training.domain.lifecycle import ENDED, EnrolmentStatus, PlanStatus
from services.training.domain.plan_state import Plan, Tally
from services.training.materials import MemoryAid
from shared.clock import Step, sentence
from shared.store import Outcome

PERMILLE = 1_000


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class DeadlineView(_View):
    """A promise; `explain` tells how its date came.

    `state` is running, paused while the client has a query, met, breached or cancelled.
    """

    stage: str
    due_at: datetime
    effective_at: datetime
    state: str
    explain: Sequence[str]


class MaterialView(_View):
    """The memory-aid in force; `text` is empty for a file that is kept elsewhere."""

    material_version: int
    sha256: str
    file_name: str
    text: str


class LeadersView(_View):
    """Supervisor and quality monitor, who sign first."""

    total: int
    signed: int
    exempt: int


class CoverageView(_View):
    """Who has signed a version in force, over everybody eligible at the launch or added since.

    `coverage_pct` is signed / eligible, rounded down to a tenth, null before the launch. The exempt
    stay in the denominator; `complete` is when nobody is pending.
    """

    eligible: int
    signed: int
    exempt: int
    pending: int
    coverage_pct: float | None
    leaders: LeadersView
    cascade_open: bool
    complete: bool


class ExactCoverage(CoverageView):
    """With those who came after the launch, listed apart and never in the denominator (AMB-2)."""

    not_yet_eligible: int


class TrainingView(_View):
    """A replication; its id is the request's."""

    id: str
    code: str
    topic: str
    title: str
    status: str
    deadline: DeadlineView
    material_version: int | None
    sha256: str | None
    required_version: int | None = Field(
        description="The oldest version whose signatures are good; null before the launch"
    )
    blocked: bool = Field(description="The client has a query: neither launched nor signed (A43)")
    launched_at: datetime | None
    done_at: datetime | None
    on_time: bool | None
    coverage: CoverageView
    reason: str
    version: int


class EnrolmentView(_View):
    """One person in one replication."""

    id: str
    training_id: str
    person_id: str
    leader: bool
    status: str
    material_version: int | None
    sha256: str | None
    method: str | None
    reason: str
    done_at: datetime | None = Field(description="When it was signed or exempted")


def training(outcome: Outcome[Plan], tally: Tally, language: str) -> TrainingView:
    """A replication with its coverage, in a language."""
    state, material = outcome.state, outcome.state.material
    return TrainingView(
        id=outcome.id,
        code=state.code,
        topic=state.topic,
        title=state.title,
        status=state.status,
        deadline=_deadline(state, language),
        material_version=material and material.version,
        sha256=material and material.sha256,
        required_version=state.required or None,
        blocked=bool(state.blocked),
        launched_at=state.launched_at,
        done_at=state.done_at,
        on_time=state.on_time,
        coverage=coverage(state, tally),
        reason=state.reason,
        version=outcome.version,
    )


def coverage(plan: Plan, tally: Tally) -> CoverageView:
    """The coverage that a tally gives, with its denominator."""
    share = tally.signed * PERMILLE // plan.eligible / 10 if plan.eligible else None
    return CoverageView(
        eligible=plan.eligible,
        signed=tally.signed,
        exempt=tally.exempt,
        pending=plan.eligible - tally.done,
        coverage_pct=share,
        leaders=LeadersView(
            total=len(plan.leaders), signed=tally.leaders_signed, exempt=tally.leaders_exempt
        ),
        cascade_open=plan.status in (PlanStatus.CASCADE, PlanStatus.COMPLETED),
        complete=plan.status is PlanStatus.COMPLETED,
    )


def last_told(plan: Plan) -> Tally:
    """What the plan was last told, to the percent; for lists, where nothing is counted anew."""
    past_leaders = plan.status in (PlanStatus.CASCADE, PlanStatus.COMPLETED)
    leaders = len(plan.leaders) if past_leaders else 0
    return Tally(leaders_signed=leaders, signed=plan.signed, exempt=plan.exempt)


def material(plan: Plan, aid: MemoryAid) -> MaterialView:
    """A memory-aid to be read."""
    version = plan.material.version if plan.material else 0
    return MaterialView(
        material_version=version, sha256=aid.sha256, file_name=aid.file_name, text=aid.text
    )


OUTDATED = "outdated"


def standing(status: str, required: int) -> dict[str, Any]:
    """Which enrolments are in a standing, as a condition on their states."""
    old = {"state.status": EnrolmentStatus.SIGNED.value}
    if status == EnrolmentStatus.OPEN:
        open_ones = {"state.status": status}
        return {"$or": [open_ones, {**old, "state.material_version": {"$lt": required}}]}
    if status == EnrolmentStatus.SIGNED:
        return {**old, "state.material_version": {"$gte": required}}
    return {"state.status": status}


def enrolment(outcome: Outcome[Enrolment], plan: Plan | None = None) -> EnrolmentView:
    """One person's part; `outdated` when the plan asks for a newer signature."""
    state = outcome.state
    outdated = plan is not None and state.is_outdated(plan)
    return EnrolmentView(
        id=outcome.id,
        training_id=state.plan_id,
        person_id=state.person_id,
        leader=state.leader,
        status=OUTDATED if outdated else state.status,
        material_version=state.material_version or None,
        sha256=state.sha256 or None,
        method=state.method or None,
        reason=state.reason,
        done_at=state.done_at,
    )


def _deadline(plan: Plan, language: str) -> DeadlineView:
    deadline = plan.deadline
    if deadline is None:
        raise ValueError("a plan that was opened has a deadline")
    return DeadlineView(
        stage=deadline.stage,
        due_at=deadline.due_at,
        effective_at=deadline.effective_at,
        state=_standing(plan),
        explain=[sentence(Step(step.code, step.params), language) for step in deadline.steps],
    )


def _standing(plan: Plan) -> str:
    if plan.breached:
        return "breached"
    if plan.blocked:
        return "paused"
    if plan.status is PlanStatus.CANCELLED:
        return "cancelled"
    return "met" if plan.status in ENDED else "running"
