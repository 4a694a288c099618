"""An incident of an older register, as it was."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.events import EventBody


class PastTurn(BaseModel):
    """From an instant on: the tier and the group that had it; `wait` says what it waited for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    tier: int
    group: str = ""
    wait: str = ""
    closed: bool = False


class IncidentImported(EventBody, event_type="incidents.incident.imported.v1"):
    """An incident of an older register with its whole way; it promises nothing.

    `solved_by` is the tier of the last close, 0 while it is open. `reassignments` are changes of
    the group, `elevations` and `returns` those that go a tier up or down, `reroutes` those within a
    tier; `ping_pong` counts groups that got it back from the very next one. `waits` are seconds on
    the wall clock by what was waited for. `elapsed_seconds` is working time from registration to
    close, `contractual_seconds` leaves out waits for a provider.
    """

    ticket: str
    summary: str
    description: str
    origin: str
    area: str
    kind: str
    criticality: str
    complexity: str
    channel: str
    catalogue: str
    registered_at: datetime
    closed_at: datetime | None
    tier: int
    first_tier: int
    solved_by: int
    reassignments: int
    elevations: int
    returns: int
    reroutes: int
    ping_pong: int
    reopened: int
    waits: Mapping[str, int]
    elapsed_seconds: int | None
    contractual_seconds: int | None
    turns: tuple[PastTurn, ...]
    source: str
    row: int
