"""What an event changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from services.incidents.domain.lifecycle import ENDED, TIER, Action, Status, follow
from services.incidents.domain.model import (
    NEVER,
    Closure,
    Coordination,
    EvidenceFile,
    Extension,
    Incident,
    Solution,
    Wait,
)
from services.incidents.domain.past import imported
from services.incidents.domain.stages import Standing, applied, told
from shared.clock import DUE
from shared.contracts import EventBody
from shared.contracts import incidents as said
from shared.decider import Stamp
from shared.words import search_words

Change = Callable[[Incident, Any, Stamp], Mapping[str, Any]]


def evolve(state: Incident, event: EventBody, stamp: Stamp) -> Incident:
    """The incident after one of its events."""
    if isinstance(event, said.IncidentImported):
        return imported(state, event)
    action, change = _EVENTS[type(event)]
    status = state.status if action is None else follow(state.status, action)
    stages = reduce(
        lambda known, clock: applied(known, clock, stamp.at),
        getattr(event, "clocks", ()),
        state.stages,
    )
    after = replace(
        state,
        status=status,
        tier=TIER[status],
        holder=getattr(event, "holder", state.holder),
        open=status not in ENDED,
        stages=stages,
    )
    after = replace(after, **change(after, event, stamp))
    running = (stage.due_at for stage in after.stages if stage.standing is Standing.RUNNING)
    return replace(after, due_at=min(running, default=NEVER), desk=after.desks[after.tier - 1])


def _placed(state: Incident, tier: int, area: str) -> Mapping[str, Any]:
    """A new desk at a tier, where nobody has taken it yet."""
    desks, persons = list(state.desks), list(state.persons)
    desks[tier - 1], persons[tier - 1] = area, ""
    return {"desks": tuple(desks), "persons": tuple(persons)}


def _registered(state: Incident, event: said.IncidentRegistered, _: Stamp) -> Mapping[str, Any]:
    return {
        "ticket": event.ticket,
        "summary": event.summary,
        "description": event.description,
        "origin": event.origin,
        "area": event.area,
        "kind": event.kind,
        "criticality": event.criticality,
        "criticality_given": event.criticality_given,
        "priority": event.priority,
        "channel": event.channel,
        "consultation_id": event.consultation_id,
        "profile_id": event.profile_id,
        "preferential": event.preferential,
        "line": event.line,
        "point": event.point,
        "region": event.region,
        "catalogue": event.catalogue,
        "registered_at": event.registered_at,
        "words": search_words(event.ticket, event.summary, event.description),
        **_placed(state, state.tier, event.desk),
    }


def _forwarded(state: Incident, event: said.IncidentForwarded, _: Stamp) -> Mapping[str, Any]:
    return {**_placed(state, state.tier, event.area), "forwarded": True}


def _taken(state: Incident, event: said.IncidentTaken, stamp: Stamp) -> Mapping[str, Any]:
    persons = list(state.persons)
    persons[event.tier - 1] = event.person
    return {
        "persons": tuple(persons),
        "complexity": event.complexity or state.complexity,
        "attended_at": state.attended_at or stamp.at,
    }


def _elevated(state: Incident, event: said.IncidentElevated, _: Stamp) -> Mapping[str, Any]:
    return _placed(state, state.tier, event.area)


def _rerouted(state: Incident, event: said.IncidentRerouted, _: Stamp) -> Mapping[str, Any]:
    return {**_placed(state, event.tier, event.area), "reroutes": state.reroutes + 1}


def _returned(state: Incident, _: said.IncidentReturned, __: Stamp) -> Mapping[str, Any]:
    return {"returns": state.returns + 1}


def _provider_asked(
    state: Incident, event: said.IncidentProviderAsked, stamp: Stamp
) -> Mapping[str, Any]:
    wait = Wait(event.provider, event.question, event.steps, stamp.at)
    return {"waits": (*state.waits, wait), "attended_at": state.attended_at or stamp.at}


def _provider_answered(
    state: Incident, event: said.IncidentProviderAnswered, stamp: Stamp
) -> Mapping[str, Any]:
    *earlier, wait = state.waits
    return {"waits": (*earlier, replace(wait, answered_at=stamp.at, answer=event.answer))}


def _solved(state: Incident, event: said.IncidentSolved, stamp: Stamp) -> Mapping[str, Any]:
    solution = Solution(
        tier=event.tier,
        answer=event.answer,
        evidence=event.evidence,
        cause=event.cause,
        at=stamp.at,
        too_fast=event.too_fast,
        validated=state.status is not Status.VALIDATING,
        by=stamp.actor,
        article=event.article,
        files=event.files,
    )
    return {"solution": solution, "attended_at": state.attended_at or stamp.at}


def _validated(state: Incident, _: said.IncidentValidated, __: Stamp) -> Mapping[str, Any]:
    if state.solution is None:
        raise ValueError("nothing to validate")
    return {"solution": replace(state.solution, validated=True)}


def _observed(state: Incident, _: said.IncidentObserved, __: Stamp) -> Mapping[str, Any]:
    # only tier 1 sends something back to tier 2
    back = 1 if state.status is Status.TIER_2 else 0
    return {
        "solution": None,
        "returns": state.returns + back,
        "sent_back": state.sent_back + back,
    }


def _converted(state: Incident, event: said.IncidentConverted, stamp: Stamp) -> Mapping[str, Any]:
    return {
        "attended_at": state.attended_at or stamp.at,
        "requirement": event.requirement,
        "request_id": event.request_id,
        "reason": event.reason,
    }


def _dismissed(_: Incident, event: said.IncidentDismissed, stamp: Stamp) -> Mapping[str, Any]:
    return {"outcome": "dismissed", "reason": event.reason, "closed_at": stamp.at}


def _closed(_: Incident, event: said.IncidentClosed, stamp: Stamp) -> Mapping[str, Any]:
    return {
        "outcome": event.outcome,
        "reply": event.message,
        "closed_at": stamp.at,
        "elapsed_seconds": event.elapsed_seconds,
        "contractual_seconds": event.contractual_seconds,
    }


def _reopened(state: Incident, event: said.IncidentReopened, stamp: Stamp) -> Mapping[str, Any]:
    closed = () if state.closed_at is None else (Closure(state.closed_at, stamp.at),)
    return {
        "reopened": event.times,
        "closures": (*state.closures, *closed),
        "solution": None,
        "outcome": "",
        "reason": event.reason,
        "reply": "",
        "requirement": "",
        "request_id": "",
        "closed_at": None,
        "elapsed_seconds": None,
        "contractual_seconds": None,
    }


def _extended(state: Incident, event: said.IncidentExtended, _: Stamp) -> Mapping[str, Any]:
    extension = Extension(event.days, event.due_at, event.reason, tier=state.tier)
    return {"extensions": (*state.extensions, extension)}


def _extension_told(
    state: Incident, _: said.IncidentExtensionTold, stamp: Stamp
) -> Mapping[str, Any]:
    untold = (one if one.told_at else replace(one, told_at=stamp.at) for one in state.extensions)
    return {"extensions": tuple(untold)}


def _classified(_: Incident, event: said.IncidentClassified, __: Stamp) -> Mapping[str, Any]:
    return {
        "origin": event.origin,
        "area": event.area,
        "kind": event.kind,
        "criticality": event.criticality,
        "criticality_given": event.criticality_given,
        "complexity": event.complexity,
        "priority": event.priority,
        "catalogue": event.catalogue,
    }


def _coordinated(
    state: Incident, event: said.IncidentCoordinated, stamp: Stamp
) -> Mapping[str, Any]:
    made = Coordination(event.external, event.party, event.note, stamp.at)
    return {"coordinations": (*state.coordinations, made)}


def _evidence_added(
    state: Incident, event: said.IncidentEvidenceAdded, stamp: Stamp
) -> Mapping[str, Any]:
    added = EvidenceFile(
        event.file_id, event.size, event.media_type, event.sha256, stamp.actor, stamp.at
    )
    return {"evidence_files": (*state.evidence_files, added)}


def _warned(state: Incident, event: said.IncidentWarned, stamp: Stamp) -> Mapping[str, Any]:
    return {"stages": told(state.stages, event.stage, event.share), "told_at": stamp.at}


def _breached(state: Incident, event: said.IncidentBreached, stamp: Stamp) -> Mapping[str, Any]:
    return {"stages": told(state.stages, event.stage, DUE), "told_at": stamp.at}


_EVENTS: Final[Mapping[type[EventBody], tuple[Action | None, Change]]] = {
    said.IncidentRegistered: (Action.REGISTER, _registered),
    said.IncidentForwarded: (Action.FORWARD, _forwarded),
    said.IncidentDismissed: (Action.DISMISS, _dismissed),
    said.IncidentTaken: (Action.TAKE, _taken),
    said.IncidentElevated: (Action.ELEVATE, _elevated),
    said.IncidentRerouted: (Action.REROUTE, _rerouted),
    said.IncidentReturned: (Action.RETURN, _returned),
    said.IncidentProviderAsked: (Action.ASK_PROVIDER, _provider_asked),
    said.IncidentProviderAnswered: (Action.PROVIDER_ANSWERS, _provider_answered),
    said.IncidentSolved: (Action.SOLVE, _solved),
    said.IncidentValidated: (Action.VALIDATE, _validated),
    said.IncidentObserved: (Action.OBSERVE, _observed),
    said.IncidentConverted: (Action.CONVERT, _converted),
    said.IncidentClosed: (Action.REPLY, _closed),
    said.IncidentReopened: (Action.REOPEN, _reopened),
    said.IncidentExtended: (Action.EXTEND, _extended),
    said.IncidentExtensionTold: (Action.TELL_EXTENSION, _extension_told),
    said.IncidentClassified: (Action.CLASSIFY, _classified),
    said.IncidentCoordinated: (Action.COORDINATE, _coordinated),
    said.IncidentEvidenceAdded: (Action.ATTACH, _evidence_added),
    said.IncidentWarned: (None, _warned),
    said.IncidentBreached: (None, _breached),
}
