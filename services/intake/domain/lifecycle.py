"""Where a request may go: the table of document A, A.10. A pair that is absent is illegal.

News from other services travels on streams of its own, so a plan may be heard of before the
evaluation that led to it: the plan's rows start from every status before it, and news that comes
late finds no row and moves nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The stage a request is in."""

    NEW = "new"
    RECEIVED = "received"
    IN_EVALUATION = "in_evaluation"
    OBSERVED = "observed"
    ANSWERED = "answered"
    VIABLE = "viable"
    PREPARING = "preparing"
    TRAINING_LEADERS = "training_leaders"
    DEPLOYING = "deploying"
    DEPLOYED = "deployed"
    NOT_VIABLE = "not_viable"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class Action(StrEnum):
    """What moves it: the client, or what another service tells.

    `shut` and `reopen` are the deployment's gate, which the client's query holds; `suspend` and
    `resume` the clock of the replication. They move who holds it and which clocks run.
    """

    RECEIVE = "receive"
    EVALUATE = "evaluate"
    OBSERVE = "observe"
    ANSWER = "answer"
    APPROVE = "approve"
    REFUSE = "refuse"
    PREPARE = "prepare"
    LAUNCH = "launch"
    CASCADE = "cascade"
    COVER = "cover"
    SHUT = "shut"
    REOPEN = "reopen"
    SUSPEND = "suspend"
    RESUME = "resume"
    COMPLETE = "complete"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    REPLACE = "replace"


class Holder(StrEnum):
    """Who has it now (A23)."""

    CLIENT = "client"
    VALIDATION = "provider:validation"
    TRAINING = "provider:training"
    OPERATIONS = "provider:operations"
    SYSTEMS = "provider:systems"
    NOBODY = "none"


NEWS: Final = frozenset(Action) - {
    Action.RECEIVE,
    Action.CLOSE,
    Action.WITHDRAW,
    Action.REPLACE,
}
"""What another service may tell; the rest is the client's word or the registry's own."""

TERMINAL: Final = frozenset({Status.NOT_VIABLE, Status.CLOSED, Status.WITHDRAWN, Status.REPLACED})
EVALUATING: Final = frozenset(
    {Status.RECEIVED, Status.IN_EVALUATION, Status.OBSERVED, Status.ANSWERED}
)
_AT_WORK: Final = frozenset({Status.RECEIVED, Status.IN_EVALUATION, Status.ANSWERED})
_BEFORE_PLAN: Final = EVALUATING | {Status.VIABLE}
_BEFORE_LAUNCH: Final = _BEFORE_PLAN | {Status.PREPARING}
_BEFORE_CASCADE: Final = _BEFORE_LAUNCH | {Status.TRAINING_LEADERS}
_BEFORE_END: Final = _BEFORE_CASCADE | {Status.DEPLOYING}

_VIABLE: Final = frozenset(
    {Status.VIABLE, Status.PREPARING, Status.TRAINING_LEADERS, Status.DEPLOYING}
)
_STILL: Final = (Action.SHUT, Action.REOPEN, Action.SUSPEND, Action.RESUME)

_ROWS: Final[tuple[tuple[frozenset[Status], Action, Status], ...]] = (
    (frozenset({Status.NEW}), Action.RECEIVE, Status.RECEIVED),
    (frozenset({Status.RECEIVED}), Action.EVALUATE, Status.IN_EVALUATION),
    (_AT_WORK, Action.OBSERVE, Status.OBSERVED),
    (frozenset({Status.OBSERVED}), Action.ANSWER, Status.ANSWERED),
    (_AT_WORK, Action.APPROVE, Status.VIABLE),
    (_AT_WORK, Action.REFUSE, Status.NOT_VIABLE),
    (_BEFORE_PLAN, Action.PREPARE, Status.PREPARING),
    (_BEFORE_LAUNCH, Action.LAUNCH, Status.TRAINING_LEADERS),
    (_BEFORE_CASCADE, Action.CASCADE, Status.DEPLOYING),
    (frozenset({Status.TRAINING_LEADERS}), Action.COVER, Status.TRAINING_LEADERS),
    (frozenset({Status.DEPLOYING}), Action.COVER, Status.DEPLOYING),
    (_BEFORE_END, Action.COMPLETE, Status.DEPLOYED),
    (frozenset({Status.DEPLOYED}), Action.CLOSE, Status.CLOSED),
    (_BEFORE_END, Action.WITHDRAW, Status.WITHDRAWN),
    (_BEFORE_END, Action.REPLACE, Status.REPLACED),
)

LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    **{(start, action): end for starts, action, end in _ROWS for start in starts},
    **{(status, action): status for status in _VIABLE for action in _STILL},
}

HOLDER: Final[Mapping[Status, Holder]] = {
    Status.NEW: Holder.NOBODY,
    Status.RECEIVED: Holder.VALIDATION,
    Status.IN_EVALUATION: Holder.VALIDATION,
    Status.OBSERVED: Holder.CLIENT,
    Status.ANSWERED: Holder.VALIDATION,
    Status.VIABLE: Holder.TRAINING,
    Status.PREPARING: Holder.TRAINING,
    Status.TRAINING_LEADERS: Holder.OPERATIONS,
    Status.DEPLOYING: Holder.OPERATIONS,
    Status.DEPLOYED: Holder.VALIDATION,
    Status.NOT_VIABLE: Holder.NOBODY,
    Status.CLOSED: Holder.NOBODY,
    Status.WITHDRAWN: Holder.NOBODY,
    Status.REPLACED: Holder.NOBODY,
}
