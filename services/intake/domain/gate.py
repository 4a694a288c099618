"""Whose clock runs after the approval: the client's while he has a query about it (A23, A43)."""

from dataclasses import dataclass, replace
from typing import Final

from services.intake.domain import stages as promises
from services.intake.domain.lifecycle import HOLDER, LIFECYCLE, TERMINAL, Action, Holder, Status
from services.intake.domain.request import Advance, Request
from shared.contracts.intake import RequestProgressed

SHUT: Final = "shut"
OPENED: Final = "opened"
_STAGES: Final = {
    Action.SHUT: promises.ATTENTION,
    Action.REOPEN: promises.ATTENTION,
    Action.SUSPEND: promises.REPLICATION,
    Action.RESUME: promises.REPLICATION,
}


@dataclass(frozen=True, slots=True)
class Gate:
    """What news makes of the gate: which clocks stand still, and who holds the request."""

    word: str
    query_id: str
    paused: tuple[str, ...]
    holder: str


def gate_after(request: Request, told: Advance, status: Status) -> Gate:
    """The gate after what was told, which may be about something else."""
    legal = told.action in _STAGES and (request.status, told.action) in LIFECYCLE
    word, query_id = "", request.query_id
    if legal and told.action is Action.SHUT and not query_id:
        word, query_id = SHUT, told.query_id
    elif told.action is Action.REOPEN and query_id and query_id == told.query_id:
        word, query_id = OPENED, ""
    paused = set(request.paused)
    if legal and told.action in (Action.SHUT, Action.SUSPEND):
        paused.add(_STAGES[told.action])
    elif legal:
        paused.discard(_STAGES[told.action])
    holder = Holder.CLIENT if query_id else holder_of(request, status)
    return Gate(word, query_id, tuple(sorted(paused)), holder)


def holder_of(request: Request, status: Status) -> str:
    """Who has it in a status, were it not for the gate."""
    if status is not request.status:
        return HOLDER[status]
    return request.next_holder or request.holder


def with_gate(request: Request, event: RequestProgressed) -> Request:
    """The request with the gate as an event tells it; its stages are the caller's."""
    query_id = request.query_id
    if event.gate == SHUT:
        query_id = event.query_id
    elif event.gate == OPENED:
        query_id = ""
    status = Status(event.status)
    following = holder_of(request, status) if query_id else ""
    return replace(request, query_id=query_id, next_holder=following, paused=event.paused)


def clock_of(request: Request) -> str:
    """Whose time it is: `client`, `provider`, or `none` once it has ended."""
    if request.status in TERMINAL:
        return Holder.NOBODY
    return "client" if request.holder == Holder.CLIENT else "provider"
