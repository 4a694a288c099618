"""What stands written between readings, beside what is counted live."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from shared.telemetry.board import Board

FORMATS = (
    "",
    "text/plain;version=0.0.4",
    "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
)


def gauge(value: float, name: str = "open") -> Metric:
    family = GaugeMetricFamily(name, "Requests", labels=("tenant",))
    family.add_metric(("osce",), value)
    return family


class _Fixed(CollectorRegistry):
    def __init__(self, *families: Metric) -> None:
        super().__init__()
        self.families = families

    def collect(self) -> list[Metric]:
        return [*super().collect(), *self.families]


@pytest.mark.parametrize("accept", FORMATS)
def test_it_reads_as_if_all_were_live(accept: str) -> None:
    board, plain = Board(), _Fixed(gauge(3), gauge(7, "aimed"))
    for registry in (board, plain):
        Counter("asked", "Questions", registry=registry).inc()
    asyncio.run(board.post("a", [gauge(3)]))
    asyncio.run(board.post("b", [gauge(7, "aimed")]))
    encoder, media_type = choose_encoder(accept)
    told, expected = board.written(accept)[0], encoder(plain)

    def lines(text: bytes) -> list[bytes]:
        return [line for line in text.splitlines() if b"_created" not in line]

    assert lines(told) == lines(expected)
    assert board.written(accept)[1] == media_type


def test_what_is_live_is_of_now_and_what_is_posted_of_the_last_reading() -> None:
    board, family = Board(), gauge(3)
    counter = Counter("asked", "Questions", registry=board)
    asyncio.run(board.post("a", [family]))
    assert _values(board) == {"asked_total": 0.0, "open": 3.0}
    counter.inc()
    # were it written again, this would be seen
    family.samples.clear()
    assert _values(board) == {"asked_total": 1.0, "open": 3.0}
    asyncio.run(board.post("a", [gauge(4)]))
    assert _values(board) == {"asked_total": 1.0, "open": 4.0}


def _values(board: Board) -> dict[str, float]:
    text = board.written("text/plain")[0].decode()
    families = text_string_to_metric_families(text)
    samples = (sample for family in families for sample in family.samples)
    return {one.name: one.value for one in samples if not one.name.endswith("_created")}
