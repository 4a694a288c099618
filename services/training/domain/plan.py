"""A replication ("réplica"): material, launch, leaders, cascade, last signature (A50-A55).

The plan holds no row per adviser. It is told how many have signed (`Recount`), and since signatures
are never taken back, a count that is lower than the known one is simply old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.training.domain.lifecycle import (
    ENDED,
    SIGNING,
    PlanAction,
    PlanStatus,
    follow_plan,
)
from services.training.policy import TrainingPolicy
from shared.clock import Promised, start
from shared.contracts import EventBody
from shared.contracts.terms import Deadline, DeadlineStep
from shared.contracts.training import (
    PlanBreached,
    PlanCancelled,
    PlanCascadeOpened,
    PlanCompleted,
    PlanFellDue,
    PlanLaunched,
    PlanMaterialPublished,
    PlanOpened,
    PlanProgressed,
)
from shared.decider import Given, Rejected

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Material:
    """The version of the memory-aid in force; its text is kept elsewhere, under its hash."""

    version: int
    sha256: str
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The present of one replication; its id is the request's.

    `signed` and `exempt` count advisers as last told, `eligible` is their denominator since the
    launch. `fell_due` and `breached` keep the deadline from being told twice.
    """

    status: PlanStatus = PlanStatus.NEW
    code: str = ""
    topic: str = ""
    title: str = ""
    deadline: Deadline | None = None
    material: Material | None = None
    roster: str = ""
    leaders: tuple[str, ...] = ()
    eligible: int = 0
    signed: int = 0
    exempt: int = 0
    launched_at: datetime | None = None
    cascade_at: datetime | None = None
    done_at: datetime | None = None
    on_time: bool | None = None
    fell_due: bool = False
    breached: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """An evaluation was approved; `promised` is the term told to the client."""

    code: str
    topic: str
    title: str
    approved_at: datetime
    promised: Deadline


