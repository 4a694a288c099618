"""What an event changes in a plan."""

from dataclasses import replace
from typing import assert_never

from services.training.domain.lifecycle import PlanAction, follow_plan
from services.training.domain.plan import Material, Plan
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
from shared.decider import Stamp

PlanEvent = (
    PlanOpened
    | PlanMaterialPublished
    | PlanLaunched
    | PlanCascadeOpened
    | PlanProgressed
    | PlanCompleted
    | PlanFellDue
    | PlanBreached
    | PlanCancelled
)


def evolve(state: Plan, event: PlanEvent, stamp: Stamp) -> Plan:
    """The plan after one of its events."""
    match event:
        case PlanProgressed():
            return replace(state, signed=event.signed, exempt=event.exempt)
        case PlanFellDue():
            return replace(state, fell_due=True)
        case PlanBreached():
            return replace(state, breached=True)
        case _:
            return _moved(state, event, stamp)


def _moved(
    state: Plan,
    event: PlanOpened
    | PlanMaterialPublished
    | PlanLaunched
    | PlanCascadeOpened
    | PlanCompleted
    | PlanCancelled,
    stamp: Stamp,
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
        case PlanLaunched():
            moved, action = _launched(state, event, stamp), PlanAction.LAUNCH
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
        leaders=event.leaders,
        eligible=event.eligible,
        launched_at=stamp.at,
    )


def _completed(state: Plan, event: PlanCompleted) -> Plan:
    return replace(
        state,
        signed=event.signed,
        exempt=event.exempt,
        on_time=event.on_time,
        done_at=event.done_at,
    )
