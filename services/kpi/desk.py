"""Answers questions about the figures of all tenants."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from pymongo.asynchronous.client_session import AsyncClientSession

from services.kpi import drilldown
from services.kpi.answers import CaseLine, Figure, Piece, Report, share, shares
from services.kpi.books import Books
from services.kpi.closing import Close
from services.kpi.definitions import INDICATORS, Indicator, report, reports
from services.kpi.families import FAMILIES, Key, of_family
from services.kpi.ledger import Record
from services.kpi.lists import Labels
from services.kpi.permissions import PERMISSIONS
from services.kpi.pieces import sums_of_pieces
from services.kpi.policy import PERSON, POLICY, Counting
from services.kpi.questions import CaseQuery, IndicatorQuery, Part, filters
from services.kpi.views import Amounts, Cut, Figures, Period
from shared.decider import Invalid, NotAllowed, Unknown
from shared.http import Call, Page, page_of
from shared.i18n import Catalogue
from shared.service import Workshop
from shared.store.group import Document


class Desk:
    """Answers for the figures of all tenants."""

    def __init__(self, workshop: Workshop, words: Catalogue) -> None:
        self._books = Books(workshop.database)
        self._figures = Figures(self._books)
        self._cases = drilldown.Cases(self._books)
        self._counting = workshop.policy
        self._tenants = workshop.tenants
        self._words = words

    async def report(self, call: Call, query: IndicatorQuery, name: str) -> Report:
        """The figures of one subject; those of persons for who leads them."""
        _refuse_persons(call, query)
        counting: Counting = self._counting(call.tenant)
        period = Period.of(query.from_, query.to)
        cut = Cut.of(counting, filters(query))
        by = None if query.by is None else query.by.value
        told = [one for one in self._report(name) if _may_know(call, one)]
        known = [cut.told(one, by) for one in told]
        wanted = [one for one in known if one is not None and _may_know(call, one)]
        if not wanted:
            found = dict.fromkeys(chain.from_iterable(_dimensions(call, one) for one in told))
            raise Invalid("indicator.unknown_dimension", indicator=name, known=", ".join(found))
        pieces = [] if query.every is None else period.pieces(query.every)
        async with self.moment() as session:
            shown = await self.shown(wanted, period, cut, call.language, by=by, session=session)
            course = await self._course(wanted, pieces, cut, session)
            promised = await self._promised(told, period, cut, call.language, session)
        return Report(
            from_=query.from_,
            to=query.to,
            time_zone=counting.zone.key,
            filters=dict(cut.values),
            policy=self._tenants[call.tenant].version,
            mixed_policies=self.mixed(promised, call.language),
            figures={one.name: figure for one, figure in zip(wanted, shown, strict=True)},
            course=course or None,
        )

    def _report(self, name: str) -> Sequence[Indicator]:
        if name not in reports():
            raise Unknown("indicator.unknown_report", report=name, known=", ".join(reports()))
        return report(name)

    async def _course(
        self,
        wanted: Sequence[Indicator],
        pieces: Sequence[Period],
        cut: Cut,
        session: AsyncClientSession,
    ) -> list[Piece]:
        sums = await sums_of_pieces(self._books, wanted, pieces, cut, session)
        return [
            Piece(
                from_=piece.first,
                to=piece.last,
                figures={one.name: share(one, own[one.family]) for one in wanted},
            )
            for piece, own in zip(pieces, sums, strict=True)
        ]

    async def _promised(
        self,
        told: Sequence[Indicator],
        period: Period,
        cut: Cut,
        language: str,
        session: AsyncClientSession,
    ) -> list[Figure]:
        """Promises by the version that gave them, whatever else the question is cut and split by.

        What is promised by version knows fewer dimensions: it is cut by those it knows.
        """
        found: list[Figure] = []
        for one in told:
            if one.split == POLICY:
                own = cut.among(one.family)
                found += await self.shown([one], period, own, language, session=session)
        return found

    def mixed(self, figures: Sequence[Figure], language: str) -> str | None:
        """What to say of a period whose promises were given by several versions of the policy."""
        versions = sorted(
            {part for one in figures if one.id.endswith(".by_policy") for part in one.parts or ()}
        )
        if len(versions) < 2:  # noqa: PLR2004 - one version is not mixed
            return None
        return self._words.text(
            language, "period.mixed_policies", {"versions": ", ".join(versions)}
        )

    def redefined(self, figures: Sequence[Figure], close: Close, language: str) -> str | None:
        """What to say of a closed month some of whose figures are defined otherwise today."""
        names = [
            f"{one.name} ({close.versions[one.id]} / {one.version})"
            for one in figures
            if close.counted_otherwise(one.id, one.version)
        ]
        if not names:
            return None
        return self._words.text(language, "period.redefined", {"figures": "; ".join(names)})

    def labels(self, account: str, language: str) -> Labels:
        """What the parts of an account's figures are called."""
        return Labels(self._tenants[account], self._words, language)

    def moment(self) -> AsyncClientSession:
        """A session for `shown` whose reads agree with each other."""
        return self._figures.moment()

    async def shown(
        self,
        wanted: Sequence[Indicator],
        period: Period,
        cut: Cut,
        language: str,
        *,
        session: AsyncClientSession,
        by: str | None = None,
    ) -> list[Figure]:
        """These indicators as they are shown everywhere: routes, reports and closed periods."""
        counting: Counting = self._counting(cut.tenant)
        sums = await self._figures.sums(wanted, period, cut, by, session)
        return [self._figure(one, sums[one.id], counting, language) for one in wanted]

    def _figure(
        self, one: Indicator, sums: dict[str, Amounts], counting: Counting, language: str
    ) -> Figure:
        total, parts = shares(one, sums)
        target = counting.targets.get(one.same_as or one.id)
        words = self._words
        reason = words.text(language, "indicator.no_data") if total.value is None else None
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
            parts=parts if len(sums) > 1 or one.split else None,
        )

    async def cases(self, call: Call, query: CaseQuery, name: str) -> Page[CaseLine]:
        """The cases behind a figure of a report; `requests` leads to those of every figure."""
        _refuse_persons(call, query)
        self._report(name)
        one = INDICATORS.get(query.indicator)
        if one is None or not _may_know(call, one):
            known = ", ".join(one.id for one in INDICATORS.values() if _may_know(call, one))
            raise Invalid("indicator.unknown", indicator=query.indicator, known=known)
        period = Period.of(query.from_, query.to, drilldown.MAX_DAYS)
        cut = Cut.of(self._counting(call.tenant), filters(query))
        told = cut.told(one)
        if told is None or not _may_know(call, told):
            known = ", ".join(_dimensions(call, one))
            raise Invalid("indicator.unknown_dimension", indicator=one.id, known=known)
        after = query.after(str, str)
        found: list[tuple[str, Document]] = []
        measures = _measures(one, query.part)
        if measures[0]:
            place = None if after is None else (after[0], after[1])
            found = await self._cases.of(told.family, measures, period, cut, place, query.limit + 1)
        page = page_of(found, query, lambda item: (item[0], item[1]["_id"]))
        return Page(items=[_line(key, fact) for key, fact in page.items], next=page.next)


