"""What a report says, put together of one moment of the figures."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.answers import Figure, share
from services.kpi.books import Books
from services.kpi.closing import Close
from services.kpi.definitions import INDICATORS, Indicator, told_outside
from services.kpi.desk import Desk
from services.kpi.domain import RequestFact
from services.kpi.ledger import Record
from services.kpi.lists import Labels, regions
from services.kpi.policy import OTHER, Counting, Kind
from services.kpi.reports.course import Course, Progress
from services.kpi.reports.figures import definition_of, figure_rows, group_of, quiet_groups
from services.kpi.reports.rows import (
    Closing,
    DayRow,
    Document,
    RequestRow,
    UnitRow,
)
from services.kpi.reports.unit import TIER, unit_rows
from services.kpi.views import Amounts, Cut, Figures, Period
from shared.decider import Invalid
from shared.i18n import Catalogue
from shared.policy import Tenant
from shared.service import Workshop

MAX_DAYS: Final = 400
"""More than a year is no report."""
MAX_REQUESTS: Final = 5_000
REGION: Final = "region"
OFFERED: Final = {
    "incidents": "incidents",
    "consultations": "consultations",
    "dossiers": "documents",
    "suggestions": "suggestions",
    "claims": "claims",
    "meetings": "incidents",
    "surveys": "care",
}
"""Reports of what an account need not offer, by the file that says that it does."""


def indicators_of(kind: Kind, tenant: Tenant) -> Sequence[Indicator]:
    """What a report is about: the yearly one about suggestions, the others all that there is.

    What is split by region is of accounts that have regions.
    """
    if kind is Kind.SUGGESTIONS:
        return [one for one in told_outside() if one.report == "suggestions"]
    gone = {name for name, file in OFFERED.items() if file not in tenant.documents}
    regional = regions({name: document.body for name, document in tenant.documents.items()})
    return [
        one
        for one in told_outside()
        if one.report not in gone and (regional or one.split != REGION)
    ]


class Asked(NamedTuple):
    """Which report, of when, and of which unit if it is one's."""

    kind: Kind
    period: Period
    area: str = ""

    @property
    def stem(self) -> str:
        """What its file is called, before the ending."""
        named = (self.kind, self.area, str(self.period.first), str(self.period.last))
        return "-".join(filter(None, named))


class Scope(NamedTuple):
    """Of whom, from when to when, in which language."""

    counting: Counting
    period: Period
    cut: Cut
    language: str


