"""What was said by word of mouth is not approved before the client has confirmed it (A25)."""

from collections.abc import Iterable

import pytest

from services.validation.consumers import on_confirmation_lapsed, on_request_confirmed
from services.validation.domain import Approve, Confirm, Observe, Open, Refuse, Status
from services.validation.policy import EvaluationPolicy
from shared.bus import Heard, Send
from shared.contracts.intake import RequestConfirmationLapsed, RequestConfirmed
from shared.decider import Rejected
from tests.support.evaluations import Case, lima

CHECKS = ("other_requests", "resources", "areas")
SAID = Open("SOL-2026-000001", "information", "tema", "título", lima(1), verbal=True)


@pytest.fixture
def said(policy: EvaluationPolicy) -> Case:
    case = Case(policy)
    case.give(SAID, lima(1))
    return case


def test_a_verbal_instruction_is_evaluated_and_not_approved(said: Case) -> None:
    assert said.state.unconfirmed
    with pytest.raises(Rejected) as refused:
        said.give(Approve(CHECKS), lima(1, 11))
    assert refused.value.code == "evaluation.unconfirmed"
    said.give(Observe("q-1", ("¿Desde cuándo?",)), lima(1, 12))
    assert said.state.status is Status.OBSERVED


@pytest.mark.parametrize("lapsed", [True, False])
def test_it_is_approved_once_confirmed_or_lapsed(said: Case, lapsed: bool) -> None:  # noqa: FBT001
    (event,) = said.give(Confirm(lapsed=lapsed), lima(1, 11))
    assert event.event_type == "validation.evaluation.confirmed.v1"
    assert said.give(Confirm(), lima(1, 11)) == []
    said.give(Approve(CHECKS), lima(1, 12))
    assert said.state.status is Status.APPROVED


def test_what_cannot_be_done_is_refused_without_a_confirmation(said: Case) -> None:
    said.give(Refuse("no hay con qué"), lima(1, 11))
    assert said.state.status is Status.REFUSED


def test_a_written_request_is_told_of_no_confirmation(policy: EvaluationPolicy) -> None:
    case = Case(policy)
    assert len(case.give(Open("SOL-2026-000002", "information", "t", "s", lima(1)), lima(1))) == 1
    assert case.give(Confirm(), lima(1, 11)) == []
    case.give(Approve(CHECKS), lima(1, 12))


def commands(sends: Iterable[Send]) -> list[object]:
    return [send.command for send in sends]


def test_what_intake_says_of_the_confirmation_lifts_the_block_or_waits_for_the_end() -> None:
    at = lima(2)

    def heard(body: object) -> Heard:  # type: ignore[type-arg]
        return Heard(body, "r", "osinergmin", at, "person:ana", 3)  # type: ignore[type-var]

    assert commands(on_request_confirmed(heard(RequestConfirmed(confirmed_at=at)))) == [Confirm()]
    proceed = RequestConfirmationLapsed(due_at=at, then="proceed")
    withdraw = RequestConfirmationLapsed(due_at=at, then="withdraw")
    assert commands(on_confirmation_lapsed(heard(proceed))) == [Confirm(lapsed=True)]
    assert commands(on_confirmation_lapsed(heard(withdraw))) == []
