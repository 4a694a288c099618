"""The routes of the teams' meetings."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.incidents import meetings
from services.incidents.api.inputs import Choice, Day, Long, Name, Short, Text, Why
from services.incidents.cases import MEETING
from services.incidents.domain.meeting import Cancel, Command, Commit, Fulfil, Hold, Plan, Standing
from services.incidents.meetings import FollowUp, MeetingView, Teams, meeting_view
from services.incidents.policy import IncidentPolicy
from shared.histories import HistoryEvent, history_page
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.service import Workshop, cause_of

STEP = "meeting.illegal_step"
Owner = Annotated[str, StringConstraints(pattern=r"^(role|area|person):[a-z0-9._-]{1,80}$")]
Duration = Annotated[int, Field(ge=1, le=1_440)]


class NewMeeting(Input):
    """Which team meets when, and what for; see `/incident-teams`."""

    team: Name
    on: Day
    objectives: Annotated[tuple[Short, ...], Field(min_length=1, max_length=30)]


class Acta(Input):
    """What was said; `duration` in minutes, `present` are roles or areas."""

    on: Day
    minutes: Long
    duration: Duration
    present: Annotated[tuple[Short, ...], Field(max_length=50)] = ()


class NewCommitment(Input):
    """Who does what by which day; `area` and `type` name the problem that it is for."""

    text: Text
    owner: Owner
    due_on: Day
    area: Choice = ""
    type: Choice = ""


class Done(Input):
    """What was done."""

    note: Text


class MeetingQuery(PageQuery):
    """Filters; the newest first."""

    team: Choice | None = None
    status: Standing | None = None


class CommitmentQuery(Input):
    """Filters of the follow-up; they narrow each other."""

    team: Choice | None = None
    owner: Owner | None = None
    overdue: bool | None = None


class Table:
    """The operations on meetings."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._meetings = workshop.of(MEETING)

    async def plan(self, call: Call, body: NewMeeting) -> MeetingView:
        cause = cause_of(call)
        command = Plan(body.team, body.on, body.objectives)
        outcome = await self._meetings.create(cause.id, command, cause)
        return meeting_view(outcome, self._policy(call))

    async def give(self, call: Call, meeting_id: str, command: Command) -> MeetingView:
        outcome = await self._meetings.handle(
            meeting_id, command, cause_of(call), expected=call.if_match
        )
        return meeting_view(outcome, self._policy(call))

    async def read(self, call: Call, meeting_id: str) -> MeetingView:
        outcome = await self._meetings.get(meeting_id, call.tenant)
        return meeting_view(outcome, self._policy(call))

    async def find(self, call: Call, query: MeetingQuery) -> Page[MeetingView]:
        chosen = {"team": query.team, "standing": query.status and query.status.value}
        where: dict[str, Any] = {f"state.{k}": value for k, value in chosen.items() if value}
        after = query.after(str)
        if after is not None:
            where["_id"] = {"$lt": after[0]}
        found = await self._meetings.find(
            call.tenant, where, order=(("_id", -1),), limit=query.limit + 1
        )
        policy = self._policy(call)
        views = [meeting_view(one, policy) for one in found]
        return page_of(views, query, lambda one: (one.id,))

    async def history(self, call: Call, meeting_id: str, query: PageQuery) -> Page[HistoryEvent]:
        return await history_page(self._meetings, call, meeting_id, query)

    async def follow_up(self, call: Call, query: CommitmentQuery) -> FollowUp:
        wanted = meetings.Wanted(query.team or None, query.owner or None, query.overdue)
        return await meetings.follow_up(self._workshop, call.tenant, wanted)

    async def teams(self, call: Call) -> Teams:
        policy = self._policy(call)
        today = self._workshop.now().astimezone(policy.calendar.zone).date()
        return await meetings.teams(self._workshop, call.tenant, policy, today, call.language)

    def _policy(self, call: Call) -> IncidentPolicy:
        policy: IncidentPolicy = self._workshop.policy(call.tenant)
        return policy


def meeting_routes(api: Routes, workshop: Workshop) -> None:
    """The operations below `/api/v1/incident-meetings`."""
    table = Table(workshop)
    _reading(api, table)
    _writing(api, table)


def _reading(api: Routes, table: Table) -> None:
    @api.get("/incident-meetings", may="read_meeting")
    async def list_meetings(call: Call, query: MeetingQuery) -> Page[MeetingView]:
        """Meetings of the teams, those planned last first."""
        return await table.find(call, query)

    @api.get("/incident-meetings/{meeting_id}", may="read_meeting")
    async def read_meeting(call: Call, meeting_id: str) -> MeetingView:
        """One meeting with its minutes and commitments."""
        return await table.read(call, meeting_id)

    @api.get("/incident-meetings/{meeting_id}/history", may="read_meeting")
    async def read_meeting_history(
        call: Call, meeting_id: str, query: PageQuery
    ) -> Page[HistoryEvent]:
        """All that happened to it, oldest first."""
        return await table.history(call, meeting_id, query)

    @api.get("/incident-commitments", may="read_meeting")
    async def list_commitments(call: Call, query: CommitmentQuery) -> FollowUp:
        """The follow-up: what is still to be done, the earliest day first."""
        return await table.follow_up(call, query)

    @api.get("/incident-teams", may="read_meeting")
    async def list_teams(call: Call) -> Teams:
        """The teams, when each last met, and by when it is to meet again."""
        return await table.teams(call)


def _writing(api: Routes, table: Table) -> None:
    @api.post(
        "/incident-meetings",
        may="keep_meeting",
        status=201,
        location="/incident-meetings/{id}",
    )
    async def plan_meeting(call: Call, body: NewMeeting) -> MeetingView:
        """Plan a meeting with its objectives."""
        return await table.plan(call, body)

    @api.post(
        "/incident-meetings/{meeting_id}/hold",
        may="keep_meeting",
        if_match=True,
        problems=(STEP, "meeting.in_the_future"),
    )
    async def hold_meeting(call: Call, meeting_id: str, body: Acta) -> MeetingView:
        """Put its minutes on record."""
        command = Hold(body.on, body.minutes, body.duration, body.present)
        return await table.give(call, meeting_id, command)

    @api.post(
        "/incident-meetings/{meeting_id}/cancel",
        may="keep_meeting",
        if_match=True,
        problems=(STEP,),
    )
    async def cancel_meeting(call: Call, meeting_id: str, body: Why) -> MeetingView:
        """It will not take place."""
        return await table.give(call, meeting_id, Cancel(body.reason))

    @api.post(
        "/incident-meetings/{meeting_id}/commitments",
        may="keep_meeting",
        if_match=True,
        problems=(
            STEP,
            "meeting.due_in_the_past",
            "meeting.too_many_commitments",
            "meeting.unknown_role",
        ),
    )
    async def commit_in_meeting(call: Call, meeting_id: str, body: NewCommitment) -> MeetingView:
        """Put on record who does what by when."""
        command = Commit(body.text, body.owner, body.due_on, body.area, body.type)
        return await table.give(call, meeting_id, command)

    @api.post(
        "/incident-meetings/{meeting_id}/commitments/{number}/fulfil",
        may="fulfil_commitment",
        if_match=True,
        problems=(STEP, "meeting.already_fulfilled", "meeting.no_such_commitment"),
    )
    async def fulfil_commitment(
        call: Call, meeting_id: str, number: int, body: Done
    ) -> MeetingView:
        """Say that it is done, in time or late."""
        return await table.give(call, meeting_id, Fulfil(number, body.note))
