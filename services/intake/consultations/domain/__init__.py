"""Consultations: rules without I/O, readable beside the manual."""

from datetime import datetime
from typing import Any, Final

from services.intake.consultations.domain.decisions import decide
from services.intake.consultations.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status
from services.intake.consultations.domain.model import Consultation, PassDeadline, evolve
from services.intake.policy import IntakePolicy
from services.intake.rules import promise as promises
from shared.decider import Decider


def next_due(case: Consultation) -> datetime | None:
    """When the next warning or the breach of its promise comes."""
    return promises.next_due(case.promise)


RULES: Final[Decider[Consultation, Any, IntakePolicy]] = Decider(
    state=Consultation,
    initial=Consultation,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=PassDeadline,
)

__all__ = [
    "HOLDER",
    "LIFECYCLE",
    "RULES",
    "Action",
    "Consultation",
    "Status",
    "decide",
    "evolve",
    "next_due",
]
