"""What the files of the public's desks say alike, and what every desk's policy answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, StringConstraints

from services.intake.rules.rows import CARE
from shared.clock import Calendar
from shared.mail.policy import unaddressed
from shared.policy import Frozen, Key, Remark, Severity, Source, Tenant
from shared.security.roles import Role


class Rung(Frozen):
    """At this percent of a budget these roles are told; 100 is the breach."""

    share: Annotated[int, Field(ge=1, le=100)]
    notify: Annotated[tuple[Role, ...], Field(min_length=1)]
    source: Source


class DeskSection(Frozen):
    """A desk's file: how its cases are numbered, its calendar, and who is told when."""

    series: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}$")]
    calendar: Key
    ladder: tuple[Rung, ...] = ()

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
        """What the ladder announces and nobody would be written of, beside the other files."""
        if self.ladder and not bodies.get(CARE, {}).get("digest"):
            yield Remark(("ladder",), "ladder_digest", severity=Severity.WARNING)
        yield from unaddressed((rung.notify for rung in self.ladder), bodies)


R = TypeVar("R", bound=DeskSection)


@dataclass(frozen=True)
class DeskPolicy(Generic[R]):
    """One tenant's rules on one desk, ready to ask."""

    tenant: Tenant
    section: R

    @cached_property
    def calendar(self) -> Calendar:
        return self.tenant.calendar(self.section.calendar)

    def year(self, at: datetime) -> int:
        """The local year that a code counts in."""
        return at.astimezone(self.calendar.zone).year

    def notified(self, share: int) -> tuple[str, ...]:
        """The roles of the highest rung reached."""
        reached = [rung for rung in self.section.ladder if rung.share <= share]
        return tuple(role.value for role in reached[-1].notify) if reached else ()
