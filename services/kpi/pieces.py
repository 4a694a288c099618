"""The pieces of a period read at once: one question a family, however many pieces there are."""

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

    def where(self, cut: Cut, family: str) -> Document:
        """What finds them; the buckets of whole months know what is kept, and are few."""
        own = cut.where(family)
        whole = True if set(cut.values) <= set(FAMILIES[family].kept) else None
        found = [{**own, "whole": None, "period": one.between} for one in self.days]
        if self.months:
            found.append({**own, "whole": whole, "period": {"$in": list(self.months)}})
        return {"$or": found}


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
    for family, names in measures.items():
        sums: Document = {name: {"$sum": f"$counts.{name}"} for name in sorted(names)}
        steps = [{"$match": places.where(cut, family)}, {"$group": {"_id": "$period", **sums}}]
        async for row in await books.buckets.aggregate(steps, session=session):
            total = found[places.pieces[row["_id"]]][family]
            for name in names:
                total[name] += row[name]
    return list(found)


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
