"""Reports of every kind with a different number in each place, so that no two can be confused."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final

from services.kpi.definitions import INDICATORS, Indicator, told_outside
from services.kpi.policy import Kind
from services.kpi.reports.rows import (
    Closing,
    CourseRow,
    DayRow,
    Definition,
    Document,
    FigureRow,
    FindingRow,
    RequestRow,
    UnitRow,
)
from shared.i18n import Catalogue

DAILY: Final = (
    "incidents.total",
    "requests.received",
    "requests.stages_met",
    "incidents.stages_met",
    "requests.coverage",
    "training.coverage",
)
PARTS: Final = {
    "requests.stages_met": ("attention", "evaluation", "replication"),
    "incidents.stages_met": ("respond", "solve_l2"),
    "incidents.by_origin": ("area", "assistant", "user"),
    "incidents.stages_breached": ("respond", "solve_l2"),
    "suggestions.received": tuple(f"area_{number}" for number in range(9)),
}
TARGETS: Final = {"requests.on_time": 0.95, "incidents.response_met": 1.0, "training.coverage": 1.0}
FROZEN_TARGETS: Final = {name: target - 0.125 for name, target in TARGETS.items()}
EMPTY: Final = "requests.round_trips"
"""The figure that has nothing to judge by."""

_PERCENTILE: Final = "incidents.elapsed_p90"
_DRAWN: Final = {*DAILY, *PARTS, *TARGETS, EMPTY, _PERCENTILE}
SOME: Final = tuple(
    one
    for number, one in enumerate(told_outside())
    if one.id in _DRAWN or one.report == "suggestions" or number % 8 == 0
)
"""Enough for every unit and chart; all of them would take a test seconds to read back."""


class Sample:
    """Makes one document of a kind in a language."""

    def __init__(self, words: Catalogue, language: str, kind: Kind) -> None:
        self._words = words
        self._language = language
        self._kind = kind
        self._numbers: Iterator[int] = count(3, 7)

    def document(self, *, days: int = 7) -> Document:
        """A report; the client's is of a closed month that was corrected afterwards."""
        kind, first = self._kind, date(2026, 7, 1)
        daily, client = kind is Kind.DAILY, kind is Kind.CLIENT
        wanted = [one for one in SOME if kind is not Kind.SUGGESTIONS or _of_suggestions(one)]
        told = kind in (Kind.IMPROVEMENT, Kind.SUGGESTIONS)
        return Document(
            kind=kind,
            title=self._words.text(self._language, f"report.{kind}.title", {"area": "rnp"}),
            account="Organismo *de* prueba #1",
            from_=first,
            to=first + timedelta(days=days - 1 if daily else 30),
            made_at=datetime(2026, 8, 3, 15, 30, tzinfo=UTC),
            time_zone="America/Lima",
            policy="2026-07",
            language=self._language,
            closing=_closing() if client else None,
            figures=[row for one in wanted for row in self._figures(one)],
            definitions=[self._definition(one) for one in wanted],
            days=self._days(first, days) if daily else [],
            course=self._course(wanted) if told else [],
            unit=[self._unit(tier) for tier in ("", "1", "2", "3")] if kind is Kind.UNIT else [],
            findings=[self._finding(one) for one in wanted[:3]] if told else [],
            requests=[self._request(number) for number in range(4)] if client else [],
            requests_left_out=False,
        )

    def _name(self, one: Indicator) -> str:
        return self._words.text(self._language, f"indicator.{one.id}.name")

    def _amounts(self, one: Indicator) -> tuple[float | None, int, int | None]:
        part, rest = next(self._numbers), next(self._numbers)
        if not one.denominator:
            return float(part), part, None
        return (None, 0, 0) if one.id == EMPTY else (part / (part + rest), part, part + rest)

    def _figures(self, one: Indicator) -> list[FigureRow]:
        return [self._figure(one, part) for part in ("", *PARTS.get(one.id, ()))]

    def _figure(self, one: Indicator, part: str) -> FigureRow:
        value, numerator, denominator = self._amounts(one)
        row = FigureRow(
            id=one.id,
            name=self._name(one),
            part=part,
            label=part and f"Parte {part}",
            value=value,
            unit=one.unit,
            numerator=numerator,
            denominator=denominator,
            excluded={name: next(self._numbers) for name in one.excluded},
            target=None if part else TARGETS.get(one.id),
        )
        if self._kind is not Kind.CLIENT:
            return row
        frozen = next(self._numbers)
        before = None if denominator is None else next(self._numbers)
        change = None if denominator is None or before is None else denominator - before
        return row.model_copy(
            update={
                "frozen_numerator": frozen,
                "frozen_denominator": before,
                "frozen_excluded": {name: next(self._numbers) for name in one.excluded},
                "frozen_target": None if part else FROZEN_TARGETS.get(one.id),
                "adjustment_numerator": numerator - frozen,
                "adjustment_denominator": change,
            }
        )

    def _definition(self, one: Indicator) -> Definition:
        return Definition(
            id=one.id,
            name=self._name(one),
            version=one.version,
            formula=self._words.text(self._language, f"indicator.{one.id}.formula"),
            good=one.good,
            source=one.source,
            reason="-" if one.id == EMPTY else None,
        )

    def _days(self, first: date, days: int) -> list[DayRow]:
        rows = []
        for number in range(days):
            for name in DAILY:
                value, numerator, denominator = self._amounts(INDICATORS[name])
                rows.append(
                    DayRow(
                        day=first + timedelta(days=number),
                        id=name,
                        name=self._name(INDICATORS[name]),
                        value=value,
                        numerator=numerator,
                        denominator=denominator,
                    )
                )
        return rows

    def _course(self, wanted: Sequence[Indicator]) -> list[CourseRow]:
        rows = []
        for month in (7, 8, 9):
            for one in wanted:
                value, numerator, denominator = self._amounts(one)
                rows.append(
                    CourseRow(
                        first=date(2026, month, 1),
                        last=date(2026, month + 1, 1) - timedelta(days=1),
                        id=one.id,
                        name=self._name(one),
                        value=value,
                        unit=one.unit,
                        numerator=numerator,
                        denominator=denominator,
                        change=None if value is None else -value / 3,
                    )
                )
        return rows

    def _finding(self, one: Indicator) -> FindingRow:
        value = 1 / next(self._numbers)
        return FindingRow(
            id=one.id,
            name=self._name(one),
            finding=self._words.text(self._language, "report.finding.worse"),
            value=value,
            unit=one.unit,
            target=TARGETS.get(one.id),
            before=value * 2,
        )

    def _unit(self, tier: str) -> UnitRow:
        columns = ("entered", "attended", "solved", "closed", "pending", "overdue")
        return UnitRow(tier=tier, **{name: next(self._numbers) for name in columns})

    def _request(self, number: int) -> RequestRow:
        at = datetime(2026, 7, 6 + number, 9, 5 * number, tzinfo=UTC)
        return RequestRow(
            code=f"SOL-2026-{number:06}",
            received_at=at,
            due_at=at + timedelta(days=2) if number else None,
            status=self._words.text(self._language, "report.status.closed"),
            type="information",
            topic=TOPICS[number],
            compliance_pct=90.5 if number else None,
            channel="api",
            area="dsr",
        )


TOPICS: Final = (
    "tarifas de electricidad: ñandú, güiro",
    '#panic("x") $ *negrita* _cursiva_ @ref <a> [b] \\ `c` // ++ "comillas" --- ~',
    "=1+1",
    "x" * 70,
)
"""Among them what would be markup or a formula, and a word wider than its cell."""


def _closing() -> Closing:
    at = datetime(2026, 8, 3, 15, 30, tzinfo=UTC)
    return Closing(month="2026-07", closed_at=at, sha256="ab" * 32)


def _of_suggestions(one: Indicator) -> bool:
    return one.report == "suggestions"
