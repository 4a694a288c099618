"""What a request contradicts or supersedes: rules in force, and requests that touch the same."""

import time
from datetime import date

from services.intake.cases import PROCEDURE, REQUEST
from services.intake.domain import TERMINAL, Contradict, Overlap, Relation, Request
from services.intake.domain.procedure import Procedure, PutInForce, Subject, Version, key_of
from services.intake.policy import IntakePolicy
from shared.bus.hears import Heard, Send
from shared.contracts.intake import RequestReceived
from shared.ids import derived_id
from shared.service import Workshop
from shared.store import Outcome

MAX_TOLD = 50
SECONDS = 1.0


def procedure_id(tenant: str, subject: Subject, name: str) -> str:
    """One a tenant, subject and name, however that is written."""
    return derived_id(tenant, "procedure", subject, key_of(name))


def put_in_force(
    request_id: str, tenant: str, request: Request, policy: IntakePolicy
) -> list[Send]:
    """A deployed request becomes what holds for its topic and all that it touches."""
    if request.closed_at is None or not policy.rules(request.request_type):
        return []
    deployed_on = request.closed_at.astimezone(policy.calendar.zone).date()
    version = Version(
        number=0,
        request_id=request_id,
        code=request.code,
        request_type=request.request_type,
        title=request.title,
        applies_on=max(request.effective_on or deployed_on, deployed_on),
        deployed_at=request.closed_at,
    )
    # by id: two ways to write one name are one procedure
    return list(
        {
            procedure_id(tenant, subject, name): Send(
                PROCEDURE.stream,
                procedure_id(tenant, subject, name),
                PutInForce(subject, name, version),
                create=True,
            )
            for subject, name in named(request)
        }.values()
    )


def named(request: Request) -> list[tuple[Subject, str]]:
    """What it is about: its topic, and the procedures it touches."""
    topics = [(Subject.TOPIC, request.topic)]
    return [*topics, *((Subject.PROCEDURE, name) for name in request.touches)]


async def superseding(workshop: Workshop, tenant: str, new: Outcome[Request]) -> list[Send]:
    """Requests in course that touch what was just put in force are told of it."""
    request = new.state
    if not request.touches:
        return []
    where = {
        "state.touches": {"$in": list(request.touches)},
        "state.status": {"$nin": [status.value for status in TERMINAL]},
        "_id": {"$ne": new.id},
    }
    found = await workshop.of(REQUEST).find(tenant, where, limit=MAX_TOLD)
    return [
        Send(REQUEST.stream, one.id, Contradict((_overlap(new.id, request, one.state),)))
        for one in found
    ]


def _overlap(request_id: str, new: Request, other: Request) -> Overlap:
    shared = tuple(name for name in other.touches if name in set(new.touches))
    return Overlap(request_id, new.code, shared, relation=Relation.NEWER_RULE)


async def newer_rules(heard: Heard[RequestReceived], workshop: Workshop) -> list[Send]:
    """A request is told of rules that hold from a later day than it does: they take it back."""
    body, tenant = heard.body, heard.tenant
    policy: IntakePolicy = workshop.policy(tenant)
    day = body.effective_on or body.received_at.astimezone(policy.calendar.zone).date()
    newest = await _newest_rule(workshop, tenant)
    if newest is None or newest <= day:
        return []
    subjects = [(Subject.TOPIC, body.topic), *((Subject.PROCEDURE, one) for one in body.touches)]
    wanted = {procedure_id(tenant, subject, name) for subject, name in subjects}
    found = await workshop.of(PROCEDURE).find(tenant, {"_id": {"$in": sorted(wanted)}})
    newer = newer_than(day, heard.subject, [one.state for one in found])
    return [Send(REQUEST.stream, heard.subject, Contradict(tuple(newer)))] if newer else []


async def _newest_rule(workshop: Workshop, tenant: str) -> date | None:
    """The last day from which anything holds, at most a second old: every reception asks."""
    key, now = _key(tenant), time.monotonic()
    kept: tuple[float, date | None] | None = workshop.memory.get(key)
    if kept is None or kept[0] < now:
        order = (("state.newest", -1),)
        found = await workshop.of(PROCEDURE).find(tenant, {}, order=order, limit=1)
        newest = found[0].state.newest if found else None
        kept = workshop.memory[key] = (now + SECONDS, newest)
    return kept[1]


def forget_newest(workshop: Workshop, tenant: str) -> None:
    """Something is put in force from here: look again at the next reception."""
    workshop.memory.pop(_key(tenant), None)


def _key(tenant: str) -> str:
    return f"newest rule of {tenant}"


def newer_than(day: date, request_id: str, procedures: list[Procedure]) -> list[Overlap]:
    """Each newer request once, with all that it has in common."""
    touches: dict[tuple[str, str], list[str]] = {}
    topics: dict[tuple[str, str], str] = {}
    for procedure in procedures:
        for version in procedure.ahead(day)[-1:]:
            if version.request_id == request_id:
                continue
            names = touches.setdefault((version.request_id, version.code), [])
            if procedure.subject == Subject.TOPIC:
                topics[version.request_id, version.code] = procedure.name
            else:
                names.append(procedure.name)
    return [
        Overlap(one, code, tuple(sorted(names)), topics.get((one, code), ""), Relation.NEWER_RULE)
        for (one, code), names in touches.items()
    ]
