"""An incident as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.incidents.domain.lifecycle import ENDED, TIER, Status
from services.incidents.domain.stages import Reached, Stage, StageName, next_of

# where nothing runs the list ends; BSON has no infinity
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wait:
    """A question to a provider; open while `answered_at` is None."""

    provider: str
    question: str
    steps: str
    asked_at: datetime
    answered_at: datetime | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Coordination:
    """Somebody else who had to be asked (B71)."""

    external: bool
    party: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file beside it: what it is, and who put it there."""

    id: str
    size: int
    media_type: str
    sha256: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer with its support, and who gave it; `validated` by tier 2 where tier 3 gave it."""

    tier: int
    answer: str
    evidence: tuple[str, ...]
    cause: str
    at: datetime
    too_fast: bool = False
    validated: bool = False
    by: str = ""
    article: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for a tier, and whether the user has been told."""

    days: int
    due_at: datetime
    reason: str
    told_at: datetime | None = None
    tier: int = 0


@dataclass(frozen=True, slots=True)
class Closure:
    """From a close until it was reopened: nobody worked on it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """What an older register counted of it; `waits` in seconds by what was waited for."""

    source: str
    row: int
    first_tier: int
    solved_by: int
    reassignments: int
    ping_pong: int
    waits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Incident:
    """The present of one incident.

    `holder` is who has it; `desk` the area where it is, `area` the one that it is about. `desks`
    and `persons` are the last of each tier, so that what comes back finds who had it. `due_at` is
    the tightest running promise, for the queue; `NEVER` when none runs. `told_at` is when the
    ladder last announced something, `words` what it is found by. `returns` are all that went back
    a tier or were sent back by tier 1, `sent_back` those of an answer.
    """

    status: Status = Status.NEW
    ticket: str = ""
    summary: str = ""
    description: str = ""
    origin: str = ""
    area: str = ""
    kind: str = ""
    criticality: str = ""
    criticality_given: bool = False
    complexity: str = ""
    priority: str = ""
    channel: str = ""
    consultation_id: str = ""
    profile_id: str = ""
    preferential: str = ""
    line: str = ""
    point: str = ""
    region: str = ""
    catalogue: str = ""
    registered_at: datetime | None = None
    holder: str = "none"
    tier: int = 1
    desk: str = ""
    desks: tuple[str, str, str] = ("", "", "")
    persons: tuple[str, str, str] = ("", "", "")
    stages: tuple[Stage, ...] = ()
    due_at: datetime = NEVER
    open: bool = True
    waits: tuple[Wait, ...] = ()
    coordinations: tuple[Coordination, ...] = ()
    extensions: tuple[Extension, ...] = ()
    evidence_files: tuple[EvidenceFile, ...] = ()
    solution: Solution | None = None
    returns: int = 0
    sent_back: int = 0
    reroutes: int = 0
    forwarded: bool = False
    reopened: int = 0
    closures: tuple[Closure, ...] = ()
    requirement: str = ""
    request_id: str = ""
    outcome: str = ""
    reason: str = ""
    reply: str = ""
    closed_at: datetime | None = None
    elapsed_seconds: int | None = None
    contractual_seconds: int | None = None
    past: Past | None = None
    told_at: datetime | None = None
    words: tuple[str, ...] = ()
    attended_at: datetime | None = None

    def stage(self, name: StageName) -> Stage | None:
        """The newest promise of that name."""
        return next((stage for stage in reversed(self.stages) if stage.name is name), None)

    def running(self, name: StageName) -> Stage | None:
        """The promise of that name that somebody still owes."""
        stage = self.stage(name)
        return stage if stage is not None and stage.is_open else None

    @property
    def next_milestone(self) -> Reached | None:
        """The next warning or breach of any promise."""
        found = [reached for stage in self.stages if (reached := next_of(stage)) is not None]
        return min(found, key=lambda reached: (reached.at, reached.stage), default=None)

    @property
    def open_wait(self) -> Wait | None:
        """The question that a provider has not answered."""
        return self.waits[-1] if self.status is Status.PROVIDER else None

    @property
    def untold_extension(self) -> Extension | None:
        """An extension that tier 1 has not told the user yet."""
        last = self.extensions[-1] if self.extensions else None
        return last if last is not None and last.told_at is None else None

    @property
    def routed_correctly(self) -> bool:
        """Never sideways and never given back as not mine (B90); an answer may be sent back."""
        return self.returns == self.sent_back and not self.reroutes


def holder_of(state: Incident, status: Status, *, area: str = "", provider: str = "") -> str:
    """Who has an incident in a status, as one word: never two, and nobody only when it is over.

    The person who took it at that tier, else the tier's desk; `area` is a new desk there.
    """
    if status in ENDED:
        return "none"
    if status is Status.PROVIDER:
        return f"provider:{provider}"
    tier = TIER[status]
    person = "" if area else state.persons[tier - 1]
    return person or f"tier{tier}:{area or state.desks[tier - 1]}"
