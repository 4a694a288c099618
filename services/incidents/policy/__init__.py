"""What an account says about incidents: `incidents.yaml` and the terms that it names."""

from services.incidents.policy.account import IncidentPolicy, incident_policy
from services.incidents.policy.rows import (
    SECTION,
    Cadence,
    EstimateRow,
    IncidentSection,
    Level,
    Words,
)

__all__ = [
    "SECTION",
    "Cadence",
    "EstimateRow",
    "IncidentPolicy",
    "IncidentSection",
    "Level",
    "Words",
    "incident_policy",
]
