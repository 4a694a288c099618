"""Sessions at work: what is read before a session is scheduled or its attendance recorded."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.training.cases import ENROLMENT, MEMBER, SESSION
from services.training.desk import Desk
from services.training.domain.availability import Availability, Wanted, on_shift, propose
from services.training.domain.lifecycle import EnrolmentStatus
from services.training.domain.member import Duty, Member
from services.training.domain.plan_state import Plan
from services.training.domain.session import (
    LONGEST,
    CancelSession,
    Command,
    Record,
    Schedule,
    Session,
    SessionStatus,
)
from services.training.policy import TrainingPolicy
from services.training.rosters import Rosters
from shared.decider import Rejected, Unknown
from shared.http import Call
from shared.i18n import load
from shared.ids import derived_id, new_id
from shared.security import Role
from shared.service import Workshop, cause_of
from shared.store import Cases, Cause, Outcome
from shared.store.group import transient_when_away

PIECE: Final = 1_000
DOUBLE: Final = "reason.trainer_busy"
# beyond its term a plan is looked at a week ahead
OVERDUE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a trainer wants; without people those who are pending and on shift."""

    trainer: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    people: tuple[str, ...] = ()


class Sessions:
    """The sessions of all plans."""

    def __init__(self, workshop: Workshop, desk: Desk) -> None:
        self._workshop = workshop
        self._desk = desk
        self._members: Cases[Member] = workshop.of(MEMBER)
        self._enrolments = workshop.of(ENROLMENT)
        self.cases: Cases[Session] = workshop.of(SESSION)
        self._rosters = Rosters(workshop.database)
        self._words = load()

    async def availability(
        self, call: Call, plan_id: str, minutes: int, capacity: int
    ) -> tuple[Wanted, Availability, int]:
        """Sessions before the term that reach who is pending, who cannot be reached, how many."""
        plan = await self._desk.plan(call, plan_id)
        policy = self._policy(call)
        now = self._workshop.now()
        due = plan.state.deadline.due_at if plan.state.deadline else now
        people = await self._pending(call, plan)
        until = due if due > now else now + OVERDUE
        wanted = Wanted(
            now,
            until,
            timedelta(minutes=minutes),
            capacity,
            max(1, await self._trainers(call)),
            await self._booked(call, now, until),
        )
        members = await self._known(call, people)
        found = await asyncio.to_thread(propose, members, wanted, policy)
        return wanted, found, len(people)

    async def schedule(self, call: Call, plan_id: str, wanted: NewSession) -> Outcome[Session]:
        """A session for people of the plan who work then."""
        plan = await self._desk.plan(call, plan_id)
        policy = self._policy(call)
        listed = await self._listed(call, plan)
        pending = await self._pending(call, plan)
        asked = wanted.people or tuple(pending)
        members = await self._known(call, [one for one in asked if one in listed])
        shifts = {
            person: on_shift(member, policy, wanted.starts_at, wanted.ends_at)
            for person, member in members.items()
        }
        if not wanted.people:
            asked = tuple(one for one in asked if shifts.get(one))[: wanted.capacity]
        key = call.idempotency_key
        session_id = new_id() if key is None else derived_id(call.tenant, plan_id, "session", key)
        command = Schedule(
            plan_id=plan_id,
            plan=plan.state,
            trainer=wanted.trainer,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            capacity=wanted.capacity,
            people=tuple(dict.fromkeys(asked)),
            is_trainer=await self._is_trainer(call, wanted.trainer),
            trainer_busy=await self._is_busy(call, wanted, session_id),
            strangers=tuple(one for one in asked if one not in listed),
            off_shift=tuple(one for one in asked if shifts.get(one) is False),
        )
        cause = cause_of(call)
        made = await self.cases.create(session_id, command, cause)
        if made.state.status is SessionStatus.SCHEDULED:
            await self._withdraw_double(call, wanted, session_id, cause)
        return made

    async def _withdraw_double(
        self, call: Call, wanted: NewSession, session_id: str, cause: Cause
    ) -> None:
        """Of two that were asked at the same moment, each looked before the other was there."""
        if not await self._is_busy(call, wanted, session_id):
            return
        reason = self._words.text(self._workshop.tenants[call.tenant].languages[0], DOUBLE)
        again = Cause(call.tenant, "system:training", causation=cause.id)
        await self.cases.handle(session_id, CancelSession(reason), again)
        raise Rejected("session.trainer_busy", trainer=wanted.trainer)

    async def record(
        self, call: Call, plan_id: str, session_id: str, present: Sequence[str], sheet: str
    ) -> Outcome[Session]:
        """Who was there."""
        plan = await self._desk.plan(call, plan_id)
        listed = await self._listed(call, plan)
        strangers = tuple(one for one in present if one not in listed)
        command = Record(plan.state, tuple(present), sheet, strangers)
        return await self._give(call, plan_id, session_id, command)

    async def cancel(
        self, call: Call, plan_id: str, session_id: str, reason: str
    ) -> Outcome[Session]:
        """It will not take place."""
        return await self._give(call, plan_id, session_id, CancelSession(reason))

    async def read(self, call: Call, plan_id: str, session_id: str) -> Outcome[Session]:
        """One session of a plan."""
        found = await self.cases.get(session_id, call.tenant)
        if found.state.plan_id != plan_id:
            raise Unknown("session.unknown", id=session_id)
        return found

    async def _give(
        self, call: Call, plan_id: str, session_id: str, command: Command
    ) -> Outcome[Session]:
        await self.read(call, plan_id, session_id)
        return await self.cases.handle(
            session_id, command, cause_of(call), expected=call.expected_version
        )

    async def _listed(self, call: Call, plan: Outcome[Plan]) -> frozenset[str]:
        """Who is to be trained: since the launch by its lists, before it by who would be."""
        people: list[str] = []
        for roster in plan.state.rosters:
            people += [one.person_id async for one in self._rosters.read(roster)]
        if not plan.state.rosters:
            policy = self._policy(call)
            today = policy.today(self._workshop.now())
            leaders, advisers = await self._rosters.on_duty(call.tenant, policy, today)
            people = [*(one.person_id for one in leaders), *advisers]
        return frozenset(people)

    async def _pending(self, call: Call, plan: Outcome[Plan]) -> list[str]:
        """Who of them has yet to sign."""
        listed = await self._listed(call, plan)
        done = {
            "tenant": call.tenant,
            "state.plan_id": plan.id,
            "$or": [
                {"state.status": {"$in": [EnrolmentStatus.EXEMPT, EnrolmentStatus.RELEASED]}},
                {
                    "state.status": EnrolmentStatus.SIGNED.value,
                    "state.material_version": {"$gte": plan.state.required},
                },
            ],
        }
        found = self._enrolments.collection.find(done, {"state.person_id": 1})
        with transient_when_away():
            signed = {one["state"]["person_id"] async for one in found}
        return sorted(listed - signed)

    async def _known(self, call: Call, people: Sequence[str]) -> Mapping[str, Member]:
        members: dict[str, Member] = {person: Member() for person in people}
        for start in range(0, len(people), PIECE):
            wanted = {"_id": {"$in": list(people[start : start + PIECE])}}
            found = await self._members.find(call.tenant, wanted, limit=PIECE)
            members |= {one.id: one.state for one in found}
        return members

    async def _trainers(self, call: Call) -> int:
        today = self._policy(call).today(self._workshop.now())
        return await self._rosters.number(call.tenant, Role.TRAINER.value, today)

    async def _is_trainer(self, call: Call, person: str) -> bool:
        try:
            member = (await self._members.get(person, call.tenant)).state
        except Unknown:
            return False
        today = self._policy(call).today(self._workshop.now())
        return member.is_active(today) and Role.TRAINER.value in member.roles

    async def _is_busy(self, call: Call, wanted: NewSession, session_id: str) -> bool:
        where = {
            **_overlapping(wanted.starts_at, wanted.ends_at),
            "state.trainer": wanted.trainer,
            "_id": {"$ne": session_id},
        }
        return bool(await self.cases.find(call.tenant, where, limit=1))

    async def _booked(self, call: Call, since: datetime, until: datetime) -> tuple[Duty, ...]:
        """When trainers have sessions, of any plan."""
        where = {**_overlapping(since, until), "tenant": call.tenant}
        found = self.cases.collection.find(where, {"state.starts_at": 1, "state.ends_at": 1})
        with transient_when_away():
            states = [one["state"] async for one in found]
        return tuple((state["starts_at"], state["ends_at"]) for state in states)

    def _policy(self, call: Call) -> TrainingPolicy:
        policy: TrainingPolicy = self._workshop.policy(call.tenant)
        return policy


def _overlapping(since: datetime, until: datetime) -> dict[str, Any]:
    return {
        # none is longer: the index need not be read from its beginning
        "state.starts_at": {"$gt": since - LONGEST, "$lt": until},
        "state.ends_at": {"$gt": since},
        "state.status": {"$ne": SessionStatus.CANCELLED.value},
    }
