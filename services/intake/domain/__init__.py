"""A client's request: received once with a code and its promises, followed, and closed once.

Document A, rows A20 to A23 (the registry), A30 to A44 and A60 (where it stands). Who works on it
are other services; this one keeps the word that was given and says who holds the request now.
"""

from datetime import datetime
from typing import Any, Final

from services.intake.domain import stages
from services.intake.domain.changes import evolve
from services.intake.domain.decisions import decide, follow
from services.intake.domain.lifecycle import TERMINAL, Action, Holder, Status
from services.intake.domain.request import (
    Advance,
    Attach,
    Complete,
    Confirm,
    Contradict,
    Coverage,
    Document,
    Link,
    Overlap,
    PassDeadline,
    Receive,
    Relation,
    Replace,
    Request,
    TakeOver,
    Withdraw,
)
from services.intake.domain.verbal import Confirmation, ConfirmationState
from services.intake.policy import IntakePolicy
from shared.decider import Decider


def next_due(request: Request) -> datetime | None:
    """When the next promise of either side falls due; none once the request has ended."""
    if request.status in TERMINAL:
        return None
    dues = (stages.next_due(request.stages), request.confirmation.next_due)
    return min((due for due in dues if due is not None), default=None)


DECIDER: Final[Decider[Request, Any, IntakePolicy]] = Decider(
    state=Request,
    initial=Request,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=PassDeadline,
)

__all__ = [
    "DECIDER",
    "TERMINAL",
    "Action",
    "Advance",
    "Attach",
    "Complete",
    "Confirm",
    "Confirmation",
    "ConfirmationState",
    "Contradict",
    "Coverage",
    "Document",
    "Holder",
    "Link",
    "Overlap",
    "PassDeadline",
    "Receive",
    "Relation",
    "Replace",
    "Request",
    "Status",
    "TakeOver",
    "Withdraw",
    "decide",
    "evolve",
    "follow",
    "next_due",
]
