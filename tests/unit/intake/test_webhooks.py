"""Signatures, addresses that are never called, and waits that grow to an end."""

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.domain import delivery as rules
from services.intake.domain.delivery import Conclude, Delivery, DeliveryStatus, Message, Open, Take
from services.intake.domain.subscription import Occasion, occasion_of
from services.intake.posting import is_public, signature
from services.intake.webhooks import check_url
from shared.contracts import EventBody
from shared.contracts.intake import RequestClosed, RequestProgressed
from shared.decider import Invalid, Rejected, Stamp
from tests.unit.intake.bench import AT, POLICY, given


def test_the_signature_covers_the_moment_and_the_body() -> None:
    expected = hmac.new(b"s", b'1784000000.{"a":1}', hashlib.sha256).hexdigest()
    assert signature("s", 1784000000, b'{"a":1}') == f"t=1784000000,v1={expected}"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "172.16.1.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104
     "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "224.0.0.1", "100.64.0.1", "192.0.2.1"],
)  # fmt: skip
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_outer_addresses_are_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://cliente.example/x", "subscription.url"),
        ("https://ana:clave@cliente.example/x", "subscription.url"),
        ("https:///x", "subscription.url"),
        ("https://cliente.example:99999/x", "subscription.url"),
        ("https://127.0.0.1/x", "subscription.private_address"),
        ("https://[::ffff:10.0.0.1]/x", "subscription.private_address"),
        ("https://localhost/x", "subscription.private_address"),
    ],
)
def test_an_address_of_no_use_is_refused(url: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_url(url, allow_private=False)
    assert refused.value.code == code


def test_private_addresses_are_taken_when_the_policy_allows_them() -> None:
    check_url("http://127.0.0.1:9/x", allow_private=True)
    check_url("https://cliente.example/x", allow_private=False)


def told(delivery: Delivery, command: object, at: object = AT) -> tuple[Delivery, list[EventBody]]:
    events = list(rules.decide(delivery, command, given(at)))  # type: ignore[arg-type]
    for event in events:
        delivery = rules.evolve(delivery, event, Stamp(at, "system:intake", 1))  # type: ignore[arg-type]
    return delivery, events


def test_waits_double_and_the_last_try_ends_it_with_its_log() -> None:
    delivery, _ = told(Delivery(), Open(Message("s", "r", 1)))
    waits = []
    at = AT
    while delivery.next_at is not None:
        waits.append((delivery.next_at - at).total_seconds())
        at = delivery.next_at
        delivery, _ = told(delivery, Take(), at)
        assert told(delivery, Take(), at)[1] == []
        delivery, _ = told(delivery, Conclude(delivery.number, 500, "status", 3), at)
    row = POLICY.webhooks
    assert waits == [0.0, *(row.first_wait * 2**n for n in range(row.attempts - 1))]
    assert delivery.status is DeliveryStatus.FAILED
    assert [line.number for line in delivery.log] == list(range(1, row.attempts + 1))


def test_a_sender_that_died_has_lost_a_try_and_a_late_answer_counts_no_more() -> None:
    delivery, _ = told(told(Delivery(), Open(Message("s", "r", 1)))[0], Take())
    later = AT + POLICY.webhooks.lease
    assert told(delivery, Take(), later - timedelta(milliseconds=1))[1] == []
    delivery, _ = told(delivery, Take(), later)
    assert (delivery.status, delivery.log[-1].error) == (DeliveryStatus.WAITING, rules.LOST)
    assert told(delivery, Conclude(1, 200), later)[1] == []


def test_what_cannot_end_otherwise_is_not_tried_again() -> None:
    delivery, _ = told(told(Delivery(), Open(Message("s", "r", 1)))[0], Take())
    delivery, _ = told(delivery, Conclude(1, 0, "private_address", final=True))
    assert (delivery.status, delivery.next_at) == (DeliveryStatus.FAILED, None)
    again, _ = told(delivery, rules.Replay())
    assert (again.status, again.tries, len(again.log)) == (DeliveryStatus.WAITING, 0, 1)
    with pytest.raises(Rejected, match=r"delivery\.under_way"):
        told(again, rules.Replay())


def test_waits_are_bounded() -> None:
    row = POLICY.webhooks.model_copy(update={"longest_wait": 100.0})
    assert rules.wait_after(10_000, row) == timedelta(seconds=100)


def test_occasions_are_the_five_of_the_document() -> None:
    step = RequestProgressed(status="training_leaders", holder="x", coverage_eligible=4)
    signed = step.model_copy(update={"coverage_signed": 1})
    assert occasion_of(step) is Occasion.START
    assert occasion_of(signed) is Occasion.PROGRESS
    assert occasion_of(signed.model_copy(update={"status": "observed"})) is Occasion.OBSERVATION
    assert occasion_of(signed.model_copy(update={"status": "preparing"})) is None
    assert occasion_of(RequestClosed(outcome="deployed", closed_at=AT)) is Occasion.CLOSE
    assert replace(Delivery()).status is DeliveryStatus.NEW
