"""The routes of the day's report, the frequencies and the table of improvements."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from services.incidents.api.inputs import Choice, Day
from services.incidents.policy import IncidentPolicy
from services.incidents.statistics import DailyReport, Frequencies, Improvements, Span, Statistics
from shared.decider import Invalid
from shared.http import Call, Input, Routes
from shared.service import Workshop

MAX_DAYS: Final = 800
SPAN: Final = ("period.ends_before_start", "period.too_long")


class Cut(StrEnum):
    """What may be counted by."""

    ORIGIN = "origin"
    AREA = "area"
    TYPE = "type"
    CRITICALITY = "criticality"
    CHANNEL = "channel"
    PROBLEM = "problem"


class SpanQuery(Input):
    """Local days, both within; 800 at most."""

    since: Annotated[Day, Field(alias="from")]
    until: Annotated[Day, Field(alias="to")]
    top: Annotated[int, Field(ge=1, le=100)] = 10

    @property
    def span(self) -> Span:
        """The days.

        Raises:
            Invalid: they end before they begin, or are too many.
        """
        if self.until < self.since:
            raise Invalid("period.ends_before_start", start=self.since, end=self.until)
        if (self.until - self.since).days >= MAX_DAYS:
            raise Invalid("period.too_long", days=MAX_DAYS)
        return Span(self.since, self.until)


class FrequencyQuery(SpanQuery):
    """By what to count."""

    by: Cut = Cut.ORIGIN


class DayQuery(Input):
    """Which day, today when it is left out, and of which unit, all when it is left out."""

    on: Day | None = None
    area: Choice | None = None


def statistics_routes(api: Routes, workshop: Workshop) -> None:
    """The operations that count."""

    def figures(call: Call) -> Statistics:
        return Statistics(workshop, call.tenant, call.language)

    @api.get("/incident-daily", may="read_incident")
    async def read_incident_daily(call: Call, query: DayQuery) -> DailyReport:
        """The day of each unit and the consolidated one: entered, attended, solved, closed."""
        policy: IncidentPolicy = workshop.policy(call.tenant)
        today = workshop.now().astimezone(policy.calendar.zone).date()
        area = policy.area(query.area) if query.area else None
        return await figures(call).daily(query.on or today, area)

    @api.get("/incident-frequencies", may="read_incident", problems=SPAN)
    async def read_incident_frequencies(call: Call, query: FrequencyQuery) -> Frequencies:
        """Of what there is most, with the cumulative frequency (Pareto)."""
        return await figures(call).frequencies(query.span, query.by, query.top)

    @api.get("/incident-improvements", may="read_incident", problems=SPAN)
    async def read_incident_improvements(call: Call, query: SpanQuery) -> Improvements:
        """The most frequent problems, their impact, and what is done about them."""
        return await figures(call).improvements(query.span, query.top)
