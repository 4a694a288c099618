"""The replications' HTTP edge: material, launch, signatures, exemptions, coverage."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from services.training import views
from services.training.acta_api import acta_routes
from services.training.api_terms import Name, Reason, Text
from services.training.crew import crew_routes
from services.training.desk import Desk
from services.training.domain.plan import Plan
from services.training.materials import MemoryAid, aid_of_text
from services.training.permits_api import permit_routes
from services.training.quiz_api import quiz_routes
from services.training.sessions_api import session_routes
from services.training.signing import FileReference, NewSignature
from services.training.views import EnrolmentView, ExactCoverage, MaterialView, TrainingView
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Permissions, Role
from shared.service import Workshop
from shared.store import Outcome, behind

Standing = Literal["open", "ready", "leaders", "cascade", "completed", "cancelled"]

_PREPARES: Final = [Role.TRAINER, Role.TRAINING_COORDINATOR]
_SIGNS: Final = [Role.SUPERVISOR, Role.QUALITY_MONITOR, Role.ADVISER]
_WATCHES: Final = [
    Role.VALIDATION_SUPERVISOR,
    Role.SERVICE_MANAGER,
    Role.AUDITOR,
    Role.TENANT_ADMIN,
]
PERMISSIONS: Final = Permissions(
    {
        "read_training": [*_PREPARES, *_SIGNS, *_WATCHES, Role.LIAISON, Role.REPORT_READER],
        "read_material": [*_PREPARES, *_SIGNS, *_WATCHES],
        "read_enrolments": [*_PREPARES, *_WATCHES, Role.SUPERVISOR, Role.QUALITY_MONITOR],
        "read_evidence": [Role.AUDITOR, Role.TENANT_ADMIN],
        "publish_material": _PREPARES,
        "launch_training": _PREPARES,
        "sign_training": _SIGNS,
        "read_permit": [*_PREPARES, *_SIGNS, *_WATCHES, Role.PROGRAM],
        "schedule_session": _PREPARES,
        "record_session": [*_PREPARES, Role.SUPERVISOR],
        "exempt_from_training": [Role.TRAINING_COORDINATOR, Role.VALIDATION_SUPERVISOR],
    }
)


class TrainingQuery(PageQuery):
    """Filters of the list; without `status` those under way."""

    status: Annotated[tuple[Standing, ...], Field(max_length=20)] = (
        "open",
        "ready",
        "leaders",
        "cascade",
    )


class EnrolmentQuery(PageQuery):
    """Who is in a standing; those who have yet to sign when nothing is said.

    Who signed a version that a substantial change has replaced is among the `open`, as `outdated`.
    """

    status: Literal["open", "signed", "exempt", "released"] = "open"


class NewMaterial(Input):
    """A version of the memory-aid: its text, or a reference to a file.

    `substantial` false is a correction: signatures stay good. A substantial change after the launch
    asks everybody to sign anew, the leaders first.
    """

    text: Text | None = None
    file: FileReference | None = None
    substantial: bool = True

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewMaterial":
        if (self.text is None) == (self.file is None):
            raise ValueError("text or file, one of them")
        return self

    def aid(self) -> MemoryAid:
        """What is to be kept."""
        if self.file is not None:
            return MemoryAid(self.file.sha256, file_name=self.file.name)
        return aid_of_text(self.text or "")


class NewExemption(Input):
    """Somebody need not sign, and why."""

    person_id: Name
    reason: Reason


class Trainings:
    """Results of the desk, as they are shown."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def shown(self, call: Call, plan: Outcome[Plan]) -> TrainingView:
        """A replication with the coverage of this moment."""
        return views.training(plan, await self._desk.tally(call, plan), call.language)

    async def page(self, call: Call, query: TrainingQuery) -> Page[TrainingView]:
        """Replications by the instant they are due."""
        where = {"state.status": {"$in": list(query.status)}}
        where |= behind("state.deadline.due_at", query.after(datetime, str))
        order = (("state.deadline.due_at", 1), ("_id", 1))
        plans = self._desk.plans
        found = await plans.find(call.tenant, where, order=order, limit=query.limit + 1)
        shown = [views.training(p, views.last_told(p.state), call.language) for p in found]
        return page_of(shown, query, lambda one: (one.deadline.due_at, one.id))

    async def people(self, call: Call, plan_id: str, query: EnrolmentQuery) -> Page[EnrolmentView]:
        """Enrolments of a plan, advisers first."""
        plan = (await self._desk.plan(call, plan_id)).state
        after = query.after(bool, str)
        where: dict[str, object] = {
            "state.plan_id": plan_id,
            **views.standing(query.status, plan.required),
        }
        if after is not None:
            leader, last = after
            following = [{"state.leader": leader, "_id": {"$gt": last}}]
            rest = following if leader else [*following, {"state.leader": True}]
            where["$and"] = [{"$or": rest}]
        order = (("state.leader", 1), ("_id", 1))
        found = await self._desk.enrolments.find(
            call.tenant, where, order=order, limit=query.limit + 1
        )
        shown = [views.enrolment(outcome, plan) for outcome in found]
        return page_of(shown, query, lambda one: (one.leader, one.id))


