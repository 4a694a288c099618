"""One request takes another's place, or contradicts it: what each of the two knows of it."""

from datetime import date, timedelta

import pytest

from services.intake.domain import (
    Contradict,
    Link,
    Overlap,
    Receive,
    Relation,
    Replace,
    Request,
    Status,
    Withdraw,
    next_due,
)
from services.intake.domain.stages import StageState
from services.intake.domain.succession import MAX_OVERLAPS, successor
from shared.contracts.intake import ReplacingRequest, RequestDeadlineBreached
from shared.decider import Rejected
from tests.unit.intake.bench import AT
from tests.unit.intake.test_requests import received, told

BY = ReplacingRequest(
    id="r-2",
    code="SOL-2026-000002",
    request_type="training",
    topic="t",
    title="otro",
    description="d",
    area="DSR",
    effective_on=date(2026, 8, 3),
    touches=("denuncias",),
)
OTHER = Overlap("r-9", "SOL-2026-000009", ("denuncias",), relation=Relation.NEWER_RULE)


def test_the_old_one_ends_with_its_promises_and_names_the_new_one() -> None:
    request, events = told(received(), Replace(BY, "cambió la norma"))
    assert [event.event_type.split(".")[2] for event in events] == ["replaced", "closed"]
    assert (request.status, request.outcome, request.on_time) == (Status.REPLACED, "replaced", None)
    assert request.replaced_by == Link("r-2", "SOL-2026-000002")
    assert request.reason == "cambió la norma"
    assert {stage.state for stage in request.stages} == {StageState.CANCELLED}
    assert next_due(request) is None
    with pytest.raises(Rejected, match=r"request\.illegal_transition"):
        told(request, Replace(BY))


def test_a_promise_that_passed_before_stays_missed() -> None:
    request = received()
    late = request.stages[0].due_at + timedelta(seconds=1)
    _, events = told(request, Replace(BY), at=late)
    assert isinstance(events[0], RequestDeadlineBreached)


def test_the_new_one_begins_once_whoever_begins_it() -> None:
    begin = successor(BY, "r-1", "SOL-2026-000001")
    request, events = told(Request(), begin)
    assert (request.status, request.code) == (Status.RECEIVED, "SOL-2026-000002")
    assert (request.request_type, request.title, request.touches) == (
        "training", "otro", ("denuncias",),
    )  # fmt: skip
    assert request.effective_on == date(2026, 8, 3)
    assert request.replaces == Link("r-1", "SOL-2026-000001")
    assert len(events) == 1
    assert told(request, begin)[1] == []
    for stranger in (
        successor(BY, "r-7", "SOL-2026-000007"),
        Receive("SOL-2026-000002", "training", "t", "s", "d"),
    ):
        with pytest.raises(Rejected):
            told(request, stranger)


def test_something_newer_is_told_once_and_beside_what_was_known() -> None:
    known = Overlap("r-5", "SOL-2026-000005", ("denuncias",))
    request, _ = told(
        Request(), Receive("SOL-2026-000001", "information", "t", "s", "d", overlaps=(known,))
    )
    request, events = told(request, Contradict((OTHER,)), Contradict((OTHER,)))
    assert request.overlaps == (known, OTHER)
    assert len(events) == 1


def test_what_has_ended_or_never_began_is_told_nothing() -> None:
    ended, _ = told(received(), Withdraw("ya no"))
    for request in (ended, Request()):
        assert told(request, Contradict((OTHER,)))[1] == []


def test_what_may_contradict_is_bounded() -> None:
    request = received()
    for number in range(MAX_OVERLAPS + 5):
        request, _ = told(request, Contradict((Overlap(f"r-{number}", "c", ("x",)),)), at=AT)
    assert len(request.overlaps) == MAX_OVERLAPS
