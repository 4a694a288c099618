"""Whose clock runs after the approval: the client's while he has a query about it (A23, A43)."""

from datetime import datetime, timedelta

import pytest

from services.intake.domain import (
    Action,
    Advance,
    Complete,
    Coverage,
    Holder,
    PassDeadline,
    Request,
    Status,
    Withdraw,
    next_due,
)
from services.intake.domain.gate import clock_of
from services.intake.domain.stages import StageState
from services.intake.domain.subscription import Occasion, occasion_of
from services.intake.rules.promise import NEVER
from shared.contracts.intake import RequestClosed, RequestDeadlineBreached
from shared.contracts.terms import Deadline
from shared.decider import Rejected
from tests.unit.intake.bench import AT
from tests.unit.intake.test_requests import DAY, news, of, received, states, told

DUE = AT + 2 * DAY
HOUR = timedelta(hours=1)


def viable(*more: Advance, replicated: bool = True) -> Request:
    deadline = Deadline(stage="x", due_at=DUE, effective_at=AT)
    approved = Advance(Action.APPROVE, AT, deadline=deadline, replicated=replicated)
    return told(received(), approved, *more)[0]


def shut(at: datetime = AT + HOUR, query: str = "q1") -> Advance:
    return Advance(Action.SHUT, at, query_id=query)


def reopened(at: datetime, due: datetime | None, query: str = "q1") -> Advance:
    deadline = due and Deadline(stage="request.information", due_at=due, effective_at=AT)
    return Advance(Action.REOPEN, at, deadline=deadline, query_id=query)


def test_the_client_holds_it_and_no_promise_of_ours_runs() -> None:
    request, (event,) = told(viable(), shut())
    assert (request.status, request.holder, clock_of(request)) == (
        Status.VIABLE, Holder.CLIENT, "client",
    )  # fmt: skip
    assert states(request)["attention"] is StageState.PAUSED
    assert (next_due(request), request.due_at, request.query_id) == (None, NEVER, "q1")
    assert occasion_of(event) is Occasion.OBSERVATION
    assert told(request, PassDeadline(DUE), at=DUE + DAY)[1] == []


@pytest.mark.parametrize("replicated", [True, False])
def test_his_answer_gives_it_back_with_the_date_that_he_moved(
    replicated: bool,  # noqa: FBT001 - a row of the table
) -> None:
    before = viable(replicated=replicated)
    request, _ = told(before, shut())
    request, (event,) = told(request, reopened(AT + 5 * DAY, DUE + 5 * DAY))
    assert (request.holder, clock_of(request)) == (before.holder, "provider")
    assert states(request)["attention"] is StageState.RUNNING
    assert next_due(request) == request.due_at == DUE + 5 * DAY
    assert (request.query_id, request.paused) == ("", ())
    assert occasion_of(event) is None


def test_what_goes_on_meanwhile_leaves_it_with_the_client() -> None:
    plan = news(Action.PREPARE, AT + 2 * HOUR, DUE)
    request, _ = told(viable(), shut(), plan, Advance(Action.SUSPEND, AT + HOUR))
    assert (request.status, request.holder) == (Status.PREPARING, Holder.CLIENT)
    assert {states(request)[name] for name in ("attention", "replication")} == {StageState.PAUSED}
    request, _ = told(
        request,
        reopened(AT + DAY, DUE + DAY),
        Advance(
            Action.RESUME,
            AT + DAY,
            deadline=Deadline(stage="y", due_at=DUE + 2 * DAY, effective_at=AT),
        ),
    )
    assert request.holder == Holder.TRAINING
    assert {stage.name: stage.due_at for stage in request.stages if stage.is_open} == {
        "attention": DUE + DAY,
        "replication": DUE + 2 * DAY,
    }
    assert next_due(request) == DUE + DAY


def test_the_streams_may_cross() -> None:
    plan = news(Action.PREPARE, AT, DUE)
    moved = Deadline(stage="y", due_at=DUE + DAY, effective_at=AT)
    resumed = Advance(Action.RESUME, AT + DAY, deadline=moved)
    suspended = Advance(Action.SUSPEND, AT)
    steps = [suspended, resumed, shut(), reopened(AT + DAY, DUE + DAY)]
    request, _ = told(viable(), plan, *steps)
    assert states(request)["replication"] is StageState.RUNNING
    assert (request.holder, request.paused) == (Holder.TRAINING, ())


def test_a_term_that_had_passed_before_stays_missed_and_is_told_once() -> None:
    late = DUE + HOUR
    request, events = told(viable(), shut(late), at=late)
    assert isinstance(events[0], RequestDeadlineBreached)
    again = [reopened(late + DAY, None), Advance(Action.COMPLETE, late + DAY)]
    request, events = told(request, *again, at=late + DAY)
    assert of(events, RequestDeadlineBreached) == []
    assert request.on_time is False


def test_the_same_promise_told_again_is_no_new_one() -> None:
    plan = news(Action.PREPARE, AT, DUE)
    request, _ = told(viable(), plan, PassDeadline(DUE), at=DUE)
    same = Deadline(stage="y", due_at=DUE, effective_at=AT)
    request, _ = told(request, Advance(Action.RESUME, DUE + DAY, deadline=same), at=DUE + DAY)
    assert states(request)["replication"] is StageState.BREACHED


def test_another_answer_opens_nothing_and_another_query_shuts_nothing() -> None:
    request, _ = told(viable(), shut())
    assert told(request, reopened(AT + DAY, None, "q0"))[0].query_id == "q1"
    assert told(request, shut(query="q2"))[0].query_id == "q1"
    assert told(received(), shut())[1] == []


def test_nothing_is_completed_by_hand_while_the_client_is_asked() -> None:
    request, _ = told(viable(replicated=False), shut())
    with pytest.raises(Rejected, match=r"request\.query_open"):
        told(request, Complete())


def test_what_ends_meanwhile_ends_in_time_and_what_is_withdrawn_is_cancelled() -> None:
    request, _ = told(viable(), shut())
    done = Advance(Action.COMPLETE, DUE + 9 * DAY, coverage=Coverage(3, 0, 3))
    _, events = told(request, done, at=DUE + 9 * DAY)
    assert [event.on_time for event in events if isinstance(event, RequestClosed)] == [True]
    withdrawn, _ = told(request, Withdraw("ya no"))
    assert states(withdrawn)["attention"] is StageState.CANCELLED
    assert clock_of(withdrawn) == "none"


def test_the_launch_is_told_once_when_the_query_crosses_it() -> None:
    crossing = [Advance(Action.LAUNCH, AT, coverage=Coverage(eligible=3)), shut()]
    steps = [*crossing, reopened(AT + DAY, DUE + DAY)]
    _, events = told(viable(), *steps)
    told_of = [occasion_of(event) for event in events]
    assert told_of == [Occasion.START, Occasion.OBSERVATION, None]
