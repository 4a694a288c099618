"""The acta of a replication: who signed what, when and how, folded from the histories themselves.

Nothing is read from the present states: each case's chain is checked, its events up to an instant
are folded, and the hash over all of it is the acta's. So the same histories give the same acta, and
a changed past gives another one, or a chain that does not hold.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from services.training.cases import ENROLMENT, PLAN
from services.training.domain.enrolment import Enrolment
from services.training.domain.plan_state import Plan
from services.training.views import OUTDATED
from shared.decider import Unknown
from shared.service import Workshop
from shared.store import Cases, broken_at
from shared.store.group import transient_when_away
from shared.store.history import GENESIS, Entry

BATCH = 200
LEARNER = "learner"


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ActaLine(_View):
    """One person: as what, how he stands, when and how he signed; `head` ends his own history."""

    person_id: str
    roles: Sequence[str]
    status: str
    at: datetime | None
    material_version: int | None
    sha256: str | None
    method: str | None
    evidence_sha256: str | None
    quiz_passed: bool | None
    reason: str
    entries: int
    head: str


class Acta(_View):
    """The replication as its histories tell it up to `as_of`, the instant of its last event.

    `acta_sha256` covers everything but itself; `intact` is whether all chains hold to their heads.
    """

    training_id: str
    code: str
    topic: str
    title: str
    status: str
    as_of: datetime
    material_version: int | None
    sha256: str | None
    required_version: int | None
    quiz_sha256: str | None
    pass_mark: int | None
    eligible: int
    signed: int
    exempt: int
    head: str
    intact: bool
    lines: Sequence[ActaLine]
    acta_sha256: str = ""


class Verdict(_View):
    """Whether a hash is the one that the histories give, now or as of an instant."""

    sha256: str
    matches: bool
    intact: bool
    as_of: datetime
    acta_sha256: str


class Actas:
    """Writes actas."""

    def __init__(self, workshop: Workshop) -> None:
        self._plans: Cases[Plan] = workshop.of(PLAN)
        self._enrolments: Cases[Enrolment] = workshop.of(ENROLMENT)

    async def write(self, tenant: str, plan_id: str, as_of: datetime | None = None) -> Acta:
        """The acta of a plan, now or as of an instant.

        Raises:
            Unknown: there is no such plan, or there was none at that instant.
        """
        with transient_when_away():
            case = await self._plans.collection.find_one({"_id": plan_id, "tenant": tenant})
        history = [] if case is None else _until(case["history"], as_of)
        if case is None or not history:
            raise Unknown("plan.unknown", id=plan_id)
        plan = self._plans.shape.fold(history)
        intact = broken_at(plan_id, case["history"], case["head"]) is None
        last, lines = history[-1]["at"], []
        async for one in self._people(tenant, plan_id):
            intact = intact and broken_at(one["_id"], one["history"], one["head"]) is None
            told = _until(one["history"], as_of)
            if told:
                last = max(last, told[-1]["at"])
                lines.append(_line(self._enrolments.shape.fold(told), told, plan))
        lines.sort(key=lambda line: (line.roles == (LEARNER,), line.person_id))
        return _sealed(_acta(plan_id, plan, history, lines, last, intact=intact))

    async def verify(
        self, tenant: str, plan_id: str, sha256: str, as_of: datetime | None
    ) -> Verdict:
        """Compare a hash with what the histories give."""
        acta = await self.write(tenant, plan_id, as_of)
        return Verdict(
            sha256=sha256,
            matches=acta.intact and sha256 == acta.acta_sha256,
            intact=acta.intact,
            as_of=acta.as_of,
            acta_sha256=acta.acta_sha256,
        )

    async def _people(self, tenant: str, plan_id: str) -> Any:  # noqa: ANN401 - documents
        where = {"tenant": tenant, "state.plan_id": plan_id}
        found = self._enrolments.collection.find(where, {"history": 1, "head": 1})
        with transient_when_away():
            async for one in found.batch_size(BATCH):
                yield one


def _until(history: Iterable[Entry], as_of: datetime | None) -> list[Entry]:
    return [entry for entry in history if as_of is None or entry["at"] <= as_of]


def _line(state: Enrolment, told: Sequence[Entry], plan: Plan) -> ActaLine:
    return ActaLine(
        person_id=state.person_id,
        roles=state.leads or (LEARNER,),
        status=OUTDATED if state.is_outdated(plan) else state.status,
        at=state.done_at,
        material_version=state.material_version or None,
        sha256=state.sha256 or None,
        method=state.method or None,
        evidence_sha256=state.evidence or None,
        quiz_passed=None if plan.quiz is None else state.has_passed(plan.quiz),
        reason=state.reason,
        entries=len(told),
        head=told[-1]["hash"] if told else GENESIS,
    )


def _acta(
    plan_id: str,
    plan: Plan,
    history: Sequence[Entry],
    lines: Sequence[ActaLine],
    as_of: datetime,
    *,
    intact: bool,
) -> Acta:
    learners = [line for line in lines if line.roles == (LEARNER,)]
    return Acta(
        training_id=plan_id,
        code=plan.code,
        topic=plan.topic,
        title=plan.title,
        status=plan.status,
        as_of=as_of,
        material_version=plan.material and plan.material.version,
        sha256=plan.material and plan.material.sha256,
        required_version=plan.required or None,
        quiz_sha256=plan.quiz and plan.quiz.sha256,
        pass_mark=plan.quiz and plan.quiz.pass_mark,
        eligible=plan.eligible,
        signed=sum(line.status == "signed" for line in learners),
        exempt=sum(line.status == "exempt" for line in learners),
        head=history[-1]["hash"],
        intact=intact,
        lines=lines,
    )


def _sealed(acta: Acta) -> Acta:
    content = acta.model_dump(mode="json", exclude={"acta_sha256"})
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return acta.model_copy(update={"acta_sha256": hashlib.sha256(canonical).hexdigest()})
