"""One person in one plan as it stands, and what may be asked of it."""

from dataclasses import dataclass
from datetime import datetime

from services.training.domain.lifecycle import EnrolmentStatus
from services.training.domain.plan_state import Plan, Quiz
from services.training.policy import Method


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The present of one enrolment; `leads` are the roles in which the person signs first."""

    status: EnrolmentStatus = EnrolmentStatus.NEW
    plan_id: str = ""
    person_id: str = ""
    leader: bool = False
    leads: tuple[str, ...] = ()
    material_version: int = 0
    sha256: str = ""
    method: str = ""
    reason: str = ""
    done_at: datetime | None = None
    attempts: int = 0
    granted: int = 0
    passed: bool = False
    evidence: str = ""
    quiz_version: int = 1
    passed_in: int = 1
    withdrawals: int = 0

    def has_passed(self, quiz: Quiz) -> bool:
        """Whether a version of the quiz was passed that is good."""
        return self.passed and self.passed_in >= quiz.required

    def tried(self, quiz: Quiz) -> int:
        """How often this version of the quiz was taken."""
        return self.attempts if self.quiz_version == quiz.version else 0

    def limit(self, quiz: Quiz) -> int:
        """How often this version of the quiz may be taken."""
        extra = self.granted if self.quiz_version == quiz.version else 0
        return quiz.max_attempts + extra

    def is_outdated(self, plan: Plan) -> bool:
        """Whether it was signed for a version that a substantial change has replaced."""
        return self.status is EnrolmentStatus.SIGNED and self.material_version < plan.required


@dataclass(frozen=True, slots=True)
class OpenEnrolment:
    """The plan was launched with this person on its roster."""

    plan_id: str
    person_id: str
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """The person signs for the version he saw; `active` is whether he still works here.

    `evidence` is the hash of what the signature was made with, kept elsewhere.
    """

    plan: Plan
    sha256: str
    method: Method
    active: bool = True
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Exempt:
    """Not to sign; `led_by_others` are the leading roles in which another has signed already."""

    plan: Plan
    reason: str
    led_by_others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Release:
    """Another leads in this one's place."""

    replacement: str


@dataclass(frozen=True, slots=True)
class TakeQuiz:
    """The person answered: which attempt it was, how many of how many were right."""

    plan: Plan
    attempt: int
    correct: int
    asked: int
    active: bool = True


@dataclass(frozen=True, slots=True)
class GrantAttempt:
    """The person was trained again and may try once more."""

    plan: Plan
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawOwn:
    """To sign after all: the plan has withdrawn the exemption for the `number`-th time."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ExemptLeft:
    """The person works here no longer: exempt with that reason, where it still matters."""

    plan: Plan
    reason: str


Command = (
    ExemptLeft | OpenEnrolment | Sign | Exempt | Release | TakeQuiz | GrantAttempt | WithdrawOwn
)
