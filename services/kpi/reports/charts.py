"""What the chart of a report shows, and in words for who cannot see it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.kpi.reports.numbers import number
from services.kpi.reports.rows import Document, FigureRow
from services.kpi.reports.tables import Tabler

BY_PART: Final = "requests.stages_met"


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar: how far it reaches, from 0 to 1."""

    label: str
    text: str
    level: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Lying bars."""

    title: str
    alt: str
    marks: tuple[Mark, ...]


class Drawer:
    """Chooses the charts of a document."""

    def __init__(self, document: Document, tabler: Tabler) -> None:
        self._document = document
        self._word = tabler.word
        self._filled = tabler.filled

    def charts(self) -> list[Chart]:
        """A bar for each stage's kept deadlines, if there are any."""
        rows = [row for row in self._document.figures if row.id == BY_PART]
        marks = [
            Mark(row.part or self._word("chart.total"), self._of(row), row.value)
            for row in rows
            if row.value is not None
        ]
        if not marks:
            return []
        title = self._filled("chart.by_part", name=rows[0].name)
        return [Chart(title, self._alt(title, marks), tuple(marks))]

    def _alt(self, title: str, marks: Sequence[Mark]) -> str:
        return f"{title}. {'; '.join(f'{mark.label}: {mark.text}' for mark in marks)}."

    def _of(self, row: FigureRow) -> str:
        shown = number(row.value, row.unit, self._document.language)
        return f"{shown} ({row.numerator} / {row.denominator})"
