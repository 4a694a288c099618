"""Rosters and absences by HTTP, the organisations there are, and the seats that are filled."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.people.cases import PERSON
from services.people.domain.person import Command, Person
from services.people.domain.roster import (
    CancelAbsence,
    PlanAbsence,
    PlanShifts,
    Shift,
    monday,
)
from services.people.policy import PeoplePolicy
from services.people.views import PersonView
from shared.http import Call, Input, Page, PageQuery, Routes, page_of
from shared.security import Role
from shared.service import Workshop, cause_of
from shared.store import Cases, Outcome
from shared.store.cases import to_milliseconds

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Tell = Callable[[Call, str, Command], Awaitable[PersonView]]
AT_ONCE = 1_000


class NewShift(Input):
    """From when to when, which shift of the account, and where."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    shift: Name
    channel: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""


class NewRoster(Input):
    """The shifts of a week, all of them."""

    shifts: Annotated[tuple[NewShift, ...], Field(max_length=21)]


class NewAbsence(Input):
    """Days away, both included."""

    first_on: date
    last_on: date


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ShiftView(_View):
    """One shift; `absent` when the person is away on its day, whatever was planned."""

    starts_at: datetime
    ends_at: datetime
    shift: str
    channel: str
    absent: bool


class RosterView(_View):
    """A person's week; `version` is the person's."""

    person_id: str
    week: str
    shifts: Sequence[ShiftView]
    version: int


class PostView(_View):
    """Seats of a channel and shift, and how many people are planned on them in a week."""

    post: str
    channel: str
    shift: str
    seats: int
    planned: int
    missing: int


class PostsView(_View):
    """All posts of a week."""

    week: str
    posts: Sequence[PostView]


class OrganisationView(_View):
    """An organisation of the account, its areas, and the roles its people may hold."""

    key: str
    name: str
    side: str
    areas: Sequence[str]
    roles: Sequence[Role]


class OrganisationsView(_View):
    """The provider, the client, and whoever else has people here."""

    organisations: Sequence[OrganisationView]


def _roster(outcome: Outcome[Person], week: str, policy: PeoplePolicy) -> RosterView:
    plans = outcome.state.plans

    def absent(shift: Shift) -> bool:
        day = policy.today(shift.starts_at)
        away = any(absence.covers(day) for absence in plans.absences)
        return away or not outcome.state.may_act(day)

    return RosterView(
        person_id=outcome.id,
        week=week,
        shifts=[
            ShiftView(
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                shift=shift.shift,
                channel=shift.channel,
                absent=absent(shift),
            )
            for shift in plans.weeks.get(week, ())
        ],
        version=outcome.version,
    )


def _posts(week: str, rosters: Sequence[RosterView], policy: PeoplePolicy) -> PostsView:
    planned = Counter(
        place
        for roster in rosters
        for place in {(one.channel, one.shift) for one in roster.shifts if not one.absent}
    )
    views = [
        PostView(
            post=key,
            channel=post.channel,
            shift=post.shift,
            seats=post.seats,
            planned=planned[post.channel, post.shift],
            missing=max(0, post.seats - planned[post.channel, post.shift]),
        )
        for key, post in policy.posts.items()
    ]
    return PostsView(week=week, posts=views)


