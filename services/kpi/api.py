"""The HTTP edge of the figures: each with its parts, its formula and the way to its cases."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from services.kpi.books import Books
from services.kpi.counts import Key
from services.kpi.definitions import INDICATORS, Good, Indicator, Unit, report
from services.kpi.ledger import Record
from services.kpi.policy import Counting
from services.kpi.views import Amounts, Cut, Figures, Period
from shared.decider import Invalid
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.i18n import Catalogue, load
from shared.security import Permissions, Role
from shared.service import Workshop
from shared.store.group import Document

PERMISSIONS: Final = Permissions(
    {
        "read_indicators": (
            Role.LIAISON,
            Role.REPORT_READER,
            Role.VALIDATION_SUPERVISOR,
            Role.TRAINING_COORDINATOR,
            Role.SERVICE_MANAGER,
            Role.SUPERVISOR,
            Role.QUALITY_MONITOR,
            Role.CHANNEL_COORDINATOR,
            Role.AUDITOR,
            Role.TENANT_ADMIN,
            Role.PROGRAM,
        )
    }
)
PROBLEMS: Final = ("period.ends_before_start", "period.too_long", "indicator.unknown_value")
Value = Annotated[str, Field(min_length=1, max_length=80)]


class Dimension(StrEnum):
    TYPE = "type"
    CHANNEL = "channel"
    AREA = "area"


class Part(StrEnum):
    """Which cases of a figure: those it counts, those it counts among, those it leaves out."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    MISSED = "missed"
    EXCLUDED = "excluded"


class IndicatorQuery(Input):
    """Local days of the tenant, both included; `by` shows every figure by a dimension too."""

    from_: Annotated[date, Field(alias="from")]
    to: date
    type: Value | None = None
    channel: Value | None = None
    area: Value | None = None
    by: Dimension | None = None


class CaseQuery(PageQuery):
    """The period and cut of a figure, and which of its cases."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    indicator: Value
    part: Part = Part.NUMERATOR
    type: Value | None = None
    channel: Value | None = None
    area: Value | None = None
    stage: Value | None = None


class Figure(BaseModel):
    """One figure. `value` is null when there is nothing to judge by, and `reason` says so."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    value: float | None
    unit: Unit
    numerator: int
    denominator: int | None = None
    excluded: dict[str, int] = {}
    formula: str
    good: Good
    target: float | None = None
    source: str
    version: int
    reason: str | None = None
    parts: dict[str, "Share"] | None = None


class Share(BaseModel):
    """A figure's value for one value of a dimension."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    numerator: int
    denominator: int | None = None
    excluded: dict[str, int] = {}


class Report(BaseModel):
    """The figures of one subject over a period, all of one moment."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[date, Field(alias="from")]
    to: date
    time_zone: str
    filters: dict[str, str]
    policy: str
    figures: dict[str, Figure]


class CaseLine(BaseModel):
    """A case behind a figure: the day and dimensions it counts under, and with what amounts."""

    model_config = ConfigDict(frozen=True)

    id: str
    day: date
    dimensions: dict[str, str]
    amounts: dict[str, int]
    received_at: datetime | None
    closed_at: datetime | None
    outcome: str
    on_time: bool | None


def routes(workshop: Workshop) -> Routes:
    """The operations under `/indicators`."""
    api = Routes("kpi", PERMISSIONS)
    desk = Desk(workshop, load())

    @api.get("/indicators/requests", may="read_indicators", problems=PROBLEMS)
    async def request_indicators(call: Call, query: IndicatorQuery) -> Report:
        """What was received, closed, on time; whose time it took; how far it was replicated."""
        return await desk.report(call, query, "requests")

    @api.get("/indicators/training", may="read_indicators", problems=PROBLEMS)
    async def training_indicators(call: Call, query: IndicatorQuery) -> Report:
        """Training plans opened and completed, on time, and their coverage."""
        return await desk.report(call, query, "training")

    @api.get(
        "/indicators/requests/cases",
        may="read_indicators",
        problems=(*PROBLEMS, "indicator.unknown", "invalid_cursor"),
    )
    async def request_cases(call: Call, query: CaseQuery) -> Page[CaseLine]:
        """The cases behind a figure, by the day they count on."""
        return await desk.cases(call, query)

    return api


