"""The whole matrix of statuses and actions of an evaluation, and its diagram."""

from pathlib import Path

import pytest

from services.validation.domain import HOLDER, LIFECYCLE, Action, Status, diagram, follow
from shared.decider import Rejected

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "validation.md"

EVALUATING, OBSERVED = Status.EVALUATING, Status.OBSERVED
APPROVED, REFUSED, GONE = Status.APPROVED, Status.REFUSED, Status.WITHDRAWN
ILLEGAL = "evaluation.illegal_transition"
OPEN_QUERY = "evaluation.query_open"
NO_QUERY = "evaluation.no_query_open"
# the columns are the actions, in their order
MATRIX: dict[Status, tuple[Status | str, ...]] = {
    Status.NEW: (EVALUATING, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL),
    EVALUATING: (ILLEGAL, OBSERVED, NO_QUERY, APPROVED, REFUSED, GONE),
    OBSERVED: (ILLEGAL, OPEN_QUERY, EVALUATING, OPEN_QUERY, OPEN_QUERY, GONE),
    APPROVED: (ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, GONE),
    REFUSED: (ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL),
    GONE: (ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_pair_leads_somewhere_or_is_refused_by_its_code(
    status: Status, action: Action
) -> None:
    expected = MATRIX[status][list(Action).index(action)]
    if isinstance(expected, Status):
        assert follow(status, action) is expected
        return
    with pytest.raises(Rejected) as refusal:
        follow(status, action)
    assert refusal.value.code == expected
    assert refusal.value.fields == {"status": status.value, "action": action.value}


def test_every_status_is_reached_and_has_a_holder() -> None:
    assert {*LIFECYCLE.values(), Status.NEW} == set(Status)
    assert set(HOLDER) == set(Status)


def test_the_page_shows_the_table() -> None:
    assert diagram() in PAGE.read_text(encoding="utf-8")
