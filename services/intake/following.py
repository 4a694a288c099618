"""What intake makes of its own events, beside the bus: documents, successors, words to others."""

from collections.abc import Iterable
from typing import Any, Final

from services.intake.cases import DELIVERY, REQUEST
from services.intake.contradictions import contradictions, put_in_force, superseding
from services.intake.domain import Attach, Coverage, Document
from services.intake.domain.changes import OUTCOMES
from services.intake.domain.delivery import Message, Open
from services.intake.domain.lifecycle import Status
from services.intake.domain.procedure import Subject
from services.intake.domain.subscription import occasion_of
from services.intake.domain.succession import successor
from services.intake.notices import write_notice
from services.intake.subscribers import active_subscriptions
from shared.bus.hears import Heard, Hears, Send
from shared.contracts.intake import (
    AttachmentCompleted,
    RequestClosed,
    RequestConfirmationAsked,
    RequestProgressed,
    RequestReceived,
    RequestReplaced,
)
from shared.contracts.registry import ProcedurePutInForce
from shared.ids import derived_id
from shared.service import Workshop

follows: Final = Hears("intake")
DEPLOYED: Final = "deployed"
Changed = RequestReceived | RequestProgressed | RequestClosed


@follows(RequestReplaced)
async def on_request_replaced(heard: Heard[RequestReplaced], workshop: Workshop) -> Iterable[Send]:
    """Whoever replaced it begins the other one too; he may have gone before he could."""
    old = await workshop.of(REQUEST).get(heard.subject, heard.tenant)
    by = heard.body.by
    return [Send(REQUEST.stream, by.id, successor(by, old.id, old.state.code), create=True)]


@follows(RequestConfirmationAsked)
async def on_confirmation_asked(
    heard: Heard[RequestConfirmationAsked], workshop: Workshop
) -> Iterable[Send]:
    await write_notice(workshop, heard.tenant, heard.subject, heard.body)
    return []


@follows(AttachmentCompleted)
def on_attachment_completed(heard: Heard[AttachmentCompleted]) -> Iterable[Send]:
    body = heard.body
    document = Document(heard.subject, body.name, body.size, body.sha256)
    yield Send(REQUEST.stream, body.request_id, Attach(document))


@follows(RequestReceived, RequestProgressed, RequestClosed)
async def on_request_changed(heard: Heard[Changed], workshop: Workshop) -> Iterable[Send]:
    """Client and subscribers are told; what contradicts it, and what it supersedes, is found."""
    await write_notice(workshop, heard.tenant, heard.subject, heard.body)
    return [*await _deliveries(heard, workshop), *await _consequences(heard, workshop)]


async def _consequences(heard: Heard[Any], workshop: Workshop) -> list[Send]:
    body = heard.body
    if isinstance(body, RequestReceived):
        return await contradictions(heard, workshop)
    if not isinstance(body, RequestClosed) or body.outcome != DEPLOYED:
        return []
    request = await workshop.of(REQUEST).get(heard.subject, heard.tenant)
    rules = put_in_force(request.id, heard.tenant, request.state, workshop.policy(heard.tenant))
    return [*rules]


@follows(ProcedurePutInForce)
async def on_put_in_force(heard: Heard[ProcedurePutInForce], workshop: Workshop) -> Iterable[Send]:
    """Only now: a request that comes in later finds the rule itself."""
    if heard.body.subject != Subject.PROCEDURE:
        return []
    new = await workshop.of(REQUEST).get(heard.body.request_id, heard.tenant)
    return await superseding(workshop, heard.tenant, new, heard.body.name)


async def _deliveries(heard: Heard[Changed], workshop: Workshop) -> list[Send]:
    """A message of its own to each subscriber of the occasion."""
    occasion = occasion_of(heard.body)
    if occasion is None:
        return []
    active = await active_subscriptions(workshop, heard.tenant)
    subscribers = [one for one in active if occasion in one.state.occasions]
    if not subscribers:
        return []
    request = (await workshop.of(REQUEST).get(heard.subject, heard.tenant)).state
    return [
        Send(
            DELIVERY.stream,
            derived_id("delivery", one.id, heard.subject, str(heard.sequence)),
            Open(
                Message(
                    subscription_id=one.id,
                    request_id=heard.subject,
                    sequence=heard.sequence,
                    occasion=occasion,
                    code=request.code,
                    status=_status_in(heard.body),
                    coverage_pct=_coverage_in(heard.body, request.coverage),
                    occurred_at=heard.at,
                )
            ),
            create=True,
        )
        for one in subscribers
    ]


def _status_in(body: Changed) -> str:
    match body:
        case RequestProgressed():
            return body.status
        case RequestClosed():
            return OUTCOMES[body.outcome]
        case RequestReceived():
            return Status.RECEIVED


def _coverage_in(body: Changed, present: Coverage) -> float:
    match body:
        case RequestProgressed():
            seen = (body.coverage_signed, body.coverage_exempt, body.coverage_eligible)
            return Coverage(*seen).percent
        case RequestClosed():
            return present.percent
        case RequestReceived():
            return 0.0