@dataclass(frozen=True, slots=True)
class Publish:
    """A version of the material, by its hash."""

    sha256: str
    substantial: bool = True
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Leader:
    """Who must sign before the advisers, in which roles."""

    person_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """Begin, with the people on duty now: the leaders by name, the advisers as a list's name."""

    roster: str
    leaders: tuple[Leader, ...]
    advisers: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What the committed enrolments of a plan say; `last_done_at` only when all are done."""

    leaders_signed: int = 0
    leaders_exempt: int = 0
    signed: int = 0
    exempt: int = 0
    last_done_at: datetime | None = None

    @property
    def done(self) -> int:
        """Advisers who need no longer sign."""
        return self.signed + self.exempt

    @property
    def leaders_done(self) -> int:
        """Leaders who need no longer sign."""
        return self.leaders_signed + self.leaders_exempt


@dataclass(frozen=True, slots=True)
class Recount:
    """The plan's enrolments were counted, after a signature or because it is due."""

    tally: Tally
    due: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """The request ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """The promised instant has come."""

    due: datetime


Command = OpenPlan | Publish | Launch | Recount | Cancel | Expire


def decide(state: Plan, command: Command, given: Given[TrainingPolicy]) -> Sequence[EventBody]:
    """The events a command leads to."""
    match command:
        case OpenPlan():
            return _open(command, given.policy) if state.status is PlanStatus.NEW else []
        case Publish():
            return _publish(state, command)
        case Launch():
            return _launch(state, command, given.policy)
        case Recount():
            return _recount(state, command) if state.status in SIGNING else []
        case Cancel(reason):
            ended = state.status in ENDED or state.status is PlanStatus.NEW
            return [] if ended else [PlanCancelled(reason=reason)]
        case Expire():
            return _expire(state, given.at)


def next_due(state: Plan) -> datetime | None:
    """When the promise passes; None once it was told, or when it no longer matters."""
    told = state.fell_due or state.breached
    if told or state.deadline is None or state.status in ENDED:
        return None
    return state.deadline.due_at


def _open(command: OpenPlan, policy: TrainingPolicy) -> list[EventBody]:
    (own,) = start(policy.clock, command.approved_at).promises
    deadline = Deadline(
        stage=own.target,
        due_at=own.due_at,
        effective_at=own.effective_at,
        policy=policy.clock.version,
        steps=_steps(own),
    )
    told = command.promised
    if told.due_at > deadline.due_at:
        # a change of systems is replicated until it works, never in less than the own term
        deadline = told.model_copy(update={"stage": own.target})
    return [
        PlanOpened(code=command.code, topic=command.topic, title=command.title, deadline=deadline)
    ]


def _steps(promised: Promised) -> tuple[DeadlineStep, ...]:
    return tuple(DeadlineStep(code=step.code, params=step.params) for step in promised.steps)


def _publish(state: Plan, command: Publish) -> list[EventBody]:
    follow_plan(state.status, PlanAction.PUBLISH)
    known = state.material
    if known is not None and known.sha256 == command.sha256:
        return []
    if command.substantial and state.status in SIGNING:
        raise Rejected("plan.already_launched", status=state.status.value, action="publish")
    return [
        PlanMaterialPublished(
            material_version=1 if known is None else known.version + 1,
            sha256=command.sha256,
            substantial=command.substantial,
            file_name=command.file_name,
        )
    ]


def _launch(state: Plan, command: Launch, policy: TrainingPolicy) -> list[EventBody]:
    follow_plan(state.status, PlanAction.LAUNCH)
    if state.material is None:
        raise Rejected("plan.no_material", status=state.status.value, action="launch")
    held = {role for leader in command.leaders for role in leader.roles}
    if missing := [role for role in policy.leaders if role not in held]:
        raise Rejected("plan.leaders_missing", roles=missing)
    if command.advisers == 0:
        raise Rejected("plan.nobody_to_train")
    return [
        PlanLaunched(
            roster=command.roster,
            leaders=tuple(leader.person_id for leader in command.leaders),
            eligible=command.advisers,
            material_version=state.material.version,
            sha256=state.material.sha256,
        )
    ]


def _recount(state: Plan, command: Recount) -> list[EventBody]:
    tally, known = command.tally, state.signed + state.exempt
    events: list[EventBody] = []
    is_open = state.status is PlanStatus.CASCADE
    if not is_open and tally.leaders_done == len(state.leaders):
        is_open = True
        events.append(PlanCascadeOpened(advisers=state.eligible))
    counts = {"signed": tally.signed, "exempt": tally.exempt, "eligible": state.eligible}
    if is_open and tally.done == state.eligible:
        return [*events, *_complete(state, tally)]
    if _percent(tally.done, state) > _percent(known, state):
        events.append(PlanProgressed(**counts))
    if command.due and not state.breached:
        events.append(_breached(state, tally))
    return events


def _complete(state: Plan, tally: Tally) -> list[EventBody]:
    if state.deadline is None or tally.last_done_at is None:
        raise ValueError("a complete plan has a deadline and a last signature")
    on_time = tally.last_done_at <= state.deadline.due_at
    completed = PlanCompleted(
        signed=tally.signed,
        exempt=tally.exempt,
        eligible=state.eligible,
        on_time=on_time,
        done_at=tally.last_done_at,
    )
    return [completed] if on_time or state.breached else [_breached(state, tally), completed]


def _breached(state: Plan, tally: Tally) -> EventBody:
    if state.deadline is None:
        raise ValueError("a plan without a deadline cannot miss it")
    return PlanBreached(
        stage=state.deadline.stage,
        due_at=state.deadline.due_at,
        signed=tally.signed,
        eligible=state.eligible,
    )


def _expire(state: Plan, at: datetime) -> list[EventBody]:
    due = next_due(state)
    if due is None or at < due or state.deadline is None:
        return []
    if state.status in SIGNING:
        # who has signed is known to the enrolments: they are counted before anything is called late
        return [PlanFellDue(stage=state.deadline.stage, due_at=due)]
    return [_breached(state, Tally())]


def _percent(done: int, state: Plan) -> int:
    return PERCENT * done // state.eligible
