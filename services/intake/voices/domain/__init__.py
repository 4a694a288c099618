"""Suggestions and claims: rules without I/O, readable beside the manual."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.intake.policy import IntakePolicy
from services.intake.rules import promise as promises
from services.intake.voices.domain.decisions import decider
from services.intake.voices.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status
from services.intake.voices.domain.model import PassDeadline, Voice, evolve
from services.intake.voices.policy import VoiceKind
from shared.decider import Decider


def next_due(case: Voice) -> datetime | None:
    """When the next warning or the breach of its promise comes, if it has one."""
    return promises.next_due(case.promise)


RULES: Final[Mapping[VoiceKind, Decider[Voice, Any, IntakePolicy]]] = {
    kind: Decider(
        state=Voice,
        initial=Voice,
        decide=decider(kind),
        evolve=evolve,
        next_due=next_due,
        on_due=PassDeadline,
    )
    for kind in VoiceKind
}

__all__ = ["HOLDER", "LIFECYCLE", "RULES", "Action", "Status", "Voice", "next_due"]
