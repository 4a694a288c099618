"""The work of one unit, tier by tier: what came in and went out, and what it still has.

What came and went is of the period. What is pending and overdue is so when the report is made: it
is read from the incidents that are open, which no day has.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi.books import Books
from services.kpi.clocks import settled
from services.kpi.definitions import INDICATORS
from services.kpi.families import Counts, Key
from services.kpi.ledger import Record
from services.kpi.policy import TIERS
from services.kpi.reports.rows import UnitRow
from services.kpi.stories import Story
from services.kpi.things import INCIDENT
from services.kpi.views import Cut, Figures, Period

TIER: Final = "tier"
MOVED: Final[Mapping[str, str]] = {
    "entered": "incidents.total",
    "attended": "incidents.attended",
    "solved": "incidents.resolved_by_tier",
    "closed": "incidents.closed",
}
"""The columns of the period, by the indicator whose count each is."""


async def unit_rows(
    books: Books, period: Period, cut: Cut, session: AsyncClientSession
) -> list[UnitRow]:
    """The unit that the cut names: all of it first, then each tier."""
    wanted = [INDICATORS[name] for name in MOVED.values()]
    sums = await Figures(books).sums(wanted, period, cut, TIER, session)
    pending, overdue = await _standing(books, cut, session)
    tiers = {*TIERS, *pending, *(tier for one in wanted for tier in sums[one.id])} - {""}
    rows = []
    for tier in ("", *sorted(tiers)):
        moved = {}
        for column, name in MOVED.items():
            (measure,) = INDICATORS[name].numerator
            moved[column] = sums[name].get(tier, {}).get(measure, 0)
        held = {"pending": pending[tier], "overdue": overdue[tier]}
        rows.append(UnitRow(tier=tier, **moved, **held))
    return rows


async def _standing(
    books: Books, cut: Cut, session: AsyncClientSession
) -> tuple[Counter[str], Counter[str]]:
    """Open incidents of the unit, and those of them that are overdue, by the tier that has them."""
    pending: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    where = {"tenant": cut.tenant, "family": INCIDENT.standing}
    buckets = books.buckets.find(where, {"_id": 1}, session=session)
    keys = [bucket["_id"] async for bucket in buckets]
    async for document in books.facts.find({"counted.b": {"$in": keys}}, session=session):
        record = Record.of(document)
        tier = _tier_in(record.counted, cut)
        if tier is None:
            continue
        late = isinstance(record.fact, Story) and is_overdue(record.fact)
        for row in ("", tier):
            pending[row] += 1
            overdue[row] += late
    return pending, overdue


def _tier_in(counted: Counts, cut: Cut) -> str | None:
    """The tier that has an incident of the cut, or None of another's; all it counts is of one."""
    keys = [Key.parse(text) for text in counted]
    values = {name: value for key in keys for name, value in key.dimensions.items()}
    if any(values.get(name) != value for name, value in cut.values.items()):
        return None
    return next(key.dimensions[TIER] for key in keys if key.family == INCIDENT.standing)


def is_overdue(story: Story) -> bool:
    """Whether an incident has a promise whose date has passed and that nobody has met since."""
    if INCIDENT.clocks is None:
        return False
    breach = INCIDENT.clocks.breach
    breaches = {(e[4]["stage"], e[4]["due_at"]) for e in story.entries if e[1] == breach}
    told = [(entry[2], entry[4].get("clocks", ())) for entry in story.entries]
    return any(one.how == "breached" and one.ended_at is None for one in settled(told, breaches))
