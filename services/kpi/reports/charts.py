"""What the charts of a report show, and in words for who cannot see them. Pure.

The figures with a target against it; shares by their parts; counts by their parts, the most first,
with the part of the whole that they make together (Pareto); and how figures went by day or month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.kpi.definitions import INDICATORS, Unit
from services.kpi.reports.numbers import number
from services.kpi.reports.rows import Document, FigureRow
from services.kpi.reports.tables import Tabler

BY_PART: Final = ("requests.stages_met", "incidents.stages_met")
PARETO: Final = (
    "incidents.by_origin",
    "incidents.stages_breached",
    "requests.stages_breached",
    "suggestions.received",
    "suggestions.outcomes",
)
COURSE: Final = (
    "requests.received",
    "requests.on_time",
    "training.on_time",
    "incidents.total",
    "incidents.within_deadlines",
    "consultations.received",
    "dossiers.received",
    "suggestions.received",
    "suggestions.informed",
    "suggestions.implemented",
)
"""The main figures of the reports that tell a course by month; the others are in its table."""
BESIDE: Final = 8
"""So many parts have room for their names beside each other."""
FEW: Final = 12
"""So many columns have room for their numbers above them."""
MOST: Final = 31
"""Of more points the words tell the lowest and the highest; all of them are in the table."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar: how far it reaches, from 0 to 1, and beside it a goal or a point of a line."""

    label: str
    text: str
    level: float
    goal: float | None = None
    line: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Lying `bars` or standing `columns`; `note` says what is drawn beside them."""

    shape: str
    title: str
    alt: str
    marks: tuple[Mark, ...]
    note: str | None = None


class Point(NamedTuple):
    """A figure of one day or month, which has its place also where there is nothing to judge by."""

    label: str
    value: float | None


class Drawer:
    """Chooses the charts of a document."""

    def __init__(self, document: Document, tabler: Tabler) -> None:
        self._document = document
        self._word = tabler.word
        self._filled = tabler.filled
        told = [row.id for row in document.figures]
        self._names = tabler.names([*told, *(row.id for row in document.days)])

    def charts(self) -> list[Chart]:
        """Those that have something to show."""
        found = [
            self._targets(),
            self._day(),
            *self._course(),
            *(self._by_part(name) for name in BY_PART),
            *(self._pareto(name) for name in PARETO),
        ]
        return [chart for chart in found if chart is not None]

    def _targets(self) -> Chart | None:
        marks = []
        for row in self._document.figures:
            if INDICATORS[row.id].same_as:
                continue
            if row.unit is Unit.SHARE and row.target is not None and row.value is not None:
                goal = self._filled("chart.goal", target=self._number(row.target, row.unit))
                text = f"{self._of(row)}; {goal}"
                marks.append(Mark(self._names[row.id], text, row.value, row.target))
        note = self._word("chart.goal_drawn")
        return self._bars(self._word("chart.targets"), marks, note) if marks else None

    def _by_part(self, name: str) -> Chart | None:
        rows = [row for row in self._document.figures if row.id == name]
        marks = [
            Mark(row.label or self._word("chart.total"), self._of(row), row.value)
            for row in rows
            if row.value is not None
        ]
        if not marks:
            return None
        return self._bars(self._filled("chart.by_part", name=self._names[name]), marks)

    def _bars(self, title: str, marks: Sequence[Mark], note: str | None = None) -> Chart:
        return Chart("bars", title, self._alt(title, marks), tuple(marks), note)

    def _pareto(self, name: str) -> Chart | None:
        rows = [row for row in self._document.figures if row.id == name]
        parts = [row for row in rows if row.part and row.numerator]
        if not parts:
            return None
        parts.sort(key=lambda row: (-row.numerator, row.label))
        total, sum_ = sum(row.numerator for row in parts), 0
        marks = []
        for row in parts:
            sum_ += row.numerator
            level, cumulative = row.numerator / total, sum_ / total
            text = f"{row.numerator} ({self._number(cumulative, Unit.SHARE)})"
            line = None if len(parts) > BESIDE else cumulative
            marks.append(Mark(row.label, text, level, line=line))
        title = self._filled("chart.pareto", name=self._names[name])
        if len(parts) > BESIDE:
            return self._bars(title, marks)
        note = self._word("chart.line_drawn")
        return Chart("columns", title, self._alt(title, marks), tuple(marks), note)

    def _day(self) -> Chart | None:
        """The counts of a report of one day, which has no course."""
        document = self._document
        counts = [row for row in document.days if INDICATORS[row.id].unit is Unit.COUNT]
        most = max((row.numerator for row in counts), default=0)
        if document.from_ != document.to or not most:
            return None
        title = self._filled("chart.day", day=document.from_)
        marks = [
            Mark(self._names[row.id], str(row.numerator), row.numerator / most) for row in counts
        ]
        return self._bars(title, marks)

    def _course(self) -> list[Chart]:
        document = self._document
        points: dict[str, list[Point]] = {}
        for day in document.days:
            if document.from_ != document.to:
                points.setdefault(day.id, []).append(Point(day.day.isoformat(), day.value))
        for month in document.course:
            if month.id in COURSE:
                label = f"{month.first:%Y-%m}"
                points.setdefault(month.id, []).append(Point(label, month.value))
        return [self._columns(name, found) for name, found in points.items() if _moves(found)]

    def _columns(self, name: str, points: Sequence[Point]) -> Chart:
        unit = INDICATORS[name].unit
        most = 1.0 if unit is Unit.SHARE else max(point.value or 0 for point in points)
        marks = tuple(
            Mark(point.label, self._number(point.value, unit), (point.value or 0) / most)
            for point in points
        )
        title = self._names[name]
        if len(marks) <= FEW:
            return Chart("columns", title, self._alt(title, marks), marks)
        told = self._range(
            [mark for mark, point in zip(marks, points, strict=True) if point.value is not None]
        )
        alt = self._alt(title, marks) if len(marks) <= MOST else f"{title}. {told}"
        return Chart("columns", title, alt, marks, told)

    def _range(self, marks: Sequence[Mark]) -> str:
        low, high = (pick(marks, key=lambda mark: mark.level) for pick in (min, max))
        return self._filled(
            "chart.range",
            number=len(marks),
            low=low.text,
            low_at=low.label,
            high=high.text,
            high_at=high.label,
        )

    def _alt(self, title: str, marks: Sequence[Mark]) -> str:
        return f"{title}. {'; '.join(f'{mark.label}: {mark.text}' for mark in marks)}."

    def _of(self, row: FigureRow) -> str:
        return f"{self._number(row.value, row.unit)} ({row.numerator} / {row.denominator})"

    def _number(self, value: float | None, unit: Unit) -> str:
        return number(value, unit, self._document.language)


def _moves(points: Sequence[Point]) -> bool:
    """Zeros alone draw nothing."""
    return any(point.value for point in points)
