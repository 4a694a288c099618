"""What validation says about the evaluation of a request; the subject is the request's id."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

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
