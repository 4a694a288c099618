"""What an event changes in an enrolment."""

from dataclasses import replace
from typing import assert_never

from services.training.domain.enrolment_state import Enrolment
from services.training.domain.lifecycle import EnrolmentAction, follow_enrolment
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
from shared.decider import Stamp

Event = (
    EnrolmentOpened
    | EnrolmentReopened
    | EnrolmentEvidenced
    | EnrolmentSigned
    | EnrolmentExempted
    | EnrolmentExemptionWithdrawn
    | EnrolmentReleased
    | EnrolmentQuizTaken
    | EnrolmentAttemptGranted
)


def evolve(  # noqa: PLR0911 - one return a kind of event
    state: Enrolment, event: Event, stamp: Stamp
) -> Enrolment:
    """The enrolment after one of its events."""
    match event:
        case EnrolmentOpened():
            return replace(
                state,
                status=follow_enrolment(state.status, EnrolmentAction.OPEN),
                plan_id=event.plan_id,
                person_id=event.person_id,
                leader=bool(event.leads),
                leads=event.leads,
            )
        case EnrolmentReopened():
            status = follow_enrolment(state.status, EnrolmentAction.REOPEN)
            return replace(state, status=status, done_at=None, evidence="")
        case EnrolmentEvidenced():
            return replace(state, evidence=event.sha256)
        case EnrolmentQuizTaken():
            return _taken(state, event)
        case EnrolmentAttemptGranted():
            return replace(state, granted=state.granted + 1)
        case EnrolmentExemptionWithdrawn():
            status = follow_enrolment(state.status, EnrolmentAction.WITHDRAW)
            return replace(state, status=status, withdrawals=event.number, reason="", done_at=None)
        case EnrolmentReleased():
            status = follow_enrolment(state.status, EnrolmentAction.RELEASE)
            return replace(state, status=status, done_at=stamp.at)
        case EnrolmentSigned():
            return replace(
                state,
                status=follow_enrolment(state.status, EnrolmentAction.SIGN),
                material_version=event.material_version,
                sha256=event.sha256,
                method=event.method,
                done_at=stamp.at,
            )
        case EnrolmentExempted():
            return replace(
                state,
                status=follow_enrolment(state.status, EnrolmentAction.EXEMPT),
                reason=event.reason,
                done_at=stamp.at,
            )
        case _:
            assert_never(event)


def _taken(state: Enrolment, event: EnrolmentQuizTaken) -> Enrolment:
    same = event.quiz_version == state.quiz_version
    return replace(
        state,
        attempts=event.attempt,
        granted=state.granted if same else 0,
        quiz_version=event.quiz_version,
        passed=state.passed or event.passed,
        passed_in=event.quiz_version if event.passed else state.passed_in,
    )
