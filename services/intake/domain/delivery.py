"""A message to a subscriber's address: tried, tried again with longer waits, ended with its log.

Who sends it takes it first, with a lease: a sender that dies has lost a try and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from services.intake.domain.request import NO_TIME
from services.intake.policy import IntakePolicy, WebhookRow
from shared.contracts import EventBody
from shared.contracts.intake import (
    DeliveryAnswered,
    DeliveryAttempted,
    DeliveryOpened,
    DeliveryReplayed,
)
from shared.decider import Decider, Given, Rejected, Stamp

LOG_LENGTH: Final = 50
LOST: Final = "lost"
_SUCCESS: Final = range(200, 300)


class DeliveryStatus(StrEnum):
    NEW = "new"
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the log; `status` 0 when nothing was answered."""

    number: int
    at: datetime
    status: int
    error: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Message:
    """What is told, and to whom; it does not change from one try to the next."""

    subscription_id: str = ""
    request_id: str = ""
    sequence: int = 0
    occasion: str = ""
    code: str = ""
    status: str = ""
    coverage_pct: float = 0.0
    occurred_at: datetime = NO_TIME


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a message stands; `tries` are those since it was opened or replayed."""

    status: DeliveryStatus = DeliveryStatus.NEW
    message: Message = Message()
    number: int = 0
    tries: int = 0
    next_at: datetime | None = None
    log: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """Something happened that a subscriber wants to know."""

    message: Message


@dataclass(frozen=True, slots=True)
class Take:
    """Somebody is ready to send it, if it is due."""


@dataclass(frozen=True, slots=True)
class Conclude:
    """How a try ended; `final` when another would end the same way."""

    number: int
    status: int
    error: str = ""
    milliseconds: int = 0
    final: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """Tell it again, from the first try on."""


Command = Open | Take | Conclude | Replay


def decide(delivery: Delivery, command: Command, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    """The events that a command leads to."""
    match command:
        case Open(message):
            if delivery.status is not DeliveryStatus.NEW:
                return []
            names = Message.__dataclass_fields__
            return [DeliveryOpened(**{name: getattr(message, name) for name in names})]
        case Take():
            return _taken(delivery, given)
        case Conclude():
            mine = (delivery.status, delivery.number) == (DeliveryStatus.SENDING, command.number)
            return [_answered(delivery, command, given)] if mine else []
        case Replay():
            if delivery.status not in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED):
                raise Rejected("delivery.under_way", status=delivery.status)
            return [DeliveryReplayed()]


def _taken(delivery: Delivery, given: Given[IntakePolicy]) -> Sequence[EventBody]:
    if delivery.next_at is None or delivery.next_at > given.at:
        return []
    if delivery.status is DeliveryStatus.SENDING:
        return [_answered(delivery, Conclude(delivery.number, 0, LOST), given)]
    lease = given.policy.webhooks.lease
    return [DeliveryAttempted(number=delivery.number + 1, lease_until=given.at + lease)]


def _answered(delivery: Delivery, ended: Conclude, given: Given[IntakePolicy]) -> DeliveryAnswered:
    delivered = ended.status in _SUCCESS and not ended.error
    row = given.policy.webhooks
    again = not delivered and not ended.final and delivery.tries < row.attempts
    return DeliveryAnswered(
        number=ended.number,
        status=ended.status,
        error=ended.error,
        milliseconds=ended.milliseconds,
        delivered=delivered,
        next_at=given.at + wait_after(delivery.tries, row) if again else None,
    )


def wait_after(tries: int, row: WebhookRow) -> timedelta:
    """Twice as long after each try, up to the policy's longest wait."""
    seconds = row.first_wait * 2.0 ** min(max(0, tries - 1), 30)
    return timedelta(seconds=min(seconds, row.longest_wait))


def evolve(delivery: Delivery, event: EventBody, stamp: Stamp) -> Delivery:
    """What an event changes."""
    match event:
        case DeliveryOpened():
            message = Message(**event.model_dump())
            return Delivery(DeliveryStatus.WAITING, message, next_at=stamp.at)
        case DeliveryAttempted():
            return replace(
                delivery,
                status=DeliveryStatus.SENDING,
                number=event.number,
                tries=delivery.tries + 1,
                next_at=event.lease_until,
            )
        case DeliveryAnswered():
            return _after_answer(delivery, event, stamp.at)
        case DeliveryReplayed():
            return replace(delivery, status=DeliveryStatus.WAITING, tries=0, next_at=stamp.at)
    return delivery


def _after_answer(delivery: Delivery, event: DeliveryAnswered, at: datetime) -> Delivery:
    if event.delivered:
        status = DeliveryStatus.DELIVERED
    else:
        status = DeliveryStatus.WAITING if event.next_at else DeliveryStatus.FAILED
    line = Attempt(event.number, at, event.status, event.error, event.milliseconds)
    log = (*delivery.log, line)[-LOG_LENGTH:]
    return replace(delivery, status=status, next_at=event.next_at, log=log)


# without `on_due`: whoever sends takes what is due, the kernel's worker cannot send
DECIDER: Final[Decider[Delivery, Any, IntakePolicy]] = Decider(
    state=Delivery,
    initial=Delivery,
    decide=decide,
    evolve=evolve,
    next_due=lambda delivery: delivery.next_at,
)