def routes(workshop: Workshop) -> Routes:
    """The operations below `/api/v1/trainings`."""
    api = Routes("training", PERMISSIONS)
    desk = Desk(workshop)
    trainings = Trainings(desk)
    _queries(api, desk, trainings)
    _commands(api, desk, trainings)
    crew_routes(api, workshop, desk)
    quiz_routes(api, workshop, desk)
    acta_routes(api, workshop)
    session_routes(api, workshop, desk)
    permit_routes(api, desk)
    return api


def _queries(api: Routes, desk: Desk, trainings: Trainings) -> None:
    @api.get("/trainings", may="read_training")
    async def list_trainings(call: Call, query: TrainingQuery) -> Page[TrainingView]:
        """Replications by the instant they are due, with the coverage last told to the plan."""
        return await trainings.page(call, query)

    @api.get("/trainings/{training_id}", may="read_training")
    async def read_training(call: Call, training_id: str) -> TrainingView:
        """One replication: material, promise, and the coverage of this moment."""
        return await trainings.shown(call, await desk.plan(call, training_id))

    @api.get("/trainings/{training_id}/coverage", may="read_training")
    async def read_coverage(call: Call, training_id: str) -> ExactCoverage:
        """Who has signed at this moment, over everybody eligible."""
        plan = await desk.plan(call, training_id)
        counted = views.coverage(plan.state, await desk.tally(call, plan))
        later = await desk.not_yet_eligible(call, plan)
        return ExactCoverage(**counted.model_dump(), not_yet_eligible=later)

    @api.get("/trainings/{training_id}/material", may="read_material")
    async def read_material(call: Call, training_id: str) -> MaterialView:
        """The memory-aid in force, with the hash to sign with."""
        plan = await desk.plan(call, training_id)
        return views.material(plan.state, await desk.material(call, plan))

    @api.get("/trainings/{training_id}/enrolments", may="read_enrolments")
    async def list_enrolments(
        call: Call, training_id: str, query: EnrolmentQuery
    ) -> Page[EnrolmentView]:
        """Who has yet to sign, has signed, or is exempt."""
        return await trainings.people(call, training_id, query)


def _commands(api: Routes, desk: Desk, trainings: Trainings) -> None:
    @api.post(
        "/trainings/{training_id}/material",
        may="publish_material",
        if_match=True,
        problems=("plan.closed",),
    )
    async def publish_material(call: Call, training_id: str, body: NewMaterial) -> TrainingView:
        """Publish a version of the memory-aid; a substantial one re-opens what was signed."""
        plan = await desk.publish(call, training_id, body.aid(), substantial=body.substantial)
        return await trainings.shown(call, plan)

    @api.post(
        "/trainings/{training_id}/launch",
        may="launch_training",
        if_match=True,
        problems=(
            "plan.no_material",
            "plan.blocked",
            "plan.leaders_missing",
            "plan.nobody_to_train",
            "plan.already_launched",
            "plan.closed",
        ),
    )
    async def launch_training(call: Call, training_id: str) -> TrainingView:
        """Begin with the people on duty today: from now on the leaders may sign."""
        return await trainings.shown(call, await desk.launch(call, training_id))

    @api.post(
        "/trainings/{training_id}/signatures",
        may="sign_training",
        status=201,
        problems=(
            "plan.not_launched",
            "plan.closed",
            "plan.blocked",
            "signature.already_signed",
            "signature.quiz_pending",
            "signature.exempt",
            "signature.leaders_first",
            "signature.other_version",
        ),
    )
    async def sign_training(call: Call, training_id: str, body: NewSignature) -> EnrolmentView:
        """Sign as the caller: informed and trained, on the version with this hash."""
        evidence = None if body.evidence is None else await body.evidence.content()
        signed = await desk.sign(call, training_id, body.sha256, body.method, evidence)
        return views.enrolment(signed)

    @api.post(
        "/trainings/{training_id}/exemptions",
        may="exempt_from_training",
        status=201,
        problems=(
            "plan.not_launched",
            "plan.closed",
            "exemption.already_signed",
            "exemption.already_exempt",
            "exemption.leader_needed",
        ),
    )
    async def exempt_from_training(
        call: Call, training_id: str, body: NewExemption
    ) -> EnrolmentView:
        """Say that somebody need not sign, and why; the denominator stays."""
        enrolment = await desk.exempt(call, training_id, body.person_id, body.reason)
        return views.enrolment(enrolment)
