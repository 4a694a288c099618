"""What the figures need to know of a case, and how its events change that.

A fact is one source case as the indicators see it: a client's request, with what intake, validation
and training said of it. Each of the three speaks in its own order and they may come in any order
among each other, so each event changes only what its speaker answers for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from services.kpi.sources import Source
from shared.contracts import EventBody
from shared.contracts.intake import (
    RequestClosed,
    RequestConfirmationLapsed,
    RequestConfirmed,
    RequestDeadlineBreached,
    RequestImported,
    RequestProgressed,
    RequestReceived,
)
from shared.contracts.terms import Deadline
from shared.contracts.training import (
    PlanBlocked,
    PlanCancelled,
    PlanCompleted,
    PlanLaunched,
    PlanOpened,
    PlanProgressed,
    PlanUnblocked,
)
from shared.contracts.validation import (
    EvaluationApproved,
    EvaluationObserved,
    EvaluationRefused,
)

REQUEST: Final = "request"

# Intake's words for where a request stands, as far as they decide what is counted.
RECEIVED: Final = "received"
DEPLOYED: Final = "deployed"
GIVEN_UP: Final = frozenset({"withdrawn", "replaced"})
"""Outcomes of a request whose promises were not to be kept any more."""
AT_WORK: Final = frozenset({RECEIVED, "in_evaluation", "answered"})
EVALUATION: Final = "evaluation"
REGISTER: Final = "register"
RELAY: Final = "system:intake"
"""Who tells in intake what others have done: none of these."""


SOURCES: Final = (
    Source("intake", "request", REQUEST),
    Source("validation", "evaluation", REQUEST),
    Source("training", "plan", REQUEST),
)
"""The three share the request's id. A service speaks of a fact by one stream at most."""

Turn = Sequence[Any]
"""From an event on: its sequence, the instant, the status and the holder."""
Promise = Sequence[Any]
"""Given by an event: its sequence, the stage, the due instant and the policy that promised it."""


@dataclass(frozen=True, slots=True)
class RequestFact:
    """A request as the indicators see it. Instants are aware UTC; stages are keys of terms."""

    code: str = ""
    topic: str = ""
    received_at: datetime | None = None
    request_type: str = ""
    channel: str = ""
    area: str = ""
    imported: bool = False
    turns: Sequence[Turn] = ()
    promises: Sequence[Promise] = ()
    breaches: Sequence[Sequence[Any]] = ()
    closed_at: datetime | None = None
    outcome: str = ""
    on_time: bool | None = None
    round_trips: int = 0
    queries: Sequence[Sequence[Any]] = ()
    """Of each consolidated query: its round trip, the instant and who asked."""
    hands: Sequence[Sequence[Any]] = ()
    """Who did what may end a stage: the instant and the actor, in order."""
    effective_on: str = ""
    verbal: bool = False
    confirmed: bool | None = None
    plan_opened_at: datetime | None = None
    plan_promise: Sequence[Any] = ()
    plan_turns: Sequence[Sequence[Any]] = ()
    """When the client had a query about what was approved, and when none any more."""
    plan_completed_at: datetime | None = None
    plan_cancelled_at: datetime | None = None
    plan_on_time: bool = False
    covered_to: int = 0
    signed: int = 0
    exempt: int = 0
    eligible: int = 0


_NAMES: Final = tuple(field.name for field in fields(RequestFact))
_VALUES: Final = attrgetter(*_NAMES)
_DEFAULTS: Final = _VALUES(RequestFact())


def to_document(fact: RequestFact) -> dict[str, Any]:
    """What is not the default."""
    triples = zip(_NAMES, _VALUES(fact), _DEFAULTS, strict=True)
    return {name: value for name, value, default in triples if value != default}


def from_document(document: Mapping[str, Any]) -> RequestFact:
    return RequestFact(**document)


Fold = Callable[[RequestFact, Any, datetime, int], RequestFact]


