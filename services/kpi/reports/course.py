"""How figures went by month, against the period before, and what that leads to (B:L940-987)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.answers import Figure, Share, share
from services.kpi.calendar_pieces import Every
from services.kpi.definitions import INDICATORS, Good, Indicator
from services.kpi.reports.rows import CourseRow, FindingRow
from services.kpi.views import Cut, Figures, Period
from shared.i18n import Catalogue


@dataclass(frozen=True, slots=True)
class Progress:
    """The course of a period, one figure after another, and what was found in it."""

    course: list[CourseRow]
    findings: list[FindingRow]


class Course:
    """Reads the months of a period and the period before, at one moment."""

    def __init__(self, figures: Figures, words: Catalogue, session: AsyncClientSession) -> None:
        self._figures = figures
        self._words = words
        self._session = session

    async def of(
        self,
        wanted: Sequence[Indicator],
        shown: Sequence[Figure],
        cut: Cut,
        period: Period,
        language: str,
        worse: float | None,
        today: date,
    ) -> Progress:
        """The course of the period up to today, and its findings; `worse` as in `finding_of`."""
        names = {one.id: one.name for one in shown}
        months = begun(period, today)
        course: dict[str, list[CourseRow]] = {one.id: [] for one in wanted}
        before = await self._shares(wanted, cut, _months_before(period, 1))
        for month in months:
            found = await self._shares(wanted, cut, month)
            for one in wanted:
                now, then = found[one.id], before[one.id].value
                change = None if now.value is None or then is None else now.value - then
                course[one.id].append(_row(month, one, names[one.id], now, change))
            before = found
        former = _known(await self._shares(wanted, cut, _months_before(period, len(months))))
        found_of = [
            (one, finding_of(one, former.get(one.id), worse))
            for one in shown
            # what stands in two reports is one finding
            if not INDICATORS[one.id].same_as
        ]
        findings = [
            FindingRow(
                id=one.id,
                name=one.name,
                finding=self._words.text(language, f"report.finding.{finding}"),
                value=one.value,
                unit=one.unit,
                target=one.target,
                before=former.get(one.id),
            )
            for one, finding in found_of
            if finding is not None and one.value is not None
        ]
        return Progress([row for rows in course.values() for row in rows], findings)

    async def _shares(
        self, wanted: Sequence[Indicator], cut: Cut, period: Period
    ) -> dict[str, Share]:
        sums = await self._figures.sums(wanted, period, cut, None, self._session)
        return {one.id: share(one, sums[one.id][""]) for one in wanted}


def begun(period: Period, today: date) -> list[Period]:
    """The months of a period but those that are still to come, where it has begun itself."""
    months = period.pieces(Every.MONTH)
    return [month for month in months if month.first <= today] or months


def finding_of(figure: Figure, before: float | None, worse: float | None) -> str | None:
    """`off_target`, `worse` by more than a part of what it was, or nothing.

    A figure without a good direction finds nothing; without `worse` a target alone does.
    """
    value, sign = figure.value, 1 if figure.good is Good.HIGHER else -1
    if value is None or figure.good is Good.NEITHER:
        return None
    if figure.target is not None and sign * (value - figure.target) < 0:
        return "off_target"
    if worse is None or before is None:
        return None
    return "worse" if sign * (value - before) < -worse * abs(before) else None


def _known(found: Mapping[str, Share]) -> dict[str, float | None]:
    """The values of the subjects that had a case: nothing is worse than nothing at all."""
    reports = {name: INDICATORS[name].report for name in found}
    told = {reports[name] for name, own in found.items() if own.numerator or own.denominator}
    return {name: own.value for name, own in found.items() if reports[name] in told}


def _months_before(period: Period, number: int) -> Period:
    """So many whole months before a period."""
    last = start = period.first - timedelta(days=1)
    for _ in range(number - 1):
        start = start.replace(day=1) - timedelta(days=1)
    return Period.of(start.replace(day=1), last)


def _row(month: Period, one: Indicator, name: str, now: Share, change: float | None) -> CourseRow:
    return CourseRow(
        first=month.first,
        last=month.last,
        id=one.id,
        name=name,
        value=now.value,
        unit=one.unit,
        numerator=now.numerator,
        denominator=now.denominator,
        change=change,
    )
