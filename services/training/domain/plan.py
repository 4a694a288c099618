"""A replication ("réplica"): material, launch, leaders, cascade, last signature (A50-A55).

The plan holds no row per adviser. It is told how many have signed (`Recount`). Signatures for the
versions that are good are never taken back, so a lower count is simply old, and so is one that was
taken before a substantial change of the material asked everybody to sign anew.
"""

from collections.abc import Sequence
from datetime import datetime

from services.training.domain.gate import block, unblock
from services.training.domain.lifecycle import (
    ENDED,
    SIGNING,
    PlanAction,
    PlanStatus,
    follow_plan,
)
from services.training.domain.plan_state import (
    Block,
    Cancel,
    Command,
    Expire,
    Extend,
    ExtendQuiz,
    Launch,
    Leader,
    Material,
    OpenPlan,
    Plan,
    Publish,
    Recount,
    ReplaceLeader,
    SetQuiz,
    Tally,
    Unblock,
    WithdrawExemption,
)
from services.training.domain.quiz import set_quiz
from services.training.policy import TrainingPolicy
from shared.clock import Promised, start
from shared.contracts import EventBody
from shared.contracts.terms import Deadline, DeadlineStep
from shared.contracts.training import (
    PlanBreached,
    PlanCancelled,
    PlanCascadeOpened,
    PlanCompleted,
    PlanExemptionWithdrawn,
    PlanFellDue,
    PlanLaunched,
    PlanLeaderReplaced,
    PlanMaterialPublished,
    PlanOpened,
    PlanProgressed,
    PlanReopened,
    PlanRosterExtended,
)
from shared.decider import Given, Invalid, Rejected

PERCENT = 100

__all__ = [
    "Block",
    "Cancel",
    "Command",
    "Expire",
    "Extend",
    "ExtendQuiz",
    "Launch",
    "Leader",
    "Material",
    "OpenPlan",
    "Plan",
    "Publish",
    "Recount",
    "ReplaceLeader",
    "SetQuiz",
    "Tally",
    "Unblock",
    "WithdrawExemption",
    "decide",
    "next_due",
]


def decide(  # noqa: C901, PLR0911 - one return a command
    state: Plan, command: Command, given: Given[TrainingPolicy]
) -> Sequence[EventBody]:
    """The events a command leads to."""
    match command:
        case OpenPlan():
            return _open(command, given.policy) if state.status is PlanStatus.NEW else []
        case Publish():
            return _publish(state, command)
        case Launch():
            return _launch(state, command, given.policy)
        case SetQuiz() | ExtendQuiz():
            return set_quiz(state, command, given)
        case Extend():
            return _extend(state, command)
        case ReplaceLeader():
            return _replace_leader(state, command)
        case WithdrawExemption():
            return _withdraw(state, command)
        case Block():
            return block(state, command, _expire(state, command.since))
        case Unblock():
            return unblock(state, command, given.policy)
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
    if told or state.blocked or state.deadline is None or state.status in ENDED:
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
    version = 1 if known is None else known.version + 1
    published = PlanMaterialPublished(
        material_version=version,
        sha256=command.sha256,
        substantial=command.substantial,
        file_name=command.file_name,
    )
    if not command.substantial or state.status not in SIGNING:
        return [published]
    # what was signed for is no longer what is to be applied: all sign anew, the leaders first
    reopened = PlanReopened(required_version=version, eligible=state.eligible)
    if not state.signed:
        return [published, reopened]
    counts = {"signed": 0, "exempt": state.exempt, "eligible": state.eligible}
    return [published, reopened, PlanProgressed(**counts)]


def _launch(state: Plan, command: Launch, policy: TrainingPolicy) -> list[EventBody]:
    if state.blocked:
        raise Rejected("plan.blocked", query=state.blocked)
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


def _extend(state: Plan, command: Extend) -> list[EventBody]:
    follow_plan(state.status, PlanAction.EXTEND)
    if command.people == 0:
        raise Rejected("plan.nobody_to_train")
    return [
        PlanRosterExtended(
            roster=command.roster,
            added=command.people,
            eligible=state.eligible + command.people,
        )
    ]


def _replace_leader(state: Plan, command: ReplaceLeader) -> list[EventBody]:
    follow_plan(state.status, PlanAction.REPLACE)
    if command.leaving not in state.leaders:
        raise Invalid("leader.unknown", leaders=list(state.leaders))
    return [
        PlanLeaderReplaced(
            leaving=command.leaving,
            replacement=command.replacement,
            roster=command.roster,
            reason=command.reason,
        )
    ]


def _withdraw(state: Plan, command: WithdrawExemption) -> list[EventBody]:
    follow_plan(state.status, PlanAction.WITHDRAW)
    if command.mark in state.withdrawn:
        return []
    if command.leader and state.status is PlanStatus.CASCADE:
        raise Rejected("exemption.cascade_open")
    withdrawn = PlanExemptionWithdrawn(
        person_id=command.person_id, reason=command.reason, number=command.number
    )
    if command.leader or not state.exempt:
        return [withdrawn]
    counts = {"signed": state.signed, "exempt": state.exempt - 1, "eligible": state.eligible}
    return [withdrawn, PlanProgressed(**counts)]


def _recount(state: Plan, command: Recount) -> list[EventBody]:
    tally, known = command.tally, state.signed + state.exempt
    if tally.required != state.required or tally.withdrawals < len(state.withdrawn):
        # counted before people were asked to sign anew, or after all: it may know too many
        if not command.due:
            return []
        exempt = 0 if tally.withdrawals < len(state.withdrawn) else tally.exempt
        tally = Tally(exempt=exempt, required=state.required)
    events: list[EventBody] = []
    is_open = state.status is PlanStatus.CASCADE
    if not is_open and tally.leaders_done >= len(state.leaders):
        is_open = True
        events.append(PlanCascadeOpened(advisers=state.eligible))
    counts = {"signed": tally.signed, "exempt": tally.exempt, "eligible": state.eligible}
    if is_open and tally.done >= state.eligible:
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