def _received(fact: RequestFact, body: RequestReceived, _: datetime, sequence: int) -> RequestFact:
    return replace(
        fact,
        code=body.code,
        topic=body.topic,
        received_at=body.received_at,
        request_type=body.request_type,
        channel=body.channel,
        area=body.area,
        effective_on="" if body.effective_on is None else body.effective_on.isoformat(),
        verbal=body.verbal,
        promises=_with_promises(fact.promises, body.deadlines, sequence),
        turns=_with_turn(fact.turns, (sequence, body.received_at, RECEIVED, body.holder)),
    )


def _imported(fact: RequestFact, body: RequestImported, _: datetime, sequence: int) -> RequestFact:
    promises = () if body.due_at is None else ((sequence, REGISTER, body.due_at, ""),)
    on_time = None
    if body.closed_at is not None and body.due_at is not None:
        # the register's own wall clock, ordered as it was given
        on_time = body.closed_at <= body.due_at
    return replace(
        fact,
        imported=True,
        code=body.code,
        topic=body.topic,
        received_at=body.received_at,
        request_type=body.request_type,
        channel=body.channel,
        area=body.area,
        promises=promises,
        closed_at=body.closed_at,
        outcome=body.status,
        on_time=on_time,
    )


def _progressed(
    fact: RequestFact, body: RequestProgressed, at: datetime, sequence: int
) -> RequestFact:
    turn = (sequence, body.occurred_at or at, body.status, body.holder)
    promises = _with_promises(fact.promises, body.deadlines, sequence)
    keep = promises is not fact.promises
    return replace(fact, promises=promises, turns=_with_turn(fact.turns, turn, keep=keep))


def _deadline_breached(
    fact: RequestFact, body: RequestDeadlineBreached, _: datetime, __: int
) -> RequestFact:
    breach = (body.stage, body.due_at)
    known = {tuple(entry) for entry in fact.breaches}
    return fact if breach in known else replace(fact, breaches=[*fact.breaches, breach])


def _closed(fact: RequestFact, body: RequestClosed, _: datetime, __: int) -> RequestFact:
    return replace(fact, closed_at=body.closed_at, outcome=body.outcome, on_time=body.on_time)


def _confirmed(fact: RequestFact, _: RequestConfirmed, __: datetime, ___: int) -> RequestFact:
    return replace(fact, confirmed=True)


def _lapsed(fact: RequestFact, _: RequestConfirmationLapsed, __: datetime, ___: int) -> RequestFact:
    return fact if fact.confirmed else replace(fact, confirmed=False)


def _observed(fact: RequestFact, body: EvaluationObserved, _: datetime, __: int) -> RequestFact:
    return replace(fact, round_trips=max(fact.round_trips, body.round_trip))


def _plan_opened(fact: RequestFact, body: PlanOpened, at: datetime, sequence: int) -> RequestFact:
    return _promised(replace(fact, plan_opened_at=at), body.deadline, sequence)


def _plan_blocked(fact: RequestFact, body: PlanBlocked, _: datetime, sequence: int) -> RequestFact:
    turns = _with_turn(fact.plan_turns, (sequence, body.since, True))
    return replace(fact, plan_turns=turns)


def _plan_unblocked(
    fact: RequestFact, body: PlanUnblocked, at: datetime, sequence: int
) -> RequestFact:
    turns = _with_turn(fact.plan_turns, (sequence, at, False))
    return _promised(replace(fact, plan_turns=turns), body.deadline, sequence)


def _plan_launched(
    fact: RequestFact, body: PlanLaunched, _: datetime, sequence: int
) -> RequestFact:
    return _covered(fact, sequence, fact.signed, fact.exempt, body.eligible)


def _plan_progressed(
    fact: RequestFact, body: PlanProgressed, _: datetime, sequence: int
) -> RequestFact:
    return _covered(fact, sequence, body.signed, body.exempt, body.eligible)


