"""Sessions by HTTP: who can be reached when, schedule, attendance with its sheet, cancel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.training.api_terms import Name, Reason
from services.training.desk import Desk
from services.training.domain.availability import Availability, Wanted
from services.training.domain.session import Session, SessionStatus
from services.training.sessions import NewSession, Sessions
from services.training.signing import FileReference
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.service import Workshop
from shared.store import Outcome, behind_id
from shared.store.cases import to_milliseconds

MAX_PEOPLE = 500
SHOWN = 200
Seats = Annotated[int, Field(ge=1, le=MAX_PEOPLE)]
People = Annotated[tuple[Name, ...], Field(max_length=MAX_PEOPLE)]


class AvailabilityQuery(Input):
    """Sessions of how many minutes and seats."""

    minutes: Annotated[int, Field(ge=15, le=480)] = 30
    capacity: Seats = 20


class SessionPlan(Input):
    """When, by whom, for whom: without people whoever is pending and on shift then."""

    trainer_id: Name
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: Seats = 20
    person_ids: People = ()


class Attendance(Input):
    """Who was there, all of them, and the sheet they signed."""

    present: People
    sheet: FileReference | None = None


class SessionEnd(Input):
    """Why it will not take place."""

    reason: Reason


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class SlotView(_View):
    """A session as it could be held."""

    starts_at: datetime
    ends_at: datetime
    person_ids: Sequence[str]


class GroupView(_View):
    """How many people, and the first of them."""

    count: int
    person_ids: Sequence[str]


class AvailabilityView(_View):
    """Sessions that reach the pending before the term, and who cannot be reached by then.

    `unreachable` are on no shift long enough or away; of `unrostered` no shift is known; for
    `left_over` there are too few trainers or seats.
    """

    since: datetime
    until: datetime
    pending: int
    trainers: int
    proposal: Sequence[SlotView]
    unreachable: GroupView
    unrostered: GroupView
    left_over: GroupView


class SessionView(_View):
    """A session; `absent` are those it was for who were not there."""

    id: str
    training_id: str
    status: SessionStatus
    trainer_id: str
    starts_at: datetime | None
    ends_at: datetime | None
    capacity: int
    person_ids: Sequence[str]
    present: Sequence[str]
    absent: Sequence[str]
    sheet_sha256: str | None
    reason: str
    version: int


def _view(outcome: Outcome[Session]) -> SessionView:
    state = outcome.state
    held = state.status is SessionStatus.HELD
    return SessionView(
        id=outcome.id,
        training_id=state.plan_id,
        status=state.status,
        trainer_id=state.trainer,
        starts_at=state.starts_at,
        ends_at=state.ends_at,
        capacity=state.capacity,
        person_ids=state.people,
        present=state.present,
        absent=sorted(set(state.people) - set(state.present)) if held else (),
        sheet_sha256=state.sheet_sha256 or None,
        reason=state.reason,
        version=outcome.version,
    )


def _group(people: Sequence[str]) -> GroupView:
    return GroupView(count=len(people), person_ids=people[:SHOWN])


def _availability(wanted: Wanted, found: Availability, pending: int) -> AvailabilityView:
    return AvailabilityView(
        since=wanted.since,
        until=wanted.until,
        pending=pending,
        trainers=wanted.trainers,
        proposal=[
            SlotView(starts_at=one.starts_at, ends_at=one.ends_at, person_ids=one.people)
            for one in found.proposal
        ],
        unreachable=_group(found.unreachable),
        unrostered=_group(found.unrostered),
        left_over=_group(found.left_over),
    )


def session_routes(api: Routes, workshop: Workshop, desk: Desk) -> None:
    """Operations on sessions."""
    sessions = Sessions(workshop, desk)
    _queries(api, sessions, desk)
    _commands(api, sessions)


def _queries(api: Routes, sessions: Sessions, desk: Desk) -> None:
    @api.get("/trainings/{training_id}/availability", may="read_enrolments")
    async def read_availability(
        call: Call, training_id: str, query: AvailabilityQuery
    ) -> AvailabilityView:
        """Who can be trained when before the term, and who cannot be reached by then."""
        found = await sessions.availability(call, training_id, query.minutes, query.capacity)
        return _availability(*found)

    @api.get("/trainings/{training_id}/sessions", may="read_enrolments")
    async def list_sessions(call: Call, training_id: str, query: PageQuery) -> Page[SessionView]:
        """The sessions of a replication, by when they were made."""
        await desk.plan(call, training_id)
        where = {"state.plan_id": training_id, **behind_id(query.after(str))}
        found = await sessions.cases.find(call.tenant, where, limit=query.limit + 1)
        return page_of([_view(one) for one in found], query, lambda one: (one.id,))

    @api.get("/trainings/{training_id}/sessions/{session_id}", may="read_enrolments")
    async def read_session(call: Call, training_id: str, session_id: str) -> SessionView:
        """One session, with who was there."""
        return _view(await sessions.read(call, training_id, session_id))


def _commands(api: Routes, sessions: Sessions) -> None:
    @api.post(
        "/trainings/{training_id}/sessions",
        may="schedule_session",
        status=201,
        location="/trainings/{training_id}/sessions/{id}",
        problems=("plan.closed", "session.trainer_busy", "session.off_shift"),
    )
    async def schedule_session(call: Call, training_id: str, body: SessionPlan) -> SessionView:
        """Schedule a session for people who are on shift then."""
        wanted = NewSession(
            body.trainer_id,
            to_milliseconds(body.starts_at),
            to_milliseconds(body.ends_at),
            body.capacity,
            body.person_ids,
        )
        return _view(await sessions.schedule(call, training_id, wanted))

    @api.post(
        "/trainings/{training_id}/sessions/{session_id}/attendance",
        may="record_session",
        if_match=True,
        problems=(
            "plan.not_launched",
            "session.not_begun",
            "session.leaders_first",
            "session.illegal_transition",
        ),
    )
    async def record_attendance(
        call: Call, training_id: str, session_id: str, body: Attendance
    ) -> SessionView:
        """Say who was there; said again, it corrects the list."""
        sheet = body.sheet.sha256 if body.sheet else ""
        return _view(await sessions.record(call, training_id, session_id, body.present, sheet))

    @api.post(
        "/trainings/{training_id}/sessions/{session_id}/cancel",
        may="schedule_session",
        if_match=True,
        problems=("session.illegal_transition",),
    )
    async def cancel_session(
        call: Call, training_id: str, session_id: str, body: SessionEnd
    ) -> SessionView:
        """Call a session off."""
        return _view(await sessions.cancel(call, training_id, session_id, body.reason))
