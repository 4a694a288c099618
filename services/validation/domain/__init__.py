"""The evaluation of requests: rules without I/O, readable beside the manual."""

from services.validation.domain.decisions import decide, next_due
from services.validation.domain.doubt import Doubt, Doubts, DoubtStatus
from services.validation.domain.evolution import evolve
from services.validation.domain.lifecycle import HOLDER, LIFECYCLE, Action, Status, follow
from services.validation.domain.model import (
    AnswerDoubt,
    AnswerQuery,
    Approve,
    Command,
    Confirm,
    Deploy,
    Evaluation,
    Expire,
    MergeDoubt,
    Observe,
    Open,
    Query,
    RaiseDoubt,
    Refuse,
    Share,
    Withdraw,
)
from services.validation.domain.promise import clock_of
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
    "AnswerDoubt",
    "AnswerQuery",
    "Approve",
    "Command",
    "Confirm",
    "Deploy",
    "Doubt",
    "DoubtStatus",
    "Doubts",
    "Evaluation",
    "Expire",
    "MergeDoubt",
    "Observe",
    "Open",
    "Query",
    "RaiseDoubt",
    "Refuse",
    "Share",
    "Status",
    "Withdraw",
    "clock_of",
    "decide",
    "evolve",
    "follow",
    "next_due",
]
