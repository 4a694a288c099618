"""The whole matrix of statuses and actions of an evaluation, and its diagram."""

from pathlib import Path

import pytest

from services.validation.domain import HOLDER, LIFECYCLE, Action, Status, follow
from services.validation.domain.doubt import (
    DOUBT_LIFE,
    DoubtAction,
    DoubtStatus,
    follow_doubt,
)
from services.validation.domain.query import QUERY_LIFE
from shared.decider import Rejected
from tests.support.diagrams import ended

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "validation.md"

EVALUATING, OBSERVED = Status.EVALUATING, Status.OBSERVED
APPROVED, REFUSED, GONE = Status.APPROVED, Status.REFUSED, Status.WITHDRAWN
INFORMATIVE, CONSULTING = Status.INFORMATIVE, Status.CONSULTING
CLARIFIED, DEPLOYING = Status.CLARIFIED, Status.DEPLOYING
ILLEGAL = "evaluation.illegal_transition"
OPEN_QUERY = "evaluation.query_open"
NO_QUERY = "evaluation.no_query_open"
EARLY, LATE = "evaluation.not_approved", "evaluation.deployment_started"
# the columns are the actions: open, observe, answer, approve, refuse, withdraw, share, deploy
MATRIX: dict[Status, tuple[Status | str, ...]] = {
    Status.NEW: (EVALUATING, *(ILLEGAL,) * 7),
    EVALUATING: (ILLEGAL, OBSERVED, NO_QUERY, APPROVED, REFUSED, GONE, EARLY, ILLEGAL),
    OBSERVED: (ILLEGAL, OPEN_QUERY, EVALUATING, OPEN_QUERY, OPEN_QUERY, GONE, EARLY, ILLEGAL),
    APPROVED: (ILLEGAL, CONSULTING, NO_QUERY, ILLEGAL, ILLEGAL, GONE, INFORMATIVE, DEPLOYING),
    INFORMATIVE: (ILLEGAL, CONSULTING, NO_QUERY, ILLEGAL, ILLEGAL, GONE, INFORMATIVE, DEPLOYING),
    CONSULTING: (ILLEGAL, OPEN_QUERY, CLARIFIED, ILLEGAL, ILLEGAL, GONE, CONSULTING, DEPLOYING),
    CLARIFIED: (ILLEGAL, CONSULTING, NO_QUERY, ILLEGAL, ILLEGAL, GONE, INFORMATIVE, DEPLOYING),
    DEPLOYING: (ILLEGAL, LATE, DEPLOYING, ILLEGAL, ILLEGAL, GONE, LATE, ILLEGAL),
    REFUSED: (ILLEGAL,) * 8,
    GONE: (ILLEGAL,) * 8,
}

NEW, OPEN, GATHERED = DoubtStatus.NEW, DoubtStatus.OPEN, DoubtStatus.GATHERED
ANSWERED, MERGED = DoubtStatus.ANSWERED, DoubtStatus.MERGED
NEVER, AWAY = "doubt.illegal_transition", "doubt.with_client"
KNOWN, GONE_IN = "doubt.already_answered", "doubt.merged"
# the columns are raise, join, merge, gather, answer, reply
DOUBTS: dict[DoubtStatus, tuple[DoubtStatus | str, ...]] = {
    NEW: (OPEN, *(NEVER,) * 5),
    OPEN: (NEVER, OPEN, MERGED, GATHERED, ANSWERED, NEVER),
    GATHERED: (AWAY, GATHERED, AWAY, AWAY, AWAY, ANSWERED),
    ANSWERED: (KNOWN, ANSWERED, KNOWN, KNOWN, KNOWN, KNOWN),
    MERGED: (GONE_IN, MERGED, GONE_IN, GONE_IN, GONE_IN, GONE_IN),
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


@pytest.mark.parametrize("status", DoubtStatus)
@pytest.mark.parametrize("action", DoubtAction)
def test_every_pair_of_a_doubt(status: DoubtStatus, action: DoubtAction) -> None:
    expected = DOUBTS[status][list(DoubtAction).index(action)]
    if isinstance(expected, DoubtStatus):
        assert follow_doubt(status, action) is expected
        return
    with pytest.raises(Rejected) as refusal:
        follow_doubt(status, action)
    assert refusal.value.code == expected


def test_every_status_is_reached_and_has_a_holder() -> None:
    assert {*LIFECYCLE.values(), Status.NEW} == set(Status)
    assert set(HOLDER) == set(Status)


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for life in (LIFECYCLE, DOUBT_LIFE, QUERY_LIFE):
        assert ended(life) in page
