"""What the benchmark of replications calls a right coverage."""

import pytest

from benchmarks.training import right

SENT, ANSWERED = [1.0, 2.0, 3.0], [1.5, 2.5, 3.5]


@pytest.mark.parametrize(
    ("asked", "told", "signed", "good"),
    [
        (0.0, 0.5, 0, True),
        (0.0, 0.5, 1, False),
        (1.6, 1.7, 1, True),
        (1.6, 1.7, 0, False),
        (1.2, 2.2, 0, True),
        (1.2, 2.2, 2, True),
        (1.2, 2.2, 3, False),
        (4.0, 5.0, 3, True),
        (4.0, 5.0, 2, False),
    ],
)
def test_a_coverage_lies_between_what_was_answered_and_what_was_sent(
    asked: float, told: float, signed: int, *, good: bool
) -> None:
    assert right([(asked, told, signed)], SENT, ANSWERED) == good
