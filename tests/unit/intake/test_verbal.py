"""A verbal instruction blocks until the client confirms it or its term lapses by policy (A25)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from services.intake.domain import (
    DECIDER,
    Action,
    Advance,
    Complete,
    Confirm,
    ConfirmationState,
    Receive,
    Request,
    Status,
    Withdraw,
    decide,
    evolve,
    next_due,
)
from services.intake.domain.lifecycle import Holder
from services.intake.policy import IntakePolicy, IntakeSection, Lapse, intake_policy
from shared.contracts import EventBody
from shared.contracts.intake import RequestConfirmationAsked, RequestConfirmationLapsed
from shared.decider import Given, Invalid, Rejected, Stamp
from tests.unit.intake.bench import AT, POLICY, TENANTS, given

DAY = timedelta(days=1)
SAID = Receive("SOL-2026-000001", "information", "t {due}", "asunto", "d", area="DSR", verbal=True)


def by(lapse: Lapse | None) -> IntakePolicy:
    """The tenant's policy with another answer to a lapse, or without verbal instructions."""
    row = None if lapse is None else POLICY.verbal.model_copy(update={"lapse": lapse})
    return replace(POLICY, section=POLICY.section.model_copy(update={"verbal": row}))


def told(
    request: Request, *commands: object, at: datetime = AT, policy: IntakePolicy = POLICY
) -> tuple[Request, list[EventBody]]:
    events: list[EventBody] = []
    for command in commands:
        for event in decide(request, command, Given(at, "person:ana", "osinergmin", policy)):  # type: ignore[arg-type]
            events.append(event)
            request = evolve(request, event, Stamp(at, "person:ana", len(events)))
    return request, events


def kinds(events: Sequence[EventBody]) -> list[str]:
    return [event.event_type.split(".")[2] for event in events]


def due_of(request: Request) -> datetime:
    assert request.confirmation.due_at is not None
    return request.confirmation.due_at


def test_what_was_said_goes_back_to_the_client_in_the_tenants_languages() -> None:
    request, (_, asked) = told(Request(), SAID)
    assert isinstance(asked, RequestConfirmationAsked)
    texts = {note.language: note.text for note in asked.notes}
    assert set(texts) == {"es", "en"} <= set(TENANTS["osinergmin"].languages)
    assert "Confirmación de una instrucción verbal: SOL-2026-000001" in texts["es"]
    assert "Asunto: asunto" in texts["es"]
    assert "vence mar 21 jul 2026 16:30" in texts["es"]
    assert "due Tue 21 Jul 2026 16:30" in texts["en"]
    # what the client wrote is quoted, never filled in
    assert "Tema: t {due}" in texts["es"]
    assert asked.deadline.steps[-1].params["source"].startswith("derived: A:L2285")  # type: ignore[union-attr]
    assert request.confirmation.is_awaited


def test_what_came_in_writing_awaits_nothing() -> None:
    request, events = told(Request(), replace(SAID, verbal=False))
    assert kinds(events) == ["received"]
    assert request.confirmation.state is ConfirmationState.NONE
    with pytest.raises(Rejected, match=r"request\.nothing_to_confirm"):
        decide(request, Confirm(), given())


def test_an_account_without_the_row_takes_no_verbal_instruction() -> None:
    with pytest.raises(Invalid, match=r"request\.verbal_not_taken"):
        told(Request(), SAID, policy=by(None))


def test_the_clients_word_lifts_the_block_once() -> None:
    request, events = told(told(Request(), SAID)[0], Confirm("así es"), at=AT + timedelta(hours=1))
    assert kinds(events) == ["confirmed"]
    assert request.confirmation.state is ConfirmationState.CONFIRMED
    assert request.confirmation.next_due is None
    with pytest.raises(Rejected, match=r"request\.nothing_to_confirm"):
        decide(request, Confirm(), given())


def test_the_last_instant_of_the_term_is_in_time_and_the_next_one_is_not() -> None:
    request, _ = told(Request(), SAID)
    assert kinds(told(request, Confirm(), at=due_of(request))[1]) == ["confirmed"]
    with pytest.raises(Rejected, match=r"request\.confirmation_lapsed"):
        told(request, Confirm(), at=due_of(request) + timedelta(milliseconds=1))


def test_a_lapse_withdraws_when_the_policy_says_so() -> None:
    request, _ = told(Request(), SAID)
    assert DECIDER.on_due is not None
    due = due_of(request)
    request, events = told(request, DECIDER.on_due(due), at=due, policy=by(Lapse.WITHDRAW))
    assert kinds(events)[-2:] == ["confirmation_lapsed", "closed"]
    assert (request.status, request.outcome) == (Status.WITHDRAWN, "withdrawn")
    assert request.reason == POLICY.verbal.reason
    assert next_due(request) is None


def test_a_lapse_lets_it_go_on_when_the_policy_says_so() -> None:
    request, _ = told(Request(), SAID)
    assert DECIDER.on_due is not None
    due = due_of(request)
    request, events = told(request, DECIDER.on_due(due), at=due, policy=by(Lapse.PROCEED))
    (lapsed,) = [event for event in events if isinstance(event, RequestConfirmationLapsed)]
    assert (lapsed.due_at, lapsed.then) == (due, "proceed")
    assert request.status is Status.RECEIVED
    assert told(request, DECIDER.on_due(due), at=due, policy=by(Lapse.PROCEED))[1] == []
    # the support that was missing is still welcome
    late, _ = told(request, Confirm(), at=due + DAY, policy=by(Lapse.PROCEED))
    assert late.confirmation.state is ConfirmationState.CONFIRMED


def test_a_lapse_that_no_timer_told_is_told_by_the_late_confirmation() -> None:
    request, _ = told(Request(), SAID)
    _, events = told(request, Confirm(), at=due_of(request) + DAY, policy=by(Lapse.PROCEED))
    assert kinds(events) == ["confirmation_lapsed", "confirmed"]


def test_nothing_is_completed_by_hand_before_the_client_has_confirmed() -> None:
    request, _ = told(Request(), SAID)
    approved = Advance(Action.APPROVE, AT, replicated=False)
    request, _ = told(request, approved)
    assert request.holder == Holder.SYSTEMS
    with pytest.raises(Rejected, match=r"request\.unconfirmed"):
        decide(request, Complete(), given())
    assert told(request, Confirm(), Complete())[0].status is Status.CLOSED


def test_a_withdrawn_request_is_confirmed_no_more_and_lapses_no_more() -> None:
    request, _ = told(Request(), SAID, Withdraw("ya no"))
    assert next_due(request) is None
    with pytest.raises(Rejected, match=r"request\.illegal_transition"):
        decide(request, Confirm(), given())
    assert DECIDER.on_due is not None
    assert told(request, DECIDER.on_due(due_of(request)), at=AT + 9 * DAY)[1] == []


@pytest.mark.parametrize("name", sorted(TENANTS))
def test_every_account_says_how_what_was_said_is_confirmed(name: str) -> None:
    policy = intake_policy(TENANTS[name])
    assert policy.confirmation(AT).due_at > AT
    assert set(policy.verbal.notes) <= set(TENANTS[name].languages)


@pytest.mark.parametrize("text", ["{nobody}", "{code.__class__}", "{code", "{}", "{0}"])
def test_a_note_that_names_what_is_not_there_is_refused_at_start(text: str) -> None:
    body = POLICY.section.model_dump(mode="json", exclude_none=True)
    body["verbal"]["notes"]["es"] = text
    with pytest.raises(ValidationError):
        IntakeSection.model_validate(body)
