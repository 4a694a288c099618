"""Incidents: rules without I/O, readable beside the manual."""

from services.incidents.domain.commands import Command, Expire
from services.incidents.domain.decisions import decide
from services.incidents.domain.evolution import evolve
from services.incidents.domain.lifecycle import LIFECYCLE, Action, Status, diagram, follow
from services.incidents.domain.milestones import next_due
from services.incidents.domain.model import Incident
from services.incidents.domain.past import TakeOver
from services.incidents.policy import IncidentPolicy
from shared.decider import Decider

RULES: Decider[Incident, Command | TakeOver, IncidentPolicy] = Decider(
    state=Incident,
    initial=Incident,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=Expire,
)

__all__ = [
    "LIFECYCLE",
    "RULES",
    "Action",
    "Command",
    "Expire",
    "Incident",
    "Status",
    "TakeOver",
    "decide",
    "diagram",
    "evolve",
    "follow",
    "next_due",
]
