"""An evaluation as it stands, and what may be asked of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.validation.domain.doubt import Doubt, Doubts
from services.validation.domain.lifecycle import HOLDER, INFORMATION_ONLY, Status
from shared.contracts.terms import Deadline
from shared.contracts.validation import Answer, Question

ASKING: Final = (Status.OBSERVED, Status.CONSULTING, Status.DEPLOYING)


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
    doubts: tuple[Doubt, ...] = ()
    shared: str = ""
    shared_at: datetime | None = None
    unconfirmed: bool = False

    @property
    def holder(self) -> str:
        """`provider`, `client`, or nobody when it is over."""
        return HOLDER[self.status]

    @property
    def open_query(self) -> Query | None:
        """The query that the client has."""
        if self.status not in ASKING or not self.queries:
            return None
        last = self.queries[-1]
        return last if last.answered_at is None else None

    @property
    def use(self) -> str:
        """What the operation may do with the content: nothing, be informed, or deploy it (A40)."""
        if self.status in INFORMATION_ONLY or self.status is Status.CONSULTING:
            return "information_only"
        return "deploying" if self.status is Status.DEPLOYING else "none"

    @property
    def docket(self) -> Doubts:
        """The doubts, to be asked about."""
        return Doubts(self.doubts)


@dataclass(frozen=True, slots=True)
class Open:
    """A request was received."""

    code: str
    request_type: str
    topic: str
    title: str
    received_at: datetime
    verbal: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """The client confirmed the verbal instruction, or its term `lapsed` and the policy goes on."""

    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Observe:
    """All doubts of the moment in one communication (A42).

    `questions` are the evaluator's own, `doubts` ids of what the operation asked.
    """

    query_id: str
    questions: tuple[str, ...]
    doubts: tuple[str, ...] = ()


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
class Share:
    """Operations tell the advisers, for information and not for application (A40)."""

    content: str


@dataclass(frozen=True, slots=True)
class Deploy:
    """The replication was launched."""


@dataclass(frozen=True, slots=True)
class RaiseDoubt:
    """Somebody of the operation does not understand (A41)."""

    asker: str
    text: str


@dataclass(frozen=True, slots=True)
class MergeDoubt:
    """The evaluator says that two doubts are the same."""

    doubt_id: str
    into: str


@dataclass(frozen=True, slots=True)
class AnswerDoubt:
    """The provider knows the answer."""

    doubt_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Expire:
    """The promised instant has come."""

    due: datetime


Command = (
    Open
    | Confirm
    | Observe
    | AnswerQuery
    | Approve
    | Refuse
    | Withdraw
    | Share
    | Deploy
    | RaiseDoubt
    | MergeDoubt
    | AnswerDoubt
    | Expire
)
