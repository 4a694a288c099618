"""What an account says about incidents: `incidents.yaml` and the terms that it names."""

from services.incidents.policy.account import IncidentPolicy, incident_policy
from services.incidents.policy.rows import (
    MAX_FILE,
    SECTION,
    Cadence,
    EstimateRow,
    IncidentSection,
    Level,
    Words,
)

__all__ = [
    "MAX_FILE",
    "SECTION",
    "Cadence",
    "EstimateRow",
    "IncidentPolicy",
    "IncidentSection",
    "Level",
    "Words",
    "incident_policy",
]
