"""The on-time share of a real register equals the one computed from its file by somebody else."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.kpi.counts import counts_of
from services.kpi.domain import RequestFact, fold
from services.kpi.policy import Counting
from services.kpi.recount import recount
from tests.support.lives import Life, imported

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data"
REGISTER = FOLDER / "baltimore_311_sample.csv.gz"
HERE = pytest.mark.skipif(not REGISTER.exists(), reason="the register is not beside the checkout")


def instant(text: str) -> datetime | None:
    """The register's wall clock, taken as it is."""
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC) if text else None


def rows() -> Iterator[Life]:
    with gzip.open(REGISTER, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            created = instant(row["CreatedDate"])
            assert created is not None
            due_at, closed_at = instant(row["DueDate"]), instant(row["CloseDate"])
            yield Life().add(created, imported(created, due_at, closed_at, area=row["Agency"]))


@HERE
def test_on_time_share_of_a_real_register(osinergmin: Counting) -> None:
    truth = json.loads((FOLDER / "truth.json").read_text())["baltimore_311_sample"]["all"]
    counted: Counter[str] = Counter()
    again: Counter[str] = Counter()
    for life in rows():
        (event,) = life.events
        fact = fold(RequestFact(), event.body(), event.time, event.sequence)
        for key, amounts in counts_of(fact, osinergmin).items():
            if "|requests|" in key:
                counted.update(amounts)
        for (key, measure), amount in recount(life.histories, osinergmin).items():
            if "|requests|" in key:
                again[measure] += amount
    assert counted == again
    assert counted["received"] == truth["requests"]
    assert counted["judged"] == truth["closed_with_both_dates"]
    assert counted["on_time"] == truth["closed_on_time"]
    assert round(100 * counted["on_time"] / counted["judged"], 4) == truth["on_time_pct"]
