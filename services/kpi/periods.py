"""Closed months: what was frozen, and what has been corrected since."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.kpi.answers import Figure, Share
from services.kpi.closing import (
    Close,
    CloseMonth,
    Series,
    days_of,
    decide,
    evolve,
    first_fault,
    unsigned,
)
from services.kpi.definitions import told_outside
from services.kpi.desk import Desk
from services.kpi.policy import Counting
from services.kpi.reports.figures import figure_rows
from services.kpi.reports.rows import FigureRow
from services.kpi.sealing import keys_of, signer_of
from services.kpi.views import Cut, Period
from shared.contracts.kpi import FrozenFigure
from shared.decider import Decider, Invalid, Unknown
from shared.http import Call
from shared.ids import derived_id
from shared.service import Workshop, cause_of
from shared.store import Kind, Outcome

PERIOD: Final[Kind[Series]] = Kind(
    "kpi", "period", Decider(state=Series, initial=Series, decide=decide, evolve=evolve)
)
MONTH: Final = re.compile(r"(19|20|21)\d\d-(0[1-9]|1[0-2])")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClosedMonth(_View):
    """A closed month; `previous` is the digest of the month before.

    `key_id` is the key that signed it, empty where none did.
    """

    month: str
    closed_at: datetime
    closed_by: str
    time_zone: str
    policy: str
    sha256: str
    previous: str
    key_id: str = ""


class ClosedMonths(_View):
    """All closed months; `fault` is the first whose digest or signature does not hold, or null.

    `unsigned` are how many of the last ones no key vouches for.
    """

    months: list[ClosedMonth]
    fault: str | None
    unsigned: int


class PeriodView(ClosedMonth):
    """A closed month with its figures: frozen, as they are now, and the adjustment between.

    `redefined` says in words which figures have another definition today than when it was closed.
    """

    adjusted: bool
    redefined: str | None = None
    figures: list[FigureRow]


class Periods:
    """The closed months of all tenants."""

    def __init__(self, workshop: Workshop, desk: Desk) -> None:
        self._cases = workshop.of(PERIOD)
        self._workshop = workshop
        self._desk = desk
        self._signer = signer_of(workshop.settings)
        self._keys = keys_of(workshop.settings)

    async def close(self, call: Call, month: str) -> PeriodView:
        """Freeze a month; one that is closed stays as it is.

        Raises:
            Invalid: no month is called so.
            Rejected: the month is not over, or another one is to be closed first.
        """
        first, last = days_of(_checked(month))
        counting: Counting = self._workshop.policy(call.tenant)
        midnight = datetime.combine(last + timedelta(days=1), time(), tzinfo=counting.zone)
        figures = await self._figures(call, Period.of(first, last))
        command = CloseMonth(
            month=month,
            over_at=midnight,
            time_zone=counting.zone.key,
            policy=self._workshop.tenants[call.tenant].version,
            figures=tuple(frozen for figure in figures for frozen in _frozen(figure)),
            signer=self._signer,
        )
        case_id = _case_of(call.tenant)
        outcome = await self._cases.handle(case_id, command, cause_of(call), create=True)
        return self._view(call, _found(outcome.state, month), figures)

    async def get(self, call: Call, month: str) -> PeriodView:
        """A closed month beside the present; `Unknown` when it was not closed."""
        close = _found(await self._series(call.tenant), _checked(month))
        figures = await self._figures(call, Period.of(*days_of(month)))
        return self._view(call, close, figures)

    async def all(self, call: Call) -> ClosedMonths:
        """Every closed month, and whether their chain holds."""
        series = await self._series(call.tenant)
        closes = [series.find(body.month) for body in series.months]
        return ClosedMonths(
            months=[_line(close) for close in closes if close is not None],
            fault=first_fault(call.tenant, series.months, self._keys),
            unsigned=unsigned(series.months),
        )

    async def frozen(self, tenant: str, period: Period) -> Close | None:
        """What was frozen of exactly this period."""
        month = str(period.first)[:7]
        if (period.first, period.last) != days_of(month):
            return None
        return (await self._series(tenant)).find(month)

    def _view(self, call: Call, close: Close, figures: Sequence[Figure]) -> PeriodView:
        rows = figure_rows(figures, close, self._desk.labels(call.tenant, call.language))
        return PeriodView(
            **_line(close).model_dump(),
            adjusted=any(map(_is_adjusted, rows)),
            redefined=self._desk.redefined(figures, close, call.language),
            figures=rows,
        )

    async def _series(self, tenant: str) -> Series:
        try:
            outcome: Outcome[Series] = await self._cases.get(_case_of(tenant), tenant)
        except Unknown:
            return Series()
        return outcome.state

    async def _figures(self, call: Call, period: Period) -> list[Figure]:
        cut = Cut(call.tenant, {})
        wanted = told_outside()
        async with self._desk.moment() as session:
            return await self._desk.shown(wanted, period, cut, call.language, session=session)


def _case_of(tenant: str) -> str:
    return derived_id(tenant, "periods")


def _checked(month: str) -> str:
    if not MONTH.fullmatch(month):
        raise Invalid("period.malformed", month=month)
    return month


def _found(series: Series, month: str) -> Close:
    close = series.find(month)
    if close is None:
        raise Unknown("period.unknown", month=month)
    return close


def _frozen(figure: Figure) -> Sequence[FrozenFigure]:
    whole = Share(
        value=None,
        numerator=figure.numerator,
        denominator=figure.denominator,
        excluded=figure.excluded,
    )
    return [
        FrozenFigure(
            id=figure.id,
            version=figure.version,
            part=part,
            numerator=one.numerator,
            denominator=one.denominator,
            excluded=one.excluded,
            target=None if part else figure.target,
        )
        for part, one in {"": whole, **(figure.parts or {})}.items()
    ]


def _line(close: Close) -> ClosedMonth:
    return ClosedMonth(
        month=close.month,
        closed_at=close.closed_at,
        closed_by=close.closed_by,
        time_zone=close.time_zone,
        policy=close.policy,
        sha256=close.sha256,
        previous=close.previous,
        key_id=close.key_id,
    )


def _is_adjusted(row: FigureRow) -> bool:
    left_out = bool(row.frozen_excluded) and row.frozen_excluded != row.excluded
    return bool(row.adjustment_numerator or row.adjustment_denominator or left_out)