class Rosters:
    """The weeks of a tenant's people."""

    def __init__(self, workshop: Workshop) -> None:
        self._cases: Cases[Person] = workshop.of(PERSON)
        self._policies = workshop.policy

    def policy(self, call: Call) -> PeoplePolicy:
        """The caller's account."""
        policy: PeoplePolicy = self._policies(call.tenant)
        return policy

    async def plan(self, call: Call, person_id: str, week: str, body: NewRoster) -> RosterView:
        person = (await self._cases.get(person_id, call.tenant)).state
        shifts = tuple(
            Shift(
                to_milliseconds(one.starts_at),
                to_milliseconds(one.ends_at),
                one.shift,
                one.channel or person.channel,
            )
            for one in body.shifts
        )
        outcome = await self._cases.handle(
            person_id,
            PlanShifts({week: shifts}),
            cause_of(call),
            expected=call.expected_version,
        )
        return _roster(outcome, week, self.policy(call))

    async def read(self, call: Call, person_id: str, week: str) -> RosterView:
        monday(week)
        found = await self._cases.get(person_id, call.tenant)
        return _roster(found, week, self.policy(call))

    async def page(self, call: Call, week: str, query: PageQuery) -> Page[RosterView]:
        position = query.after(str)
        after: str | None = None if position is None else position[0]
        found = await self._of_week(call, week, after, query.limit + 1)
        policy = self.policy(call)
        shown = [_roster(outcome, week, policy) for outcome in found]
        return page_of(shown, query, lambda one: (one.person_id,))

    async def posts(self, call: Call, week: str) -> PostsView:
        policy, rosters, last = self.policy(call), list[RosterView](), None
        while found := await self._of_week(call, week, last, AT_ONCE):
            rosters += [_roster(outcome, week, policy) for outcome in found]
            last = found[-1].id
        return _posts(week, rosters, policy)

    async def _of_week(
        self, call: Call, week: str, after: str | None, limit: int
    ) -> list[Outcome[Person]]:
        monday(week)
        where: dict[str, object] = {f"state.plans.weeks.{week}": {"$exists": True}}
        if after is not None:
            where["_id"] = {"$gt": after}
        return await self._cases.find(call.tenant, where, limit=limit)


def roster_routes(api: Routes, workshop: Workshop, tell: Tell) -> None:
    """Operations on rosters, absences and organisations."""
    rosters = Rosters(workshop)
    _reading(api, rosters)
    _planning(api, rosters, tell)


def _reading(api: Routes, rosters: Rosters) -> None:
    @api.get("/organisations", may="read_person")
    async def list_organisations(call: Call) -> OrganisationsView:
        """The organisations of the account, by its policy."""
        rows = rosters.policy(call).organisations
        views = [
            OrganisationView(
                key=key, name=row.name, side=row.side, areas=row.areas, roles=row.roles
            )
            for key, row in rows.items()
        ]
        return OrganisationsView(organisations=views)

    @api.get("/rosters/{week}", may="read_roster")
    async def list_rosters(call: Call, week: str, query: PageQuery) -> Page[RosterView]:
        """Everybody whose week is planned, such as `2026-W31`."""
        return await rosters.page(call, week, query)

    @api.get("/rosters/{week}/posts", may="read_roster")
    async def read_posts(call: Call, week: str) -> PostsView:
        """The seats that the contract asks for, and how many are filled in a week."""
        return await rosters.posts(call, week)

    @api.get("/people/{person_id}/rosters/{week}", may="read_roster")
    async def read_roster(call: Call, person_id: str, week: str) -> RosterView:
        """One person's week."""
        return await rosters.read(call, person_id, week)


_PLANNING = ("person.illegal_transition",)


def _planning(api: Routes, rosters: Rosters, tell: Tell) -> None:
    @api.put(
        "/people/{person_id}/rosters/{week}",
        may="keep_rosters",
        problems=(*_PLANNING, "shift.overlaps", "shift.absent", "shift.not_employed"),
    )
    async def plan_roster(call: Call, person_id: str, week: str, body: NewRoster) -> RosterView:
        """Plan a person's week: these shifts, all of them; none overlaps another of any week."""
        return await rosters.plan(call, person_id, week, body)

    @api.post(
        "/people/{person_id}/absences",
        may="keep_rosters",
        if_match=True,
        problems=(*_PLANNING, "absence.overlaps"),
    )
    async def plan_absence(call: Call, person_id: str, body: NewAbsence) -> PersonView:
        """A person will be away; why is not asked."""
        return await tell(call, person_id, PlanAbsence(body.first_on, body.last_on))

    @api.delete("/people/{person_id}/absences/{first_on}", may="keep_rosters", problems=_PLANNING)
    async def cancel_absence(call: Call, person_id: str, first_on: date) -> PersonView:
        """Take an absence back, by its first day."""
        return await tell(call, person_id, CancelAbsence(first_on))
