"""Where plans, enrolments and members are kept."""

from services.training.domain import enrolment, member, plan, plan_events, session
from services.training.domain.enrolment import Enrolment
from services.training.domain.member import Member
from services.training.domain.plan import Plan
from services.training.domain.session import Session
from shared.decider import Decider
from shared.ids import derived_id
from shared.store import Kind

PLAN: Kind[Plan] = Kind(
    "training",
    "plan",
    decider=Decider(
        state=Plan,
        initial=Plan,
        decide=plan.decide,
        evolve=plan_events.evolve,
        next_due=plan.next_due,
        on_due=plan.Expire,
    ),
    indexes=(
        ("state.status", "state.deadline.due_at", "_id"),
        ("state.deadline.due_at", "_id"),
    ),
)

ENROLMENT: Kind[Enrolment] = Kind(
    "training",
    "enrolment",
    decider=Decider(
        state=Enrolment, initial=Enrolment, decide=enrolment.decide, evolve=enrolment.evolve
    ),
    indexes=(
        ("state.plan_id", "state.status", "state.leader", "_id"),
        ("state.plan_id", "state.status", "state.leader", "state.material_version"),
    ),
)

MEMBER: Kind[Member] = Kind(
    "training",
    "member",
    decider=Decider(state=Member, initial=Member, decide=member.decide, evolve=member.evolve),
    # who came later is asked with every coverage, who left every minute: both are few
    indexes=(("state.roles", "state.since"), ("state.last_on",)),
)

SESSION: Kind[Session] = Kind(
    "training",
    "session",
    decider=Decider(state=Session, initial=Session, decide=session.decide, evolve=session.evolve),
    indexes=(
        ("state.plan_id", "state.starts_at", "_id"),
        ("state.trainer", "state.starts_at"),
        ("state.starts_at",),
    ),
)


def enrolment_id(plan_id: str, person_id: str) -> str:
    """A person has one enrolment in a plan, whoever opens it and however often."""
    return derived_id(plan_id, person_id)
