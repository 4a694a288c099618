"""What the registry promises, how promises end, and that each breach is told once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from services.intake.domain import (
    DECIDER,
    TERMINAL,
    Action,
    Advance,
    Coverage,
    PassDeadline,
    Receive,
    Request,
    Status,
    TakeOver,
    Withdraw,
    decide,
    evolve,
    next_due,
)
from services.intake.domain.request import Command
from services.intake.domain.stages import StageState
from services.intake.rules.promise import NEVER
from shared.contracts import EventBody
from shared.contracts.intake import (
    RequestClosed,
    RequestDeadlineBreached,
    RequestImported,
    RequestProgressed,
    RequestReceived,
)
from shared.contracts.terms import Deadline
from shared.decider import Invalid, Stamp
from shared.words import search_words
from tests.unit.intake.bench import AT, TENANTS, given

DAY = timedelta(days=1)
RECEIVE = Receive("SOL-2026-000001", "information", "t", "s", "d", area="DSR")


def told(
    request: Request, *commands: Command, at: datetime = AT
) -> tuple[Request, list[EventBody]]:
    """The request after some commands, and all events on the way."""
    events: list[EventBody] = []
    for command in commands:
        for event in decide(request, command, given(at)):
            events.append(event)
            request = evolve(request, event, Stamp(at, "person:ana", len(events)))
    return request, events


def received(at: datetime = AT) -> Request:
    return told(Request(), RECEIVE, at=at)[0]


def news(action: Action, at: datetime, due: datetime | None = None) -> Advance:
    deadline = None if due is None else Deadline(stage="x", due_at=due, effective_at=at)
    return Advance(action, at, deadline=deadline)


def states(request: Request) -> dict[str, StageState]:
    return {stage.name: stage.state for stage in request.stages}


def of(events: Sequence[EventBody], kind: type[EventBody]) -> list[EventBody]:
    return [event for event in events if isinstance(event, kind)]


LIMA_1630 = datetime(2026, 7, 24, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("received_at", "effective_at", "due_at"),
    [
        # the golden cases of the domain page: Friday 24 July 2026, holidays on the 28th and 29th
        (LIMA_1630, LIMA_1630, datetime(2026, 7, 27, 21, 30, tzinfo=UTC)),
        (
            LIMA_1630 + timedelta(seconds=1),
            datetime(2026, 7, 27, 13, 30, tzinfo=UTC),
            datetime(2026, 7, 30, 21, 30, tzinfo=UTC),
        ),
        (
            datetime(2026, 7, 25, 15, 0, tzinfo=UTC),
            datetime(2026, 7, 27, 13, 30, tzinfo=UTC),
            datetime(2026, 7, 30, 21, 30, tzinfo=UTC),
        ),
    ],
)
def test_the_cut_off_decides_what_is_promised(
    received_at: datetime, effective_at: datetime, due_at: datetime
) -> None:
    (event,) = decide(Request(), RECEIVE, given(received_at))
    assert isinstance(event, RequestReceived)
    (deadline,) = event.deadlines
    assert (event.effective_received_at, deadline.due_at) == (effective_at, due_at)
    assert deadline.policy == TENANTS["osinergmin"].version
    assert deadline.steps[-1].params == {"source": "A:L1867"}


def test_the_same_second_is_promised_the_same_and_the_next_day_is_not() -> None:
    policy = given().policy
    first = policy.promises("information", AT)
    assert policy.promises("information", AT + timedelta(milliseconds=999)) is first
    assert policy.promises("information", AT + DAY) != first


def test_the_memory_of_promises_is_bounded() -> None:
    policy = given().policy
    for second in range(600):
        policy.promises("information", AT + timedelta(seconds=second))
    assert len(policy._made) <= 256


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as refused:
        given().policy.series_of("wish", AT)
    assert "system_access" in str(refused.value.fields["known"])


def test_a_code_counts_in_the_local_year() -> None:
    new_year_in_utc = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)
    assert given().policy.series_of("training", new_year_in_utc) == ("CAP", 2026)


def test_an_observation_in_time_meets_the_evaluation_and_an_answer_promises_anew() -> None:
    request, _ = told(
        received(),
        news(Action.EVALUATE, AT),
        news(Action.OBSERVE, AT + timedelta(hours=2)),
    )
    assert states(request) == {"evaluation": StageState.MET}
    assert next_due(request) is None
    again, _ = told(request, news(Action.ANSWER, AT + 3 * DAY, AT + 4 * DAY))
    assert (again.status, states(again)) == (Status.ANSWERED, {"evaluation": StageState.RUNNING})
    assert next_due(again) == AT + 4 * DAY


def test_a_promise_that_passes_is_told_once_and_stays_told() -> None:
    request = received()
    due = next_due(request)
    assert due is not None
    assert DECIDER.on_due is not None
    request, events = told(request, DECIDER.on_due(due), at=due)
    assert [event.event_type for event in events] == ["intake.request.deadline_breached.v1"]
    assert next_due(request) is None
    assert told(request, PassDeadline(due), at=due + DAY)[1] == []
    assert request.due_at == due


def test_a_breach_that_the_timer_has_not_told_yet_is_told_before_the_news() -> None:
    request = received()
    late = request.stages[0].due_at + timedelta(seconds=1)
    request, events = told(request, news(Action.APPROVE, late, late + DAY), at=late + DAY)
    assert [type(event) for event in events] == [RequestDeadlineBreached, RequestProgressed]
    assert states(request)["evaluation"] is StageState.BREACHED
    assert request.late


def test_news_that_was_long_on_its_way_is_judged_by_when_it_happened() -> None:
    request = received()
    due = request.stages[0].due_at
    request, _ = told(request, PassDeadline(due), at=due)
    request, events = told(request, news(Action.APPROVE, due, due + DAY), at=due + 5 * DAY)
    assert of(events, RequestDeadlineBreached) == []
    assert states(request)["evaluation"] is StageState.MET
    assert not request.late


def test_a_plan_heard_of_before_its_evaluation_is_not_taken_back() -> None:
    due = AT + 2 * DAY
    request, _ = told(
        received(), news(Action.PREPARE, AT, due), news(Action.APPROVE, AT, due + DAY)
    )
    assert request.status is Status.PREPARING
    assert set(states(request)) == {"evaluation", "replication", "attention"}
    assert states(request)["evaluation"] is StageState.MET


def test_coverage_is_written_down_once_per_percent() -> None:
    request, _ = told(received(), news(Action.CASCADE, AT))
    written = 0
    for signed in range(1, 2001):
        coverage = Coverage(signed, 0, 2000)
        request, events = told(request, Advance(Action.COVER, AT, coverage=coverage))
        written += len(events)
    assert written == 100
    assert request.coverage.percent == 100.0


def test_the_exempt_count_as_covered_and_stay_in_the_denominator() -> None:
    assert Coverage(3, 1, 4).percent == 100.0
    assert Coverage(1, 0, 3).percent == 33.33
    assert Coverage().percent == 0.0


def test_completing_closes_and_tells_whether_all_was_in_time() -> None:
    due = AT + 2 * DAY
    plan = (news(Action.APPROVE, AT, due), news(Action.PREPARE, AT, due))
    done = Advance(Action.COMPLETE, due, coverage=Coverage(30, 0, 30))
    late = Advance(Action.COMPLETE, due + timedelta(seconds=1), coverage=Coverage(30, 0, 30))
    for command, on_time in ((done, True), (late, False)):
        request, events = told(received(), *plan, command, at=due + DAY)
        (closed,) = of(events, RequestClosed)
        assert isinstance(closed, RequestClosed)
        assert (closed.outcome, closed.on_time) == ("deployed", on_time)
        assert (request.status, request.on_time) == (Status.CLOSED, on_time)
        assert (request.holder, request.due_at) == ("none", NEVER)
        assert len(of(events, RequestDeadlineBreached)) == (0 if on_time else 2)


def test_lateness_is_not_forgiven_by_a_new_promise() -> None:
    request = received()
    late = request.stages[0].due_at + DAY
    request, _ = told(request, news(Action.OBSERVE, late), at=late)
    request, _ = told(request, news(Action.ANSWER, late + DAY, late + 2 * DAY), at=late + DAY)
    request, events = told(request, Advance(Action.REFUSE, late + DAY, "no"), at=late + DAY)
    assert (request.status, request.reason) == (Status.NOT_VIABLE, "no")
    assert request.on_time is False
    assert of(events, RequestDeadlineBreached) == []


def test_withdrawing_cancels_what_is_promised() -> None:
    request, events = told(received(), Withdraw("ya no"))
    (closed,) = events
    assert isinstance(closed, RequestClosed)
    assert (closed.outcome, closed.on_time) == ("withdrawn", None)
    assert states(request) == {"evaluation": StageState.CANCELLED}
    assert next_due(request) is None


def imported(**changes: object) -> RequestImported:
    row: dict[str, object] = {
        "code": "B-1",
        "request_type": "information",
        "topic": "t",
        "title": "s",
        "received_at": AT,
        "status": "closed",
        "source": "b",
        "row": 2,
    }
    return RequestImported.model_validate(row | changes)


@pytest.mark.parametrize(
    ("changes", "on_time"),
    [
        ({}, None),
        ({"due_at": AT}, None),
        ({"closed_at": AT}, None),
        ({"due_at": AT, "closed_at": AT}, True),
        ({"due_at": AT, "closed_at": AT + timedelta(seconds=1)}, False),
    ],
)
def test_an_imported_request_is_as_it_was_and_promises_nothing(
    changes: dict[str, object],
    on_time: bool | None,  # noqa: FBT001 - a row of the table
) -> None:
    request, events = told(Request(), TakeOver(imported(**changes)))
    assert len(events) == 1
    assert request.on_time is on_time
    assert next_due(request) is None
    assert told(request, TakeOver(imported(**changes)))[1] == []


INSTANTS = st.integers(0, 60 * 24 * 30).map(lambda minutes: AT + timedelta(minutes=minutes))
COMMANDS = st.one_of(
    st.builds(
        news,
        st.sampled_from(Action),
        INSTANTS,
        st.none() | INSTANTS,
    ),
    st.builds(Withdraw, st.just("x")),
    st.builds(PassDeadline, INSTANTS),
)


@settings(max_examples=300, deadline=None)
@over(st.lists(st.tuples(COMMANDS, INSTANTS), max_size=25))
def test_whatever_comes_in_whatever_order(steps: list[tuple[Command, datetime]]) -> None:
    request = received()
    events: list[EventBody] = []
    for command, at in sorted(steps, key=lambda step: step[1]):
        if isinstance(command, Withdraw) and request.status in TERMINAL:
            continue
        if isinstance(command, PassDeadline) and request.status in TERMINAL:
            continue
        before = request
        request, new = told(request, command, at=at)
        events += new
        if before.status in TERMINAL:
            assert new == []
        assert request == before or new
    closed = of(events, RequestClosed)
    assert len(closed) == (1 if request.status in TERMINAL else 0)
    promised = sum(len(e.deadlines) for e in events if isinstance(e, RequestProgressed)) + 1
    assert len(of(events, RequestDeadlineBreached)) <= promised
    if request.status in TERMINAL:
        assert next_due(request) is None
        assert request.due_at == NEVER
        assert (request.on_time is None) == (request.status is Status.WITHDRAWN)
    else:
        due = next_due(request)
        assert due is None or request.due_at <= due


def test_a_request_is_found_by_its_words_however_they_are_written() -> None:
    command = Receive(
        "SOL-2026-000123",
        "information",
        "Alumbrado público",
        "Número de poste",
        "Las denuncias de alumbrado llevarán el número. " + "palabra " * 500,
        area="Regulación",
    )
    request, _ = told(Request(), command)
    for asked in ("denuncia ALUMBRADO", "regulacion", "numeros", "000123"):
        assert set(search_words(asked)) <= set(request.words), asked
    assert not set(search_words("facturación")) & set(request.words)
    assert len(request.words) == len(set(request.words)) < 20
