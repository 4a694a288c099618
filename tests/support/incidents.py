"""An incident under the rules of an account, without I/O."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from services.incidents.domain import Command, Incident, decide, evolve, next_due
from services.incidents.domain.commands import (
    AskProvider,
    Elevate,
    Expire,
    Forward,
    RecordAnswer,
    Register,
    Reply,
    Solve,
    Take,
)
from services.incidents.domain.stages import Stage, StageName
from services.incidents.policy import IncidentPolicy, incident_policy
from shared.contracts import EventBody
from shared.decider import Given, Stamp
from shared.policy import load_tenants

TENANTS = Path(__file__).resolve().parents[2] / "deploy" / "tenants"
E = TypeVar("E", bound=EventBody)

DESK = frozenset({"adviser"})
SECOND = frozenset({"specialist_l2"})
THIRD = frozenset({"specialist_l3"})
EVERYBODY = DESK | SECOND | THIRD | {"provider"}
NEW = Register(
    ticket="INC-2026-000001",
    summary="No carga el registro",
    description="La página del registro no responde desde la mañana.",
    origin="system",
    area="seace",
    channel="telephone",
)


def lima(day: int, hour: int = 10, minute: int = 0, second: int = 0, month: int = 7) -> datetime:
    """A local instant of 2026 in UTC; Lima is five hours behind all year."""
    return datetime(2026, month, day, hour + 5, minute, second, tzinfo=UTC)


@cache
def policy_of(key: str = "osce") -> IncidentPolicy:
    return incident_policy(load_tenants(TENANTS)[key])


@dataclass
class Case:
    """An incident that remembers what was told about it."""

    policy: IncidentPolicy = field(default_factory=policy_of)
    state: Incident = field(default_factory=Incident)
    told: list[tuple[EventBody, Stamp]] = field(default_factory=list)

    def give(
        self,
        command: Command,
        at: datetime,
        roles: frozenset[str] = EVERYBODY,
        actor: str = "person:eva",
        areas: frozenset[str] = frozenset(),
        organisation: str = "",
    ) -> list[EventBody]:
        """The events of a command, applied."""
        given = Given(at, actor, "osce", self.policy, roles, areas, organisation)
        events: list[Any] = list(decide(self.state, command, given))
        for event in events:
            stamp = Stamp(at, actor, len(self.told) + 1)
            self.told.append((event, stamp))
            self.state = evolve(self.state, event, stamp)
        return events

    def stage(self, name: StageName) -> Stage:
        """The newest promise of that name; there must be one."""
        found = self.state.stage(name)
        assert found is not None
        return found

    def all_of(self, kind: type[E]) -> list[E]:
        """What was told of one type."""
        return [event for event, _ in self.told if isinstance(event, kind)]

    @property
    def due(self) -> datetime | None:
        return next_due(self.state)


def registered(at: datetime | None = None, **changes: str) -> Case:
    """A ticket of Wednesday 1 July at ten when nothing else is said."""
    case = Case()
    fields = {name: getattr(NEW, name) for name in NEW.__slots__} | changes
    case.give(Register(**fields), at or lima(1))
    return case


def at_tier_2(at: datetime | None = None, **changes: str) -> Case:
    """Forwarded an hour after it came, and not taken yet."""
    case = registered(at, **changes)
    case.give(Forward(), at or lima(1, 11))
    return case


def overdue() -> Case:
    """At tier 2 since the first of July, and on the twentieth nobody has done anything yet."""
    case = at_tier_2()
    due = case.due
    while due is not None and due < lima(20):
        case.give(Expire(due), due, frozenset({"system"}))
        due = case.due
    return case


def solved_at_2() -> Case:
    """Taken, solved and told to the user in two days."""
    case = at_tier_2()
    case.give(Take(), lima(1, 12), actor="person:luz")
    case.give(Solve("Se corrigió."), lima(2), actor="person:luz")
    case.give(Reply("Ya funciona."), lima(2, 11))
    return case


def at_tier_3(at: datetime | None = None) -> Case:
    """Elevated on the same day at noon, and not taken yet."""
    case = at_tier_2(at)
    case.give(Elevate("Es de la plataforma."), at or lima(1, 12))
    return case


def validating(at: datetime) -> Case:
    """Tier 3 has answered."""
    case = at_tier_3()
    case.give(Take(), lima(2), THIRD, "person:tito")
    case.give(SOLUTION, at, THIRD, "person:tito")
    return case


SOLUTION = Solve("Reiniciar el servicio.", ("captura.png",), "Memoria agotada.")
QUESTION = AskProvider("Telco", "¿Por qué cae el enlace?", "Se abrió un caso con el proveedor.")
ANSWER = RecordAnswer("El enlace fue reparado.")
