"""The whole matrix of statuses and actions of an incident, who acts in each, and its diagram."""

from pathlib import Path

import pytest

from services.incidents.domain import LIFECYCLE, Action, Status, diagram, follow
from services.incidents.domain.lifecycle import ENDED, TIER, tier_of
from shared.decider import Rejected

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycles" / "incidents.md"
ILLEGAL = "incident.illegal_transition"
JUMP, PENDING = "incident.tier_jumped", "incident.provider_pending"
SAME = "="
# what each status does with each action: `=` stays, a status goes there, a code refuses; what is
# not named is an illegal transition
MATRIX: dict[str, dict[str, str]] = {
    "new": {"register": "tier_1"},
    "tier_1": {
        "forward": "tier_2",
        "dismiss": "dismissed",
        "solve": "answered",
        "tell_extension": SAME,
        "classify": SAME,
        "coordinate": SAME,
        "attach": SAME,
        "elevate": JUMP,
        "ask_provider": JUMP,
        "reply": "incident.not_answered",
    },
    "tier_2": {
        "take": SAME,
        "elevate": "tier_3",
        "reroute": SAME,
        "return": "tier_1",
        "solve": "answered",
        "convert": "converted",
        "extend": SAME,
        "tell_extension": SAME,
        "classify": SAME,
        "coordinate": SAME,
        "attach": SAME,
        "ask_provider": JUMP,
        "reply": JUMP,
        "provider_answers": "incident.provider_not_asked",
    },
    "tier_3": {
        "take": SAME,
        "reroute": SAME,
        "return": "tier_2",
        "ask_provider": "provider",
        "solve": "validating",
        "convert": "converted",
        "extend": SAME,
        "tell_extension": SAME,
        "classify": SAME,
        "coordinate": SAME,
        "attach": SAME,
        "reply": JUMP,
        "provider_answers": "incident.provider_not_asked",
    },
    "provider": {
        "provider_answers": "tier_3",
        "tell_extension": SAME,
        "classify": SAME,
        "coordinate": SAME,
        "attach": SAME,
        "ask_provider": "incident.provider_already_asked",
        "solve": PENDING,
        "return": PENDING,
        "reroute": PENDING,
        "extend": PENDING,
        "convert": PENDING,
    },
    "validating": {
        "validate": "answered",
        "observe": "tier_3",
        "tell_extension": SAME,
        "classify": SAME,
        "coordinate": SAME,
        "attach": SAME,
        "reply": "incident.not_validated",
    },
    "answered": {"reply": "closed", "observe": "tier_2", "classify": SAME, "coordinate": SAME},
    "converted": {"reply": "closed", "classify": SAME, "coordinate": SAME},
    "closed": {"reopen": "tier_1"},
    "dismissed": {"reopen": "tier_1"},
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_pair_leads_somewhere_or_is_refused_by_its_code(
    status: Status, action: Action
) -> None:
    expected = MATRIX[status].get(action, ILLEGAL)
    if expected == SAME or expected in set(Status):
        assert follow(status, action) == (status if expected == SAME else expected)
        return
    with pytest.raises(Rejected) as refusal:
        follow(status, action)
    assert refusal.value.code == expected
    assert refusal.value.fields == {"status": status.value, "action": action.value}


def test_every_status_is_reached_and_belongs_to_one_tier() -> None:
    assert {*LIFECYCLE.values(), Status.NEW} == set(Status)
    assert set(TIER) == set(Status)
    assert {action for _, action in LIFECYCLE} == set(Action)


def test_no_way_leads_to_the_user_past_tier_1() -> None:
    """Tier 1 alone tells the user anything, and tier 3 never answers without tier 2."""
    ways = {start for (start, _), end in LIFECYCLE.items() if end in ENDED}
    speaks = (Action.REPLY, Action.DISMISS, Action.TELL_EXTENSION, Action.REOPEN, Action.FORWARD)

    assert {TIER[status] for status in ways} == {1}
    assert all(tier_of(status, action) == 1 for status, action in LIFECYCLE if action in speaks)
    assert (Status.TIER_3, Action.REPLY) not in LIFECYCLE
    assert LIFECYCLE[Status.TIER_3, Action.SOLVE] is Status.VALIDATING


def test_the_page_shows_the_table() -> None:
    assert diagram() in PAGE.read_text(encoding="utf-8")
