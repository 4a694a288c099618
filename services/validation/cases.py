"""Where evaluations are kept, one a request under its own id; and queries, for their clocks."""

from services.validation.domain import RULES, Evaluation, query
from services.validation.domain.query import ClientQuery
from shared.decider import Decider
from shared.store import Kind

EVALUATION: Kind[Evaluation] = Kind(
    "validation",
    "evaluation",
    decider=RULES,
    indexes=(
        ("state.status", "state.deadline.due_at", "_id"),
        ("state.deadline.due_at", "_id"),
    ),
)

QUERY: Kind[ClientQuery] = Kind(
    "validation",
    "query",
    decider=Decider(
        state=ClientQuery,
        initial=ClientQuery,
        decide=query.decide,
        evolve=query.evolve,
        next_due=query.next_due,
        on_due=query.Remind,
    ),
)
