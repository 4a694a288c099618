"""The registry as it is read: one request, its deadlines with their reasons, its life, the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain import Link, Request, Status
from services.intake.domain.gate import clock_of
from services.intake.domain.lifecycle import Holder
from services.intake.domain.stages import Stage, StageState
from services.intake.domain.verbal import ConfirmationState
from services.intake.policy import IntakePolicy
from shared.clock import Step, sentence
from shared.clock.steps import local
from shared.contracts import body_of
from shared.contracts.intake import RequestConfirmationAsked
from shared.contracts.terms import Deadline
from shared.http import PageQuery
from shared.store import Entry, behind
from shared.words import search_words


class View(BaseModel):
    """What is shown; made of our own values, so it is not validated again."""

    model_config = ConfigDict(frozen=True)


@dataclass(slots=True)
class DeadlineView:
    """A promise and how it stands."""

    stage: str
    due_at: datetime
    state: StageState


class ExplainedDeadline(View):
    """A promise with the steps that led to its date, in the caller's language."""

    stage: str
    due_at: datetime
    state: StageState
    effective_at: datetime
    finished_at: datetime | None
    policy: str = Field(description="Version of the policy that promised it")
    explain: list[str]


@dataclass(slots=True)
class CoverageView:
    """How far a replication has come, with its denominator."""

    signed: int
    exempt: int
    eligible: int


@dataclass(slots=True)
class ConfirmationView:
    """Whether the client has confirmed a verbal instruction, and until when he may."""

    state: ConfirmationState
    due_at: datetime | None
    confirmed_at: datetime | None


class NoteView(View):
    """A confirmation note in one language."""

    language: str
    text: str


class ConfirmationNotes(View):
    """What was sent to the client to be confirmed; no notes for what came in writing."""

    state: ConfirmationState
    due_at: datetime | None
    confirmed_at: datetime | None
    notes: list[NoteView]


