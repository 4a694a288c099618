"""What a request contradicts or supersedes: rules in force, and requests that touch the same."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from services.intake.cases import PROCEDURE, REQUEST
from services.intake.domain import TERMINAL, Contradict, Overlap, Relation, Request
from services.intake.domain.procedure import (
    Procedure,
    PutInForce,
    Subject,
    Version,
    key_of,
    keys_of,
)
from services.intake.policy import IntakePolicy
from shared.bus.hears import Heard, Send
from shared.contracts.intake import RequestReceived
from shared.ids import derived_id
from shared.service import Workshop
from shared.store import Outcome

MAX_TOLD = 50


@lru_cache(maxsize=10_000)
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


async def superseding(
    workshop: Workshop, tenant: str, new: Outcome[Request], name: str
) -> list[Send]:
    """Requests in course that touch the procedure just put in force are told of it, once."""
    request = new.state
    found = await _touching(workshop, tenant, (name,), new.id)
    return [
        Send(REQUEST.stream, one.id, Contradict((_superseded(new.id, request, one.state),)))
        for one in found
    ]


def _superseded(request_id: str, new: Request, other: Request) -> Overlap:
    shared = _shared(other.touches, new.touches)
    return Overlap(request_id, new.code, shared, relation=Relation.NEWER_RULE)


def _shared(touches: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Those that the others have too, however they write them."""
    keys = keys_of(others)
    return tuple(name for name in touches if key_of(name) in keys)


async def _touching(
    workshop: Workshop, tenant: str, touches: Sequence[str], own: str
) -> Sequence[Outcome[Request]]:
    if not touches:
        return []
    where = {
        "state.touched": {"$in": list(keys_of(touches))},
        "state.status": {"$nin": [status.value for status in TERMINAL]},
        "_id": {"$ne": own},
    }
    return await workshop.of(REQUEST).find(tenant, where, limit=MAX_TOLD)


async def in_course(
    workshop: Workshop, tenant: str, touches: Sequence[str], own: str
) -> list[Overlap]:
    """Requests in course that touch one of the same procedures (A31)."""
    found = await _touching(workshop, tenant, touches, own)
    return [_in_course(one, touches) for one in found]


def _in_course(other: Outcome[Request], touches: Sequence[str]) -> Overlap:
    return Overlap(other.id, other.state.code, _shared(other.state.touches, touches))


async def contradictions(heard: Heard[RequestReceived], workshop: Workshop) -> list[Send]:
    """What a request contradicts, now that it is there.

    Two that came at the same moment did not see each other when they were received: the later one
    does now. What it was told then, it is not told again.
    """
    body, own = heard.body, heard.subject
    turn = body.received_at, own
    before = [
        _in_course(one, body.touches)
        for one in await _touching(workshop, heard.tenant, body.touches, own)
        if (one.state.received_at, one.id) < turn
    ]
    by = (*before, *await _newer_rules(heard, workshop))
    return [Send(REQUEST.stream, heard.subject, Contradict(by))] if by else []


async def _newer_rules(heard: Heard[RequestReceived], workshop: Workshop) -> list[Overlap]:
    """Rules that hold from a later day than a request does: they take it back."""
    body, tenant = heard.body, heard.tenant
    policy: IntakePolicy = workshop.policy(tenant)
    day = body.effective_on or body.received_at.astimezone(policy.calendar.zone).date()
    subjects = [(Subject.TOPIC, body.topic), *((Subject.PROCEDURE, one) for one in body.touches)]
    wanted = {procedure_id(tenant, subject, name) for subject, name in subjects}
    found = await workshop.of(PROCEDURE).look_all(sorted(wanted), tenant)
    return newer_than(day, heard.subject, [one.state for one in found])


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
