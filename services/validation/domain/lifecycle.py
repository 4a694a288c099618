"""The life of an evaluation as a table: a row that is not here is not allowed (A30-A44)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.decider import Rejected


class Status(StrEnum):
    """Where an evaluation stands."""

    NEW = "new"
    EVALUATING = "evaluating"
    OBSERVED = "observed"
    APPROVED = "approved"
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


LIFECYCLE: Final[Mapping[tuple[Status, Action], Status]] = {
    (Status.NEW, Action.OPEN): Status.EVALUATING,
    (Status.EVALUATING, Action.OBSERVE): Status.OBSERVED,
    (Status.OBSERVED, Action.ANSWER): Status.EVALUATING,
    (Status.EVALUATING, Action.APPROVE): Status.APPROVED,
    (Status.EVALUATING, Action.REFUSE): Status.REFUSED,
    (Status.EVALUATING, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.OBSERVED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.APPROVED, Action.WITHDRAW): Status.WITHDRAWN,
}

# Who holds the evaluation, and so whose clock runs: the provider's only while it evaluates (A23).
HOLDER: Final[Mapping[Status, str]] = {
    Status.NEW: "",
    Status.EVALUATING: "provider",
    Status.OBSERVED: "client",
    Status.APPROVED: "",
    Status.REFUSED: "",
    Status.WITHDRAWN: "",
}

# Refusals that deserve a word of their own; the others are an illegal transition.
REFUSALS: Final[Mapping[tuple[Status, Action], str]] = {
    (Status.OBSERVED, Action.OBSERVE): "evaluation.query_open",
    (Status.OBSERVED, Action.APPROVE): "evaluation.query_open",
    (Status.OBSERVED, Action.REFUSE): "evaluation.query_open",
    (Status.EVALUATING, Action.ANSWER): "evaluation.no_query_open",
}


def follow(status: Status, action: Action) -> Status:
    """The status after the action; `Rejected` with a code of its own when there is none."""
    try:
        return LIFECYCLE[status, action]
    except KeyError:
        code = REFUSALS.get((status, action), "evaluation.illegal_transition")
        raise Rejected(code, status=status.value, action=action.value) from None


def diagram() -> str:
    """The table as a Mermaid state diagram; `docs/lifecycles/validation.md` holds it."""
    rows = [
        f"    {'[*]' if start is Status.NEW else start} --> {end}: {action}"
        for (start, action), end in LIFECYCLE.items()
    ]
    exits = {start for start, _ in LIFECYCLE}
    rows += [f"    {status} --> [*]" for status in Status if status not in exits]
    return "\n".join(["stateDiagram-v2", *rows])
