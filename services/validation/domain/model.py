"""An evaluation as it stands, and what may be asked of it."""

from dataclasses import dataclass
from datetime import datetime

from services.validation.domain.lifecycle import HOLDER, Status
from shared.contracts.terms import Deadline
from shared.contracts.validation import Answer, Question


@dataclass(frozen=True, slots=True)
class Query:
    """One consolidated query: what was asked, when, and what the client said."""

    id: str
    questions: tuple[Question, ...]
    asked_at: datetime
    answered_at: datetime | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The present of one evaluation; its id is the request's."""

    status: Status = Status.NEW
    code: str = ""
    request_type: str = ""
    topic: str = ""
    title: str = ""
    received_at: datetime | None = None
    deadline: Deadline | None = None
    breached: bool = False
    queries: tuple[Query, ...] = ()
    checks: tuple[str, ...] = ()
    complexity: str = ""
    promised: Deadline | None = None
    reason: str = ""
    decided_at: datetime | None = None

    @property
    def holder(self) -> str:
        """`provider`, `client`, or nobody when it is over."""
        return HOLDER[self.status]

    @property
    def open_query(self) -> Query | None:
        """The query that the client has."""
        return self.queries[-1] if self.status is Status.OBSERVED else None


@dataclass(frozen=True, slots=True)
class Open:
    """A request was received."""

    code: str
    request_type: str
    topic: str
    title: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Observe:
    """All doubts of the moment in one communication (A42)."""

    query_id: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """The client's word on every question of a query: pairs of question's id and text."""

    query_id: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Approve:
    """Viable: the checks that were made, and the complexity where the term has a range."""

    checks: tuple[str, ...]
    complexity: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not viable."""

    reason: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The request ended, for whatever reason; a decided evaluation stays as it is."""

    reason: str
    undeployed: bool


@dataclass(frozen=True, slots=True)
class Expire:
    """The promised instant has come."""

    due: datetime


Command = Open | Observe | AnswerQuery | Approve | Refuse | Withdraw | Expire
