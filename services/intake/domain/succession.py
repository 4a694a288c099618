"""What one request does to another: it takes its place, or contradicts it (A27, A31)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.intake.domain.lifecycle import TERMINAL, Status
from services.intake.domain.request import Contradict, Link, Overlap, Receive, Replace, Request
from shared.contracts.intake import (
    OverlappingRequest,
    ReplacingRequest,
    RequestClosed,
    RequestOverlapped,
    RequestReceived,
    RequestReplaced,
)

MAX_OVERLAPS: Final = 100


def replaced(command: Replace, at: datetime) -> Sequence[RequestReplaced | RequestClosed]:
    """The old one's end. The event holds all of the new one: it begins whatever happens here."""
    by = command.by
    reason = command.reason or by.code
    return [
        RequestReplaced(by=by, reason=command.reason),
        RequestClosed(outcome="replaced", closed_at=at, reason=reason),
    ]


def successor(by: ReplacingRequest, old_id: str, old_code: str) -> Receive:
    """The command that begins the new request."""
    return Receive(
        code=by.code,
        request_type=by.request_type,
        topic=by.topic,
        title=by.title,
        description=by.description,
        area=by.area,
        channel=by.channel,
        effective_on=by.effective_on,
        verbal=by.verbal,
        touches=by.touches,
        attachments=by.attachments,
        replaces=Link(old_id, old_code),
    )


def has_begun(request: Request, command: Receive) -> bool:
    """Whether it is there already: who replaced, and who heard of it, both begin it."""
    known = request.status is not Status.NEW
    return known and command.replaces is not None and request.replaces == command.replaces


def contradicted(request: Request, command: Contradict) -> Sequence[RequestOverlapped]:
    """Something newer is in force; what has ended, or knows of it, is not told again."""
    if request.status is Status.NEW or request.status in TERMINAL:
        return []
    known = {(one.request_id, one.relation) for one in request.overlaps}
    new = [one for one in command.by if (one.request_id, one.relation) not in known]
    new = new[: max(0, MAX_OVERLAPS - len(request.overlaps))]
    return [overlapped(new)] if new else []


def overlapped(others: Sequence[Overlap]) -> RequestOverlapped:
    """Who decides is told: two instructions about one procedure may contradict each other."""
    return RequestOverlapped(
        others=tuple(
            OverlappingRequest(
                request_id=one.request_id,
                code=one.code,
                touches=one.touches,
                topic=one.topic,
                relation=one.relation,
            )
            for one in others
        )
    )


def with_overlaps(request: Request, event: RequestOverlapped) -> Request:
    overlaps = tuple(
        Overlap(one.request_id, one.code, one.touches, one.topic, one.relation)
        for one in event.others
    )
    return replace(request, overlaps=(*request.overlaps, *overlaps))


def link_of(event: RequestReceived) -> Link | None:
    """What it takes the place of."""
    return Link(event.replaces, event.replaces_code) if event.replaces else None
