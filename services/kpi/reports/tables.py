"""A document as tables: what CSV, XLSX and PDF have in common."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.kpi.definitions import INDICATORS, Unit
from services.kpi.reports.rows import (
    Closing,
    CourseRow,
    DayRow,
    Document,
    FigureRow,
    FindingRow,
)
from shared.i18n import Catalogue

Cell = str | int | float | date | datetime | None
FROZEN: Final = (
    "frozen_numerator",
    "frozen_denominator",
    "frozen_excluded",
    "frozen_target",
    "adjustment_numerator",
    "adjustment_denominator",
)
_MEASURED: Final = ("value", "unit", "numerator", "denominator")
FIGURES: Final = ("name", "label", *_MEASURED, "excluded", "target")
KEYS: Final = ("part", "id")
"""By what programs know a row: the last columns."""
COURSE: Final = ("first", "last", "name", *_MEASURED, "change", "id")
FINDINGS: Final = ("name", "finding", "value", "unit", "target", "before", "id")
UNIT: Final = ("tier", "entered", "attended", "solved", "closed", "pending", "overdue")
DEFINITIONS: Final = ("name", "formula", "source", "version", "note", "id")
REQUESTS: Final = (
    "code",
    "received_at",
    "due_at",
    "status",
    "type",
    "topic",
    "compliance_pct",
    "channel",
    "area",
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; `units` are those of numbers that are no plain counts.

    `groups` are the subjects of its rows, one a row, each subject's rows together.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    units: Sequence[dict[str, Unit]]
    groups: Sequence[str] = ()


class Tabler:
    """Makes the tables of a document in its language."""

    def __init__(self, document: Document, words: Catalogue) -> None:
        self._document = document
        self._words = words

    def word(self, key: str) -> str:
        return self._words.text(self._document.language, f"report.{key}")

    def names(self, indicators: Iterable[str]) -> dict[str, str]:
        """What indicators are called, with their group where two are called the same."""
        language = self._document.language
        names = {one: self._words.text(language, f"indicator.{one}.name") for one in indicators}
        times = Counter(names.values())
        return {
            one: f"{name} ({self.word(f'group.{INDICATORS[one].report}')})"
            if times[name] > 1
            else name
            for one, name in names.items()
        }

    def tables(self) -> list[Table]:
        """Figures, then what the report is about, then the definitions."""
        document = self._document
        if document.unit:
            more = [self._unit()]
        elif document.course:
            more = [self._findings(), self._course()]
        elif document.requests or not document.days:
            more = [self._requests()]
        else:
            more = [self._days()]
        return [self._figures(), *more, self._definitions()]

    def heading_lines(self) -> list[str]:
        """Whose report it is, of when, by which rules, and how it was closed."""
        document = self._document
        lines = [
            document.account,
            self.filled("period", start=document.from_, end=document.to, zone=document.time_zone),
            self.filled("policy", policy=document.policy),
            self._made(),
        ]
        if document.mixed_policies is not None:
            lines.append(document.mixed_policies)
        if document.closing is not None:
            lines += self._closed(document.closing)
        if document.quiet:
            lines.append(self.filled("quiet", groups=", ".join(document.quiet)))
        if document.requests_left_out:
            lines.append(self.filled("left_out", number=len(document.requests)))
        return lines

    def _made(self) -> str:
        at = self._document.made_at.astimezone(ZoneInfo(self._document.time_zone))
        key = "made" if at.date() > self._document.to else "made.early"
        return self.filled(key, at=f"{at:%Y-%m-%d %H:%M}")

    def _closed(self, closing: Closing) -> list[str]:
        at = closing.closed_at.astimezone(ZoneInfo(self._document.time_zone))
        told = {"month": closing.month, "at": f"{at:%Y-%m-%d %H:%M}"}
        by = "signed" if closing.key_id else "unsigned"
        lines = [
            self.filled("closed", **told),
            self.filled(f"closed.{by}", sha256=closing.sha256, key_id=closing.key_id),
        ]
        return lines if closing.redefined is None else [*lines, closing.redefined]

    def filled(self, key: str, **facts: object) -> str:
        return self._words.text(self._document.language, f"report.{key}", facts)

    def _table(
        self,
        name: str,
        columns: tuple[str, ...],
        rows: Sequence[tuple[Cell, ...]],
        units: Sequence[dict[str, Unit]] = (),
        headings: tuple[str, ...] = (),
        indicators: Sequence[str] = (),
    ) -> Table:
        shown = headings or tuple(self.word(f"column.{column}") for column in columns)
        groups = [self.word(f"group.{INDICATORS[one].report}") for one in indicators]
        return Table(name, self.word(f"table.{name}"), columns, shown, rows, units, groups)

    def _figures(self) -> Table:
        frozen = FROZEN if self._document.closing is not None else ()
        columns = (*FIGURES, *frozen, *KEYS)
        rows: list[tuple[Cell, ...]] = []
        units: list[dict[str, Unit]] = []
        for row in self._document.figures:
            shown = {
                "unit": self.word(f"unit.{row.unit}"),
                "excluded": self._excluded(row.excluded),
                "frozen_excluded": self._excluded(row.frozen_excluded or {}),
            }
            rows.append(tuple(shown[c] if c in shown else _cell(getattr(row, c)) for c in columns))
            units.append(_units_of(row, *frozen))
        indicators = [row.id for row in self._document.figures]
        return self._table("figures", columns, rows, units, indicators=indicators)

    def _excluded(self, left_out: Mapping[str, int]) -> str:
        parts = (f"{self.word(f'excluded.{name}')}: {n}" for name, n in left_out.items() if n)
        return "; ".join(parts)

    def _definitions(self) -> Table:
        rows: list[tuple[Cell, ...]] = [
            (one.name, one.formula, one.source, one.version, one.reason or "", one.id)
            for one in self._document.definitions
        ]
        indicators = [one.id for one in self._document.definitions]
        return self._table("definitions", DEFINITIONS, rows, indicators=indicators)

    def _requests(self) -> Table:
        rows = [
            tuple(_cell(getattr(row, column)) for column in REQUESTS)
            for row in self._document.requests
        ]
        return self._table("requests", REQUESTS, rows)

    def _unit(self) -> Table:
        rows = [
            tuple(_cell(getattr(row, column)) for column in UNIT) for row in self._document.unit
        ]
        return self._table("unit", UNIT, rows)

    def _course(self) -> Table:
        return self._plain("course", COURSE, self._document.course)

    def _findings(self) -> Table:
        return self._plain("findings", FINDINGS, self._document.findings)

    def _plain(
        self, name: str, columns: tuple[str, ...], found: Sequence[CourseRow] | Sequence[FindingRow]
    ) -> Table:
        rows: list[tuple[Cell, ...]] = []
        for row in found:
            shown = {"unit": self.word(f"unit.{row.unit}")}
            rows.append(tuple(shown[c] if c in shown else _cell(getattr(row, c)) for c in columns))
        units = [_units_of(row) for row in found]
        return self._table(name, columns, rows, units)

    def _days(self) -> Table:
        by_day: dict[date, dict[str, DayRow]] = {}
        for row in self._document.days:
            by_day.setdefault(row.day, {})[row.id] = row
        names = self.names(row.id for row in self._document.days)
        columns, headings = ["day"], [self.word("column.day")]
        for name, title in names.items():
            for field in _fields(name):
                columns.append(f"{name}.{field}")
                plain = field == "value"
                headings.append(title if plain else f"{title}: {self.word(f'column.{field}')}")
        rows: list[tuple[Cell, ...]] = [
            (day, *(getattr(found[name], field) for name in names for field in _fields(name)))
            for day, found in by_day.items()
        ]
        units = [{f"{name}.value": INDICATORS[name].unit for name in names}] * len(rows)
        return self._table("days", tuple(columns), rows, units, tuple(headings))


def _units_of(row: FigureRow | CourseRow | FindingRow, *more: str) -> dict[str, Unit]:
    """The columns of a row that are in its unit; what seconds are a sum of are seconds too.

    The numerator of a percentile is how many are within it.
    """
    unit = row.unit
    own = dict.fromkeys(("value", "target", "frozen_target", "before", "change"), unit)
    if unit is Unit.SECONDS and INDICATORS[row.id].quantile is None:
        summed = ("numerator", *(name for name in more if name.endswith("_numerator")))
        own |= dict.fromkeys(summed, unit)
    return own


def _fields(name: str) -> tuple[str, ...]:
    return ("value", "numerator", "denominator") if INDICATORS[name].denominator else ("value",)


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float | date):
        return value
    raise TypeError(f"no cell holds {type(value).__name__}")
