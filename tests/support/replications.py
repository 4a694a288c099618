"""A replication under the rules of osinergmin, without I/O: a plan and its enrolments."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from services.training.domain import enrolment
from services.training.domain.enrolment import Command as EnrolmentCommand
from services.training.domain.enrolment import Enrolment, OpenEnrolment
from services.training.domain.lifecycle import EnrolmentStatus
from services.training.domain.plan import Command as PlanCommand
from services.training.domain.plan import Leader, Plan, Recount, Tally
from services.training.domain.plan import decide as decide_plan
from services.training.domain.plan_events import evolve as evolve_plan
from services.training.policy import TrainingPolicy, training_policy
from shared.contracts import EventBody
from shared.contracts.terms import Deadline
from shared.decider import Given, Stamp
from tests.support.evaluations import tenant

SHA = "a" * 64
LEADERS = (Leader("sofia", ("supervisor",)), Leader("mario", ("quality_monitor",)))


@cache
def policy() -> TrainingPolicy:
    return training_policy(tenant())


def told_to_client(due_at: datetime, effective_at: datetime) -> Deadline:
    return Deadline(stage="request.information", due_at=due_at, effective_at=effective_at)


@dataclass
class Replication:
    """A plan with its enrolments, decided one command after another."""

    plan: Plan = field(default_factory=Plan)
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    told: list[EventBody] = field(default_factory=list)

    def give(self, command: PlanCommand, at: datetime) -> list[EventBody]:
        """The events of a command to the plan, applied."""
        events: list[Any] = list(decide_plan(self.plan, command, _given(at)))
        for event in events:
            self.told.append(event)
            stamp = Stamp(at, "person:eva", len(self.told))
            self.plan = evolve_plan(self.plan, event, stamp)
        return events

    def enrol(self, at: datetime, *advisers: str) -> None:
        """What a launch leads to."""
        for leader in (*LEADERS, *(Leader(one, ()) for one in advisers)):
            self.enrol_one(leader.person_id, at, *leader.roles)

    def enrol_one(self, person: str, at: datetime, *leads: str) -> None:
        """What being put on a list leads to."""
        self.enrolments[person] = Enrolment()
        self.to(person, OpenEnrolment("p1", person, leads), at)

    def to(self, person: str, command: EnrolmentCommand, at: datetime) -> list[EventBody]:
        """The events of a command to a person's enrolment, applied."""
        state = self.enrolments[person]
        events: list[Any] = list(enrolment.decide(state, command, _given(at)))
        for event in events:
            state = enrolment.evolve(state, event, Stamp(at, f"person:{person}", 1))
        self.enrolments[person] = state
        return events

    def tally(self) -> Tally:
        """What a count of the enrolments gives."""

        def number(status: EnrolmentStatus, *, leader: bool) -> int:
            everybody = self.enrolments.values()
            return sum(
                one.status is status and one.leader is leader and not one.is_outdated(self.plan)
                for one in everybody
            )

        tally = Tally(
            leaders_signed=number(EnrolmentStatus.SIGNED, leader=True),
            leaders_exempt=number(EnrolmentStatus.EXEMPT, leader=True),
            signed=number(EnrolmentStatus.SIGNED, leader=False),
            exempt=number(EnrolmentStatus.EXEMPT, leader=False),
            required=self.plan.required,
            withdrawals=sum(one.withdrawals for one in self.enrolments.values()),
        )
        if tally.done < self.plan.eligible:
            return tally
        done = [one.done_at for one in self.enrolments.values() if one.done_at is not None]
        return replace(tally, last_done_at=max(done))

    def recount(self, at: datetime, *, due: bool = False) -> list[EventBody]:
        return self.give(Recount(self.tally(), due), at)


def _given(at: datetime) -> Given[TrainingPolicy]:
    return Given(at, "person:eva", "osinergmin", policy())
