"""Where evaluations are kept: one case per request, under the request's own id."""

from services.validation.domain import RULES, Evaluation
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
