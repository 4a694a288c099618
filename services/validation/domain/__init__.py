"""The evaluation of requests: rules without I/O, readable beside the manual."""

from services.validation.domain.decisions import clock_of, decide, next_due
from services.validation.domain.evolution import evolve
from services.validation.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status, diagram, follow
from services.validation.domain.model import (
    AnswerQuery,
    Approve,
    Command,
    Evaluation,
    Expire,
    Observe,
    Open,
    Query,
    Refuse,
    Withdraw,
)
from services.validation.policy import EvaluationPolicy
from shared.decider import Decider

RULES: Decider[Evaluation, Command, EvaluationPolicy] = Decider(
    state=Evaluation,
    initial=Evaluation,
    decide=decide,
    evolve=evolve,
    next_due=next_due,
    on_due=Expire,
)

__all__ = [
    "HOLDER",
    "LIFECYCLE",
    "RULES",
    "Action",
    "AnswerQuery",
    "Approve",
    "Command",
    "Evaluation",
    "Expire",
    "Observe",
    "Open",
    "Query",
    "Refuse",
    "Status",
    "Withdraw",
    "clock_of",
    "decide",
    "diagram",
    "evolve",
    "follow",
    "next_due",
]
