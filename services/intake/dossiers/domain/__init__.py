"""Files of the documents desk: rules without I/O, readable beside the manual."""

from datetime import datetime
from typing import Any, Final

from services.intake.dossiers.domain.decisions import decide
from services.intake.dossiers.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status
from services.intake.dossiers.domain.model import Dossier, PassDeadline, evolve
from services.intake.policy import IntakePolicy
from services.intake.rules import promise as promises
from services.intake.rules.promise import BROKEN_AFTER
from shared.decider import Decider


def next_due(case: Dossier) -> datetime | None:
    """When its next warning or breach comes, or the user's time to put it right is over."""
    lapse = None if case.correct_by is None else case.correct_by + BROKEN_AFTER
    dues = (promises.next_due(case.promise), lapse)
    return min((due for due in dues if due is not None), default=None)


RULES: Final[Decider[Dossier, Any, IntakePolicy]] = Decider(
    state=Dossier,
    initial=Dossier,
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
    "Dossier",
    "Status",
    "decide",
    "evolve",
    "next_due",
]
