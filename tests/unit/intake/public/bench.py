"""A tenant's policies and moments, for tests of the public's ways in, without I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from services.intake.policy import IntakePolicy, intake_policy
from shared.contracts import EventBody
from shared.contracts.consultations import TextRef
from shared.decider import Decider, Given, Rejected, Stamp
from shared.policy import load_tenants

TENANTS = Path(__file__).resolve().parents[4] / "deploy" / "tenants"
PAGE = Path(__file__).resolve().parents[4] / "docs" / "lifecycles" / "intake.md"
S = TypeVar("S")
E = TypeVar("E", bound=EventBody)
WORDS = TextRef(id="t-1", digest="0" * 64)


def lima(day: int, hour: int = 10, minute: int = 0, second: int = 0, month: int = 7) -> datetime:
    """A local instant of 2026 in UTC; Lima is five hours behind all year."""
    return datetime(2026, month, day, hour + 5, minute, second, tzinfo=UTC)


@cache
def policy_of(key: str = "osce") -> IntakePolicy:
    return intake_policy(load_tenants(TENANTS)[key])


@dataclass
class Case(Generic[S]):
    """A case that remembers what was told about it."""

    rules: Decider[S, Any, IntakePolicy]
    state: S
    at: datetime = field(default_factory=lambda: lima(1))
    told: list[EventBody] = field(default_factory=list)

    def give(
        self, command: object, at: datetime | None = None, actor: str = "person:ana"
    ) -> list[EventBody]:
        """The events of a command, applied."""
        self.at = at or self.at
        given = Given(self.at, actor, "osce", policy_of())
        events = list(self.rules.decide(self.state, command, given))
        for event in events:
            self.told.append(event)
            stamp = Stamp(self.at, actor, len(self.told))
            self.state = self.rules.evolve(self.state, event, stamp)
        return events

    def refusal(self, command: object, actor: str = "person:ana") -> str:
        """The code with which a command is refused; the case stays as it is."""
        before = self.state
        try:
            self.give(command, actor=actor)
        except Rejected as refused:
            assert self.state == before
            return refused.code
        return ""

    def wake(self) -> list[EventBody]:
        """Let the next deadline come; nothing when there is none."""
        due = self.rules.next_due(self.state)
        on_due: Callable[[datetime], object] | None = self.rules.on_due
        assert on_due is not None
        return [] if due is None else self.give(on_due(due), due)

    def all_of(self, kind: type[E]) -> list[E]:
        return [event for event in self.told if isinstance(event, kind)]
