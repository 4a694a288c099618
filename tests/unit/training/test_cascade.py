"""The cascade over any order of signatures, exemptions, counts and deadlines.

Counts may be taken at one moment and arrive at a much later one, twice, or not until the end. The
material changes, people come, leaders leave, and the client is asked meanwhile.
"""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.training.domain.enrolment import Exempt, Release, Sign
from services.training.domain.lifecycle import ENDED, EnrolmentStatus, PlanStatus
from services.training.domain.plan import (
    Block,
    Expire,
    Extend,
    Launch,
    OpenPlan,
    Publish,
    Recount,
    ReplaceLeader,
    Unblock,
    next_due,
)
from services.training.policy import Method
from shared.contracts import EventBody
from shared.contracts.training import (
    PlanBreached,
    PlanCascadeOpened,
    PlanCompleted,
    PlanProgressed,
    PlanReopened,
)
from shared.decider import Rejected
from tests.support.evaluations import lima
from tests.support.replications import LEADERS, SHA, Replication, told_to_client

ADVISERS = tuple(f"adviser-{number}" for number in range(7))
PEOPLE = ("sofia", "mario", *ADVISERS)
DONE = (EnrolmentStatus.SIGNED, EnrolmentStatus.EXEMPT)


class Cascade(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.replication = Replication()
        self.at = lima(1)
        self.counts: list[Recount] = []
        self.advisers = list(ADVISERS)
        self.versions = 1

    @initialize()
    def launched(self) -> None:
        promised = told_to_client(lima(2, 16, 30), lima(1))
        self.replication.give(OpenPlan("c", "t", "s", self.at, promised), self.at)
        self.replication.give(Publish(SHA), self.at)
        self.replication.give(Launch("r", LEADERS, len(ADVISERS)), self.at)
        self.replication.enrol(self.at, *ADVISERS)

    @rule(hours=st.integers(1, 20))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule(index=st.integers(0, 12))
    def signs(self, index: int) -> None:
        plan = self.replication.plan
        everybody = [*plan.leaders, *self.advisers]
        person = everybody[index % len(everybody)]
        sha = plan.material.sha256 if plan.material else SHA
        try:
            events = self.replication.to(person, Sign(plan, sha, Method.CLICK), self.at)
        except Rejected:
            return
        assert not (events and plan.blocked)
        if events and person in self.advisers:
            leaders = [self.replication.enrolments[name] for name in plan.leaders]
            assert all(leader.status in DONE for leader in leaders)
            assert not any(leader.is_outdated(plan) for leader in leaders)

    @rule(substantial=st.booleans())
    def the_material_changes(self, *, substantial: bool) -> None:
        if self.replication.plan.status in ENDED:
            return
        self.versions += 1
        self.replication.give(Publish(f"{self.versions:064x}", substantial), self.at)

    @rule()
    def somebody_comes(self) -> None:
        name = f"late-{len(self.advisers)}"
        try:
            self.replication.give(Extend(f"r-{name}", 1), self.at)
        except Rejected:
            return
        self.replication.enrol_one(name, self.at)
        self.advisers.append(name)

    @rule(position=st.integers(0, 1))
    def a_leader_leaves(self, position: int) -> None:
        plan, number = self.replication.plan, len(self.replication.enrolments)
        leaving = self.replication.enrolments[plan.leaders[position]]
        if leaving.status in DONE and not leaving.is_outdated(plan):
            return
        name = f"leader-{number}"
        command = ReplaceLeader(leaving.person_id, name, f"r-{name}", "Renuncia")
        try:
            self.replication.give(command, self.at)
        except Rejected:
            return
        self.replication.to(leaving.person_id, Release(name), self.at)
        self.replication.enrol_one(name, self.at, *leaving.leads)

    @rule(opens=st.booleans())
    def the_client_is_asked_or_answers(self, *, opens: bool) -> None:
        command = Block("q", self.at) if opens else Unblock("q", self.at)
        before = self.replication.plan.deadline
        self.replication.give(command, self.at)
        after = self.replication.plan.deadline
        assert before is not None
        assert after is not None
        assert after.due_at >= before.due_at

    @rule(person=st.sampled_from(PEOPLE))
    def is_exempted(self, person: str) -> None:
        everybody = self.replication.enrolments.values()
        plan = self.replication.plan
        signed = [one for one in everybody if one.status is EnrolmentStatus.SIGNED]
        led = [one.leads for one in signed if not one.is_outdated(plan)]
        roles = frozenset(role for roles in led for role in roles)
        try:
            command = Exempt(self.replication.plan, "De licencia", roles)
            self.replication.to(person, command, self.at)
        except Rejected:
            return

    @rule(due=st.booleans())
    def is_counted(self, *, due: bool) -> None:
        due = due and self.replication.plan.fell_due
        self.counts.append(Recount(self.replication.tally(), due))

    @rule(data=st.data())
    def a_count_arrives(self, data: st.DataObject) -> None:
        if self.counts:
            index = data.draw(st.integers(0, len(self.counts) - 1))
            self.replication.give(self.counts[index], self.at)

    @rule()
    def the_deadline_fires(self) -> None:
        due = next_due(self.replication.plan)
        if due is not None and due <= self.at:
            self.replication.give(Expire(due), self.at)
            if self.replication.plan.fell_due:
                self.counts.append(Recount(self.replication.tally(), due=True))

    @invariant()
    def coverage_is_within_its_denominator_and_never_ahead(self) -> None:
        plan, tally = self.replication.plan, self.replication.tally()
        assert plan.signed + plan.exempt <= tally.done <= max(plan.eligible, 0)

    @invariant()
    def each_thing_is_told_once_and_only_when_it_is_so(self) -> None:
        told, tally = self.replication.told, self.replication.tally()
        completed = [event for event in told if isinstance(event, PlanCompleted)]
        assert len(completed) <= 1
        assert sum(isinstance(event, PlanBreached) for event in told) <= 1
        for since in self.stretches(told):
            assert sum(isinstance(event, PlanCascadeOpened) for event in since) <= 1
            shown = [e.signed + e.exempt for e in since if isinstance(e, PlanProgressed)]
            assert shown == sorted(set(shown))
        if completed:
            assert tally.done == len(self.advisers) == completed[0].eligible
            assert tally.leaders_done == len(LEADERS)

    @staticmethod
    def stretches(told: list[EventBody]) -> list[list[EventBody]]:
        """What was told between one substantial change of the material and the next."""
        stretches: list[list[EventBody]] = [[]]
        for event in told:
            if isinstance(event, PlanReopened):
                stretches.append([])
            stretches[-1].append(event)
        return stretches

    def teardown(self) -> None:
        """A count after the last signature ends every plan that has all signatures."""
        if not self.replication.enrolments:
            return
        self.replication.recount(self.at)
        tally = self.replication.tally()
        everybody = tally.done == len(self.advisers) and tally.leaders_done == len(LEADERS)
        assert (self.replication.plan.status is PlanStatus.COMPLETED) is everybody


TestCascade = Cascade.TestCase
TestCascade.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
