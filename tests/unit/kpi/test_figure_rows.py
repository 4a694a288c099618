"""Which rows a report's figures have."""

from datetime import UTC, datetime

from services.kpi.answers import Figure, Share
from services.kpi.closing import Close, row_id
from services.kpi.definitions import Good, Unit
from services.kpi.lists import Labels
from services.kpi.reports.figures import figure_rows
from shared.contracts.kpi import FrozenFigure
from shared.i18n import load
from tests.support.evaluations import tenant

LABELS = Labels(tenant(), load(), "es")
EMPTY = Share(value=None, numerator=0, denominator=0)


def stages_met(**parts: Share) -> Figure:
    return Figure(
        id="requests.stages_met",
        name="Plazos",
        value=0.5,
        unit=Unit.SHARE,
        numerator=1,
        denominator=2,
        formula="",
        good=Good.HIGHER,
        source="",
        version=1,
        parts=parts,
    )


def told(figure: Figure, frozen: Close | None = None) -> list[str]:
    return [row.part for row in figure_rows([figure], frozen, LABELS)]


def closed(*figures: FrozenFigure) -> Close:
    return Close(
        month="2026-07",
        time_zone="America/Lima",
        policy="1",
        rows={row_id(one.id, one.part): one for one in figures},
        versions={one.id: one.version for one in figures},
        previous="",
        sha256="",
        closed_at=datetime(2026, 8, 1, tzinfo=UTC),
        closed_by="person:ana",
    )


def test_a_part_without_a_case_has_no_row() -> None:
    """Others of its family had one; the figure itself is always told."""
    figure = stages_met(
        attention=Share(value=0.5, numerator=1, denominator=2),
        evaluation=Share(value=None, numerator=0, denominator=0, excluded={"running": 3}),
        replication=EMPTY,
    )
    assert told(figure) == ["", "attention", "evaluation"]
    assert told(figure.model_copy(update={"numerator": 0, "denominator": 0})) == told(figure)


def test_a_part_that_was_frozen_with_a_case_keeps_its_row() -> None:
    frozen = FrozenFigure(
        id="requests.stages_met", version=1, part="replication", numerator=0, denominator=1
    )
    assert "replication" in told(stages_met(replication=EMPTY), closed(frozen))
