"""The pieces of a period read at once, however many pieces there are.

Whole months of all families are one question, as far as their buckets know all that is asked by;
what is left is one question a family.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.books import Books
from services.kpi.definitions import Indicator
from services.kpi.families import FAMILIES
from services.kpi.views import Amounts, Cut, Period
from shared.store.group import Document

_DAY: Final = timedelta(days=1)


class Places(NamedTuple):
    """Which buckets there are to read, by month or by ranges of days, and whose piece each is."""

    pieces: Mapping[str, int]
    months: Sequence[str]
    days: Sequence[Period]

    def whole(self, cut: Cut, families: Iterable[str]) -> Document:
        """What finds the buckets of whole months, which are few."""
        period = {"$in": list(self.months)}
        return {**cut.where({"$in": sorted(families)}), "whole": True, "period": period}

    def rest(self, cut: Cut, family: str, *, kept: bool) -> list[Document]:
        """What finds a family's others: of days, and of months where the whole one does not do."""
        own = {**cut.where(family), "whole": None}
        found = [{**own, "period": one.between} for one in self.days]
        if self.months and not kept:
            found.append({**own, "period": {"$in": list(self.months)}})
        return found


async def sums_of_pieces(
    books: Books,
    indicators: Iterable[Indicator],
    pieces: Sequence[Period],
    cut: Cut,
    session: AsyncClientSession,
) -> list[Mapping[str, Amounts]]:
    """For each piece the measures of the indicators' families."""
    if not pieces:
        return []
    measures: dict[str, set[str]] = {}
    for one in indicators:
        measures.setdefault(one.family, set()).update(one.measures)
    found = [{name: dict.fromkeys(own, 0) for name, own in measures.items()} for _ in pieces]
    places = _places(pieces)
    kept = {name for name in measures if set(cut.values) <= set(FAMILIES[name].kept)}
    if places.months and kept:
        fields = {"_id": 0, "family": 1, "period": 1, "counts": 1}
        async for bucket in books.buckets.find(places.whole(cut, kept), fields, session=session):
            total = found[places.pieces[bucket["period"]]][bucket["family"]]
            _add(total, bucket["counts"])
    for family, names in measures.items():
        if not (rest := places.rest(cut, family, kept=family in kept)):
            continue
        sums: Document = {name: {"$sum": f"$counts.{name}"} for name in sorted(names)}
        steps = [{"$match": {"$or": rest}}, {"$group": {"_id": "$period", **sums}}]
        async for row in await books.buckets.aggregate(steps, session=session):
            _add(found[places.pieces[row["_id"]]][family], row)
    return list(found)


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name in total.keys() & more.keys():
        total[name] += more[name]


def _places(pieces: Sequence[Period]) -> Places:
    owner: dict[str, int] = {}
    ranges: list[Period] = []
    months: list[str] = []
    for place, piece in enumerate(pieces):
        whole, rest = piece.parts()
        months += whole
        parts = [Period(*map(date.fromisoformat, ends)) for ends in rest]
        ranges += parts
        days = (str(day) for part in parts for day in _days(part))
        owner |= dict.fromkeys([*whole, *days], place)
    return Places(owner, months, list(_joined(ranges)))


def _joined(ranges: Iterable[Period]) -> Iterator[Period]:
    """The same days in as few ranges as there are gaps; they come in their order."""
    last: Period | None = None
    for one in ranges:
        if last is not None and last.last + _DAY == one.first:
            last = Period(last.first, one.last)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _days(period: Period) -> Iterator[date]:
    return (period.first + number * _DAY for number in range((period.last - period.first).days + 1))
