"""Questions to the figures: they read buckets only, so they cost the same however long the past."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.books import Books
from services.kpi.calendar_pieces import YEARS, Every, end_of_month, piece_of
from services.kpi.definitions import Indicator
from services.kpi.families import ALL, CARRIED, FAMILIES, of_family
from services.kpi.ledger import Record
from services.kpi.policy import OTHER, Counting
from shared.decider import Invalid
from shared.store.group import Document

MAX_DAYS: Final = 3_660
MAX_PIECES: Final = 62
_DAY: Final = timedelta(days=1)
Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of the tenant, both ends included."""

    first: date
    last: date

    @classmethod
    def of(cls, first: date, last: date, days: int = MAX_DAYS) -> "Period":
        """Raises `Invalid` for a period that ends before it starts, is too long or out of range."""
        if first.year not in YEARS or last.year not in YEARS:
            raise Invalid("period.out_of_range", first=YEARS[0], last=YEARS[-1])
        if last < first:
            raise Invalid("period.ends_before_start", start=str(first), end=str(last))
        if (last - first).days >= days:
            raise Invalid("period.too_long", days=days)
        return cls(first, last)

    def pieces(self, every: Every) -> list["Period"]:
        """The period cut at the calendar's own borders.

        Raises:
            Invalid: these would be more than `MAX_PIECES`.
        """
        found: list[Period] = []
        start = self.first
        while start <= self.last:
            end = min(piece_of(start, every)[1], self.last)
            found.append(Period(start, end))
            start = end + _DAY
            if len(found) > MAX_PIECES:
                raise Invalid("period.too_many_pieces", pieces=MAX_PIECES)
        return found

    @property
    def between(self) -> Document:
        """What finds the buckets of its days."""
        # the months have shorter keys, and "2026-07" lies between days of June and July
        days = r"^\d{4}-\d\d-\d\d$"
        return {"$gte": str(self.first), "$lte": str(self.last), "$regex": days}

    def parts(self) -> tuple[list[str], list[tuple[str, str]]]:
        """Its whole months, and what is left over as ranges of days."""
        months: list[str] = []
        days: list[tuple[str, str]] = []
        start = self.first
        while start <= self.last:
            end = min(end_of_month(start), self.last)
            if start.day == 1 and end == end_of_month(start):
                months.append(start.isoformat()[:7])
            else:
                days.append((start.isoformat(), end.isoformat()))
            start = end + _DAY
        return months, days


@dataclass(frozen=True, slots=True)
class Cut:
    """Whose cases are counted: a tenant's, by values of dimensions."""

    tenant: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, counting: Counting, values: Mapping[str, str | None]) -> "Cut":
        """Raises `Invalid` for a value that the account does not count by."""
        given: dict[str, str] = {}
        for name, value in values.items():
            if value is None:
                continue
            given[name] = counting.closed(name, value)
            if given[name] == OTHER and value != OTHER:
                options = ", ".join(counting.known(name))
                raise Invalid("indicator.unknown_value", dimension=name, value=value, known=options)
        return cls(counting.tenant, given)

    def knows(self, family: str, by: str | None = None) -> bool:
        """Whether a family has all the dimensions that are asked by."""
        asked = {*self.values, by or ""} - {""}
        return asked <= set(FAMILIES[family].dimensions)

    def told(self, one: Indicator, by: str | None = None) -> Indicator | None:
        """The indicator by a family that has all the dimensions that are asked by, if one has."""
        known = (name for name in of_family(one.family) if self.knows(name, by))
        family = next(known, None)
        return None if family is None else replace(one, family=family)

    def among(self, family: str) -> "Cut":
        """By the dimensions alone that a family has."""
        known = FAMILIES[family].dimensions
        values = {name: value for name, value in self.values.items() if name in known}
        return Cut(self.tenant, values)

    def where(self, family: str | Document) -> Document:
        """What finds the buckets of a family, or of those that a condition names."""
        fields = {f"by.{name}": value for name, value in self.values.items()}
        return {"tenant": self.tenant, "family": family, **fields}


