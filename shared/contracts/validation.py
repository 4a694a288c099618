"""What validation says.

Evaluations (subject: the request's id), with the doubts of the operation, and queries (subject: the
query's id), as far as the client is reminded of them.
"""

from datetime import datetime
from operator import not_

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.events import EventBody
from shared.contracts.terms import Deadline


class Question(BaseModel):
    """One doubt within a consolidated query."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    text: str


class Answer(BaseModel):
    """The client's word on one question."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question_id: str
    text: str


class EvaluationOpened(EventBody, event_type="validation.evaluation.opened.v1"):
    """The provider's business day to evaluate has begun (A30)."""

    code: str
    request_type: str
    topic: str
    title: str
    received_at: datetime
    deadline: Deadline


class EvaluationObserved(EventBody, event_type="validation.evaluation.observed.v1"):
    """One consolidated query went to the client; deployment is blocked until it is answered."""

    query_id: str
    questions: tuple[Question, ...]
    round_trip: int


class EvaluationAnswered(EventBody, event_type="validation.evaluation.answered.v1"):
    """The client answered the query; the provider's clock runs again, to a new date."""

    query_id: str
    answers: tuple[Answer, ...]
    deadline: Deadline | None = None


class EvaluationApproved(EventBody, event_type="validation.evaluation.approved.v1"):
    """Viable, with the term that is told to the client (A32); `checks` as of A31.

    `complexity` is the level that fixed a term with a range, empty for the others. `replicated`
    tells whether the people of the operation are to be trained in it.
    """

    code: str
    request_type: str
    topic: str
    title: str
    deadline: Deadline
    checks: tuple[str, ...] = ()
    complexity: str = ""
    replicated: bool = True


class EvaluationRefused(EventBody, event_type="validation.evaluation.refused.v1"):
    """Not viable, and why."""

    reason: str


class EvaluationWithdrawn(EventBody, event_type="validation.evaluation.withdrawn.v1"):
    """The request ended before what was evaluated was deployed."""

    reason: str


class EvaluationBreached(EventBody, event_type="validation.evaluation.breached.v1"):
    """The promised instant passed without a word to the client."""

    stage: str
    due_at: datetime


class GatheredDoubt(BaseModel):
    """A doubt of the operation that became a question to the client."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    doubt_id: str
    question_id: str


class EvaluationShared(EventBody, event_type="validation.evaluation.shared.v1"):
    """Operations may know what was approved, "for information, not application" (A40)."""

    content: str


class EvaluationDeploymentStarted(EventBody, event_type="validation.evaluation.deploying.v1"):
    """The replication was launched: what was information only is now being deployed."""


class EvaluationDeploymentBlocked(EventBody, event_type="validation.evaluation.blocked.v1"):
    """The client has a query about what was approved: it is not deployed meanwhile (A43)."""

    query_id: str


class EvaluationDeploymentUnblocked(EventBody, event_type="validation.evaluation.unblocked.v1"):
    """The client has answered: deployment may go on.

    `deadline` is the term of attention, moved by the time that the client took; none when it had
    passed before he was asked.
    """

    query_id: str
    deadline: Deadline | None = Field(None, exclude_if=not_)


class DoubtRaised(EventBody, event_type="validation.evaluation.doubt_raised.v1"):
    """Somebody of the operation does not understand (A41).

    `text` is empty where the asker joined a doubt that others had raised in the same words.
    """

    doubt_id: str
    asker: str
    text: str = ""


class DoubtMerged(EventBody, event_type="validation.evaluation.doubt_merged.v1"):
    """The same doubt in other words; its askers are answered with those of `into`."""

    doubt_id: str
    into: str


class DoubtAnswered(EventBody, event_type="validation.evaluation.doubt_answered.v1"):
    """The provider knew the answer: the client need not be asked."""

    doubt_id: str
    text: str


class DoubtsGathered(EventBody, event_type="validation.evaluation.doubts_gathered.v1"):
    """Doubts became questions of the consolidated query (A42)."""

    query_id: str
    doubts: tuple[GatheredDoubt, ...]


class AskersAnswered(EventBody, event_type="validation.evaluation.askers_answered.v1"):
    """Who may read the answer to a doubt now, by id; `answered_by` is `provider` or `client`."""

    doubt_id: str
    askers: tuple[str, ...]
    answered_by: str
    query_id: str = ""


class QueryOpened(EventBody, event_type="validation.query.opened.v1"):
    """The client has a query; `remind_at` is when he will be reminded, by his own calendar."""

    evaluation_id: str
    asked_at: datetime
    round_trip: int
    questions: int
    remind_at: datetime


class QueryReminded(EventBody, event_type="validation.query.reminded.v1"):
    """The client is to be reminded, for the `number`th time; `due_at` is when it was promised."""

    evaluation_id: str
    number: int
    due_at: datetime
    next_at: datetime


class QueryClosed(EventBody, event_type="validation.query.closed.v1"):
    """Nobody waits for the client any more; `outcome` is `answered` or `withdrawn`."""

    evaluation_id: str
    outcome: str
    reminders: int


class EvaluationAwaitsConfirmation(
    EventBody, event_type="validation.evaluation.confirmation_awaited.v1"
):
    """The instruction was verbal: it is not approved before the client has confirmed it (A25)."""


class EvaluationConfirmed(EventBody, event_type="validation.evaluation.confirmed.v1"):
    """The client confirmed the verbal instruction, or the policy lets it go on without."""

    lapsed: bool = False
