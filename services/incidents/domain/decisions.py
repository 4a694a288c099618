"""What a command leads to; what came due before it is told first."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Final

from services.incidents.domain import desk, judging, specialists
from services.incidents.domain.asked import Asked
from services.incidents.domain.commands import (
    AskProvider,
    Attach,
    Classify,
    Command,
    Convert,
    Coordinate,
    Dismiss,
    Elevate,
    Expire,
    Extend,
    Forward,
    Observe,
    RecordAnswer,
    Register,
    Reopen,
    Reply,
    Reroute,
    Return,
    Solve,
    Take,
    TellExtension,
    Validate,
)
from services.incidents.domain.evolution import evolve
from services.incidents.domain.lifecycle import Action
from services.incidents.domain.milestones import announced
from services.incidents.domain.model import Incident
from services.incidents.domain.past import TakeOver, take_over
from services.incidents.domain.stages import StageName, retimed
from services.incidents.policy import IncidentPolicy
from shared.contracts import EventBody
from shared.contracts.incidents import (
    IncidentClassified,
    IncidentCoordinated,
    IncidentEvidenceAdded,
)
from shared.contracts.stages import ClockChange
from shared.decider import Given, Invalid, Rejected, Stamp

Decision = Callable[[Asked, Any], list[EventBody]]


def decide(
    state: Incident, command: Command | TakeOver, given: Given[IncidentPolicy]
) -> Sequence[EventBody]:
    """The events a command leads to."""
    if isinstance(command, Register):
        return desk.register(state, command, given)
    if isinstance(command, TakeOver):
        return take_over(state, command, given)
    late = announced(state, given.at, given.policy)
    if isinstance(command, Expire):
        return late
    stamp = Stamp(given.at, given.actor, 0)
    present = reduce(lambda known, event: evolve(known, event, stamp), late, state)
    return [*late, *DECISIONS[type(command)](Asked(present, given), command)]


def classify(asked: Asked, command: Classify) -> list[EventBody]:
    """Origin, area, type and weight said anew; the response follows the criticality."""
    asked.may(Action.CLASSIFY)
    state, policy = asked.state, asked.policy
    event = IncidentClassified(
        origin=policy.origin(command.origin) if command.origin else state.origin,
        area=policy.area(command.area) if command.area else state.area,
        kind=policy.type(command.kind) if command.kind else state.kind,
        criticality=(
            policy.criticality(command.criticality) if command.criticality else state.criticality
        ),
        criticality_given=state.criticality_given or bool(command.criticality),
        complexity=(
            policy.complexity(command.complexity) if command.complexity else state.complexity
        ),
        priority=policy.priority(command.priority) if command.priority else state.priority,
        catalogue=policy.section.classification.version,
        reason=command.reason,
        holder=state.holder,
    )
    if _same(state, event):
        raise Invalid("incident.nothing_new")
    return [event.model_copy(update={"clocks": _response(asked, event)})]


def _same(state: Incident, event: IncidentClassified) -> bool:
    names = (*_CLASSIFIED, "criticality_given")
    return all(getattr(state, name) == getattr(event, name) for name in names)


_CLASSIFIED: Final = (
    "origin",
    "area",
    "kind",
    "criticality",
    "complexity",
    "priority",
    "catalogue",
)


def _response(asked: Asked, event: IncidentClassified) -> tuple[ClockChange, ...]:
    stage = asked.state.running(StageName.RESPOND)
    term = asked.policy.response_term(event.criticality, event.priority)
    if stage is None or stage.term == term:
        return ()
    return (retimed(stage, asked.policy, term=term),)


def coordinate(asked: Asked, command: Coordinate) -> list[EventBody]:
    """Somebody else was asked; it is on record whether inside or outside (B71)."""
    asked.may(Action.COORDINATE)
    return [IncidentCoordinated(external=command.external, party=command.party, note=command.note)]


def attach(asked: Asked, command: Attach) -> list[EventBody]:
    """A file of a kind that the account takes; the same content once."""
    asked.may(Action.ATTACH)
    files = asked.state.evidence_files
    if any(one.sha256 == command.sha256 for one in files):
        return []
    row = asked.policy.evidence
    if len(files) >= row.per_incident:
        raise Rejected("incident.too_many_files", limit=row.per_incident)
    return [
        IncidentEvidenceAdded(
            file_id=command.file_id,
            size=command.size,
            media_type=command.media_type,
            sha256=command.sha256,
        )
    ]


DECISIONS: Final[Mapping[type, Decision]] = {
    Forward: desk.forward,
    Dismiss: desk.dismiss,
    Reply: desk.reply,
    Reopen: desk.reopen,
    TellExtension: desk.tell_extension,
    Take: specialists.take,
    Elevate: specialists.elevate,
    Reroute: specialists.reroute,
    Return: specialists.give_back,
    AskProvider: specialists.ask_provider,
    RecordAnswer: specialists.record_answer,
    Solve: specialists.solve,
    Validate: judging.validate,
    Observe: judging.observe,
    Convert: specialists.convert,
    Extend: specialists.extend,
    Classify: classify,
    Coordinate: coordinate,
    Attach: attach,
}
