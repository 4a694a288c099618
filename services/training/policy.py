"""What an account says about replications: `training.yaml` and the term that it names."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.clock import Plan
from shared.decider import Unknown
from shared.policy import Frozen, Key, Source, Tenant
from shared.security import Role

SECTION = "training"


class Method(StrEnum):
    """How a signature is made."""

    CLICK = "click"
    PIN = "pin"
    DRAWN = "drawn"
    SCANNED = "scanned"


class Cascade(Frozen):
    """Who signs first and who after: every role of `leaders` must be held by somebody (A55)."""

    leaders: Annotated[tuple[Role, ...], Field(min_length=1)]
    learners: Annotated[tuple[Role, ...], Field(min_length=1)]
    source: Source


class Signature(Frozen):
    """How the "rúbrica" may be given (A54); `evidence` names the methods that need some."""

    methods: Annotated[tuple[Method, ...], Field(min_length=1)]
    evidence: tuple[Method, ...] = ()
    source: Source


class QuizRules(Frozen):
    """When a knowledge check is passed (A56): percent of right answers, and how many attempts."""

    pass_mark: Annotated[int, Field(ge=1, le=100)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    source: Source


class TrainingSection(Frozen):
    """`training.yaml`."""

    replicate: Key
    cascade: Cascade
    signature: Signature
    quiz: QuizRules


@dataclass(frozen=True)
class TrainingPolicy:
    """What the decisions about replications are given."""

    clock: Plan
    leaders: tuple[str, ...]
    learners: tuple[str, ...]
    methods: frozenset[Method]
    evidence: frozenset[Method]
    quiz: QuizRules

    def today(self, at: datetime) -> date:
        """The local date on which somebody is on duty or not."""
        return at.astimezone(self.clock.calendar.zone).date()


def training_policy(tenant: Tenant) -> TrainingPolicy:
    """The policy of one account.

    Raises:
        Unknown: the account has no `training.yaml`, it replicates nothing.
        PolicyError, UnknownKey: the section is wrong, or names a term that is not there.
    """
    if SECTION not in tenant.documents:
        raise Unknown("training.not_offered", tenant=tenant.key)
    section = tenant.section(SECTION, TrainingSection)
    return TrainingPolicy(
        clock=tenant.plan({section.replicate: section.replicate}),
        leaders=tuple(role.value for role in section.cascade.leaders),
        learners=tuple(role.value for role in section.cascade.learners),
        methods=frozenset(section.signature.methods),
        evidence=frozenset(section.signature.evidence),
        quiz=section.quiz,
    )
