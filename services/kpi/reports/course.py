"""How figures went by month, against the period before, and what that leads to (B:L940-987)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.answers import Figure, Share, share
from services.kpi.books import Books
from services.kpi.calendar_pieces import Every
from services.kpi.definitions import INDICATORS, Good, Indicator
from services.kpi.pieces import sums_of_pieces
from services.kpi.reports.rows import CourseRow, FindingRow
from services.kpi.views import Amounts, Cut, Period
from shared.i18n import Catalogue


@dataclass(frozen=True, slots=True)
class Progress:
    """The course of a period, one figure after another, and what was found in it."""

    course: list[CourseRow]
    findings: list[FindingRow]


class Course:
    """Reads the months of a period and as many before it, all at once."""

    def __init__(self, books: Books, words: Catalogue, session: AsyncClientSession) -> None:
        self._books = books
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
        earlier = _months_before(period, len(months)).pieces(Every.MONTH)
        sums = await sums_of_pieces(self._books, wanted, [*earlier, *months], cut, self._session)
        steps = list(zip(months, pairwise(sums[len(earlier) - 1 :]), strict=True))
        course = [
            _row(month, one, names[one.id], *(share(one, own[one.family]) for own in two))
            for one in wanted
            for month, two in steps
        ]
        former = _known(wanted, sums[: len(earlier)])
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
        return Progress(course, findings)


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


def _known(
    wanted: Sequence[Indicator], sums: Sequence[Mapping[str, Amounts]]
) -> dict[str, float | None]:
    """The values of the subjects that had a case: nothing is worse than nothing at all."""
    found = {one: share(one, _total(one, sums)) for one in wanted}
    told = {one.report for one, own in found.items() if own.numerator or own.denominator}
    return {one.id: own.value for one, own in found.items() if one.report in told}


def _total(one: Indicator, sums: Sequence[Mapping[str, Amounts]]) -> Amounts:
    return {name: sum(own[one.family][name] for own in sums) for name in one.measures}


def _months_before(period: Period, number: int) -> Period:
    """So many whole months before a period."""
    last = start = period.first - timedelta(days=1)
    for _ in range(number - 1):
        start = start.replace(day=1) - timedelta(days=1)
    return Period.of(start.replace(day=1), last)


def _row(month: Period, one: Indicator, name: str, then: Share, now: Share) -> CourseRow:
    change = None if now.value is None or then.value is None else now.value - then.value
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
