"""How long an incident was worked on, in the account's working seconds."""

from datetime import datetime

from services.incidents.domain.model import Incident
from shared.clock import Calendar


def worked(state: Incident, calendar: Calendar, until: datetime) -> tuple[int, int]:
    """Since its registration, without the time that it was closed; and without waits besides.

    The waits are those for providers; none runs while it is closed.

    Raises:
        ValueError: it was not registered.
    """
    if state.registered_at is None:
        raise ValueError("an incident that was not registered has no times")
    between = calendar.elapsed_business_time
    closed = sum(between(rest.since, rest.until) for rest in state.closures)
    waited = sum(between(wait.asked_at, wait.answered_at or until) for wait in state.waits)
    elapsed = max(0, between(state.registered_at, until) - closed)
    return elapsed, max(0, elapsed - waited)
