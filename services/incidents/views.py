"""How incidents look from outside.

What a page shows by the hundred is a plain dataclass, not frozen either: a model or a frozen one
takes four times as long to make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.incidents.domain import Incident
from services.incidents.domain.model import NEVER, Coordination, Extension, Solution, Wait
from services.incidents.domain.stages import Stage, Standing
from services.incidents.domain.times import worked
from services.incidents.policy import IncidentPolicy
from shared.store import Outcome


class View(BaseModel):
    """What is shown; made of our own values, so it is not validated again."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


@dataclass(slots=True)
class DeadlineView:
    """A promise; `state` is running, paused, met, breached or cancelled."""

    stage: str
    due_at: datetime
    state: str


class WaitView(View):
    """A question to a provider."""

    provider: str
    question: str
    steps: str
    asked_at: datetime
    answered_at: datetime | None
    answer: str


class CoordinationView(View):
    """Somebody else who was asked."""

    external: bool
    party: str
    note: str
    at: datetime


class SolutionView(View):
    """The answer of a tier, who gave it, and the entry of the knowledge base it is from."""

    tier: int
    answer: str
    evidence: Sequence[str]
    cause: str
    at: datetime
    too_fast: bool
    validated: bool
    by: str
    article: str
    files: Sequence[str]


class EvidenceFileView(View):
    """A file beside it; its content is below `/evidence`."""

    id: str
    size: int
    media_type: str
    sha256: str
    by: str
    at: datetime


class ExtensionView(View):
    """More time, and when the user was told."""

    days: int
    due_at: datetime
    reason: str
    told_at: datetime | None


class RegisterView(View):
    """What an older register counted of it; `waits` in seconds by what was waited for."""

    source: str
    row: int
    first_tier: int
    solved_by: int
    reassignments: int
    ping_pong: int
    waits: Mapping[str, int]


@dataclass(slots=True)
class IncidentView:
    """An incident: where it is, who has it, what is promised."""

    id: str
    ticket: str
    status: str
    tier: int
    holder: Annotated[
        str, Field(description="`person:…`, `tier2:<area>`, `provider:<name>`, or `none`")
    ]
    desk: Annotated[str, Field(description="The area that has it at its tier")]
    summary: str
    description: str
    origin: str
    area: str
    type: str
    criticality: str
    criticality_given: bool
    complexity: str
    priority: str
    channel: str
    consultation_id: Annotated[str, Field(description="The consultation that it came by")]
    profile_id: Annotated[
        str, Field(description="The profile in intake of who reported, if it is known")
    ]
    preferential: Annotated[str, Field(description="`granted` for attention before others")]
    line: Annotated[str, Field(description="The telephone line that it came by, if it was said")]
    point: Annotated[
        str, Field(description="The point of attention where it was reported, if it was said")
    ]
    region: Annotated[str, Field(description="The region of that point")]
    catalogue: str
    reporter: Annotated[str | None, Field(description="Only where one incident is asked for")]
    registered_at: datetime
    closed_at: datetime | None
    deadlines: list[DeadlineView]
    due_at: Annotated[datetime | None, Field(description="The tightest running promise")]
    time_left_seconds: Annotated[
        int | None, Field(description="Working time to it, negative after it; null when none runs")
    ]
    elapsed_seconds: Annotated[
        int,
        Field(description="Working time since the registration, without the time it was closed"),
    ]
    contractual_seconds: Annotated[int, Field(description="The same without waits for providers")]
    internal_coordination: bool
    external_coordination: bool
    coordinations: list[CoordinationView]
    waits: list[WaitView]
    solution: SolutionView | None
    evidence_files: list[EvidenceFileView]
    extensions: list[ExtensionView]
    returns: int
    reroutes: int
    reopened: int
    routed_correctly: bool
    functional_requirement: str
    request_id: Annotated[str, Field(description="The requirement as a request in intake")]
    outcome: str
    reason: str
    reply: str
    imported: Annotated[
        RegisterView | None, Field(description="Only of one from an older register")
    ]
    version: int


