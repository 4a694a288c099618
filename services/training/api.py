"""The replications' HTTP edge: material, launch, signatures, exemptions, coverage."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from services.training import views
from services.training.desk import Desk
from services.training.domain.plan import Plan
from services.training.materials import MemoryAid, aid_of_text
from services.training.policy import Method
from services.training.views import CoverageView, EnrolmentView, MaterialView, TrainingView
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Permissions, Role
from shared.service import Workshop
from shared.store import Outcome

Text = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]
Reason = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
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
        "publish_material": _PREPARES,
        "launch_training": _PREPARES,
        "sign_training": _SIGNS,
        "exempt_from_training": [Role.TRAINING_COORDINATOR, Role.VALIDATION_SUPERVISOR],
    }
)


class TrainingQuery(PageQuery):
    """Filters of the list; without `status` those under way."""

    status: tuple[Standing, ...] = ("open", "ready", "leaders", "cascade")


class EnrolmentQuery(PageQuery):
    """Who is in a standing; those who have yet to sign when nothing is said."""

    status: Literal["open", "signed", "exempt"] = "open"


class FileReference(Input):
    """A file that is kept elsewhere, by name and hash."""

    name: Name
    sha256: Hash


class NewMaterial(Input):
    """A version of the memory-aid: its text, or a reference to a file.

    `substantial` false is a correction: it may come after the launch, and signatures stay good.
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


class NewSignature(Input):
    """The caller was informed and trained: the hash of the version seen, and how it is signed."""

    sha256: Hash
    method: Method


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
        after = query.after(datetime, str)
        position = None if after is None else (after[0], after[1])
        where = {"state.status": {"$in": list(query.status)}}
        plans = self._desk.plans
        found = await views.queue(plans, call.tenant, where, position, query.limit + 1)
        shown = [views.training(p, views.last_told(p.state), call.language) for p in found]
        return page_of(shown, query, lambda one: (one.deadline.due_at, one.id))

    async def people(self, call: Call, plan_id: str, query: EnrolmentQuery) -> Page[EnrolmentView]:
        """Enrolments of a plan, advisers first."""
        await self._desk.plan(call, plan_id)
        after = query.after(bool, str)
        where: dict[str, object] = {"state.plan_id": plan_id, "state.status": query.status}
        if after is not None:
            leader, last = after
            following = [{"state.leader": leader, "_id": {"$gt": last}}]
            where["$or"] = following if leader else [*following, {"state.leader": True}]
        order = (("state.leader", 1), ("_id", 1))
        found = await self._desk.enrolments.find(
            call.tenant, where, order=order, limit=query.limit + 1
        )
        shown = [views.enrolment(outcome) for outcome in found]
        return page_of(shown, query, lambda one: (one.leader, one.id))


def routes(workshop: Workshop) -> Routes:
    """The operations below `/api/v1/trainings`."""
    api = Routes("training", PERMISSIONS)
    desk = Desk(workshop)
    trainings = Trainings(desk)
    _queries(api, desk, trainings)
    _commands(api, desk, trainings)
    return api


def _queries(api: Routes, desk: Desk, trainings: Trainings) -> None:
    @api.get("/trainings", may="read_training")
    async def list_trainings(call: Call, query: TrainingQuery) -> Page[TrainingView]:
        return await trainings.page(call, query)

    @api.get("/trainings/{id}", may="read_training")
    async def get_training(call: Call, id: str) -> TrainingView:  # noqa: A002
        return await trainings.shown(call, await desk.plan(call, id))

    @api.get("/trainings/{id}/coverage", may="read_training")
    async def get_coverage(call: Call, id: str) -> CoverageView:  # noqa: A002
        plan = await desk.plan(call, id)
        return views.coverage(plan.state, await desk.tally(call, plan))

    @api.get("/trainings/{id}/material", may="read_material")
    async def get_material(call: Call, id: str) -> MaterialView:  # noqa: A002
        plan = await desk.plan(call, id)
        return views.material(plan.state, await desk.material(call, plan))

    @api.get("/trainings/{id}/enrolments", may="read_enrolments")
    async def list_enrolments(
        call: Call,
        id: str,  # noqa: A002
        query: EnrolmentQuery,
    ) -> Page[EnrolmentView]:
        return await trainings.people(call, id, query)


def _commands(api: Routes, desk: Desk, trainings: Trainings) -> None:
    @api.post("/trainings/{id}/material", may="publish_material", if_match=True)
    async def publish_material(call: Call, id: str, body: NewMaterial) -> TrainingView:  # noqa: A002
        plan = await desk.publish(call, id, body.aid(), substantial=body.substantial)
        return await trainings.shown(call, plan)

    @api.post("/trainings/{id}/launch", may="launch_training", if_match=True)
    async def launch_training(call: Call, id: str) -> TrainingView:  # noqa: A002
        return await trainings.shown(call, await desk.launch(call, id))

    @api.post("/trainings/{id}/signatures", may="sign_training", status=201)
    async def sign_training(call: Call, id: str, body: NewSignature) -> EnrolmentView:  # noqa: A002
        return views.enrolment(await desk.sign(call, id, body.sha256, body.method))

    @api.post("/trainings/{id}/exemptions", may="exempt_from_training", status=201)
    async def exempt_from_training(call: Call, id: str, body: NewExemption) -> EnrolmentView:  # noqa: A002
        return views.enrolment(await desk.exempt(call, id, body.person_id, body.reason))
