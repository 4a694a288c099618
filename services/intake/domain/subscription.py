"""Who wants to be told, where, and of what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from services.intake.policy import IntakePolicy
from shared.contracts import EventBody
from shared.contracts.intake import (
    RequestClosed,
    RequestProgressed,
    RequestReceived,
    SubscriptionClosed,
    SubscriptionOpened,
)
from shared.decider import Decider, Given, Rejected, Stamp


class Occasion(StrEnum):
    """When the client is told (A60)."""

    RECEIPT = "receipt"
    OBSERVATION = "observation"
    START = "start"
    PROGRESS = "progress"
    CLOSE = "close"


class SubscriptionStatus(StrEnum):
    NEW = "new"
    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address and its occasions."""

    status: SubscriptionStatus = SubscriptionStatus.NEW
    url: str = ""
    occasions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscribe:
    url: str
    occasions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """No more of it."""


def decide(
    subscription: Subscription, command: Subscribe | Unsubscribe, given: Given[IntakePolicy]
) -> Sequence[EventBody]:
    """The events that a command leads to."""
    del given
    match command:
        case Subscribe(url, occasions):
            _expect(subscription, SubscriptionStatus.NEW)
            return [SubscriptionOpened(url=url, occasions=tuple(sorted(set(occasions))))]
        case Unsubscribe():
            _expect(subscription, SubscriptionStatus.ACTIVE)
            return [SubscriptionClosed()]


def _expect(subscription: Subscription, status: SubscriptionStatus) -> None:
    if subscription.status is not status:
        raise Rejected("subscription.closed", status=subscription.status)


def evolve(subscription: Subscription, event: EventBody, _stamp: Stamp) -> Subscription:
    """What an event changes."""
    match event:
        case SubscriptionOpened():
            return Subscription(SubscriptionStatus.ACTIVE, event.url, event.occasions)
        case SubscriptionClosed():
            return replace(subscription, status=SubscriptionStatus.CLOSED)
    return subscription


def occasion_of(event: EventBody) -> Occasion | None:
    """The occasion that an event of a request is; most are none."""
    match event:
        case RequestReceived():
            return Occasion.RECEIPT
        case RequestClosed():
            return Occasion.CLOSE
        case RequestProgressed():
            return _occasion_of_progress(event)
    return None


def _occasion_of_progress(event: RequestProgressed) -> Occasion | None:
    if event.status == "observed" or event.gate == "shut":
        return Occasion.OBSERVATION
    clocks_only = event.gate or event.paused or event.deadlines
    if clocks_only or event.status not in ("training_leaders", "deploying"):
        return None
    if event.coverage_signed + event.coverage_exempt:
        return Occasion.PROGRESS
    return Occasion.START if event.status == "training_leaders" else None


DECIDER: Final[Decider[Subscription, Any, IntakePolicy]] = Decider(
    state=Subscription, initial=Subscription, decide=decide, evolve=evolve
)
