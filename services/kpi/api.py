"""The HTTP edge of the figures."""

from typing import Final

from services.kpi.answers import CaseLine, Report, share
from services.kpi.desk import Desk
from services.kpi.questions import CaseQuery, IndicatorQuery
from shared.http import Call, Page, Routes
from shared.i18n import load
from shared.security import Permissions, Role
from shared.service import Workshop

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

__all__ = ["PERMISSIONS", "routes", "share"]


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
