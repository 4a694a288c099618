"""What an account says about evaluating: `validation.yaml` and the terms that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.clock import Calendar, Plan
from shared.decider import Unknown
from shared.policy import Frozen, Key, Source, Tenant

SECTION = "validation"


class TypeRow(Frozen):
    """What approving a request of one type promises.

    `term` is a key of `deadlines.yaml`. `complexity` names the levels of a term with a range, each
    with its amount (A34). `replicated` is false where nobody of the operation is to be trained.
    """

    term: Key
    complexity: Mapping[Key, Annotated[int, Field(ge=0)]] = {}
    replicated: bool = True
    source: Source


class Checks(Frozen):
    """What must have been looked at before a request is viable (A31)."""

    required: tuple[Key, ...]
    source: Source


class Doubts(Frozen):
    """How much the operation may ask of one request (A41): doubts open at once, askings in all."""

    max_open: Annotated[int, Field(ge=1, le=500)]
    max_askings: Annotated[int, Field(ge=1, le=5_000)]
    source: Source


class Reminders(Frozen):
    """The client is reminded of an open query every so many business days of his own calendar."""

    every: Annotated[int, Field(ge=1, le=60)]
    calendar: Key
    source: Source


class ValidationSection(Frozen):
    """`validation.yaml`."""

    evaluate: Key
    checks: Checks
    max_questions: Annotated[int, Field(ge=1, le=100)]
    doubts: Doubts
    reminders: Reminders
    types: Mapping[Key, TypeRow]


@dataclass(frozen=True)
class TypeTerms:
    """A type's term at each of its levels of complexity; level "" when it has none."""

    plans: Mapping[str, Plan]
    replicated: bool


@dataclass(frozen=True)
class ReminderPolicy:
    """The client's own clock."""

    every: int
    calendar: Calendar

    def after(self, at: datetime) -> datetime:
        """When the client is to be reminded of what he has had since `at`, within his hours."""
        return self.calendar.add_business_days_keep_time(at, self.every)


@dataclass(frozen=True)
class EvaluationPolicy:
    """What the decisions about evaluations are given."""

    clock: Plan
    checks: tuple[str, ...]
    max_questions: int
    types: Mapping[str, TypeTerms]
    doubts: Doubts
    reminders: ReminderPolicy


def evaluation_policy(tenant: Tenant) -> EvaluationPolicy:
    """The policy of one account.

    Raises:
        Unknown: the account has no `validation.yaml`, it takes no requests.
        PolicyError, UnknownKey: the section is wrong, or names a term that is not there.
    """
    if SECTION not in tenant.documents:
        raise Unknown("validation.not_offered", tenant=tenant.key)
    section = tenant.section(SECTION, ValidationSection)
    return EvaluationPolicy(
        clock=tenant.plan({section.evaluate: section.evaluate}),
        checks=section.checks.required,
        max_questions=section.max_questions,
        types={name: _terms(tenant, row) for name, row in section.types.items()},
        doubts=section.doubts,
        reminders=ReminderPolicy(
            section.reminders.every, tenant.calendar(section.reminders.calendar)
        ),
    )


def _terms(tenant: Tenant, row: TypeRow) -> TypeTerms:
    plan = tenant.plan({row.term: row.term})
    if not row.complexity:
        return TypeTerms({"": plan}, row.replicated)
    plans = {level: _fixed(plan, amount) for level, amount in row.complexity.items()}
    return TypeTerms(plans, row.replicated)


def _fixed(plan: Plan, amount: int) -> Plan:
    (target,) = plan.targets
    fixed = type(target)(target.name, target.term.fix(amount), target.warnings)
    return Plan(plan.calendar, (fixed,), plan.version)
