"""`suggestions.yaml` and `claims.yaml`: ways in, organs, outcomes, a term where there is one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from services.intake.consultations.policy import WayIn
from services.intake.rules.rows import (
    LetterRows,
    Named,
    Rung,
    Series,
    chosen,
    notified,
    promised_to,
    untold,
)
from shared.clock import Calendar
from shared.contracts.stages import StageDeadline
from shared.policy import Frozen, Key, Remark, Source, Tenant

REPLY: Final = "reply"
Occasion = Literal["received", "informed", "dismissed"]


class VoiceKind(StrEnum):
    """What somebody says; the value is the case's name."""

    SUGGESTION = "suggestion"
    CLAIM = "claim"

    @property
    def section(self) -> str:
        """The file of its policy, and its path."""
        return f"{self.value}s"


class VoiceSection(Frozen):
    """One of the two files. Without `term` nothing is promised."""

    series: Series
    calendar: Key
    term: Key | None = None
    ways: Annotated[Mapping[Key, WayIn], Field(min_length=1)]
    units: Annotated[Mapping[Key, Named], Field(min_length=1)]
    outcomes: Annotated[Mapping[Key, Named], Field(min_length=1)]
    forwards: Mapping[Key, Named] = {}
    ladder: tuple[Rung, ...] = ()
    letters: Mapping[Occasion, LetterRows] = {}
    source: Source

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
        """What nobody is told."""
        return untold(self.ladder, bodies)


@dataclass(frozen=True)
class VoicePolicy:
    """One tenant's rules on one of the two, ready to ask."""

    tenant: Tenant
    section: VoiceSection

    @cached_property
    def calendar(self) -> Calendar:
        return self.tenant.calendar(self.section.calendar)

    def year(self, at: datetime) -> int:
        """The local year that a code counts in."""
        return at.astimezone(self.calendar.zone).year

    def promise(self, way: str, at: datetime) -> StageDeadline | None:
        """Until when the user is told the result; None where the account promises nothing."""
        channel = self.section.ways[self.way(way)].channel
        if self.section.term is None:
            return None
        return promised_to(self.tenant, REPLY, self.section.term, channel, at)

    def way(self, name: str) -> str:
        return chosen("channel", name, self.section.ways)

    def unit(self, name: str) -> str:
        return chosen("unit", name, self.section.units)

    def outcome(self, name: str) -> str:
        return chosen("outcome", name, self.section.outcomes)

    def forward(self, name: str) -> str:
        return chosen("forwarded_to", name, self.section.forwards)

    def notified(self, share: int) -> tuple[str, ...]:
        return notified(self.section.ladder, share)


def voice_policies(tenant: Tenant) -> Mapping[VoiceKind, VoicePolicy]:
    """What the tenant has of the two, terms looked up so that a misspelt one shows at start.

    Raises:
        PolicyError, UnknownKey, ValueError: a section is wrong, or names what is not there.
    """
    found = {}
    for kind in VoiceKind:
        if kind.section not in tenant.documents:
            continue
        section = tenant.section(kind.section, VoiceSection)
        tenant.calendar(section.calendar)
        for row in section.ways.values():
            tenant.channel(row.channel)
            if section.term is not None:
                tenant.plan({REPLY: section.term}, channel=row.channel)
        found[kind] = VoicePolicy(tenant, section)
    return found