def _plan_completed(
    fact: RequestFact, body: PlanCompleted, _: datetime, sequence: int
) -> RequestFact:
    done = replace(fact, plan_completed_at=body.done_at, plan_on_time=body.on_time)
    return _covered(done, sequence, body.signed, body.exempt, body.eligible)


def _plan_cancelled(fact: RequestFact, _: PlanCancelled, at: datetime, __: int) -> RequestFact:
    return replace(fact, plan_cancelled_at=at)


FOLDS: Final[Mapping[type[EventBody], Fold]] = {
    RequestReceived: _received,
    RequestImported: _imported,
    RequestProgressed: _progressed,
    RequestDeadlineBreached: _deadline_breached,
    RequestClosed: _closed,
    RequestConfirmed: _confirmed,
    RequestConfirmationLapsed: _lapsed,
    EvaluationObserved: _observed,
    PlanOpened: _plan_opened,
    PlanLaunched: _plan_launched,
    PlanProgressed: _plan_progressed,
    PlanBlocked: _plan_blocked,
    PlanUnblocked: _plan_unblocked,
    PlanCompleted: _plan_completed,
    PlanCancelled: _plan_cancelled,
}


def fold(
    fact: RequestFact, body: EventBody, at: datetime, sequence: int, actor: str = ""
) -> RequestFact:
    """The fact after an event; one that no indicator needs changes nothing."""
    step = FOLDS.get(type(body))
    after = fact if step is None else step(fact, body, at, sequence)
    return _with_actor(after, body, at, actor)


def _with_actor(fact: RequestFact, body: EventBody, at: datetime, actor: str) -> RequestFact:
    match body:
        case EvaluationObserved(round_trip=number):
            told = {(number, at, actor), *map(tuple, fact.queries)}
            return replace(_with_hand(fact, at, actor), queries=sorted(told))
        case EvaluationApproved() | EvaluationRefused():
            return _with_hand(fact, at, actor)
        case RequestProgressed(occurred_at=happened_at):
            return _with_hand(fact, happened_at or at, actor)
        case RequestClosed(closed_at=done_at) | PlanCompleted(done_at=done_at):
            return _with_hand(fact, done_at, actor)
    return fact


def _with_hand(fact: RequestFact, at: datetime, actor: str) -> RequestFact:
    hand = (at, actor)
    known = set(map(tuple, fact.hands))
    if actor in {"", RELAY} or hand in known:
        return fact
    return replace(fact, hands=sorted({*known, hand}))


def _with_promises(
    promises: Sequence[Promise], deadlines: Sequence[Deadline], sequence: int
) -> Sequence[Promise]:
    """Promises by sequence; one told again unchanged is no new one."""
    for deadline in deadlines:
        former = [p for p in promises if p[1] == deadline.stage and p[0] <= sequence]
        if not former or former[-1][2] != deadline.due_at:
            told = (sequence, deadline.stage, deadline.due_at, deadline.policy)
            promises = sorted([*map(tuple, promises), told])
    return promises


def _promised(fact: RequestFact, deadline: Deadline, sequence: int) -> RequestFact:
    """The date of a replication that holds: when it was told, the date, who promised it."""
    if fact.plan_promise and sequence < fact.plan_promise[0]:
        return fact
    return replace(fact, plan_promise=(sequence, deadline.due_at, deadline.policy))


def _covered(
    fact: RequestFact, sequence: int, signed: int, exempt: int, eligible: int
) -> RequestFact:
    """The last word on coverage counts, also when an earlier one is replayed late."""
    if sequence < fact.covered_to:
        return fact
    return replace(fact, covered_to=sequence, signed=signed, exempt=exempt, eligible=eligible)


def _with_turn(turns: Sequence[Turn], turn: Turn, *, keep: bool = False) -> Sequence[Turn]:
    """Turns by sequence; one that changes neither status nor holder is left out."""
    before = [known for known in turns if known[0] < turn[0]]
    after = [known for known in turns if known[0] > turn[0]]
    if not keep and before and tuple(before[-1][2:]) == tuple(turn[2:]):
        return turns
    return [*before, turn, *after]
