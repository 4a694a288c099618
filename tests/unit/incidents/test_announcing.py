"""When a window of announcements is over, and that an incident knows when it was last told."""

from datetime import datetime, timedelta

import pytest

from services.incidents.domain import Expire
from shared.mail.announcing import SETTLING, window_end
from shared.parts import ANSWER_SECONDS
from tests.support.incidents import lima, registered


@pytest.mark.parametrize(
    ("now", "minutes", "end"),
    [
        (lima(1, 10, 7, 0), 5, lima(1, 10, 5)),
        (lima(1, 10, 5, 29), 5, lima(1, 10, 0)),
        (lima(1, 10, 5, 30), 5, lima(1, 10, 5)),
        (lima(1, 10, 59, 59), 60, lima(1, 10)),
        (lima(1, 10, 0, 30), 1, lima(1, 10)),
    ],
)
def test_a_window_is_over_when_it_has_settled(now: datetime, minutes: int, end: datetime) -> None:
    assert window_end(now, minutes) == end


def test_a_window_is_told_when_no_write_of_it_can_be_under_way() -> None:
    """The one before it and its own may each be awaited as long as the database is."""
    assert timedelta(seconds=2 * ANSWER_SECONDS) < SETTLING


def test_an_incident_knows_when_it_was_last_announced() -> None:
    case = registered()
    assert case.state.told_at is None
    due = case.due
    assert due is not None
    case.give(Expire(due), due)
    assert case.state.told_at == due
    case.give(Expire(lima(20)), lima(20))
    assert case.state.told_at == lima(20)