class Desk:
    """Answers for the figures of all tenants."""

    def __init__(self, workshop: Workshop, words: Catalogue) -> None:
        self._figures = Figures(Books(workshop.database))
        self._counting = workshop.policy
        self._tenants = workshop.tenants
        self._words = words

    async def report(self, call: Call, query: IndicatorQuery, name: str) -> Report:
        counting: Counting = self._counting(call.tenant)
        period = Period.of(query.from_, query.to)
        filters = {"type": query.type, "channel": query.channel, "area": query.area}
        cut = Cut.of(counting, filters)
        by = None if query.by is None else query.by.value
        wanted = report(name)
        sums = await self._figures.sums(wanted, period, cut, by)
        return Report(
            from_=query.from_,
            to=query.to,
            time_zone=counting.zone.key,
            filters=dict(cut.values),
            policy=self._tenants[call.tenant].version,
            figures={
                one.name: self._figure(one, sums[one.id], counting, call.language) for one in wanted
            },
        )

    def _figure(
        self, one: Indicator, sums: dict[str, Amounts], counting: Counting, language: str
    ) -> Figure:
        total = share(one, sums[""])
        target = counting.targets.get(one.id)
        words = self._words
        reason = words.text(language, "indicator.no_data") if total.value is None else None
        parts = {value: share(one, amounts) for value, amounts in sums.items() if value}
        return Figure(
            id=one.id,
            name=words.text(language, f"indicator.{one.id}.name"),
            formula=words.text(language, f"indicator.{one.id}.formula"),
            value=total.value,
            unit=one.unit,
            numerator=total.numerator,
            denominator=total.denominator,
            excluded=total.excluded,
            good=one.good,
            target=None if target is None else target.value,
            source=one.source,
            version=one.version,
            reason=reason,
            parts=dict(sorted(parts.items())) if len(sums) > 1 or one.split else None,
        )

    async def cases(self, call: Call, query: CaseQuery) -> Page[CaseLine]:
        one = INDICATORS.get(query.indicator)
        if one is None:
            known = ", ".join(INDICATORS)
            raise Invalid("indicator.unknown", indicator=query.indicator, known=known)
        period = Period.of(query.from_, query.to)
        filters = {"type": query.type, "channel": query.channel, "area": query.area}
        if one.split:
            filters[one.split] = query.stage
        cut = Cut.of(self._counting(call.tenant), filters)
        after = query.after(str, str)
        found = []
        measures = _measures(one, query.part)
        if measures[0]:
            place = None if after is None else (after[0], after[1])
            async for item in self._figures.cases(one.family, measures, period, cut, place):
                found.append(item)
                if len(found) > query.limit:
                    break
        page = page_of(found, query, lambda item: (item[0], item[1]["_id"]))
        return Page(items=[_line(key, fact) for key, fact in page.items], next=page.next)


def share(one: Indicator, amounts: Amounts) -> Share:
    """The value of an indicator; over a denominator of 0 there is none."""
    numerator = sum(amounts[name] for name in one.numerator)
    excluded = {name: amounts[name] for name in one.excluded}
    if not one.denominator:
        return Share(value=numerator, numerator=numerator, excluded=excluded)
    denominator = sum(amounts[name] for name in one.denominator)
    value = numerator / denominator if denominator else None
    return Share(value=value, numerator=numerator, denominator=denominator, excluded=excluded)


def _measures(one: Indicator, part: Part) -> tuple[list[str], list[str]]:
    """Measures of which a case must have one, and those of which it may have none."""
    denominator = list(one.denominator or one.numerator)
    match part:
        case Part.NUMERATOR:
            return list(one.numerator), []
        case Part.DENOMINATOR:
            return denominator, []
        case Part.EXCLUDED:
            return list(one.excluded), []
        case Part.MISSED:
            others = [name for name in denominator if name not in one.numerator]
            parted = len(others) < len(denominator)
            return others, [] if parted else list(one.numerator)


def _line(text: str, document: Document) -> CaseLine:
    key = Key.parse(text)
    record = Record.of(document)
    return CaseLine(
        id=record.id.partition(":")[2],
        day=date.fromisoformat(key.period),
        dimensions=key.dimensions,
        amounts=record.counted[text],
        received_at=record.fact.received_at,
        closed_at=record.fact.closed_at,
        outcome=record.fact.outcome,
        on_time=record.fact.on_time,
    )
