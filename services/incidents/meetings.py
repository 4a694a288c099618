"""Meetings as they are shown, and the follow-up of what was promised in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import Field

from services.incidents.cases import MEETING
from services.incidents.domain.meeting import Commitment, Meeting, Standing
from services.incidents.policy import Cadence, IncidentPolicy
from services.incidents.views import View
from shared.service import Workshop
from shared.store import Cases, Outcome
from shared.store.group import transient_when_away

DAYS: Final[Mapping[Cadence, int]] = {
    Cadence.FORTNIGHT: 15,
    Cadence.MONTH: 31,
    Cadence.QUARTER: 92,
}
MOST: Final = 500


class CommitmentView(View):
    """What somebody is to do; `state` is open, overdue, kept or kept_late."""

    number: int
    text: str
    owner: str
    due_on: date
    state: str
    area: str
    type: str
    done_at: datetime | None
    note: str


class MeetingView(View):
    """A meeting; `too_long` beyond its team's limit, `missed` when its day passed without it."""

    id: str
    team: str
    status: str
    on: date | None
    objectives: list[str]
    minutes: str
    duration: int = Field(description="Minutes that it took")
    too_long: bool
    present: list[str]
    missed: bool
    reason: str
    commitments: list[CommitmentView]
    version: int


class FollowedCommitment(CommitmentView):
    """A commitment and the meeting that it was made in."""

    meeting_id: str
    team: str
    met_on: date | None


class FollowUp(View):
    """Commitments, the earliest day first; at most 500."""

    items: list[FollowedCommitment]


class TeamView(View):
    """A team, when it last met, and by when it is to meet again."""

    key: str
    name: str
    cadence: str
    source: str
    last_on: date | None
    next_by: date | None
    late: bool


class Teams(View):
    """All teams of the account."""

    items: list[TeamView]


def commitment_view(made: Commitment) -> CommitmentView:
    """A commitment as it stands."""
    return CommitmentView(**_fields(made))


def _fields(made: Commitment) -> dict[str, Any]:
    if made.done_at is None:
        state = "overdue" if made.overdue else "open"
    else:
        state = "kept" if made.in_time else "kept_late"
    names = ("number", "text", "owner", "due_on", "area", "done_at", "note")
    return {name: getattr(made, name) for name in names} | {"type": made.kind, "state": state}


def meeting_view(outcome: Outcome[Meeting], policy: IncidentPolicy) -> MeetingView:
    """A meeting as it is shown."""
    state = outcome.state
    team = policy.section.teams.get(state.team)
    limit = None if team is None else team.minutes
    return MeetingView(
        id=outcome.id,
        team=state.team,
        status=state.standing,
        on=state.on,
        objectives=list(state.objectives),
        minutes=state.minutes,
        duration=state.duration,
        too_long=limit is not None and state.duration > limit,
        present=list(state.present),
        missed=state.missed,
        reason=state.reason,
        commitments=[commitment_view(made) for made in state.commitments],
        version=outcome.version,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open commitments; what is None is not asked for."""

    team: str | None = None
    owner: str | None = None
    overdue: bool | None = None

    def where(self) -> Mapping[str, Any]:
        """The meetings that have such a commitment."""
        of = {name: value for name, value in self._of_commitment() if value is not None}
        where: dict[str, Any] = {
            "state.due_at": {"$ne": None},
            "state.commitments": {"$elemMatch": {"done_at": None, **of}},
        }
        return where if self.team is None else {**where, "state.team": self.team}

    def has(self, made: Commitment) -> bool:
        """Whether one is such a commitment."""
        return made.done_at is None and all(
            value in (None, getattr(made, name)) for name, value in self._of_commitment()
        )

    def _of_commitment(self) -> tuple[tuple[str, Any], ...]:
        return ("owner", self.owner), ("overdue", self.overdue)


async def follow_up(workshop: Workshop, tenant: str, wanted: Wanted) -> FollowUp:
    """Open commitments of all meetings, the earliest day first.

    Raises:
        Transient: the database did not answer.
    """
    meetings: Cases[Meeting] = workshop.of(MEETING)
    order = (("state.due_at", 1), ("_id", 1))
    found = await meetings.find(tenant, wanted.where(), order=order, limit=MOST)
    rows = [
        FollowedCommitment(
            **_fields(made), meeting_id=one.id, team=one.state.team, met_on=one.state.on
        )
        for one in found
        for made in one.state.commitments
        if wanted.has(made)
    ]
    rows.sort(key=lambda row: (row.due_on, row.meeting_id, row.number))
    return FollowUp(items=rows[:MOST])


async def teams(
    workshop: Workshop, tenant: str, policy: IncidentPolicy, today: date, language: str
) -> Teams:
    """When each team last met, and by when it is to meet again.

    Raises:
        Transient: the database did not answer.
    """
    collection = workshop.of(MEETING).collection
    held = {"tenant": tenant, "state.standing": Standing.HELD.value}
    last = {"$group": {"_id": "$state.team", "on": {"$max": "$state.on"}}}
    with transient_when_away():
        rows = await collection.aggregate([{"$match": held}, last])
        on = {row["_id"]: date.fromisoformat(row["on"]) async for row in rows}
    items = [
        _team(key, row.cadence, on.get(key), today)
        | {"name": row.name.of(language), "source": row.source}
        for key, row in policy.section.teams.items()
    ]
    return Teams(items=[TeamView.model_validate(item) for item in items])


def _team(key: str, cadence: Cadence, last_on: date | None, today: date) -> dict[str, Any]:
    next_by = None if last_on is None else last_on + timedelta(days=DAYS[cadence])
    late = next_by is not None and next_by < today
    return {
        "key": key,
        "cadence": cadence.value,
        "last_on": last_on,
        "next_by": next_by,
        "late": late,
    }