class Editor:
    """Puts documents together, each of one moment."""

    def __init__(self, workshop: Workshop, desk: Desk, words: Catalogue) -> None:
        self._books = Books(workshop.database)
        self._figures = Figures(self._books)
        self._workshop = workshop
        self._desk = desk
        self._words = words

    async def document(
        self, account: str, language: str, asked: Asked, frozen: Close | None
    ) -> Document:
        """The report of a period; `frozen` are its closed figures, if it was closed.

        Raises:
            Invalid: the period is too long, or the unit missing, unknown or out of place.
        """
        kind, period = asked.kind, asked.period
        if (period.last - period.first).days >= MAX_DAYS:
            raise Invalid("period.too_long", days=MAX_DAYS)
        counting: Counting = self._workshop.policy(account)
        tenant = self._workshop.tenants[account]
        scope = Scope(counting, period, _cut_of(counting, asked), language)
        wanted = [one for one in indicators_of(kind, tenant) if scope.cut.knows(one.family)]
        if asked.area:
            # a closed month was frozen as a whole
            frozen = None
        labels = self._desk.labels(account, language)
        made_at = self._workshop.now()
        requests: list[Record] = []
        days: list[DayRow] = []
        unit: list[UnitRow] = []
        progress = Progress([], [])
        async with self._figures.moment() as session:
            figures = await self._shown(wanted, scope, kind, session)
            if kind is Kind.CLIENT:
                requests = await self._figures.requests(period, counting, MAX_REQUESTS, session)
            elif kind is Kind.DAILY:
                daily = [INDICATORS[name] for name in counting.daily]
                found = await self._figures.days(daily, period, scope.cut, session)
                days = self._days(scope, found)
            elif kind is Kind.UNIT:
                unit = await unit_rows(self._books, period, scope.cut, session)
            else:
                course = Course(self._books, self._words, session)
                today = made_at.astimezone(counting.zone).date()
                progress = await course.of(
                    wanted, figures, scope.cut, period, language, counting.worse, today
                )
        by = TIER if kind is Kind.UNIT else ""
        named = {name: labels.of(name, value) for name, value in scope.cut.values.items()}
        rows = figure_rows(figures, frozen, labels, by)
        quiet = quiet_groups(rows)
        return Document(
            kind=kind,
            title=self._words.text(language, f"report.{kind}.title", named),
            account=tenant.name,
            area=scope.cut.values.get("area"),
            from_=period.first,
            to=period.last,
            made_at=made_at,
            time_zone=counting.zone.key,
            policy=tenant.version,
            mixed_policies=self._desk.mixed(figures, language),
            language=language,
            closing=self._closing(figures, frozen, language),
            quiet=[self._words.text(language, f"report.group.{group}") for group in quiet],
            figures=[row for row in rows if group_of(row.id) not in quiet],
            definitions=[definition_of(one) for one in figures if group_of(one.id) not in quiet],
            days=days,
            course=[row for row in progress.course if group_of(row.id) not in quiet],
            findings=progress.findings,
            unit=unit,
            requests=[
                self._request(scope, record.fact, labels)
                for record in requests[:MAX_REQUESTS]
                if isinstance(record.fact, RequestFact)
            ],
            requests_left_out=len(requests) > MAX_REQUESTS,
        )

    async def _shown(
        self,
        wanted: Sequence[Indicator],
        scope: Scope,
        kind: Kind,
        session: AsyncClientSession,
    ) -> list[Figure]:
        """The figures by their own parts; of a unit by tier, where they know it."""
        found: dict[str, Figure] = {}
        for by in (None, TIER):
            own = [
                one
                for one in wanted
                if (by == TIER) == (kind is Kind.UNIT and scope.cut.knows(one.family, TIER))
            ]
            for figure in await self._desk.shown(
                own, scope.period, scope.cut, scope.language, session=session, by=by
            ):
                found[figure.id] = figure
        return [found[one.id] for one in wanted]

    def _closing(
        self, figures: Sequence[Figure], frozen: Close | None, language: str
    ) -> Closing | None:
        if frozen is None:
            return None
        return Closing(
            month=frozen.month,
            closed_at=frozen.closed_at,
            sha256=frozen.sha256,
            key_id=frozen.key_id,
            redefined=self._desk.redefined(figures, frozen, language),
        )

    def _days(self, scope: Scope, found: Mapping[str, Mapping[str, Amounts]]) -> list[DayRow]:
        rows: list[DayRow] = []
        for number in range((scope.period.last - scope.period.first).days + 1):
            day = scope.period.first + timedelta(days=number)
            for name in scope.counting.daily:
                one = INDICATORS[name]
                part = share(one, found[name].get(str(day), dict.fromkeys(one.measures, 0)))
                title = self._words.text(scope.language, f"indicator.{name}.name")
                rows.append(
                    DayRow(
                        day=day,
                        id=name,
                        name=title,
                        value=part.value,
                        numerator=part.numerator,
                        denominator=part.denominator,
                    )
                )
        return rows

    def _request(self, scope: Scope, fact: RequestFact, labels: Labels) -> RequestRow:
        if fact.received_at is None:
            raise AssertionError("a request of the figures was received")
        status = fact.outcome or (fact.turns[-1][2] if fact.turns else "received")
        pct = 100 * fact.signed / fact.eligible if fact.eligible else None
        zone = scope.counting.zone
        # an area that the account does not know is told as it was written
        area = scope.counting.closed("area", fact.area)
        due_at = fact.promises[-1][2] if fact.promises else None
        return RequestRow(
            code=fact.code,
            received_at=fact.received_at.astimezone(zone),
            due_at=None if due_at is None else due_at.astimezone(zone),
            status=self._words.find(scope.language, f"report.status.{status}") or status,
            type=labels.of("type", fact.request_type),
            topic=fact.topic,
            compliance_pct=pct,
            channel=labels.of("channel", fact.channel),
            area=fact.area if area == OTHER else labels.of("area", area),
        )


def _cut_of(counting: Counting, asked: Asked) -> Cut:
    """A unit's report is cut by its unit, and no other is."""
    if asked.kind is Kind.UNIT and not asked.area:
        raise Invalid("report.area_missing", known=", ".join(sorted(counting.values["area"])))
    if asked.kind is not Kind.UNIT and asked.area:
        raise Invalid("report.area_unexpected", report=asked.kind)
    return Cut.of(counting, {"area": asked.area or None})
