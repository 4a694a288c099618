"""An evaluation under the rules of osinergmin, without I/O."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.validation.domain import Command, Evaluation, decide, evolve, next_due
from services.validation.policy import EvaluationPolicy, evaluation_policy
from shared.contracts import EventBody
from shared.decider import Given, Stamp
from shared.policy import Tenant, load_tenants

TENANTS = Path(__file__).resolve().parents[2] / "deploy" / "tenants"


def lima(day: int, hour: int = 10, minute: int = 0, second: int = 0, month: int = 7) -> datetime:
    """A local instant of 2026 in UTC; Lima is five hours behind all year."""
    return datetime(2026, month, day, hour + 5, minute, second, tzinfo=UTC)


@cache
def tenant(key: str = "osinergmin") -> Tenant:
    return load_tenants(TENANTS)[key]


def osinergmin() -> EvaluationPolicy:
    return evaluation_policy(tenant())


@dataclass
class Case:
    """An evaluation that remembers what was told about it."""

    policy: EvaluationPolicy
    state: Evaluation = field(default_factory=Evaluation)
    told: list[tuple[EventBody, Stamp]] = field(default_factory=list)

    def give(self, command: Command, at: datetime) -> list[EventBody]:
        """The events of a command, applied."""
        given = Given(at, "person:eva", "osinergmin", self.policy)
        events: list[Any] = list(decide(self.state, command, given))
        for event in events:
            stamp = Stamp(at, "person:eva", len(self.told) + 1)
            self.told.append((event, stamp))
            self.state = evolve(self.state, event, stamp)
        return events

    @property
    def due(self) -> datetime | None:
        return next_due(self.state)
