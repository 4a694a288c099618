"""Indicators beside their targets, as Prometheus sees them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.parser import text_string_to_metric_families

from services.kpi.definitions import INDICATORS, Indicator
from services.kpi.policy import Counting
from services.kpi.targets import TargetCollector
from services.kpi.views import Cut, Period
from shared.telemetry.board import Board


class Sums:
    """Amounts by indicator; what was asked is kept."""

    def __init__(self, amounts: dict[str, dict[str, int]]) -> None:
        self.amounts = amounts
        self.asked: list[Period] = []

    async def sums(
        self, indicators: Iterable[Indicator], period: Period, cut: Cut, by: str | None
    ) -> dict[str, dict[str, dict[str, int]]]:
        assert (cut.tenant, by) == ("osinergmin", None)
        self.asked.append(period)
        none = {name: dict.fromkeys(one.measures, 0) for name, one in INDICATORS.items()}
        return {one.id: {"": none[one.id] | self.amounts.get(one.id, {})} for one in indicators}


async def told(sums: Sums, counting: Counting, now: datetime) -> dict[tuple[str, str], float]:
    board = Board()
    workshop: Any = SimpleNamespace(
        tenants=["osinergmin"], policy=lambda tenant: counting, now=lambda: now, registry=board
    )
    figures: Any = sums
    assert board.written() == (b"", CONTENT_TYPE_PLAIN_0_0_4)
    await TargetCollector(figures, workshop).read()
    written = board.written()[0].decode()
    return {
        (sample.name, sample.labels["indicator"]): sample.value
        for family in text_string_to_metric_families(written)
        for sample in family.samples
        if sample.labels["tenant"] == "osinergmin"
    }


async def test_month_and_target_of_each_indicator_with_a_target(osinergmin: Counting) -> None:
    sums = Sums({"training.coverage": {"signed": 3, "eligible": 4}})

    found = await told(sums, osinergmin, datetime(2026, 7, 15, 12, tzinfo=UTC))

    assert found["enlace_indicator_month", "training.coverage"] == 0.75
    targets = {name for metric, name in found if metric == "enlace_indicator_target"}
    assert targets == set(osinergmin.targets)


async def test_without_a_case_there_is_a_target_and_no_figure(osinergmin: Counting) -> None:
    found = await told(Sums({}), osinergmin, datetime(2026, 7, 15, 12, tzinfo=UTC))

    assert {metric for metric, _ in found} == {"enlace_indicator_target"}


async def test_the_month_is_that_of_the_account(osinergmin: Counting) -> None:
    """In Lima it is still July when August has begun in UTC."""
    sums = Sums({})

    await told(sums, osinergmin, datetime(2026, 8, 1, 3, tzinfo=UTC))

    assert [(str(one.first), str(one.last)) for one in sums.asked] == [("2026-07-01", "2026-07-31")]
