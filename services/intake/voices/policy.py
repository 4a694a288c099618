"""`suggestions.yaml` and `claims.yaml`: ways in, organs, outcomes, a term where there is one."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from services.intake.consultations.policy import WayIn
from services.intake.rules.desk import DeskPolicy, DeskSection
from services.intake.rules.rows import (
    LetterRows,
    Named,
    chosen,
    promised_to,
)
from shared.contracts.stages import StageDeadline
from shared.policy import Key, Source, Tenant

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


class VoiceSection(DeskSection):
    """One of the two files. Without `term` nothing is promised."""

    term: Key | None = None
    ways: Annotated[Mapping[Key, WayIn], Field(min_length=1)]
    units: Annotated[Mapping[Key, Named], Field(min_length=1)]
    outcomes: Annotated[Mapping[Key, Named], Field(min_length=1)]
    forwards: Mapping[Key, Named] = {}
    letters: Mapping[Occasion, LetterRows] = {}
    source: Source


class VoicePolicy(DeskPolicy[VoiceSection]):
    """One tenant's rules on one of the two, ready to ask."""

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
