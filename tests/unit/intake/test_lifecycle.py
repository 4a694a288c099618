"""The whole matrix of statuses and actions, and the diagram that is made from it."""

from itertools import product
from pathlib import Path

import pytest

from services.intake.domain import (
    TERMINAL,
    Action,
    Advance,
    Complete,
    Holder,
    Receive,
    Replace,
    Request,
    Status,
    Withdraw,
    decide,
    evolve,
    follow,
)
from services.intake.domain.lifecycle import HOLDER, LIFECYCLE, NEWS
from shared.contracts.intake import ReplacingRequest
from shared.decider import Rejected, Stamp
from tests.support.diagrams import diagram
from tests.unit.intake.bench import AT, given

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "intake.md"
MATRIX = {
    "received": "evaluate→in_evaluation observe→observed approve→viable refuse→not_viable",
    "in_evaluation": "observe→observed approve→viable refuse→not_viable",
    "observed": "answer→answered",
    "answered": "observe→observed approve→viable refuse→not_viable",
    "viable": "",
    "preparing": "launch→training_leaders cascade→deploying",
    "training_leaders": "cascade→deploying cover→training_leaders",
    "deploying": "cover→deploying",
}
GATE = ("shut", "reopen", "suspend", "resume")
GATED = ("viable", "preparing", "training_leaders", "deploying")
PLAN = "prepare→preparing launch→training_leaders cascade→deploying"
END = "complete→deployed withdraw→withdrawn replace→replaced"


def expected(status: Status) -> dict[Action, Status]:
    rows = MATRIX.get(status)
    if status is Status.NEW:
        rows = "receive→received"
    elif status is Status.DEPLOYED:
        rows = "close→closed"
    elif rows is not None:
        before_plan = status in ("received", "in_evaluation", "observed", "answered", "viable")
        rows = f"{rows} {PLAN if before_plan else ''} {END}"
    if status in GATED:
        rows = " ".join([rows or "", *(f"{action}→{status}" for action in GATE)])
    pairs = (pair.split("→") for pair in (rows or "").split())
    return {Action(action): Status(end) for action, end in pairs}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_and_action(status: Status, action: Action) -> None:
    end = expected(status).get(action)
    if end is not None:
        assert follow(status, action) is end
        return
    with pytest.raises(Rejected) as refused:
        follow(status, action)
    assert refused.value.code == "request.illegal_transition"
    assert refused.value.fields == {"status": status, "action": action}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_news_moves_as_the_table_says_and_is_never_refused(status: Status, action: Action) -> None:
    request = Request(status=status, holder=HOLDER[status])
    for event in decide(request, Advance(action, AT), given()):
        request = evolve(request, event, Stamp(AT, "system:intake", 2))
    moves = (status, action) in LIFECYCLE and action in NEWS
    end = LIFECYCLE[status, action] if moves else status
    assert request.status is (Status.CLOSED if moves and end is Status.DEPLOYED else end)


BY = ReplacingRequest(
    id="r-2", code="SOL-2026-000002", request_type="information", topic="t", title="s",
    description="d",
)  # fmt: skip
COMMANDS = {
    Action.RECEIVE: Receive("SOL-2026-000001", "information", "t", "s", "d"),
    Action.WITHDRAW: Withdraw("ya no"),
    Action.COMPLETE: Complete(),
    Action.REPLACE: Replace(BY),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", COMMANDS)
def test_commands_of_people_follow_the_table(status: Status, action: Action) -> None:
    request = Request(status=status, holder=Holder.SYSTEMS)
    if (status, action) in LIFECYCLE:
        assert decide(request, COMMANDS[action], given())
        return
    with pytest.raises(Rejected, match=r"request\.illegal_transition"):
        decide(request, COMMANDS[action], given())


def test_every_status_is_reached_and_has_a_holder() -> None:
    assert set(LIFECYCLE.values()) == set(Status) - {Status.NEW}
    assert set(HOLDER) == set(Status)


def test_ends_have_no_way_out() -> None:
    assert not [start for start, _ in LIFECYCLE if start in TERMINAL]


def test_the_document_shows_the_table() -> None:
    pairs = [pair for pair in product(Status, Action) if pair in LIFECYCLE]
    ends = [status for status in Status if status in TERMINAL]
    shown = diagram({pair: LIFECYCLE[pair] for pair in pairs}, ends)
    assert f"```mermaid\n{shown}\n```" in DOCUMENT.read_text(encoding="utf-8")


def test_only_what_nobody_is_trained_for_is_completed_by_hand() -> None:
    request = Request(status=Status.VIABLE, holder=Holder.TRAINING)
    with pytest.raises(Rejected, match=r"request\.replicated"):
        decide(request, Complete(), given())
