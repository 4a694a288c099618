"""`consultations.yaml`: ways in, folders, labels, the second level, and who is told when."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from services.intake.rules.desk import DeskPolicy, DeskSection
from services.intake.rules.rows import (
    LetterRows,
    Named,
    Words,
    called,
    chosen,
    promised_to,
)
from shared.contracts.stages import StageDeadline
from shared.decider import Called, Invalid
from shared.policy import Frozen, Key, Place, Remark, Source, Tenant

SECTION: Final = "consultations"
INCIDENTS: Final = "incidents"
"""The file of the service that attends them, read here only for the names that it knows."""
REPLY: Final = "reply"
Occasion = Literal["received", "answered", "channelled", "forwarded", "extended"]


class WayIn(Frozen):
    """A way in and the channel of `calendars.yaml` whose hours and cut-off count for it.

    `incident_channel` is what `incidents.yaml` calls it.
    """

    channel: Key
    incident_channel: Key = "virtual"
    source: Source


class Folder(Frozen):
    """Where the coordinator puts it; with `review` an answer leaves only when it was approved."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    review: bool = False
    source: Source


class Limit(Frozen):
    """What the first level must not do, shown with every consultation of a reviewed folder."""

    text: Words
    source: Source


class IncidentsRow(Frozen):
    """Areas and origins of `incidents.yaml` that a consultation may go to as an incident."""

    areas: Annotated[Mapping[Key, Named], Field(min_length=1)]
    origins: Annotated[Mapping[Key, Named], Field(min_length=1)]
    source: Source


class ConsultationSection(DeskSection):
    """`consultations.yaml`; `term_of_tiers` is for what the tiers have answered, else `term`."""

    term: Key
    term_of_tiers: Key | None = None
    ways: Annotated[Mapping[Key, WayIn], Field(min_length=1)]
    folders: Annotated[Mapping[Key, Folder], Field(min_length=1)]
    labels: Mapping[Key, Named] = {}
    units: Mapping[Key, Named] = {}
    final_check: Mapping[Key, Named] = {}
    legal_limit: Limit | None = None
    forwards: Mapping[Key, Named] = {}
    incidents: IncidentsRow | None = None
    letters: Mapping[Occasion, LetterRows] = {}

    def remarks(self) -> Iterator[Remark]:
        """Answers that must be approved without a word on why."""
        if self.legal_limit is None and any(row.review for row in self.folders.values()):
            yield Remark(("folders",), "consultation_limit")

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
        """What nobody is told; what goes to the tiers in a word unknown there, a dead letter."""
        yield from super().remarks_beside(bodies)
        if self.incidents is None:
            return
        classified = bodies.get(INCIDENTS, {}).get("classification")
        known = classified if isinstance(classified, Mapping) else {}
        for field, place, name in self._said_to_tiers(self.incidents):
            names = [str(one) for one in known.get(field) or ()]
            if name not in names:
                facts = {"name": name, "known": ", ".join(names) or "-"}
                yield Remark(place, "unknown_to_incidents", facts)

    def _said_to_tiers(self, row: IncidentsRow) -> Iterator[tuple[str, Place, str]]:
        for name in row.areas:
            yield "areas", ("incidents", "areas", name), name
        for name in row.origins:
            yield "origins", ("incidents", "origins", name), name
        for way, came in self.ways.items():
            yield "channels", ("ways", way, "incident_channel"), came.incident_channel


class ConsultationPolicy(DeskPolicy[ConsultationSection]):
    """One tenant's rules on consultations, ready to ask."""

    def promise(self, way: str, at: datetime, *, answered: bool = False) -> StageDeadline:
        """Until when one that comes this way now is answered; or sent, if the tiers answered it."""
        section = self.section
        channel = section.ways[self.way(way)].channel
        term = section.term_of_tiers or section.term if answered else section.term
        return promised_to(self.tenant, REPLY, term, channel, at)

    def way(self, name: str) -> str:
        return chosen("channel", name, self.section.ways)

    def folder(self, name: str) -> Folder:
        return self.section.folders[chosen("folder", name, self.section.folders)]

    def unit(self, name: str) -> str:
        return chosen("unit", name, self.section.units)

    def forward(self, name: str) -> str:
        """The way in that it belongs to.

        Raises:
            Invalid: the policy has no such way, or it is the tiers', who need more than its name.
        """
        if name == INCIDENTS and self.section.incidents is not None:
            raise Invalid("consultation.channel_instead")
        return chosen("forwarded_to", name, self.section.forwards)

    def labels(self, names: Iterable[str]) -> tuple[str, ...]:
        """Labels once each, in the policy's order."""
        wanted = {chosen("label", name, self.section.labels) for name in names}
        return tuple(name for name in self.section.labels if name in wanted)

    @property
    def incidents(self) -> IncidentsRow:
        """Where an incident goes.

        Raises:
            Invalid: this account's consultations do not become incidents.
        """
        if self.section.incidents is None:
            raise Invalid("consultation.not_channelled", tenant=self.tenant.key)
        return self.section.incidents

    def incident_area(self, name: str) -> str:
        return chosen("area", name, self.incidents.areas)

    def incident_origin(self, name: str) -> str:
        return chosen("origin", name, self.incidents.origins)

    def incident_channel(self, way: str) -> str:
        return self.section.ways[self.way(way)].incident_channel

    def unchecked(self, checks: Iterable[str]) -> Called | None:
        """What is still to be looked at before an answer leaves (B:L736); None when all was."""
        done = set(checks)
        left = {key: row for key, row in self.section.final_check.items() if key not in done}
        return called(left) if left else None

    def limit(self, folder: str, language: str) -> str:
        """The warning to whoever answers in that folder; empty where there is none."""
        row = self.section.folders.get(folder)
        if row is None or not row.review or self.section.legal_limit is None:
            return ""
        return self.section.legal_limit.text.of(language)


def consultation_policy(tenant: Tenant) -> ConsultationPolicy | None:
    """The tenant's section, its terms looked up so that a misspelt one shows at start.

    Raises:
        PolicyError, UnknownKey, ValueError: the section is wrong, or names what is not there.
    """
    if SECTION not in tenant.documents:
        return None
    section = tenant.section(SECTION, ConsultationSection)
    tenant.calendar(section.calendar)
    for row in section.ways.values():
        for term in (section.term, section.term_of_tiers or section.term):
            tenant.plan({REPLY: term}, channel=row.channel)
    return ConsultationPolicy(tenant, section)