class Figures:
    """Sums of measures over periods."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def moment(self) -> AsyncClientSession:
        """A session whose reads agree with each other."""
        return self._books.snapshot()

    async def sums(
        self,
        indicators: Iterable[Indicator],
        period: Period,
        cut: Cut,
        by: str | None,
        session: AsyncClientSession | None = None,
    ) -> dict[str, dict[str, Amounts]]:
        """For each indicator its measures, in total (key "") and by the values of its split.

        All are read at one moment, `session`'s if given, so that a report agrees with itself.
        """
        if session is None:
            async with self.moment() as own:
                return await self.sums(indicators, period, cut, by, own)
        places: dict[str, tuple[str, str]] = {}
        measures: dict[tuple[str, str], set[str]] = {}
        for one in indicators:
            place = places[one.id] = (one.family, by or one.split)
            measures.setdefault(place, set()).update(one.measures)
        names = {place: sorted(found) for place, found in measures.items()}
        months, days = period.parts()
        whole = {place for place in names if _is_kept(cut, *place)}
        found = {place: _Sums(names[place]) for place in names}
        await self._add_whole(found, whole, months, cut, session)
        for place in sorted(names):
            rest = _within(cut.where(place[0]), [] if place in whole else months, days)
            if rest:
                found[place].add(await self._sum(rest, names[place], _group(place[1]), session))
        answers = {place: found[place].answer(split=bool(place[1])) for place in names}
        return {name: answers[place] for name, place in places.items()}

    async def _add_whole(
        self,
        found: Mapping[tuple[str, str], "_Sums"],
        whole: Iterable[tuple[str, str]],
        months: Sequence[str],
        cut: Cut,
        session: AsyncClientSession,
    ) -> None:
        """Add whole months of every family at once: a few documents a month."""
        if not whole or not months:
            return
        families = sorted({family for family, _ in whole})
        where = cut.where({"$in": families}) | {"whole": True, "period": {"$in": list(months)}}
        fields = {"_id": 0, "family": 1, "by": 1, "counts": 1}
        async for bucket in self._books.buckets.find(where, fields, session=session):
            for family, split in whole:
                if family == bucket["family"]:
                    value = bucket["by"][split] if split else ""
                    found[family, split].add({value: bucket["counts"]})

    async def days(
        self,
        indicators: Iterable[Indicator],
        period: Period,
        cut: Cut,
        session: AsyncClientSession,
    ) -> dict[str, dict[str, Amounts]]:
        """For each indicator its measures by local day; days without any are left out."""
        wanted = list(indicators)
        found: dict[str, dict[str, Amounts]] = {}
        for family in sorted({i.family for i in wanted}):
            measures = {m for i in wanted if i.family == family for m in i.measures}
            where = {**cut.where(family), "period": period.between}
            found[family] = await self._sum(where, measures, "$period", session)
        return {indicator.id: found[indicator.family] for indicator in wanted}

    async def _sum(
        self,
        where: Document,
        measures: Iterable[str],
        group: str | Document,
        session: AsyncClientSession,
    ) -> dict[str, Amounts]:
        names = sorted(measures)
        sums: Document = {"_id": group} | {name: {"$sum": f"$counts.{name}"} for name in names}
        cursor = await self._books.buckets.aggregate(
            [{"$match": where}, {"$group": sums}], session=session
        )
        return {row["_id"]: {name: row[name] for name in names} async for row in cursor}

    async def requests(
        self, period: Period, counting: Counting, limit: int, session: AsyncClientSession
    ) -> list[Record]:
        """Requests in course on a day of the period, by reception; `limit` and one more at most.

        Each of them is open now, or it came or ended between the start of the period's first month
        and the period's end, or it was carried over the start of a month between these: how much
        has happened since the period is the same to this question.
        """
        own = {"tenant": counting.tenant}
        near = Period(period.first.replace(day=1), period.last)
        then = {**own, "family": {"$in": ["requests", CARRIED]}, "period": near.between}
        where = {"$or": [then, {**own, "family": "open", "period": ALL}]}
        buckets = self._books.buckets.find(where, {"_id": 1}, session=session)
        keys = [bucket["_id"] async for bucket in buckets]
        wanted = {"counted.b": {"$in": keys}, **_in_course(period, counting)}
        found = self._books.facts.find(wanted, session=session)
        order = [("fact.received_at", 1), ("_id", 1)]
        facts = found.sort(order).limit(limit + 1)
        return [Record.of(document) async for document in facts]


def _in_course(period: Period, counting: Counting) -> Document:
    """What finds requests that came before the end of a period, and did not end before it."""
    start, over = (
        datetime.combine(day, time(), tzinfo=counting.zone)
        for day in (period.first, period.last + _DAY)
    )
    # of an older register's request without an end nobody knows whether it is open
    still_open = {"fact.closed_at": None, "fact.imported": {"$ne": True}}
    there = [still_open, {"fact.closed_at": {"$gte": start}}, {"fact.received_at": {"$gte": start}}]
    return {"fact.received_at": {"$lt": over}, "$or": there}


class _Sums:
    """Measures of a family, in total (key "") and by the values of a dimension."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._parts: dict[str, dict[str, int]] = {}

    def add(self, more: Mapping[str, Amounts]) -> None:
        for value, amounts in more.items():
            part = self._parts.setdefault(value, dict.fromkeys(self._names, 0))
            # the shorter of the two: a bucket has few of a scale's steps
            for name in amounts.keys() & part.keys():
                part[name] += amounts[name]

    def answer(self, *, split: bool) -> dict[str, Amounts]:
        total = {name: sum(part[name] for part in self._parts.values()) for name in self._names}
        # a bucket whose cases were all corrected away is still there, and is no part of anything
        parts = {value: part for value, part in self._parts.items() if any(part.values())}
        return {**parts, "": total} if split else {"": total}


def _is_kept(cut: Cut, family: str, split: str) -> bool:
    """Whether the buckets of whole months know all that is asked by."""
    asked = {*cut.values, split} - {""}
    return asked <= set(FAMILIES[family].kept)


def _group(split: str) -> str | Document:
    """By a dimension; what was counted before its family had it is of none that is known."""
    return {"$ifNull": [f"$by.{split}", OTHER]} if split else ""


def _within(where: Document, months: Sequence[str], days: Sequence[tuple[str, str]]) -> Document:
    ranges: list[Any] = [{"$gte": start, "$lte": end} for start, end in days]
    if months:
        ranges.append({"$in": list(months)})
    if not ranges:
        return {}
    return {"$or": [{**where, "whole": None, "period": each} for each in ranges]}
