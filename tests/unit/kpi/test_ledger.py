"""Any order with duplicates ends in the same figures as a replay in order (G2, G3, G5)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.kpi.families import Counts
from services.kpi.ledger import Ledger, Record, read
from services.kpi.policy import Counting
from services.kpi.recount import recount, with_months
from services.kpi.service import SERVICE
from shared.bus.delivery import Delivery, Verdict
from shared.bus.inbox import batch_size
from shared.contracts import Envelope, encode
from shared.contracts.validation import EvaluationOpened
from tests.support.lives import (
    HOUR,
    MONDAY,
    Life,
    blocked_life,
    imported_life,
    long_life,
    open_life,
    received,
    whole_life,
    withdrawn_life,
)

MAKERS: Sequence[Callable[[], Life]] = (
    whole_life,
    withdrawn_life,
    open_life,
    imported_life,
    blocked_life,
    lambda: long_life(MONDAY, MONDAY + 2200 * HOUR),
    lambda: whole_life(MONDAY + timedelta(days=30), query=False, late=True),
    lambda: imported_life(MONDAY + 700 * HOUR, late=True),
)


class Shelf:
    """Facts and buckets in memory, written by batches as the database is."""

    def __init__(self, by: Counting) -> None:
        self._by = by
        self.records: dict[str, Record] = {}
        self.buckets: Counter[tuple[str, str]] = Counter()
        self.buried: list[str] = []

    def take(self, *deliveries: Delivery) -> list[Verdict]:
        ledger = Ledger(lambda _: self._by, self.records)
        readings = [reading for delivery in deliveries if (reading := read(delivery)) is not None]
        verdicts = [ledger.take(reading) for reading in readings]
        changed, total = ledger.settle()
        self._add(total)
        self.buried += [burial.reason for _, burial in ledger.burials]
        for record in changed:
            record.changed = False
        return verdicts

    def _add(self, total: Counts) -> None:
        for key, amounts in total.items():
            for measure, amount in amounts.items():
                self.buckets[key, measure] += amount

    @property
    def figures(self) -> dict[tuple[str, str], int]:
        return {place: amount for place, amount in self.buckets.items() if amount}


def delivery(event: Envelope, *, replay: bool = False) -> Delivery:
    return Delivery(event, encode(event), tag=1, replay=replay)


def recounted(lives: Sequence[Life], by: Counting) -> dict[tuple[str, str], int]:
    tally: Counter[tuple[str, str]] = Counter()
    for life in lives:
        tally.update(recount(life.histories, by))
    return dict(with_months(tally))


@given(data=st.data())
def test_any_order_ends_in_the_same_figures(osinergmin: Counting, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(MAKERS), min_size=1, max_size=4))
    lives = [make() for make in chosen]
    events = [event for life in lives for event in life.events]
    in_order, shuffled = Shelf(osinergmin), Shelf(osinergmin)
    for event in events:
        in_order.take(delivery(event))
    order = data.draw(st.permutations(events))
    again = data.draw(st.lists(st.sampled_from(events), max_size=20))
    waiting = [delivery(event) for event in [*order, *again, *order]]
    while waiting:
        size = data.draw(st.integers(min_value=1, max_value=len(waiting)))
        shuffled.take(*waiting[:size])
        waiting = waiting[size:]
    assert shuffled.figures == in_order.figures
    assert {r.id: r.fact for r in shuffled.records.values()} == {
        r.id: r.fact for r in in_order.records.values()
    }


@given(data=st.data())
def test_figures_equal_an_independent_recount_at_every_moment(
    osinergmin: Counting, data: st.DataObject
) -> None:
    lives = [make() for make in MAKERS]
    shelf = Shelf(osinergmin)
    cut: list[Life] = []
    for life in lives:
        part = Life(life.id, life.tenant)
        for service, history in life.histories.items():
            heard = history[: data.draw(st.integers(min_value=0, max_value=len(history)))]
            if heard:
                part.histories[service] = heard
        cut.append(part)
        shelf.take(*(delivery(event) for event in part.events))
    assert shelf.figures == recounted(cut, osinergmin)


def test_early_events_wait_for_the_missing_one(osinergmin: Counting) -> None:
    life = open_life()
    first, second = life.events[0], life.events[1]
    shelf = Shelf(osinergmin)
    shelf.take(delivery(second))
    assert shelf.figures == {}
    assert shelf.records[f"request:{life.id}"].irregular == {"intake"}
    shelf.take(delivery(first))
    assert shelf.figures
    assert shelf.records[f"request:{life.id}"].irregular == set()


def test_an_event_that_tells_the_figures_nothing_leaves_the_fact_alone(
    osinergmin: Counting,
) -> None:
    asked = Life().add(MONDAY, received())
    shelf = Shelf(osinergmin)
    shelf.take(*map(delivery, asked.events))
    (record,) = shelf.records.values()
    before, figures = record.fact, shelf.figures
    record.recount = False

    told = received()
    opened = EvaluationOpened(
        code=told.code,
        request_type=told.request_type,
        topic=told.topic,
        title=told.title,
        received_at=told.received_at,
        deadline=told.deadlines[0],
    )
    asked.add(MONDAY + HOUR, opened)
    shelf.take(delivery(asked.events[-1]))

    assert (record.fact is before, record.recount, shelf.figures) == (True, False, figures)
    assert record.reached == {"intake": 1, "validation": 1}


def test_unreadable_event_is_buried_and_stops_nothing(osinergmin: Counting) -> None:
    life = open_life()
    good = life.events
    life.histories["intake"][1]["data"] = {"status": "observed"}
    shelf = Shelf(osinergmin)
    shelf.take(*(delivery(event) for event in life.events))
    assert shelf.buried == ["invalid_body"]
    record = shelf.records[f"request:{life.id}"]
    assert record.reached == {"intake": 2, "validation": 1}
    assert record.cursors["intake"].passed_over == {2}
    mended = next(e for e in good if e.name.service == "intake" and e.sequence == 2)
    shelf.take(delivery(mended, replay=True))
    assert ("osinergmin|open|all|observed|client", "open") in shelf.figures
    assert record.irregular == set()


@given(data=st.data())
def test_any_event_buried_and_replayed_at_the_end_is_counted(
    osinergmin: Counting, data: st.DataObject
) -> None:
    life = data.draw(st.sampled_from(MAKERS))()
    event = data.draw(st.sampled_from(life.events))
    shelf = Shelf(osinergmin)
    for each in life.events:
        broken = replace(each, data={"none": "of its fields"})
        shelf.take(delivery(broken if each == event else each))
    shelf.take(delivery(event, replay=True))
    assert shelf.figures == recounted([life], osinergmin)


def test_event_under_another_tenant_is_buried(osinergmin: Counting) -> None:
    life = open_life()
    thief = Life(life.id, "osce").add(MONDAY, received())
    shelf = Shelf(osinergmin)
    shelf.take(*(delivery(event) for event in life.events if event.name.service == "validation"))
    shelf.take(*(delivery(event) for event in thief.events))
    assert shelf.buried == ["other_tenant"]


def test_what_is_buried_or_early_does_not_decide_whose_case_it_is(osinergmin: Counting) -> None:
    life = open_life()
    first, *rest = life.events
    broken = replace(first, tenant="osce", data={"none": "of its fields"})
    shelf = Shelf(osinergmin)
    shelf.take(delivery(broken), *(delivery(event) for event in rest))
    assert shelf.buried == ["invalid_body"]
    assert shelf.records[f"request:{life.id}"].tenant == "osinergmin"
    shelf.take(delivery(first, replay=True))
    assert shelf.figures == recounted([life], osinergmin)

    early = Shelf(osinergmin)
    early.take(delivery(replace(rest[0], tenant="osce")), delivery(first))
    assert early.buried == ["other_tenant"]
    assert early.records[f"request:{life.id}"].tenant == "osinergmin"


def test_too_many_early_events_go_back_to_the_queue(osinergmin: Counting) -> None:
    life = Life().add(MONDAY, *(received() for _ in range(300)))
    verdicts = Shelf(osinergmin).take(*(delivery(event) for event in life.events[1:]))
    assert verdicts.count(Verdict.RETRY) == 299 - 256


def test_a_batch_is_as_large_as_the_service_asks() -> None:
    """Half waits while half is handled; the figures are a transaction a batch."""
    assert batch_size(SERVICE.prefetch or 0) == 512
    assert batch_size(1) == 256
