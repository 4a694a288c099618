"""The HTTP edge of the figures."""

import asyncio
from typing import Final

from starlette.responses import Response

from services.kpi.answers import CaseLine, Report
from services.kpi.desk import Desk
from services.kpi.periods import ClosedMonths, Periods, PeriodView
from services.kpi.permissions import PERMISSIONS
from services.kpi.questions import CaseQuery, IndicatorQuery, ReportQuery, Value
from services.kpi.reports import Asked, Editor, Form, Kind, rendered
from services.kpi.reports.forms import MEDIA_TYPES
from services.kpi.views import Period
from shared.http import Call, Page, Routes
from shared.i18n import load
from shared.mail import Letters, letter_routes
from shared.service import Workshop

REPORT_SECONDS: Final = 60.0
PROBLEMS: Final = (
    "period.ends_before_start",
    "period.too_long",
    "period.out_of_range",
    "indicator.unknown_value",
    "indicator.about_persons",
)


class ReportOf(ReportQuery):
    """The period, and the unit that a report of the kind `unit` is of."""

    area: Value | None = None


def routes(workshop: Workshop) -> Routes:
    """The operations under `/indicators`."""
    api = Routes("kpi", PERMISSIONS)
    words = load()
    desk = Desk(workshop, words)
    editor, periods = Editor(workshop, desk, words), Periods(workshop, desk)

    @api.get(
        "/indicators/{report}",
        may="read_indicators",
        problems=(
            *PROBLEMS,
            "period.too_many_pieces",
            "indicator.unknown_report",
            "indicator.unknown_dimension",
        ),
    )
    async def indicators(call: Call, report: str, query: IndicatorQuery) -> Report:
        """The figures of `requests`, `training`, `incidents` and every other report there is."""
        return await desk.report(call, query, report)

    @api.get(
        "/indicators/{report}/cases",
        may="read_indicators",
        problems=(
            *PROBLEMS,
            "indicator.unknown",
            "indicator.unknown_report",
            "indicator.unknown_dimension",
            "invalid_cursor",
        ),
    )
    async def cases(call: Call, report: str, query: CaseQuery) -> Page[CaseLine]:
        """The cases behind a figure, by the day they count on."""
        return await desk.cases(call, query, report)

    @api.get(
        "/reports/{kind}.{form}",
        may="read_indicators",
        problems=(*PROBLEMS[:4], "report.area_missing", "report.area_unexpected"),
        media_types=sorted(MEDIA_TYPES.values()),
        timeout=REPORT_SECONDS,
    )
    async def report(call: Call, kind: Kind, form: Form, query: ReportOf) -> Response:
        """A report of a period, in the caller's language; the same figures in every form."""
        asked = Asked(kind, Period.of(query.from_, query.to), query.area or "")
        frozen = await periods.frozen(call.tenant, asked.period)
        document = await editor.document(call.tenant, call.language, asked, frozen)
        body = await asyncio.to_thread(rendered, document, form, words)
        name = f"{call.tenant}-{asked.stem}.{form}"
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "content-language": call.language,
        }
        return Response(body, media_type=MEDIA_TYPES[form], headers=headers)

    @api.post(
        "/periods/{month}/close",
        may="close_period",
        problems=("period.malformed", "period.not_over", "period.out_of_order"),
    )
    async def close_period(call: Call, month: str) -> PeriodView:
        """Freeze a month's figures and sign them; a month that is closed stays as it is."""
        return await periods.close(call, month)

    @api.get("/periods/{month}", may="read_indicators", problems=("period.malformed",))
    async def closed_period(call: Call, month: str) -> PeriodView:
        """A closed month: its frozen figures, the present ones and the adjustments."""
        return await periods.get(call, month)

    @api.get("/periods", may="read_indicators")
    async def closed_periods(call: Call) -> ClosedMonths:
        """The closed months and whether the chain of their signatures holds."""
        return await periods.all(call)

    letter_routes(api, Letters(workshop.database, workshop.now), prefix="/reports")
    return api
