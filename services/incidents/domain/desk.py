"""Tier 1: it gives the ticket, sends on the same day, and alone speaks with the user (B:L1642)."""

from services.incidents.domain.asked import Asked
from services.incidents.domain.commands import (
    Dismiss,
    Forward,
    Register,
    Reopen,
    Reply,
    TellExtension,
)
from services.incidents.domain.lifecycle import Action, Status, follow
from services.incidents.domain.model import Incident
from services.incidents.domain.stages import StageName, Standing, started
from services.incidents.domain.times import worked
from services.incidents.policy import IncidentPolicy
from shared.contracts import EventBody
from shared.contracts.incidents import (
    IncidentClosed,
    IncidentDismissed,
    IncidentExtensionTold,
    IncidentForwarded,
    IncidentRegistered,
    IncidentReopened,
)
from shared.decider import Given, Rejected

SOLVED = "solved"
FUNCTIONAL_REQUIREMENT = "functional_requirement"


def register(state: Incident, command: Register, given: Given[IncidentPolicy]) -> list[EventBody]:
    """The ticket, at once, with the day to send it on and the response by criticality."""
    status = follow(state.status, Action.REGISTER)
    policy = given.policy
    section = policy.section
    said = bool(command.criticality)
    criticality = policy.criticality(command.criticality) if said else section.criticality.default
    priority = policy.priority(command.priority) if command.priority else ""
    desk = policy.tier(1).area
    forward = started(StageName.FORWARD, policy.term_of(StageName.FORWARD), given.at, policy)
    respond = started(
        StageName.RESPOND, policy.response_term(criticality, priority), given.at, policy
    )
    kind = policy.type(command.kind or section.classification.unclassified)
    point = policy.point(command.point)
    event = IncidentRegistered(
        ticket=command.ticket,
        summary=command.summary,
        description=command.description,
        origin=policy.origin(command.origin),
        area=policy.area(command.area),
        kind=kind,
        criticality=criticality,
        criticality_given=said,
        priority=priority,
        channel=policy.channel(command.channel),
        registered_at=given.at,
        catalogue=section.classification.version,
        desk=desk,
        consultation_id=command.consultation_id,
        profile_id=command.profile_id,
        preferential=command.preferential,
        line=policy.line(command.line, command.channel),
        point=point,
        region=policy.region_of(point),
        holder=Asked(state, given).holder(status, area=desk),
        clocks=(forward, respond),
    )
    return [event]


def forward(asked: Asked, command: Forward) -> list[EventBody]:
    """To the area of tier 2 that it is about, on the day it came."""
    status = asked.may(Action.FORWARD)
    area = asked.policy.area_of_tier(command.area or asked.state.area, 2)
    clocks = [
        *asked.stop(StageName.FORWARD),
        asked.enter(StageName.SOLVE_L2),
        asked.start(StageName.ELEVATE),
    ]
    return [
        IncidentForwarded(
            area=area,
            told=command.told,
            ticket=asked.state.ticket,
            consultation_id=asked.state.consultation_id,
            holder=asked.holder(status, area=area),
            clocks=tuple(clocks),
        )
    ]


def dismiss(asked: Asked, command: Dismiss) -> list[EventBody]:
    """Verified, and no incident: nothing is owed any more."""
    status = asked.may(Action.DISMISS)
    clocks = [*asked.stop(StageName.FORWARD), *asked.drop_all_but(StageName.FORWARD)]
    return [
        IncidentDismissed(
            reason=command.reason,
            consultation_id=asked.state.consultation_id,
            routed=asked.state.forwarded,
            holder=asked.holder(status),
            clocks=tuple(clocks),
        )
    ]


def reply(asked: Asked, command: Reply) -> list[EventBody]:
    """The final answer goes out, and the ticket is closed."""
    status = asked.may(Action.REPLY)
    state = asked.state
    clocks = (*asked.stop(StageName.REPLY), *asked.drop_all_but(StageName.REPLY))
    judged = [change.met for change in clocks if change.met is not None]
    elapsed, contractual = worked(state, asked.policy.calendar, asked.at)
    answer = state.solution.answer if state.solution else state.reason
    return [
        IncidentClosed(
            outcome=FUNCTIONAL_REQUIREMENT if state.requirement else SOLVED,
            message=command.message or answer,
            solved_by=state.solution.tier if state.solution else 0,
            origin=state.origin,
            area=state.area,
            kind=state.kind,
            elapsed_seconds=elapsed,
            contractual_seconds=contractual,
            returns=state.returns,
            reroutes=state.reroutes,
            routed=state.forwarded,
            routed_correctly=state.routed_correctly,
            within_deadlines=all(judged) and not _any_broken(state),
            consultation_id=state.consultation_id,
            holder=asked.holder(status),
            clocks=clocks,
        )
    ]


def _any_broken(state: Incident) -> bool:
    return any(stage.broken or stage.standing is Standing.BREACHED for stage in state.stages)


def reopen(asked: Asked, command: Reopen) -> list[EventBody]:
    """The user came back: tier 1 has it again, and sends it on the same day.

    Who was told that it is no incident, and was never attended, is owed the response again.
    """
    status = asked.may(Action.REOPEN)
    respond = asked.state.stage(StageName.RESPOND)
    owed = respond is not None and respond.standing is Standing.DROPPED
    return [
        IncidentReopened(
            reason=command.reason,
            times=asked.state.reopened + 1,
            holder=asked.holder(status),
            clocks=(
                asked.start(StageName.FORWARD),
                *([asked.enter(StageName.RESPOND)] if owed else []),
            ),
        )
    ]


def tell_extension(asked: Asked, command: TellExtension) -> list[EventBody]:
    """The user knows the new date."""
    status = asked.may(Action.TELL_EXTENSION)
    extension = asked.state.untold_extension
    if extension is None:
        raise Rejected("incident.no_extension_untold")
    return [
        IncidentExtensionTold(
            due_at=extension.due_at,
            message=command.message,
            holder=asked.state.holder if status is Status.PROVIDER else asked.holder(status),
            clocks=tuple(asked.stop(StageName.EXTENSION)),
            consultation_id=asked.state.consultation_id,
        )
    ]
