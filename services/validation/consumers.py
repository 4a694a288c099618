"""What validation hears: requests that come in and end, launches, and its own queries."""

from collections.abc import Iterable

from services.validation.cases import EVALUATION, QUERY
from services.validation.domain import Confirm, Deploy, Open, Withdraw
from services.validation.domain.query import Ask, Close, QueryStatus
from shared.bus import Heard, Hears, Send
from shared.contracts.intake import (
    RequestClosed,
    RequestConfirmationLapsed,
    RequestConfirmed,
    RequestReceived,
)
from shared.contracts.training import PlanLaunched
from shared.contracts.validation import (
    EvaluationAnswered,
    EvaluationObserved,
    EvaluationWithdrawn,
)
from shared.decider import Unknown
from shared.service import Workshop

HEARS = Hears("validation")
FOLLOWS = Hears("validation")
"""Its own events, beside the bus: an evaluation that nobody asks about costs nothing then."""
GIVEN_UP = ("withdrawn", "replaced")
PROCEED = "proceed"


@HEARS(RequestReceived)
def on_request_received(heard: Heard[RequestReceived]) -> Iterable[Send]:
    request = heard.body
    command = Open(
        code=request.code,
        request_type=request.request_type,
        topic=request.topic,
        title=request.title,
        received_at=request.received_at,
        verbal=request.verbal,
    )
    yield Send(EVALUATION.stream, heard.subject, command, create=True)


@HEARS(RequestConfirmed)
def on_request_confirmed(heard: Heard[RequestConfirmed]) -> Iterable[Send]:
    yield Send(EVALUATION.stream, heard.subject, Confirm())


@HEARS(RequestConfirmationLapsed)
def on_confirmation_lapsed(heard: Heard[RequestConfirmationLapsed]) -> Iterable[Send]:
    # a request that is withdrawn instead ends with its closing, which follows
    if heard.body.then == PROCEED:
        yield Send(EVALUATION.stream, heard.subject, Confirm(lapsed=True))


@HEARS(RequestClosed)
async def on_request_closed(heard: Heard[RequestClosed], workshop: Workshop) -> Iterable[Send]:
    if not await _is_known(heard.subject, heard.tenant, workshop):
        # a request of an older register was never evaluated here
        return []
    closed = heard.body
    command = Withdraw(closed.reason or closed.outcome, undeployed=closed.outcome in GIVEN_UP)
    return [Send(EVALUATION.stream, heard.subject, command)]


@HEARS(PlanLaunched)
async def on_plan_launched(heard: Heard[PlanLaunched], workshop: Workshop) -> Iterable[Send]:
    if not await _is_known(heard.subject, heard.tenant, workshop):
        return []
    return [Send(EVALUATION.stream, heard.subject, Deploy())]


@FOLLOWS(EvaluationObserved)
def on_evaluation_observed(heard: Heard[EvaluationObserved]) -> Iterable[Send]:
    asked = heard.body
    command = Ask(heard.subject, heard.at, asked.round_trip, len(asked.questions))
    yield Send(QUERY.stream, asked.query_id, command, create=True)


@FOLLOWS(EvaluationAnswered)
def on_evaluation_answered(heard: Heard[EvaluationAnswered]) -> Iterable[Send]:
    # create: it may be followed before what asked
    close = Close(heard.subject, QueryStatus.ANSWERED)
    yield Send(QUERY.stream, heard.body.query_id, close, create=True)


@FOLLOWS(EvaluationWithdrawn)
async def on_evaluation_withdrawn(
    heard: Heard[EvaluationWithdrawn], workshop: Workshop
) -> Iterable[Send]:
    evaluation = await workshop.of(EVALUATION).get(heard.subject, heard.tenant)
    return [
        Send(QUERY.stream, query.id, Close(evaluation.id, QueryStatus.WITHDRAWN), create=True)
        for query in evaluation.state.queries[-1:]
    ]


async def _is_known(evaluation_id: str, tenant: str, workshop: Workshop) -> bool:
    try:
        await workshop.of(EVALUATION).get(evaluation_id, tenant)
    except Unknown:
        return False
    return True
