"""The deployment gate: shut while the client has a query about what was approved (A43).

The wait is the client's, so the promise moves by the working time that it took. A promise that had
passed before stays missed.
"""

from collections.abc import Sequence
from datetime import datetime

from services.training.domain.lifecycle import ENDED, PlanStatus
from services.training.domain.plan_state import Block, Plan, Unblock
from services.training.policy import TrainingPolicy
from shared.contracts import EventBody
from shared.contracts.terms import Deadline, DeadlineStep
from shared.contracts.training import PlanBlocked, PlanUnblocked

CLIENT_WAIT = "consulta"


def block(state: Plan, command: Block, late: Sequence[EventBody]) -> list[EventBody]:
    """Shut the gate; `late` is what the deadline had to tell before."""
    if state.status is PlanStatus.NEW or state.status in ENDED or state.blocked:
        return []
    return [*late, PlanBlocked(query_id=command.query_id, since=command.since)]


def unblock(state: Plan, command: Unblock, policy: TrainingPolicy) -> list[EventBody]:
    """Open the gate that this query shut, with the date that the wait has moved."""
    if state.status in ENDED or state.blocked != command.query_id:
        return []
    if state.deadline is None or state.blocked_since is None:
        raise ValueError("a plan that was blocked was opened before")
    deadline = state.deadline
    if not (state.fell_due or state.breached):
        deadline = _moved(deadline, state.blocked_since, command, policy)
    return [PlanUnblocked(query_id=command.query_id, deadline=deadline)]


def _moved(
    deadline: Deadline, since: datetime, command: Unblock, policy: TrainingPolicy
) -> Deadline:
    calendar = policy.clock.calendar
    waited = calendar.elapsed_business_time(since, command.until)
    due = calendar.add_business_time(deadline.due_at, waited)
    zone = calendar.zone
    wait = DeadlineStep(
        code="wait_paused",
        params={
            "from": since.astimezone(zone).replace(microsecond=0).isoformat(),
            "to": command.until.astimezone(zone).replace(microsecond=0).isoformat(),
            "seconds": waited,
            "reason": f"{CLIENT_WAIT} {command.query_id}",
            "side": "client",
        },
    )
    moved = DeadlineStep(
        code="due", params={"at": due.astimezone(zone).replace(microsecond=0).isoformat()}
    )
    steps = (*deadline.steps, wait, moved)
    return deadline.model_copy(update={"due_at": due, "steps": steps})
