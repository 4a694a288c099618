"""A replication as it stands, and what may be asked of it."""

from dataclasses import dataclass
from datetime import datetime

from services.training.domain.lifecycle import PlanStatus
from shared.contracts.terms import Deadline


@dataclass(frozen=True, slots=True)
class Material:
    """The version of the memory-aid in force; its text is kept elsewhere, under its hash."""

    version: int
    sha256: str
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Quiz:
    """The terms of a plan's quiz; its bank is kept elsewhere, under its hash.

    `required` is the oldest version of which a pass is good.
    """

    sha256: str
    trigger: str
    drawn: int
    pass_mark: int
    max_attempts: int
    ends_at: datetime | None = None
    version: int = 1
    required: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """The present of one replication; its id is the request's.

    `required` is the oldest version of the material whose signatures are good. `signed` and
    `exempt` count advisers as last told, `eligible` is their denominator since the launch.
    `extensions` are the lists of who came after it. `fell_due` and `breached` keep the deadline
    from being told twice. `blocked` is the query that the client has about it (A43), the time of
    which is not the provider's. `withdrawn` are exemptions that were, by person and number.
    """

    status: PlanStatus = PlanStatus.NEW
    code: str = ""
    topic: str = ""
    title: str = ""
    deadline: Deadline | None = None
    material: Material | None = None
    quiz: Quiz | None = None
    required: int = 0
    roster: str = ""
    extensions: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    eligible: int = 0
    signed: int = 0
    exempt: int = 0
    launched_at: datetime | None = None
    cascade_at: datetime | None = None
    done_at: datetime | None = None
    on_time: bool | None = None
    fell_due: bool = False
    breached: bool = False
    blocked: str = ""
    blocked_since: datetime | None = None
    reason: str = ""
    withdrawn: tuple[str, ...] = ()

    @property
    def rosters(self) -> tuple[str, ...]:
        """The names of all lists of who is to sign."""
        return (self.roster, *self.extensions) if self.roster else ()


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """An evaluation was approved; `promised` is the term told to the client."""

    code: str
    topic: str
    title: str
    approved_at: datetime
    promised: Deadline


@dataclass(frozen=True, slots=True)
class Publish:
    """A version of the material, by its hash."""

    sha256: str
    substantial: bool = True
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Leader:
    """Who must sign before the advisers, in which roles."""

    person_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """Begin, with the people on duty now: the leaders by name, the advisers as a list's name."""

    roster: str
    leaders: tuple[Leader, ...]
    advisers: int


@dataclass(frozen=True, slots=True)
class SetQuiz:
    """A signature is to need a passed quiz: the bank's hash and size, how many are asked."""

    sha256: str
    trigger: str
    questions: int
    drawn: int
    ends_at: datetime | None = None
    substantial: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawExemption:
    """Somebody is to sign after all: the `number`-th time for this person."""

    person_id: str
    leader: bool
    reason: str
    number: int

    @property
    def mark(self) -> str:
        return f"{self.person_id}#{self.number}"


@dataclass(frozen=True, slots=True)
class ExtendQuiz:
    """The quiz is to end at another instant."""

    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Extend:
    """People who came or came back while it runs are to sign too: a list's name, and how many."""

    roster: str
    people: int


@dataclass(frozen=True, slots=True)
class ReplaceLeader:
    """Somebody leads in the place of one who leaves; the list names the new one."""

    leaving: str
    replacement: str
    roster: str
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """The client has a query about it: not to be deployed from `since` on (A43)."""

    query_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Unblock:
    """The client has answered."""

    query_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """What the committed enrolments of a plan say; `last_done_at` only when all are done.

    `required` is the version of the material from which on signatures were counted; `withdrawals`
    are the exemptions that enrolments knew to be withdrawn before the others were counted.
    """

    leaders_signed: int = 0
    leaders_exempt: int = 0
    signed: int = 0
    exempt: int = 0
    last_done_at: datetime | None = None
    required: int = 1
    withdrawals: int = 0

    @property
    def done(self) -> int:
        """Advisers who need no longer sign."""
        return self.signed + self.exempt

    @property
    def leaders_done(self) -> int:
        """Leaders who need no longer sign."""
        return self.leaders_signed + self.leaders_exempt


@dataclass(frozen=True, slots=True)
class Recount:
    """The plan's enrolments were counted, after a signature or because it is due."""

    tally: Tally
    due: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """The request ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """The promised instant has come."""

    due: datetime


Command = (
    OpenPlan
    | Publish
    | Launch
    | SetQuiz
    | ExtendQuiz
    | Extend
    | ReplaceLeader
    | Block
    | Unblock
    | WithdrawExemption
    | Recount
    | Cancel
    | Expire
)
