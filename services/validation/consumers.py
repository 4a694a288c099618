"""What validation hears: requests that come in, and requests that end."""

from collections.abc import Iterable

from services.validation.cases import EVALUATION
from services.validation.domain import Open, Withdraw
from shared.bus import Heard, Hears, Send
from shared.contracts.intake import RequestClosed, RequestReceived
from shared.decider import Unknown
from shared.service import Workshop

HEARS = Hears("validation")
WITHDRAWN = "withdrawn"


@HEARS(RequestReceived)
def on_request_received(heard: Heard[RequestReceived]) -> Iterable[Send]:
    request = heard.body
    command = Open(
        code=request.code,
        request_type=request.request_type,
        topic=request.topic,
        title=request.title,
        received_at=request.received_at,
    )
    yield Send(EVALUATION.stream, heard.subject, command, create=True)


@HEARS(RequestClosed)
async def on_request_closed(heard: Heard[RequestClosed], workshop: Workshop) -> Iterable[Send]:
    try:
        await workshop.of(EVALUATION).get(heard.subject, heard.tenant)
    except Unknown:
        # a request of an older register was never evaluated here
        return []
    closed = heard.body
    command = Withdraw(closed.reason or closed.outcome, undeployed=closed.outcome == WITHDRAWN)
    return [Send(EVALUATION.stream, heard.subject, command)]
