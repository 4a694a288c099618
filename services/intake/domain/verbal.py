"""A verbal instruction and its written support: asked for, confirmed, or lapsed (A25)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.intake.policy import IntakePolicy, Lapse
from shared.clock import Step, sentence
from shared.clock.steps import local
from shared.contracts.intake import (
    ConfirmationNote,
    RequestConfirmationAsked,
    RequestConfirmationLapsed,
    RequestConfirmed,
    RequestReceived,
)
from shared.contracts.terms import Deadline
from shared.decider import Given, Rejected


class ConfirmationState(StrEnum):
    """Whether the client stands by what he said; `none` for what came in writing."""

    NONE = "none"
    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How the client's confirmation stands."""

    state: ConfirmationState = ConfirmationState.NONE
    due_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether nothing may be deployed yet."""
        return self.state is ConfirmationState.AWAITED

    @property
    def next_due(self) -> datetime | None:
        return self.due_at if self.is_awaited else None

    def is_due(self, at: datetime) -> bool:
        """Whether its term has run out; the due instant itself lapses it."""
        return self.next_due is not None and self.next_due <= at

    def is_late(self, at: datetime) -> bool:
        """Whether one given now comes too late; at the due instant it is in time."""
        return self.next_due is not None and self.next_due < at


UNASKED: Final = Confirmation()
Told = RequestConfirmationAsked | RequestConfirmed | RequestConfirmationLapsed


def answered(confirmation: Confirmation, event: Told) -> Confirmation:
    """What an event changes."""
    match event:
        case RequestConfirmationAsked():
            return Confirmation(ConfirmationState.AWAITED, event.deadline.due_at)
        case RequestConfirmed():
            done, at = ConfirmationState.CONFIRMED, event.confirmed_at
            return replace(confirmation, state=done, confirmed_at=at)
        case RequestConfirmationLapsed():
            return replace(confirmation, state=ConfirmationState.LAPSED)


def asked(received: RequestReceived, given: Given[IntakePolicy]) -> RequestConfirmationAsked:
    """The note to the client, in each language that the policy has a text for."""
    deadline = given.policy.confirmation(received.received_at)
    return RequestConfirmationAsked(
        deadline=deadline,
        notes=tuple(
            ConfirmationNote(
                language=language,
                text=text.format_map(_facts(received, deadline, given.policy, language)),
            )
            for language, text in given.policy.verbal.notes.items()
        ),
    )


def confirmed(confirmation: Confirmation, remark: str, at: datetime) -> RequestConfirmed:
    """The client's word in writing; after a lapse it is still the support that was missing.

    Raises:
        Rejected: it came in writing, or was confirmed before.
    """
    if confirmation.state in (ConfirmationState.NONE, ConfirmationState.CONFIRMED):
        raise Rejected("request.nothing_to_confirm", confirmation=confirmation.state)
    return RequestConfirmed(confirmed_at=at, remark=remark)


def lapsed(
    confirmation: Confirmation, policy: IntakePolicy
) -> tuple[RequestConfirmationLapsed, str]:
    """The lapse, and the reason to close the request with; empty when it goes on."""
    if confirmation.due_at is None:
        raise Rejected("request.nothing_to_confirm", confirmation=confirmation.state)
    row = policy.verbal
    event = RequestConfirmationLapsed(due_at=confirmation.due_at, then=row.lapse)
    return event, row.reason if row.lapse is Lapse.WITHDRAW else ""


def _facts(
    received: RequestReceived, deadline: Deadline, policy: IntakePolicy, language: str
) -> dict[str, str]:
    effective = received.effective_on
    return {
        "code": received.code,
        "topic": received.topic,
        "subject": received.title,
        "description": received.description,
        "area": received.area or "-",
        "received": _told("received", received.received_at, policy, language),
        "due": _told("due", deadline.due_at, policy, language),
        "effective": "-" if effective is None else effective.isoformat(),
    }


def _told(code: str, at: datetime, policy: IntakePolicy, language: str) -> str:
    """An instant in words: `vence jue 30 jul 2026 16:30`."""
    return sentence(Step(code, {"at": local(at, policy.calendar.zone)}), language)
