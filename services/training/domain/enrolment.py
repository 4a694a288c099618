"""One person in one plan: to sign, signed, or exempt with a reason (A54, A55, AMB-2).

A command carries the plan as it was read. That is safe without a lock: a plan once closed stays
closed, a signature names the hash of the version that was seen, and one that crosses a substantial
change is for an older version, which the next count leaves out.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.training.domain.enrolment_events import evolve
from services.training.domain.enrolment_state import (
    Command,
    Enrolment,
    Exempt,
    ExemptLeft,
    GrantAttempt,
    OpenEnrolment,
    Release,
    Sign,
    TakeQuiz,
    WithdrawOwn,
)
from services.training.domain.lifecycle import (
    ENDED,
    ENROLMENT_LIFE,
    SIGNING,
    EnrolmentAction,
    EnrolmentStatus,
    PlanStatus,
    follow_enrolment,
)
from services.training.domain.plan_state import Plan, Quiz
from services.training.policy import TrainingPolicy
from shared.contracts import EventBody
from shared.contracts.training import (
    EnrolmentAttemptGranted,
    EnrolmentEvidenced,
    EnrolmentExempted,
    EnrolmentExemptionWithdrawn,
    EnrolmentOpened,
    EnrolmentQuizTaken,
    EnrolmentReleased,
    EnrolmentReopened,
    EnrolmentSigned,
)
from shared.decider import Given, Invalid, NotAllowed, Rejected

PERCENT = 100

__all__ = [
    "Command",
    "Enrolment",
    "Exempt",
    "ExemptLeft",
    "GrantAttempt",
    "OpenEnrolment",
    "Release",
    "Sign",
    "TakeQuiz",
    "WithdrawOwn",
    "decide",
    "evolve",
    "require_quiz",
]


def decide(  # noqa: C901, PLR0911 - one return a command
    state: Enrolment, command: Command, given: Given[TrainingPolicy]
) -> Sequence[EventBody]:
    """The events a command leads to."""
    match command:
        case OpenEnrolment():
            if state.status is not EnrolmentStatus.NEW:
                return []
            return [
                EnrolmentOpened(
                    plan_id=command.plan_id, person_id=command.person_id, leads=command.leads
                )
            ]
        case Sign():
            return _sign(state, command, given.policy)
        case Exempt():
            return _exempt(state, command)
        case ExemptLeft():
            return _exempt_left(state, command)
        case TakeQuiz():
            return _take_quiz(state, command, given.at)
        case GrantAttempt():
            return _grant(state, command)
        case WithdrawOwn(number, reason):
            if state.withdrawals >= number:
                return []
            follow_enrolment(state.status, EnrolmentAction.WITHDRAW)
            return [
                EnrolmentExemptionWithdrawn(
                    plan_id=state.plan_id,
                    person_id=state.person_id,
                    reason=reason,
                    number=number,
                )
            ]
        case Release(replacement):
            if (state.status, EnrolmentAction.RELEASE) not in ENROLMENT_LIFE:
                return []
            return [
                EnrolmentReleased(
                    plan_id=state.plan_id, person_id=state.person_id, replacement=replacement
                )
            ]


def _reopened(state: Enrolment, plan: Plan) -> tuple[Enrolment, list[EventBody]]:
    """The enrolment as it is to be decided about: open again when its signature is too old."""
    if not state.is_outdated(plan):
        return state, []
    event = EnrolmentReopened(
        plan_id=state.plan_id, person_id=state.person_id, required_version=plan.required
    )
    return replace(state, status=EnrolmentStatus.OPEN), [event]


def _sign(state: Enrolment, command: Sign, policy: TrainingPolicy) -> list[EventBody]:
    state, reopened = _reopened(state, command.plan)
    signed = (EnrolmentStatus.SIGNED, command.sha256, command.method)
    if (state.status, state.sha256, state.method) == signed:
        return []
    if not command.active:
        raise NotAllowed("signature.person_left")
    follow_enrolment(state.status, EnrolmentAction.SIGN)
    _require_signing(command.plan)
    if command.plan.status is PlanStatus.LEADERS and not state.leader:
        raise Rejected("signature.leaders_first")
    if command.plan.quiz is not None and not state.has_passed(command.plan.quiz):
        raise Rejected("signature.quiz_pending")
    if command.method not in policy.methods:
        raise Invalid("signature.method", methods=sorted(policy.methods))
    if command.method in policy.evidence and not command.evidence:
        raise Invalid("signature.evidence_missing", method=command.method.value)
    material = command.plan.material
    if material is None or material.sha256 != command.sha256:
        raise Rejected("signature.other_version", current=material and material.version)
    with_what = EnrolmentEvidenced(
        plan_id=state.plan_id,
        person_id=state.person_id,
        method=command.method,
        sha256=command.evidence,
    )
    return [
        *reopened,
        *([with_what] if command.evidence else []),
        EnrolmentSigned(
            plan_id=state.plan_id,
            person_id=state.person_id,
            leader=state.leader,
            material_version=material.version,
            sha256=material.sha256,
            method=command.method,
        ),
    ]


def require_quiz(state: Enrolment, plan: Plan, at: datetime, *, active: bool) -> Quiz:
    """The quiz that the person may take now.

    Raises:
        Rejected: there is none, it has ended or was passed, or no attempt is left.
    """
    quiz = plan.quiz
    if quiz is None:
        raise Rejected("quiz.none")
    if plan.status in ENDED:
        raise Rejected("quiz.ended")
    _require_signing(plan)
    if state.has_passed(quiz):
        raise Rejected("quiz.already_passed")
    follow_enrolment(_standing(state, plan), EnrolmentAction.TAKE_QUIZ)
    if not active:
        raise NotAllowed("signature.person_left")
    if plan.status is PlanStatus.LEADERS and not state.leader:
        raise Rejected("signature.leaders_first")
    if quiz.ends_at is not None and at > quiz.ends_at:
        raise Rejected("quiz.ended")
    limit = state.limit(quiz)
    if state.tried(quiz) >= limit:
        raise Rejected("quiz.no_attempts_left", limit=limit)
    return quiz


def _standing(state: Enrolment, plan: Plan) -> EnrolmentStatus:
    """Open again, as far as the quiz is concerned, when it was signed for an older version."""
    return EnrolmentStatus.OPEN if state.is_outdated(plan) else state.status


def _take_quiz(state: Enrolment, command: TakeQuiz, at: datetime) -> list[EventBody]:
    quiz = require_quiz(state, command.plan, at, active=command.active)
    following = state.tried(quiz) + 1
    if command.attempt != following:
        raise Rejected("quiz.other_attempt", attempt=following)
    return [
        EnrolmentQuizTaken(
            plan_id=state.plan_id,
            person_id=state.person_id,
            leader=state.leader,
            attempt=command.attempt,
            correct=command.correct,
            asked=command.asked,
            score=PERCENT * command.correct // command.asked,
            passed=PERCENT * command.correct >= quiz.pass_mark * command.asked,
            quiz_version=quiz.version,
        )
    ]


def _grant(state: Enrolment, command: GrantAttempt) -> list[EventBody]:
    plan = command.plan
    if plan.quiz is None:
        raise Rejected("quiz.none")
    _require_signing(plan)
    if state.has_passed(plan.quiz):
        raise Rejected("quiz.already_passed")
    follow_enrolment(_standing(state, plan), EnrolmentAction.GRANT)
    left = state.limit(plan.quiz) - state.tried(plan.quiz)
    if left > 0:
        raise Rejected("quiz.attempts_left", left=left)
    return [
        EnrolmentAttemptGranted(
            plan_id=state.plan_id, person_id=state.person_id, reason=command.reason
        )
    ]


def _exempt(state: Enrolment, command: Exempt) -> list[EventBody]:
    state, reopened = _reopened(state, command.plan)
    if state.status is EnrolmentStatus.EXEMPT and state.reason == command.reason:
        return []
    follow_enrolment(state.status, EnrolmentAction.EXEMPT)
    _require_signing(command.plan)
    if needed := sorted(set(state.leads) - command.led_by_others):
        raise Rejected("exemption.leader_needed", roles=needed)
    return [
        *reopened,
        EnrolmentExempted(
            plan_id=state.plan_id,
            person_id=state.person_id,
            leader=state.leader,
            reason=command.reason,
        ),
    ]


def _exempt_left(state: Enrolment, command: ExemptLeft) -> list[EventBody]:
    plan = command.plan
    open_ = state.status is EnrolmentStatus.OPEN or state.is_outdated(plan)
    if not open_ or state.leader or plan.blocked or plan.status not in SIGNING:
        # a leader who leaves is replaced by hand; the rest is tried again
        return []
    return _exempt(state, Exempt(plan, command.reason))


def _require_signing(plan: Plan) -> None:
    if plan.status in SIGNING:
        if plan.blocked:
            # the launch and the client's query crossed: the gate holds all the same
            raise Rejected("plan.blocked", query=plan.blocked)
        return
    before = plan.status in (PlanStatus.OPEN, PlanStatus.READY)
    code = "plan.not_launched" if before else "plan.closed"
    raise Rejected(code, status=plan.status.value)