@dataclass(slots=True)
class DocumentView:
    """A document that has arrived; its content is below `/requests/{id}/attachments/{id}`."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(slots=True)
class OverlapView:
    """Another request that touches the same procedures, or has the same topic.

    `relation` is `in_course`, or `newer_rule`: in force from a later day than this one applies.
    """

    id: str
    code: str
    touches: tuple[str, ...]
    topic: str
    relation: str


@dataclass(slots=True)
class LinkView:
    """The request that this one replaces, or that replaced it."""

    id: str
    code: str


class RequestView(View):
    """A request as the registry shows it."""

    id: str
    code: str
    type: str
    status: Status
    holder: str = Field(description="Who has it now: `client`, `provider:validation`, …, `none`")
    clock: str = Field(description="Whose time it is: `client`, `provider`, `none`")
    query_id: str | None = Field(description="What the client is asked, while it is after approval")
    topic: str
    subject: str
    description: str
    area: str
    channel: str
    effective_on: date | None
    verbal: bool
    confirmation: ConfirmationView
    touches: tuple[str, ...]
    attachments: tuple[str, ...] = Field(description="Names as the request gave them")
    documents: list[DocumentView]
    overlaps: list[OverlapView] = Field(
        description="What may contradict it: on its reception, or newer and in force since"
    )
    incident_id: str = Field(description="The incident that it came from")
    replaces: LinkView | None
    replaced_by: LinkView | None
    received_at: datetime
    effective_received_at: datetime = Field(description="After cut-off, where the count begins")
    deadlines: list[DeadlineView]
    coverage_pct: float
    coverage: CoverageView
    outcome: str
    reason: str
    closed_at: datetime | None
    on_time: bool | None
    version: int


class RequestQuery(PageQuery):
    """Filters of the list; they narrow each other.

    `q` are words in any order: accents, endings and capitals do not matter.
    """

    q: str | None = Field(None, max_length=200)
    status: Annotated[tuple[Status, ...], Field(max_length=20)] = ()
    holder: Holder | None = None
    type: str | None = Field(None, max_length=80)
    code: str | None = Field(None, max_length=80)
    overdue: bool | None = None


def request_view(case_id: str, request: Request, version: int) -> RequestView:
    return RequestView.model_construct(
        id=case_id,
        code=request.code,
        type=request.request_type,
        status=request.status,
        holder=request.holder,
        clock=clock_of(request),
        query_id=request.query_id or None,
        topic=request.topic,
        subject=request.title,
        description=request.description,
        area=request.area,
        channel=request.channel,
        effective_on=request.effective_on,
        verbal=request.verbal,
        confirmation=ConfirmationView(
            state=request.confirmation.state,
            due_at=request.confirmation.due_at,
            confirmed_at=request.confirmation.confirmed_at,
        ),
        touches=request.touches,
        attachments=request.attachments,
        documents=[
            DocumentView(one.id, one.name, one.size, one.sha256) for one in request.documents
        ],
        overlaps=[
            OverlapView(one.request_id, one.code, one.touches, one.topic, one.relation)
            for one in request.overlaps
        ],
        incident_id=request.incident_id,
        replaces=_link_view(request.replaces),
        replaced_by=_link_view(request.replaced_by),
        received_at=request.received_at,
        effective_received_at=request.effective_received_at,
        deadlines=[_deadline_view(stage) for stage in request.stages],
        coverage_pct=request.coverage.percent,
        coverage=CoverageView(
            signed=request.coverage.signed,
            exempt=request.coverage.exempt,
            eligible=request.coverage.eligible,
        ),
        outcome=request.outcome,
        reason=request.reason,
        closed_at=request.closed_at,
        on_time=request.on_time,
        version=version,
    )


def _link_view(link: Link | None) -> LinkView | None:
    return None if link is None else LinkView(link.request_id, link.code)


def _deadline_view(stage: Stage) -> DeadlineView:
    return DeadlineView(stage=stage.name, due_at=stage.due_at, state=stage.state)


def confirmation_notes(request: Request, history: Sequence[Entry]) -> ConfirmationNotes:
    """The notes as they were sent, whatever the policy says by now."""
    asked = (
        body_of(entry["type"], entry["data"])
        for entry in history
        if entry["type"] == RequestConfirmationAsked.event_type
    )
    return ConfirmationNotes.model_construct(
        state=request.confirmation.state,
        due_at=request.confirmation.due_at,
        confirmed_at=request.confirmation.confirmed_at,
        notes=[
            NoteView.model_construct(language=note.language, text=note.text)
            for event in asked
            if isinstance(event, RequestConfirmationAsked)
            for note in event.notes
        ],
    )


def explained(
    request: Request, history: Sequence[Entry], policy: IntakePolicy, language: str
) -> list[ExplainedDeadline]:
    """Each promise with the steps that were written down when it was made."""
    reasons = {
        (deadline.stage, deadline.due_at): deadline.steps
        for entry in history
        if entry["data"].get("deadlines")
        for deadline in _deadlines_of(entry)
    }
    return [
        ExplainedDeadline.model_construct(
            stage=stage.name,
            due_at=stage.due_at,
            state=stage.state,
            effective_at=stage.effective_at,
            finished_at=stage.finished_at,
            policy=stage.policy,
            explain=[
                sentence(Step(step.code, step.params), language)
                for step in reasons.get((stage.name, stage.due_at)) or ()
            ]
            or [sentence(Step("due", {"at": local(stage.due_at, policy.calendar.zone)}), language)],
        )
        for stage in request.stages
    ]


def _deadlines_of(entry: Entry) -> Sequence[Deadline]:
    deadlines: Sequence[Deadline] = getattr(body_of(entry["type"], entry["data"]), "deadlines", ())
    return deadlines


def filters(query: RequestQuery, now: datetime) -> dict[str, Any]:
    """The list's query as the store asks it; a page goes on behind the last one's sort key."""
    wanted: list[dict[str, Any]] = []
    if query.status:
        wanted.append({"state.status": {"$in": [status.value for status in query.status]}})
    for name, value in (("holder", query.holder), ("request_type", query.type)):
        if value is not None:
            wanted.append({f"state.{name}": str(value)})
    if words := search_words(query.q or ""):
        wanted.append({"state.words": {"$all": list(words)}})
    if query.code is not None:
        wanted.append({"state.code": query.code})
    if query.overdue is not None:
        wanted.append({"state.due_at": {"$lt": now} if query.overdue else {"$gte": now}})
    where: dict[str, Any] = {"$and": wanted} if wanted else {}
    return where | behind("state.due_at", query.after(datetime, str))
