"""Incidents, put together."""

from typing import Final

from services.incidents.api import routes
from services.incidents.cases import ARTICLE, INCIDENT
from services.incidents.consumers import HEARS
from services.incidents.knowledge import prepare
from services.incidents.policy import SECTION, IncidentSection, incident_policy
from shared.service import Service

SERVICE: Final = Service(
    name="incidents",
    kinds=(INCIDENT, ARTICLE),
    hears=HEARS,
    sections={SECTION: IncidentSection},
    policy=incident_policy,
    routes=routes,
    prepare=prepare,
)
