"""The incidents' HTTP edge: the ticket, the queues of three tiers, and what each may do."""

from services.incidents.api.commands import (
    answer_commands,
    desk_commands,
    shared_commands,
    specialist_commands,
)
from services.incidents.api.desk import Desk
from services.incidents.api.evidence import evidence_routes
from services.incidents.api.inputs import DigestQuery, EstimateQuery, IncidentQuery
from services.incidents.api.knowledge import knowledge
from services.incidents.api.meetings import meeting_routes
from services.incidents.api.permissions import PERMISSIONS
from services.incidents.api.statistics import statistics_routes
from services.incidents.catalogue import CatalogueView
from services.incidents.digest import Digest
from services.incidents.explanations import ExplainedDeadline
from services.incidents.views import IncidentView
from shared.contracts.stages import Estimate
from shared.histories import HistoryEvent
from shared.http import Call, Page, PageQuery, Routes
from shared.mail import Letters, letter_routes
from shared.service import Workshop

__all__ = ["PERMISSIONS", "routes"]


def routes(workshop: Workshop) -> Routes:
    """The operations below `/api/v1/incidents`."""
    api = Routes("incidents", PERMISSIONS)
    desk = Desk(workshop)
    _queries(api, desk)
    _estimates(api, desk)
    desk_commands(api, desk)
    specialist_commands(api, desk)
    answer_commands(api, desk)
    shared_commands(api, desk)
    evidence_routes(api, workshop, desk)
    knowledge(api, workshop)
    statistics_routes(api, workshop)
    meeting_routes(api, workshop)
    letters = Letters(workshop.database, workshop.now)
    letter_routes(api, letters, prefix="/incident-digest")
    return api


def _queries(api: Routes, desk: Desk) -> None:
    @api.get("/incidents", may="read_asked_incident")
    async def list_incidents(call: Call, query: IncidentQuery) -> Page[IncidentView]:
        """Incidents by the time they have left, the most urgent first; open ones if not said.

        A provider finds what waits for his organisation.
        """
        return await desk.find(call, query)

    @api.get("/incidents/{incident_id}", may="read_asked_incident")
    async def read_incident(call: Call, incident_id: str) -> IncidentView:
        """One incident: where it is, who has it, what is promised.

        A provider reads those of which his organisation was asked, and of its own questions.
        """
        return await desk.read(call, incident_id)

    @api.get("/incidents/{incident_id}/history", may="read_incident")
    async def read_incident_history(
        call: Call, incident_id: str, query: PageQuery
    ) -> Page[HistoryEvent]:
        """All that happened to it, oldest first; each event's hash covers the one before."""
        return await desk.history(call, incident_id, query)

    @api.get("/incidents/{incident_id}/deadlines", may="read_incident")
    async def read_incident_deadlines(call: Call, incident_id: str) -> Page[ExplainedDeadline]:
        """What was promised until when and why, with raw and contractual time."""
        return await desk.deadlines(call, incident_id)


def _estimates(api: Routes, desk: Desk) -> None:
    @api.get("/incidents/{incident_id}/estimate", may="read_incident")
    async def read_incident_estimate(call: Call, incident_id: str) -> Estimate:
        """Average and p90 of the answers to its kind at present, for tier 1 to tell the user."""
        return await desk.estimate_of(call, incident_id)

    @api.get("/incident-estimates", may="read_incident")
    async def read_estimate(call: Call, query: EstimateQuery) -> Estimate:
        """The same for a kind, before there is an incident."""
        return await desk.estimate(call, query)

    @api.get("/incident-digest", may="read_incident")
    async def read_incident_digest(call: Call, query: DigestQuery) -> Digest:
        """What was announced and is not settled: one page where many fire together."""
        return await desk.digest(call, query)

    @api.get("/incident-catalogue", may="read_incident")
    async def read_incident_catalogue(call: Call) -> CatalogueView:
        """The classification in force, with the manual's definitions as help."""
        return await desk.catalogue(call)
