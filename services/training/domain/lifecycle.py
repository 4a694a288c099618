"""The lives of a plan and of an enrolment as tables: a row that is not here is not allowed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.decider import Rejected


class PlanStatus(StrEnum):
    """Where a replication stands; `leaders` and `cascade` say who may sign."""

    NEW = "new"
    OPEN = "open"
    READY = "ready"
    LEADERS = "leaders"
    CASCADE = "cascade"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PlanAction(StrEnum):
    """What moves a plan."""

    OPEN = "open"
    PUBLISH = "publish"
    LAUNCH = "launch"
    REOPEN = "reopen"
    EXTEND = "extend"
    REPLACE = "replace"
    WITHDRAW = "withdraw"
    SET_QUIZ = "set_quiz"
    EXTEND_QUIZ = "extend_quiz"
    OPEN_CASCADE = "open_cascade"
    COMPLETE = "complete"
    CANCEL = "cancel"


PLAN_LIFE: Final[Mapping[tuple[PlanStatus, PlanAction], PlanStatus]] = {
    (PlanStatus.NEW, PlanAction.OPEN): PlanStatus.OPEN,
    (PlanStatus.OPEN, PlanAction.PUBLISH): PlanStatus.READY,
    (PlanStatus.READY, PlanAction.PUBLISH): PlanStatus.READY,
    (PlanStatus.READY, PlanAction.LAUNCH): PlanStatus.LEADERS,
    (PlanStatus.LEADERS, PlanAction.PUBLISH): PlanStatus.LEADERS,
    (PlanStatus.LEADERS, PlanAction.REOPEN): PlanStatus.LEADERS,
    (PlanStatus.CASCADE, PlanAction.REOPEN): PlanStatus.LEADERS,
    (PlanStatus.LEADERS, PlanAction.EXTEND): PlanStatus.LEADERS,
    (PlanStatus.CASCADE, PlanAction.EXTEND): PlanStatus.CASCADE,
    (PlanStatus.LEADERS, PlanAction.REPLACE): PlanStatus.LEADERS,
    (PlanStatus.LEADERS, PlanAction.OPEN_CASCADE): PlanStatus.CASCADE,
    (PlanStatus.CASCADE, PlanAction.PUBLISH): PlanStatus.CASCADE,
    (PlanStatus.CASCADE, PlanAction.COMPLETE): PlanStatus.COMPLETED,
    (PlanStatus.LEADERS, PlanAction.WITHDRAW): PlanStatus.LEADERS,
    (PlanStatus.CASCADE, PlanAction.WITHDRAW): PlanStatus.CASCADE,
    **{
        (status, action): status
        for action in (PlanAction.SET_QUIZ, PlanAction.EXTEND_QUIZ)
        for status in (
            PlanStatus.OPEN,
            PlanStatus.READY,
            PlanStatus.LEADERS,
            PlanStatus.CASCADE,
        )
    },
    (PlanStatus.OPEN, PlanAction.CANCEL): PlanStatus.CANCELLED,
    (PlanStatus.READY, PlanAction.CANCEL): PlanStatus.CANCELLED,
    (PlanStatus.LEADERS, PlanAction.CANCEL): PlanStatus.CANCELLED,
    (PlanStatus.CASCADE, PlanAction.CANCEL): PlanStatus.CANCELLED,
}
SIGNING: Final = frozenset({PlanStatus.LEADERS, PlanStatus.CASCADE})
ENDED: Final = frozenset({PlanStatus.COMPLETED, PlanStatus.CANCELLED})

_PLAN_REFUSALS: Final[Mapping[tuple[PlanStatus, PlanAction], str]] = {
    (PlanStatus.OPEN, PlanAction.LAUNCH): "plan.no_material",
    (PlanStatus.LEADERS, PlanAction.LAUNCH): "plan.already_launched",
    (PlanStatus.CASCADE, PlanAction.LAUNCH): "plan.already_launched",
    (PlanStatus.OPEN, PlanAction.EXTEND): "plan.not_launched",
    (PlanStatus.READY, PlanAction.EXTEND): "plan.not_launched",
    (PlanStatus.OPEN, PlanAction.REPLACE): "plan.not_launched",
    (PlanStatus.READY, PlanAction.REPLACE): "plan.not_launched",
    (PlanStatus.CASCADE, PlanAction.REPLACE): "leader.already_done",
    (PlanStatus.OPEN, PlanAction.WITHDRAW): "plan.not_launched",
    (PlanStatus.READY, PlanAction.WITHDRAW): "plan.not_launched",
}


class EnrolmentStatus(StrEnum):
    """Whether one person has signed one plan."""

    NEW = "new"
    OPEN = "open"
    SIGNED = "signed"
    EXEMPT = "exempt"
    RELEASED = "released"


class EnrolmentAction(StrEnum):
    """What moves an enrolment."""

    OPEN = "open"
    SIGN = "sign"
    EXEMPT = "exempt"
    REOPEN = "reopen"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    TAKE_QUIZ = "take_quiz"
    GRANT = "grant"


ENROLMENT_LIFE: Final[Mapping[tuple[EnrolmentStatus, EnrolmentAction], EnrolmentStatus]] = {
    (EnrolmentStatus.NEW, EnrolmentAction.OPEN): EnrolmentStatus.OPEN,
    (EnrolmentStatus.OPEN, EnrolmentAction.SIGN): EnrolmentStatus.SIGNED,
    (EnrolmentStatus.OPEN, EnrolmentAction.EXEMPT): EnrolmentStatus.EXEMPT,
    (EnrolmentStatus.OPEN, EnrolmentAction.TAKE_QUIZ): EnrolmentStatus.OPEN,
    (EnrolmentStatus.OPEN, EnrolmentAction.GRANT): EnrolmentStatus.OPEN,
    # the material has changed substantially since
    (EnrolmentStatus.SIGNED, EnrolmentAction.REOPEN): EnrolmentStatus.OPEN,
    # somebody else leads instead
    (EnrolmentStatus.OPEN, EnrolmentAction.RELEASE): EnrolmentStatus.RELEASED,
    (EnrolmentStatus.SIGNED, EnrolmentAction.RELEASE): EnrolmentStatus.RELEASED,
    # the exemption was withdrawn
    (EnrolmentStatus.EXEMPT, EnrolmentAction.WITHDRAW): EnrolmentStatus.OPEN,
}

_ENROLMENT_REFUSALS: Final[Mapping[tuple[EnrolmentStatus, EnrolmentAction], str]] = {
    (EnrolmentStatus.SIGNED, EnrolmentAction.SIGN): "signature.already_signed",
    (EnrolmentStatus.EXEMPT, EnrolmentAction.SIGN): "signature.exempt",
    (EnrolmentStatus.SIGNED, EnrolmentAction.EXEMPT): "exemption.already_signed",
    (EnrolmentStatus.EXEMPT, EnrolmentAction.EXEMPT): "exemption.already_exempt",
    (EnrolmentStatus.RELEASED, EnrolmentAction.SIGN): "signature.released",
    (EnrolmentStatus.RELEASED, EnrolmentAction.EXEMPT): "exemption.released",
    **{
        (status, action): code
        for status, code in (
            (EnrolmentStatus.SIGNED, "quiz.already_passed"),
            (EnrolmentStatus.EXEMPT, "signature.exempt"),
            (EnrolmentStatus.RELEASED, "signature.released"),
        )
        for action in (EnrolmentAction.TAKE_QUIZ, EnrolmentAction.GRANT)
    },
}


def follow_plan(status: PlanStatus, action: PlanAction) -> PlanStatus:
    """The plan's status after the action; `Rejected` when there is none."""
    try:
        return PLAN_LIFE[status, action]
    except KeyError:
        fallback = "plan.closed" if status in ENDED else "plan.illegal_transition"
        code = _PLAN_REFUSALS.get((status, action), fallback)
        raise Rejected(code, status=status.value, action=action.value) from None


def follow_enrolment(status: EnrolmentStatus, action: EnrolmentAction) -> EnrolmentStatus:
    """The enrolment's status after the action; `Rejected` when there is none."""
    try:
        return ENROLMENT_LIFE[status, action]
    except KeyError:
        code = _ENROLMENT_REFUSALS.get((status, action), "enrolment.illegal_transition")
        raise Rejected(code, status=status.value, action=action.value) from None
