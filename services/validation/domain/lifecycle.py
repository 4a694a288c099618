"""The life of an evaluation as a table: a row that is not here is not allowed (A30-A44)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.decider import Rejected


class Status(StrEnum):
    """Where an evaluation stands.

    Approved, what was asked is for information and not for application (A40): `informative` once
    operations have shared it, `consulting` while the client has a query about it, `clarified` with
    the answer, `deploying` from the launch of its replication on.
    """

    NEW = "new"
    EVALUATING = "evaluating"
    OBSERVED = "observed"
    APPROVED = "approved"
    INFORMATIVE = "informative"
    CONSULTING = "consulting"
    CLARIFIED = "clarified"
    DEPLOYING = "deploying"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What is asked of an evaluation."""

    OPEN = "open"
    OBSERVE = "observe"
    ANSWER = "answer"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    SHARE = "share"
    DEPLOY = "deploy"


INFORMATION_ONLY: Final = (Status.APPROVED, Status.INFORMATIVE, Status.CLARIFIED)
VIABLE: Final = (*INFORMATION_ONLY, Status.CONSULTING, Status.DEPLOYING)
OVER: Final = (Status.REFUSED, Status.WITHDRAWN)

LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    (Status.NEW, Action.OPEN): Status.EVALUATING,
    (Status.EVALUATING, Action.OBSERVE): Status.OBSERVED,
    (Status.OBSERVED, Action.ANSWER): Status.EVALUATING,
    (Status.EVALUATING, Action.APPROVE): Status.APPROVED,
    (Status.EVALUATING, Action.REFUSE): Status.REFUSED,
    **{(status, Action.SHARE): Status.INFORMATIVE for status in INFORMATION_ONLY},
    (Status.CONSULTING, Action.SHARE): Status.CONSULTING,
    **{(status, Action.OBSERVE): Status.CONSULTING for status in INFORMATION_ONLY},
    (Status.CONSULTING, Action.ANSWER): Status.CLARIFIED,
    **{(status, Action.DEPLOY): Status.DEPLOYING for status in INFORMATION_ONLY},
    # the launch and the query crossed: the replication waits, and the answer is still awaited
    (Status.CONSULTING, Action.DEPLOY): Status.DEPLOYING,
    (Status.DEPLOYING, Action.ANSWER): Status.DEPLOYING,
    (Status.EVALUATING, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.OBSERVED, Action.WITHDRAW): Status.WITHDRAWN,
    **{(status, Action.WITHDRAW): Status.WITHDRAWN for status in VIABLE},
}

# Who holds the evaluation, and so whose clock runs: the provider's only while it evaluates (A23).
HOLDER: Final[Mapping[Status, str]] = {
    Status.NEW: "",
    Status.EVALUATING: "provider",
    Status.OBSERVED: "client",
    Status.APPROVED: "",
    Status.INFORMATIVE: "",
    Status.CONSULTING: "client",
    Status.CLARIFIED: "",
    Status.DEPLOYING: "",
    Status.REFUSED: "",
    Status.WITHDRAWN: "",
}

# Refusals that deserve a word of their own; the others are an illegal transition.
REFUSALS: Final[Mapping[tuple[Status, Action], str]] = {
    (Status.OBSERVED, Action.OBSERVE): "evaluation.query_open",
    (Status.OBSERVED, Action.APPROVE): "evaluation.query_open",
    (Status.OBSERVED, Action.REFUSE): "evaluation.query_open",
    (Status.EVALUATING, Action.ANSWER): "evaluation.no_query_open",
    **{(status, Action.ANSWER): "evaluation.no_query_open" for status in INFORMATION_ONLY},
    (Status.CONSULTING, Action.OBSERVE): "evaluation.query_open",
    (Status.DEPLOYING, Action.OBSERVE): "evaluation.deployment_started",
    (Status.DEPLOYING, Action.SHARE): "evaluation.deployment_started",
    (Status.EVALUATING, Action.SHARE): "evaluation.not_approved",
    (Status.OBSERVED, Action.SHARE): "evaluation.not_approved",
}


def follow(status: Status, action: Action) -> Status:
    """The status after the action; `Rejected` with a code of its own when there is none."""
    try:
        return LIFECYCLE[status, action]
    except KeyError:
        code = REFUSALS.get((status, action), "evaluation.illegal_transition")
        raise Rejected(code, status=status.value, action=action.value) from None