def _dimensions(call: Call, one: Indicator) -> list[str]:
    """Those that the caller may cut an indicator by."""
    families = (replace(one, family=name) for name in of_family(one.family))
    known = (FAMILIES[told.family].dimensions for told in families if _may_know(call, told))
    return list(dict.fromkeys(chain.from_iterable(known)))


def _leads(call: Call) -> bool:
    return PERMISSIONS.allow("read_people_figures", call.actor.roles)


def _may_know(call: Call, one: Indicator) -> bool:
    return not one.is_internal or _leads(call)


def _refuse_persons(call: Call, query: IndicatorQuery | CaseQuery) -> None:
    """A cut by person makes any figure one about persons."""
    by = query.by if isinstance(query, IndicatorQuery) else None
    if not _leads(call) and (query.person is not None or by == PERSON):
        raise NotAllowed("indicator.about_persons")


def _measures(one: Indicator, part: Part) -> drilldown.Measures:
    """Measures of which a case must have some, and those of which it must have less.

    A replication that half of its people have signed for misses the other half.
    """
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
    life = record.kind.life(record.fact)
    return CaseLine(
        id=record.id.partition(":")[2],
        code=life.code,
        day=date.fromisoformat(key.period),
        dimensions=key.dimensions,
        amounts=record.counted[text],
        received_at=life.received_at,
        closed_at=life.closed_at,
        outcome=life.outcome,
        on_time=life.on_time,
    )
