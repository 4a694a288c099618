"""What judges the chaos finds what it is there for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.store.history import GENESIS, entry_hash
from tests.chaos.judgement import EVALUATIONS, PLANS, REQUESTS, followed, out_of_order, violations
from tests.chaos.traffic import Accepted

AT = datetime(2026, 7, 24, 21, 30, tzinfo=UTC)
Steps = list[tuple[str, str]]


def case(case_id: str, kind: str, steps: Steps, **state: str) -> dict[str, Any]:
    """A case with a history of these steps, each led to by an event of that id."""
    history: list[dict[str, Any]] = []
    previous = GENESIS
    for place, (step, cause) in enumerate(steps, 1):
        entry = {
            "id": f"{kind}-{case_id}-{place}",
            "seq": place,
            "type": f"{kind}.{step}.v1",
            "at": AT,
            "actor": "person:ana",
            "corr": "c",
            "cause": cause,
            "data": {"due_at": (AT - timedelta(seconds=1)).isoformat()},
        }
        previous = entry["hash"] = entry_hash(case_id, previous, entry)
        history.append(entry)
    return {"history": history, "head": previous, "state": state}


def world(*, evaluation: Steps | None = None, status: str = "approved") -> dict[str, Any]:
    said: Steps = [("received", ""), ("changed", ""), ("changed", "")]
    steps: Steps = evaluation or [
        ("opened", f"{REQUESTS}-r1-1"),
        ("noted", f"{REQUESTS}-r1-2"),
        ("noted", f"{REQUESTS}-r1-2"),
        ("noted", f"{REQUESTS}-r1-3"),
    ]
    return {
        REQUESTS: {"r1": case("r1", REQUESTS, said, code="R-1")},
        EVALUATIONS: {"r1": case("r1", EVALUATIONS, steps, status=status)},
        PLANS: {"r1": case("r1", PLANS, [("made", f"{EVALUATIONS}-r1-1")])},
    }


def broken(found: dict[str, Any], accepted: dict[str, str]) -> set[str]:
    told = violations(Accepted(requests=accepted), found)
    return {name for name, cases in told.items() if cases}


def test_all_is_well() -> None:
    assert broken(world(), {"r1": "R-1"}) == set()
    assert followed(world()) == 5


def test_what_was_accepted_and_is_not_there_is_lost() -> None:
    assert broken(world(), {"r1": "R-1", "r2": "R-2"}) == {"lost"}
    assert broken(world(), {}) == {"never asked for"}
    assert broken(world(), {"r1": "R-9"}) == {"another code"}


def test_effects_out_of_their_order_are_found() -> None:
    turned = world(
        evaluation=[
            ("opened", f"{REQUESTS}-r1-1"),
            ("noted", f"{REQUESTS}-r1-3"),
            ("noted", f"{REQUESTS}-r1-2"),
        ]
    )
    assert out_of_order(turned) == ["r1"]
    assert broken(turned, {"r1": "R-1"}) == {"causes out of order"}


@pytest.mark.parametrize(
    ("steps", "status", "promise"),
    [
        (["opened", "opened"], "approved", "effect not once"),
        (["opened", "breached", "breached"], "approved", "breached twice"),
        (["opened"], "evaluating", "not breached"),
    ],
)
def test_effects_and_breaches_are_counted(steps: list[str], status: str, promise: str) -> None:
    found = world(evaluation=[(step, "") for step in steps], status=status)
    if status == "evaluating":
        found[PLANS] = {}
    assert broken(found, {"r1": "R-1"}) == {promise}


def test_a_tampered_history_and_a_missing_effect_are_found() -> None:
    found = world()
    found[REQUESTS]["r1"]["history"][1]["actor"] = "person:eve"
    found[PLANS] = {}
    assert broken(found, {"r1": "R-1"}) == {"chains broken", "without effect"}
