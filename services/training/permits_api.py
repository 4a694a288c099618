"""Whether somebody may apply what is replicated, and exemptions that are withdrawn."""

from pydantic import BaseModel, ConfigDict, Field

from services.training.api_terms import Name, Reason
from services.training.desk import Desk
from services.training.views import EnrolmentView, enrolment
from shared.decider import Unknown
from shared.http import Call, Input, Routes
from shared.i18n import load
from shared.security import Role

# who signs asks for himself; the others ask for anybody
_ANYBODY = frozenset(Role) - {Role.ADVISER}


class Withdrawal(Input):
    """Who is to sign after all, and why."""

    person_id: Name
    reason: Reason


class PermitView(BaseModel):
    """Whether a person may apply the procedure; `code` and `detail` say why not."""

    model_config = ConfigDict(frozen=True)

    training_id: str
    person_id: str
    may_apply: bool
    code: str = Field(description="Empty when the person may")
    detail: str
    material_version: int | None
    sha256: str | None


def permit_routes(api: Routes, desk: Desk) -> None:
    """Operations on permits and withdrawn exemptions."""
    words = load()

    @api.get("/trainings/{training_id}/permits/{person_id}", may="read_permit")
    async def read_permit(call: Call, training_id: str, person_id: str) -> PermitView:
        """Whether a person may apply what is replicated: not before having signed for it."""
        if person_id != call.actor.subject and call.actor.roles.isdisjoint(_ANYBODY):
            raise Unknown("enrolment.unknown", id=person_id)
        plan, code = await desk.application(call, training_id, person_id)
        detail = words.text(call.language, f"problem.{code}.detail") if code else ""
        return PermitView(
            training_id=training_id,
            person_id=person_id,
            may_apply=not code,
            code=code,
            detail=detail,
            material_version=plan.material.version if plan.material else None,
            sha256=plan.material.sha256 if plan.material else None,
        )

    @api.post(
        "/trainings/{training_id}/exemptions/withdrawals",
        may="exempt_from_training",
        status=201,
        problems=(
            "plan.not_launched",
            "plan.closed",
            "exemption.none",
            "exemption.cascade_open",
        ),
    )
    async def withdraw_exemption(call: Call, training_id: str, body: Withdrawal) -> EnrolmentView:
        """Have somebody who was exempt sign after all."""
        return enrolment(await desk.withdraw(call, training_id, body.person_id, body.reason))
