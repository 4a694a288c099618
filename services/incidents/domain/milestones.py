"""The escalation ladder: what a running promise announces, to whom, each share once (B:L1307).

A warning whose promise is already broken is not announced any more: after an outage there is one
message and not a flood. A promise that waits announces nothing.
"""

from datetime import datetime

from services.incidents.domain.model import Incident
from services.incidents.domain.stages import Reached, milestones
from services.incidents.policy import IncidentPolicy
from shared.clock import DUE
from shared.contracts import EventBody
from shared.contracts.incidents import IncidentBreached, IncidentWarned


def next_due(state: Incident) -> datetime | None:
    """When the next warning or breach is to be announced."""
    found = state.next_milestone
    return None if found is None else found.at


def announced(state: Incident, at: datetime, policy: IncidentPolicy) -> list[EventBody]:
    """All that is reached at an instant and not yet told, in its order."""
    reached = [
        found
        for stage in state.stages
        for found in milestones(stage)
        if found.at <= at and found.share not in stage.told
    ]
    broken = {found.stage for found in reached if found.share == DUE}
    wanted = [found for found in reached if found.share == DUE or found.stage not in broken]
    ordered = sorted(wanted, key=lambda found: (found.at, found.stage, found.share))
    return [_event(state, found, policy) for found in ordered]


def _event(state: Incident, found: Reached, policy: IncidentPolicy) -> EventBody:
    roles = policy.notified(found.share)
    if found.share == DUE:
        return IncidentBreached(
            stage=found.stage, due_at=found.due_at, holder=state.holder, notify=roles
        )
    return IncidentWarned(
        stage=found.stage,
        share=found.share,
        due_at=found.due_at,
        holder=state.holder,
        notify=roles,
    )
