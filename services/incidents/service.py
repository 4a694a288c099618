"""Incidents, put together."""

from typing import Final

from services.incidents.api import routes
from services.incidents.cases import INCIDENT
from services.incidents.policy import SECTION, IncidentSection, incident_policy
from shared.service import Service

SERVICE: Final = Service(
    name="incidents",
    kinds=(INCIDENT,),
    sections={SECTION: IncidentSection},
    policy=incident_policy,
    routes=routes,
)
