"""What an account says about evaluating: `validation.yaml` and the terms that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from shared.clock import Plan
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


class ValidationSection(Frozen):
    """`validation.yaml`."""

    evaluate: Key
    checks: Checks
    max_questions: Annotated[int, Field(ge=1, le=100)]
    types: Mapping[Key, TypeRow]


@dataclass(frozen=True)
class TypeTerms:
    """A type's term at each of its levels of complexity; level "" when it has none."""

    plans: Mapping[str, Plan]
    replicated: bool


@dataclass(frozen=True)
class EvaluationPolicy:
    """What the decisions about evaluations are given."""

    clock: Plan
    checks: tuple[str, ...]
    max_questions: int
    types: Mapping[str, TypeTerms]


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
