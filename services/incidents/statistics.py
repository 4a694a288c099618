"""What is entered, attended, solved and closed, and of what there is most (B:L1333, B:L1353-1364).

Counted from the incidents as they stand now. What is signed for a month is kpi's; this is the day's
work and the team's table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from services.incidents.cases import ARTICLE, INCIDENT, MEETING
from services.incidents.catalogue import channel_name
from services.incidents.domain.article import Standing
from services.incidents.policy import IncidentPolicy
from services.incidents.views import View
from shared.service import Workshop
from shared.store.group import transient_when_away

BY: Final[Mapping[str, tuple[str, ...]]] = {
    "origin": ("origin",),
    "area": ("area",),
    "type": ("kind",),
    "criticality": ("criticality",),
    "channel": ("channel",),
    "problem": ("area", "kind"),
}
"""What may be counted by; a problem is a type in an area."""
MARKS: Final[Mapping[str, str]] = {
    "entered": "registered_at",
    "attended": "attended_at",
    "solved": "solution.at",
    "closed": "closed_at",
}


class FrequencyRow(View):
    """How many there are of one, and together with all before it; shares from 0 to 1."""

    key: str
    name: str
    count: int
    share: float
    cumulative: int
    cumulative_share: float


class Frequencies(View):
    """A distribution, the most frequent first; `others` are those behind the shown."""

    since: date
    until: date
    by: str
    total: int
    others: int
    items: list[FrequencyRow]


class UnitDay(View):
    """The day of one unit: of what is about it, and of its desk whatever that is about.

    `open` and `overdue` of what is about it, `at_desk` and `overdue_at_desk` of what it has at a
    tier are as they are now; `answered` are the answers that its desk gave on the day.
    """

    unit: str
    name: str
    entered: int = 0
    attended: int = 0
    solved: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0
    answered: int = 0
    at_desk: int = 0
    overdue_at_desk: int = 0


class DailyReport(View):
    """The day of each unit, and all of them together (B:L1353-1364)."""

    on: date
    units: list[UnitDay]
    consolidated: UnitDay


class ImprovementRow(View):
    """A frequent problem, what it costs, and what is done about it (B:L1366).

    `impact` counts those of the highest criticality; `requirements` are functional requirements
    opened for it, `articles` entries of the knowledge base, `commitments` what is promised.
    """

    area: str
    type: str
    name: str
    count: int
    share: float
    impact: int
    average_seconds: int | None
    requirements: list[str]
    articles: int
    commitments: list[str]


class Improvements(View):
    """The table of requirements to be managed: the most frequent problems first."""

    since: date
    until: date
    items: list[ImprovementRow]


@dataclass(frozen=True, slots=True)
class Span:
    """Local days from one to another, both within."""

    since: date
    until: date

    def bounds(self, policy: IncidentPolicy) -> Mapping[str, datetime]:
        """As instants, the last one without."""
        zone = policy.calendar.zone
        start = datetime.combine(self.since, time(), tzinfo=zone)
        end = datetime.combine(self.until + timedelta(days=1), time(), tzinfo=zone)
        return {"$gte": start, "$lt": end}


class Statistics:
    """The figures of one account."""

    def __init__(self, workshop: Workshop, tenant: str, language: str) -> None:
        self._workshop = workshop
        self._incidents = workshop.of(INCIDENT).collection
        self._tenant = tenant
        self._language = language
        self._policy: IncidentPolicy = workshop.policy(tenant)

    async def frequencies(self, span: Span, by: str, top: int) -> Frequencies:
        """How many incidents of each there were, with the cumulative frequency.

        Raises:
            Transient: the database did not answer.
        """
        fields = BY[by]
        rows = await self._grouped(self._registered(span), _of(fields), {"n": {"$sum": 1}})
        total = sum(row["n"] for row in rows)
        items, cumulative = [], 0
        for row in rows[:top]:
            cumulative += row["n"]
            values = [row["_id"][name] for name in fields]
            items.append(
                FrequencyRow(
                    key="/".join(values),
                    name=", ".join(map(self._named, fields, values)),
                    count=row["n"],
                    share=row["n"] / total,
                    cumulative=cumulative,
                    cumulative_share=cumulative / total,
                )
            )
        others = total - cumulative
        return Frequencies(
            since=span.since, until=span.until, by=by, total=total, others=others, items=items
        )

    async def daily(self, on: date, area: str | None) -> DailyReport:
        """What came in and went out on a day, unit by unit."""
        within = Span(on, on).bounds(self._policy)
        areas = self._policy.section.classification.areas
        units = {
            key: {"unit": key, "name": row.name.of(self._language)} for key, row in areas.items()
        }
        for name, mark in MARKS.items():
            where = {f"state.{mark}": within}
            await self._count(units, name, where)
        here = {"state.open": True}
        late = {**here, "state.due_at": {"$lt": self._workshop.now()}}
        await self._count(units, "open", here)
        await self._count(units, "overdue", late)
        await self._count(units, "answered", {"state.solution.at": within}, _ANSWERING)
        await self._count(units, "at_desk", here, "$state.desk")
        await self._count(units, "overdue_at_desk", late, "$state.desk")
        shown = [UnitDay(**unit) for key, unit in units.items() if area in (None, key)]
        busy = [unit for unit in shown if area or any(_numbers(unit))]
        sums = (sum(column) for column in zip(*map(_numbers, shown), strict=True))
        together = dict(zip(_COUNTED, sums, strict=True))
        return DailyReport(on=on, units=busy, consolidated=UnitDay(unit="all", name="", **together))

    async def improvements(self, span: Span, top: int) -> Improvements:
        """The most frequent problems and what is done about them."""
        worst = next(iter(self._policy.section.criticality.levels))
        figures = {
            "n": {"$sum": 1},
            "impact": {"$sum": {"$cond": [{"$eq": ["$state.criticality", worst]}, 1, 0]}},
            "seconds": {"$avg": "$state.elapsed_seconds"},
            "codes": {"$addToSet": "$state.requirement"},
        }
        rows = await self._grouped(self._registered(span), _of(BY["problem"]), figures)
        total = sum(row["n"] for row in rows)
        promised = await self._promised()
        items = [
            ImprovementRow(
                area=row["_id"]["area"],
                type=row["_id"]["kind"],
                name=self._problem(row["_id"]),
                count=row["n"],
                share=row["n"] / total,
                impact=row["impact"],
                average_seconds=None if row["seconds"] is None else round(row["seconds"]),
                requirements=sorted(code for code in row["codes"] if code),
                articles=await self._articles(row["_id"]),
                commitments=promised.get((row["_id"]["area"], row["_id"]["kind"]), []),
            )
            for row in rows[:top]
        ]
        return Improvements(since=span.since, until=span.until, items=items)

    def _registered(self, span: Span) -> Mapping[str, Any]:
        return {"state.registered_at": span.bounds(self._policy)}

    async def _grouped(
        self, where: Mapping[str, Any], key: Mapping[str, Any], figures: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        pipeline = [
            {"$match": {"tenant": self._tenant, **where}},
            {"$group": {"_id": key, **figures}},
            {"$sort": {"n": -1, "_id": 1}},
        ]
        with transient_when_away():
            return [row async for row in await self._incidents.aggregate(pipeline)]

    async def _count(
        self,
        units: dict[str, dict[str, Any]],
        name: str,
        where: Mapping[str, Any],
        of: object = "$state.area",
    ) -> None:
        for row in await self._grouped(where, {"unit": of}, {"n": {"$sum": 1}}):
            area = row["_id"]["unit"]
            # an older agreement's area is still a unit
            units.setdefault(area, {"unit": area, "name": area})[name] = row["n"]

    async def _articles(self, problem: Mapping[str, str]) -> int:
        where = {f"state.{name}": value for name, value in problem.items()}
        known = {"tenant": self._tenant, "state.standing": Standing.PUBLISHED.value, **where}
        with transient_when_away():
            return await self._workshop.of(ARTICLE).collection.count_documents(known)

    async def _promised(self) -> dict[tuple[str, str], list[str]]:
        """What is still to be done about each problem."""
        wanted = {"tenant": self._tenant, "state.due_at": {"$ne": None}}
        found: dict[tuple[str, str], list[str]] = {}
        with transient_when_away():
            cursor = self._workshop.of(MEETING).collection.find(wanted, {"state.commitments": 1})
            meetings = [document async for document in cursor]
        for meeting in meetings:
            for made in meeting["state"]["commitments"]:
                if made["done_at"] is None and made["kind"]:
                    found.setdefault((made["area"], made["kind"]), []).append(made["text"])
        return found

    def _problem(self, problem: Mapping[str, str]) -> str:
        return ", ".join(self._named(name, problem[name]) for name in BY["problem"])

    def _named(self, field: str, key: str) -> str:
        section = self._policy.section
        agreed = section.classification
        if field == "channel":
            return channel_name(key, self._language)
        if field == "area":
            area = agreed.areas.get(key)
            return key if area is None else area.name.of(self._language)
        if field == "criticality":
            level = section.criticality.levels.get(key)
            words = None if level is None else level.name
        else:
            words = {"origin": agreed.origins, "kind": agreed.types}.get(field, {}).get(key)
        if words is None:
            return key
        return words.of(self._language)


def _of(fields: Sequence[str]) -> Mapping[str, Any]:
    return {name: f"$state.{name}" for name in fields}


_ANSWERING: Final = {
    "$arrayElemAt": ["$state.desks", {"$subtract": ["$state.solution.tier", 1]}],
}
"""The desk of the tier that answered."""
_COUNTED: Final = (
    *("entered", "attended", "solved", "closed", "open", "overdue"),
    *("answered", "at_desk", "overdue_at_desk"),
)


def _numbers(unit: UnitDay) -> tuple[int, ...]:
    return tuple(getattr(unit, name) for name in _COUNTED)
