"""The cascade over any order of signatures, exemptions, counts and deadlines.

Counts may be taken at one moment and arrive at a much later one, twice, or not until the end.
"""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.training.domain.enrolment import Exempt, Sign
from services.training.domain.lifecycle import EnrolmentStatus, PlanStatus
from services.training.domain.plan import Expire, Launch, OpenPlan, Publish, Recount, next_due
from services.training.policy import Method
from shared.contracts.training import PlanBreached, PlanCascadeOpened, PlanCompleted, PlanProgressed
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

    @rule(person=st.sampled_from(PEOPLE))
    def signs(self, person: str) -> None:
        plan = self.replication.plan
        try:
            events = self.replication.to(person, Sign(plan, SHA, Method.CLICK), self.at)
        except Rejected:
            return
        if events and person in ADVISERS:
            leaders = [self.replication.enrolments[name] for name in ("sofia", "mario")]
            assert all(leader.status in DONE for leader in leaders)

    @rule(person=st.sampled_from(PEOPLE))
    def is_exempted(self, person: str) -> None:
        everybody = self.replication.enrolments.values()
        led = [one.leads for one in everybody if one.status is EnrolmentStatus.SIGNED]
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
        assert sum(isinstance(event, PlanCascadeOpened) for event in told) <= 1
        shown = [e.signed + e.exempt for e in told if isinstance(e, PlanProgressed)]
        assert shown == sorted(set(shown))
        if completed:
            assert tally.done == len(ADVISERS)
            assert tally.leaders_done == len(LEADERS)

    def teardown(self) -> None:
        """A count after the last signature ends every plan that has all signatures."""
        if not self.replication.enrolments:
            return
        self.replication.recount(self.at)
        tally = self.replication.tally()
        everybody = tally.done == len(ADVISERS) and tally.leaders_done == len(LEADERS)
        assert (self.replication.plan.status is PlanStatus.COMPLETED) is everybody


TestCascade = Cascade.TestCase
TestCascade.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