def incident_view(
    outcome: Outcome[Incident], policy: IncidentPolicy, now: datetime, reporter: str | None = None
) -> IncidentView:
    """An incident at an instant."""
    deadlines = [deadline_view(stage) for stage in outcome.state.stages]
    return listed_view(outcome, deadlines, policy, now, reporter)


def listed_view(
    outcome: Outcome[Incident],
    deadlines: list[DeadlineView],
    policy: IncidentPolicy,
    now: datetime,
    reporter: str | None = None,
) -> IncidentView:
    """The same of one that was read without its promises, which are told beside it."""
    state = outcome.state
    if state.registered_at is None:
        raise ValueError(f"incident {outcome.id} was not registered")
    elapsed, contractual = _times(state, policy, now)
    return IncidentView(
        id=outcome.id,
        ticket=state.ticket,
        status=state.status,
        tier=state.tier,
        holder=state.holder,
        desk=state.desk,
        summary=state.summary,
        description=state.description,
        origin=state.origin,
        area=state.area,
        type=state.kind,
        criticality=state.criticality,
        criticality_given=state.criticality_given,
        complexity=state.complexity,
        priority=state.priority,
        channel=state.channel,
        consultation_id=state.consultation_id,
        profile_id=state.profile_id,
        preferential=state.preferential,
        line=state.line,
        point=state.point,
        region=state.region,
        catalogue=state.catalogue,
        reporter=reporter,
        registered_at=state.registered_at,
        closed_at=state.closed_at,
        deadlines=deadlines,
        due_at=None if state.due_at == NEVER else state.due_at,
        time_left_seconds=_time_left(state, policy, now),
        elapsed_seconds=elapsed,
        contractual_seconds=contractual,
        internal_coordination=any(not made.external for made in state.coordinations),
        external_coordination=bool(state.waits) or any(m.external for m in state.coordinations),
        coordinations=[_coordination(made) for made in state.coordinations],
        waits=[_wait(wait) for wait in state.waits],
        solution=_solution(state.solution),
        evidence_files=[EvidenceFileView.model_validate(one) for one in state.evidence_files],
        extensions=[_extension(extension) for extension in state.extensions],
        returns=state.returns,
        reroutes=state.reroutes,
        reopened=state.reopened,
        routed_correctly=state.routed_correctly,
        functional_requirement=state.requirement,
        request_id=state.request_id,
        outcome=state.outcome,
        reason=state.reason,
        reply=state.reply,
        imported=None if state.past is None else RegisterView.model_validate(state.past),
        version=outcome.version,
    )


def _times(state: Incident, policy: IncidentPolicy, now: datetime) -> tuple[int, int]:
    if state.elapsed_seconds is not None and state.contractual_seconds is not None:
        return state.elapsed_seconds, state.contractual_seconds
    return worked(state, policy.calendar, state.closed_at or now)


def _time_left(state: Incident, policy: IncidentPolicy, now: datetime) -> int | None:
    if state.due_at == NEVER:
        return None
    between = policy.calendar.elapsed_business_time
    return between(now, state.due_at) if now <= state.due_at else -between(state.due_at, now)


def deadline_view(stage: Stage) -> DeadlineView:
    state = standing_of(stage.standing, broken=stage.broken)
    return DeadlineView(stage.name, stage.due_at, state)


def standing_of(standing: str, *, broken: bool) -> str:
    """How a promise stands, in the words that are shown; once broken it stays so."""
    return "breached" if broken else _WORDS[standing]


_WORDS: Mapping[str, str] = {
    Standing.RUNNING: "running",
    Standing.WAITING: "paused",
    Standing.MET: "met",
    Standing.BREACHED: "breached",
    Standing.DROPPED: "cancelled",
}


def _wait(wait: Wait) -> WaitView:
    return WaitView.model_validate(wait)


def _coordination(made: Coordination) -> CoordinationView:
    return CoordinationView.model_validate(made)


def _solution(solution: Solution | None) -> SolutionView | None:
    return None if solution is None else SolutionView.model_validate(solution)


def _extension(extension: Extension) -> ExtensionView:
    return ExtensionView.model_validate(extension)
