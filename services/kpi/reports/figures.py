"""The figures of a report as rows, with their parts, what was frozen, and their subjects. Pure."""

from collections.abc import Sequence

from services.kpi.answers import Figure, Share
from services.kpi.closing import Close, row_id
from services.kpi.definitions import INDICATORS
from services.kpi.families import FAMILIES
from services.kpi.lists import Labels
from services.kpi.reports.rows import Definition, FigureRow
from shared.contracts.kpi import FrozenFigure


def figure_rows(
    figures: Sequence[Figure], frozen: Close | None, labels: Labels, by: str = ""
) -> list[FigureRow]:
    """Each figure and, after it, its parts; beside them what was frozen and the adjustment.

    The parts are of `by`, where the figures that know it were split by that.
    """
    rows: list[FigureRow] = []
    for figure in figures:
        whole = Share(
            value=figure.value,
            numerator=figure.numerator,
            denominator=figure.denominator,
            excluded=figure.excluded,
        )
        parts = {"": whole, **(figure.parts or {})}
        gone = frozen.parts_of(figure.id) - parts.keys() if frozen else set()
        zero = Share(value=None, numerator=0, denominator=figure.denominator and 0)
        for part, one in [*parts.items(), *((name, zero) for name in sorted(gone))]:
            target = figure.target if not part else None
            row = _figure_row(figure, part, one, target)
            label = labels.of(_split_of(figure.id, by), part) if part else ""
            row = _with_frozen(row.model_copy(update={"label": label}), frozen)
            if not part or not _says_nothing(row):
                rows.append(row)
    return rows


def _says_nothing(row: FigureRow) -> bool:
    """A part of what is judged that has no case: others of its family have one."""
    before = row.frozen_numerator or row.frozen_denominator
    return (
        row.denominator == 0 and not row.numerator and not before and not any(row.excluded.values())
    )


def _split_of(indicator: str, by: str) -> str:
    one = INDICATORS[indicator]
    return by if by in FAMILIES[one.family].dimensions else one.split


def group_of(indicator: str) -> str:
    """The subject of a figure, under which reports gather it."""
    return INDICATORS[indicator].report


def quiet_groups(rows: Sequence[FigureRow]) -> list[str]:
    """The subjects without a case, a target or anything frozen: their rows would say nothing.

    None where all would be: the report would be about nothing.
    """
    told = {
        group_of(row.id)
        for row in rows
        if row.target is not None
        or any((row.numerator, row.denominator, row.frozen_numerator, row.frozen_denominator))
        or any(row.excluded.values())
    }
    groups = dict.fromkeys(group_of(row.id) for row in rows)
    return [group for group in groups if group not in told] if told else []


def _figure_row(figure: Figure, part: str, one: Share, target: float | None) -> FigureRow:
    return FigureRow(
        id=figure.id,
        name=figure.name,
        part=part,
        value=one.value,
        unit=figure.unit,
        numerator=one.numerator,
        denominator=one.denominator,
        excluded=one.excluded,
        target=target,
    )


def _with_frozen(row: FigureRow, frozen: Close | None) -> FigureRow:
    """An indicator that is newer than the close has nothing frozen."""
    before = None if frozen is None else frozen.rows.get(row_id(row.id, row.part))
    if frozen is None or (before is None and not frozen.knows(row.id)):
        return row
    if before is None:
        before = FrozenFigure(
            id=row.id, version=0, part=row.part, numerator=0, denominator=row.denominator and 0
        )
    change = None
    if before.denominator is not None and row.denominator is not None:
        change = row.denominator - before.denominator
    return row.model_copy(
        update={
            "frozen_numerator": before.numerator,
            "frozen_denominator": before.denominator,
            "frozen_excluded": dict(before.excluded),
            "frozen_target": before.target,
            "adjustment_numerator": row.numerator - before.numerator,
            "adjustment_denominator": change,
        }
    )


def definition_of(figure: Figure) -> Definition:
    return Definition(
        id=figure.id,
        name=figure.name,
        version=figure.version,
        formula=figure.formula,
        good=figure.good,
        source=figure.source,
        reason=figure.reason,
    )
