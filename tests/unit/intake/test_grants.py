"""Access to the client's systems: named, to look only, for a time; the whole matrix of its life."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.domain import Status
from services.intake.domain.grant import (
    GRANT_LIFE,
    OUTCOMES,
    Command,
    Expire,
    Give,
    Grant,
    GrantAction,
    GrantStatus,
    Leave,
    Revoke,
    decide,
    evolve,
    next_due,
)
from shared.decider import Rejected, Stamp
from tests.unit.intake.bench import AT, given

DAY = timedelta(days=1)
GIVE = Give("r-1", "system_access", Status.VIABLE, "", "ana", "expedientes", 30)


def told(grant: Grant, *commands: Command, at: Any = AT) -> tuple[Grant, list[Any]]:
    events: list[Any] = []
    for command in commands:
        for event in decide(grant, command, given(at)):
            grant = evolve(grant, event, Stamp(at, "person:eva", 1))
            events.append(event)
    return grant, events


def active() -> Grant:
    return told(Grant(), GIVE)[0]


def test_it_is_one_persons_to_look_only_and_ends_by_itself() -> None:
    grant = active()
    assert (grant.person_id, grant.system, grant.mode) == ("ana", "expedientes", "view")
    assert next_due(grant) == AT + 30 * DAY
    ended, _ = told(grant, Expire(AT + 30 * DAY), at=AT + 30 * DAY)
    assert (ended.status, ended.ended_at) == (GrantStatus.EXPIRED, AT + 30 * DAY)
    assert next_due(ended) is None
    assert told(ended, Expire(AT + 30 * DAY))[1] == []


def test_what_is_given_to_somebody_who_goes_ends_with_his_last_day() -> None:
    grant, _ = told(Grant(), replace(GIVE, leaves_at=AT + DAY))
    assert grant.expires_at == AT + DAY
    assert told(Grant(), replace(GIVE, leaves_at=AT + 90 * DAY))[0] == active()
    with pytest.raises(Rejected, match=r"grant\.person_left"):
        told(Grant(), replace(GIVE, leaves_at=AT))


def test_one_that_ended_while_all_was_down_ended_when_it_was_promised() -> None:
    ended, _ = told(active(), Expire(AT + 30 * DAY), at=AT + 90 * DAY)
    assert ended.ended_at == AT + 30 * DAY


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"request_type": "training"}, "grant.not_asked"),
        ({"status": Status.RECEIVED}, "grant.request_not_viable"),
        ({"status": Status.REPLACED}, "grant.request_not_viable"),
        ({"system": "caja"}, "grant.unknown_system"),
        ({"days": 181}, "grant.too_long"),
    ],
)
def test_what_gives_no_access(changes: dict[str, Any], code: str) -> None:
    fields = {name: getattr(GIVE, name) for name in GIVE.__dataclass_fields__}
    with pytest.raises(Rejected) as refused:
        decide(Grant(), Give(**fields | changes), given())
    assert refused.value.code == code


def test_a_request_that_was_closed_as_done_still_gives_it() -> None:
    fields = {name: getattr(GIVE, name) for name in GIVE.__dataclass_fields__}
    closed = fields | {"status": Status.CLOSED, "outcome": "deployed"}
    assert told(Grant(), Give(**closed))[0].status is GrantStatus.ACTIVE


def test_who_leaves_has_it_to_the_end_of_the_last_day() -> None:
    shortened, _ = told(active(), Leave(AT + DAY))
    assert (shortened.status, next_due(shortened)) == (GrantStatus.ACTIVE, AT + DAY)
    assert told(active(), Leave(AT + 60 * DAY))[1] == []
    assert told(active(), Leave(AT))[0].status is GrantStatus.LEFT
    assert told(shortened, Expire(AT + 30 * DAY))[1] == []


COMMANDS: dict[GrantAction, Command] = {
    GrantAction.GIVE: GIVE,
    GrantAction.SHORTEN: Leave(AT + DAY),
    GrantAction.EXPIRE: Expire(AT + 30 * DAY),
    GrantAction.REVOKE: Revoke("ya no"),
    GrantAction.LEAVE: Leave(AT),
}


@pytest.mark.parametrize("status", GrantStatus)
@pytest.mark.parametrize("action", GrantAction)
def test_every_status_and_action(status: GrantStatus, action: GrantAction) -> None:
    grant = Grant() if status is GrantStatus.NEW else active()
    for one in (status,) if status in OUTCOMES else ():
        grant = Grant(status=one, expires_at=AT)
    end = GRANT_LIFE.get((status, action))
    # deadlines and people who leave are news: what comes too late is no refusal
    if end is None and action in (GrantAction.GIVE, GrantAction.REVOKE):
        with pytest.raises(Rejected, match=r"grant\.(already_given|ended)"):
            told(grant, COMMANDS[action])
        return
    after, events = told(grant, COMMANDS[action])
    assert after.status is (end or status)
    assert bool(events) == (end is not None)
