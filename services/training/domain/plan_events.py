"""What an event changes in a plan."""

from dataclasses import replace
from typing import assert_never

from services.training.domain.lifecycle import PlanAction, follow_plan
from services.training.domain.plan_state import Material, Plan, Quiz
from shared.contracts.training import (
    PlanBlocked,
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
    PlanQuizExtended,
    PlanQuizSet,
    PlanReopened,
    PlanRosterExtended,
    PlanUnblocked,
)
from shared.decider import Stamp

Moving = (
    PlanOpened
    | PlanMaterialPublished
    | PlanQuizSet
    | PlanQuizExtended
    | PlanLaunched
    | PlanReopened
    | PlanRosterExtended
    | PlanLeaderReplaced
    | PlanCascadeOpened
    | PlanCompleted
    | PlanCancelled
)
PlanEvent = (
    Moving
    | PlanProgressed
    | PlanFellDue
    | PlanBreached
    | PlanBlocked
    | PlanUnblocked
    | PlanExemptionWithdrawn
)


def evolve(  # noqa: PLR0911 - one return a kind of event
    state: Plan, event: PlanEvent, stamp: Stamp
) -> Plan:
    """The plan after one of its events."""
    match event:
        case PlanProgressed():
            return replace(state, signed=event.signed, exempt=event.exempt)
        case PlanFellDue():
            return replace(state, fell_due=True)
        case PlanBreached():
            return replace(state, breached=True)
        case PlanExemptionWithdrawn():
            mark = f"{event.person_id}#{event.number}"
            return replace(state, withdrawn=(*state.withdrawn, mark))
        case PlanBlocked():
            return replace(state, blocked=event.query_id, blocked_since=event.since)
        case PlanUnblocked():
            return replace(state, blocked="", blocked_since=None, deadline=event.deadline)
        case _:
            return _moved(state, event, stamp)


def _moved(  # noqa: C901 - one case a kind of event
    state: Plan, event: Moving, stamp: Stamp
) -> Plan:
    match event:
        case PlanOpened():
            moved = replace(
                state,
                code=event.code,
                topic=event.topic,
                title=event.title,
                deadline=event.deadline,
            )
            action = PlanAction.OPEN
        case PlanMaterialPublished():
            material = Material(event.material_version, event.sha256, event.file_name)
            moved, action = replace(state, material=material), PlanAction.PUBLISH
        case PlanQuizSet():
            moved, action = replace(state, quiz=_quiz(event)), PlanAction.SET_QUIZ
        case PlanQuizExtended():
            quiz = state.quiz and replace(state.quiz, ends_at=event.ends_at)
            moved, action = replace(state, quiz=quiz), PlanAction.EXTEND_QUIZ
        case PlanLaunched():
            moved, action = _launched(state, event, stamp), PlanAction.LAUNCH
        case PlanReopened():
            moved = replace(state, required=event.required_version, signed=0)
            action = PlanAction.REOPEN
        case PlanRosterExtended():
            extensions = (*state.extensions, event.roster)
            moved = replace(state, extensions=extensions, eligible=event.eligible)
            action = PlanAction.EXTEND
        case PlanLeaderReplaced():
            moved, action = _led_anew(state, event), PlanAction.REPLACE
        case PlanCascadeOpened():
            moved, action = replace(state, cascade_at=stamp.at), PlanAction.OPEN_CASCADE
        case PlanCompleted():
            moved, action = _completed(state, event), PlanAction.COMPLETE
        case PlanCancelled():
            moved, action = replace(state, reason=event.reason), PlanAction.CANCEL
        case _:
            assert_never(event)
    return replace(moved, status=follow_plan(state.status, action))


def _launched(state: Plan, event: PlanLaunched, stamp: Stamp) -> Plan:
    return replace(
        state,
        roster=event.roster,
        required=event.material_version,
        leaders=event.leaders,
        eligible=event.eligible,
        launched_at=stamp.at,
    )


def _quiz(event: PlanQuizSet) -> Quiz:
    return Quiz(
        sha256=event.sha256,
        trigger=event.trigger,
        drawn=event.drawn,
        pass_mark=event.pass_mark,
        max_attempts=event.max_attempts,
        ends_at=event.ends_at,
        version=event.quiz_version,
        required=event.required_version,
    )


def _led_anew(state: Plan, event: PlanLeaderReplaced) -> Plan:
    leaders = tuple(event.replacement if one == event.leaving else one for one in state.leaders)
    return replace(state, leaders=leaders, extensions=(*state.extensions, event.roster))


def _completed(state: Plan, event: PlanCompleted) -> Plan:
    return replace(
        state,
        signed=event.signed,
        exempt=event.exempt,
        on_time=event.on_time,
        done_at=event.done_at,
    )
