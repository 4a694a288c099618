"""A rebuild passes over what the ledger buries, and goes on."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.kpi.domain import RequestFact
from services.kpi.kinds import KINDS, Fact
from services.kpi.ledger import Record
from services.kpi.policy import Counting
from services.kpi.rebuild import _refold
from shared.contracts import EventBody
from shared.contracts.intake import RequestProgressed
from tests.support.lives import whole_life
from tests.unit.kpi.test_ledger import Shelf, delivery


def test_an_event_that_cannot_be_folded_is_passed_over_alike(
    osinergmin: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = KINDS["request"]

    def broken(fact: RequestFact, body: EventBody, at: datetime, sequence: int, actor: str) -> Fact:
        if isinstance(body, RequestProgressed) and body.status == "viable":
            raise ZeroDivisionError
        return requests.fold(fact, body, at, sequence, actor)

    monkeypatch.setitem(KINDS, "request", replace(requests, fold=broken))
    life = whole_life()
    shelf = Shelf(osinergmin)
    shelf.take(*(delivery(event) for event in life.events))
    assert shelf.buried == ["bug"]
    heard = shelf.records[f"request:{life.id}"]

    record = Record.blank(heard.id, "osinergmin")
    assert _refold(record, life.id, life.histories) == 1
    assert record.fact == heard.fact
    assert record.cursors["intake"].passed_over == heard.cursors["intake"].passed_over
