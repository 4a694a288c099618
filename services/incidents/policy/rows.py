"""`incidents.yaml` as typed data, each value with the line of the manual that sets it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from shared.i18n import ENGLISH
from shared.mail.policy import DigestRow, unaddressed
from shared.policy import Frozen, Key, Remark, Source
from shared.security.roles import Role

SECTION = "incidents"
Series = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}$")]
Tier = Annotated[int, Field(ge=1, le=3)]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=100)]
DUE = 100
MAX_FILE = 20 * 1024 * 1024
"""The most that one call brings."""


class Words(Frozen):
    """A text for people in each language."""

    es: str
    en: str

    def of(self, language: str) -> str:
        """The text in a language; Spanish where it is not one of ours."""
        return self.en if language == ENGLISH else self.es


def _in_any_language(name: object) -> object:
    return {"es": name, "en": name} if isinstance(name, str) else name


class StageRow(Frozen):
    """A stage of the way and its term in `deadlines.yaml`."""

    term: Key
    source: Source


class Stages(Frozen):
    """The terms that do not depend on criticality."""

    forward: StageRow
    elevate: StageRow
    solve_l2: StageRow
    solve_l3: StageRow
    validate_l2: StageRow
    reply: StageRow
    extension: StageRow


class Level(Frozen):
    """A level of a scale, with the manual's definition as help."""

    name: Words
    help: Words
    source: Source


class CriticalityLevel(Level):
    """A criticality and the term of the response that it gives."""

    respond: Key


class Criticality(Frozen):
    """The levels from the worst down; `default` stands until somebody has said one."""

    default: Key
    levels: Annotated[Mapping[Key, CriticalityLevel], Field(min_length=1)]
    source: Source


class PriorityLevel(Level):
    """A priority; with `respond` it decides the term instead of the criticality (AMB-4)."""

    respond: Key | None = None


class Area(Frozen):
    """An organ, and the tiers that it attends at; `of` is the organ that it is a part of.

    A name that is one text is the same in every language.
    """

    name: Annotated[Words, BeforeValidator(_in_any_language)]
    of: Key | None = None
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    source: Source


class LineRow(Frozen):
    """A telephone line that incidents are reported by, under its number; by which channel it is."""

    name: Words
    channel: Key
    source: Source


class PointRow(Frozen):
    """A point of attention, and the region that it counts for (B:L1530-1538)."""

    name: Words
    region: Key
    source: Source


class RegionRow(Frozen):
    """A region that points of attention count for, as reports call it."""

    name: Words
    source: Source


class Classification(Frozen):
    """What the coordinators agreed on; a new agreement has a new version (B:L1293-1374)."""

    version: str
    origins: Annotated[Mapping[Key, Words], Field(min_length=1)]
    types: Annotated[Mapping[Key, Words], Field(min_length=1)]
    areas: Annotated[Mapping[Key, Area], Field(min_length=1)]
    channels: Annotated[tuple[Key, ...], Field(min_length=1)]
    unclassified: Key
    source: Source


class TierRow(Frozen):
    """Who acts at a tier; `evidence` when its answers need evidence (B:L1690)."""

    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    area: Key
    evidence: bool = False
    source: Source


class Rung(Frozen):
    """At this percent of a budget these roles are told; 100 is the breach."""

    share: Annotated[int, Field(ge=1, le=DUE)]
    notify: Annotated[tuple[Role, ...], Field(min_length=1)]
    source: Source


class EstimateRow(Frozen):
    """Tier 1's word on usual times: over the last `sample`, if there are `minimum` of a kind."""

    sample: Annotated[int, Field(ge=1, le=2_000)]
    minimum: Annotated[int, Field(ge=1)]
    source: Source


class ExtensionRow(Frozen):
    """The most days by which a term may be extended at once."""

    max_days: Annotated[int, Field(ge=1)]
    source: Source


class EvidenceRow(Frozen):
    """What files are taken: `max_bytes` of one, `types` as their first bytes show them."""

    max_bytes: Annotated[int, Field(ge=1, le=MAX_FILE)]
    per_incident: Annotated[int, Field(ge=1, le=100)]
    types: Annotated[tuple[MediaType, ...], Field(min_length=1)]
    source: Source


class Cadence(StrEnum):
    """How often a team is to meet."""

    FORTNIGHT = "fortnight"
    MONTH = "month"
    QUARTER = "quarter"


class TeamRow(Frozen):
    """A team that meets; a meeting longer than `minutes` is remarked."""

    name: Words
    cadence: Cadence
    minutes: Annotated[int, Field(ge=1, le=1_440)] | None = None
    source: Source


class RetentionRow(Frozen):
    """For how many days after an incident's end it is kept who reported it."""

    days: Annotated[int, Field(ge=1, le=36_500)]
    source: Source


class IncidentSection(Frozen):
    """`incidents.yaml`.

    `requirement_type` is the type of request in intake that an incident becomes; without it a
    functional requirement has its code and goes on outside (B:L1703). Without `evidence` no files
    are taken, without `retention` it is kept for good who reported.
    """

    series: Series
    requirement_series: Series
    requirement_type: Key | None = None
    calendar: Key
    stages: Stages
    criticality: Criticality
    complexity: Annotated[Mapping[Key, Level], Field(min_length=1)]
    priority: Mapping[Key, PriorityLevel] = {}
    classification: Classification
    lines: Mapping[Key, LineRow] = {}
    points: Mapping[Key, PointRow] = {}
    regions: Mapping[Key, RegionRow] = {}
    tiers: Annotated[Mapping[Tier, TierRow], Field(min_length=3)]
    ladder: Annotated[tuple[Rung, ...], Field(min_length=1)]
    digest: DigestRow
    estimate: EstimateRow
    extension: ExtensionRow
    evidence: EvidenceRow | None = None
    teams: Mapping[Key, TeamRow] = {}
    retention: RetentionRow | None = None

    def remarks(self) -> Iterator[Remark]:
        """Names that lead nowhere, and a ladder that does not climb."""
        if self.criticality.default not in self.criticality.levels:
            place = ("criticality", "default")
            yield Remark(place, "incident_default", {"name": self.criticality.default})
        if self.classification.unclassified not in self.classification.types:
            yield Remark(
                ("classification", "unclassified"),
                "incident_default",
                {"name": self.classification.unclassified},
            )
        yield from self._remarks_of_places()
        for tier, row in self.tiers.items():
            area = self.classification.areas.get(row.area)
            if area is None or tier not in area.tiers:
                facts = {"area": row.area, "tier": tier}
                yield Remark(("tiers", str(tier), "area"), "incident_tier_area", facts)
        areas = self.classification.areas
        for key, part in areas.items():
            # a part of a part would have people who are in neither
            if part.of is not None and (part.of not in areas or areas[part.of].of is not None):
                found = ("classification", "areas", key, "of")
                yield Remark(found, "incident_area_of", {"area": part.of})
        shares = [rung.share for rung in self.ladder]
        if shares != sorted(set(shares)) or shares[-1] != DUE:
            yield Remark(("ladder",), "incident_ladder", {"shares": shares})

    def _remarks_of_places(self) -> Iterator[Remark]:
        """Lines of no channel, and points of a region that has no name where others have."""
        for number, line in self.lines.items():
            if line.channel not in self.classification.channels:
                facts = {"name": line.channel}
                yield Remark(("lines", number, "channel"), "incident_default", facts)
        for key, point in self.points.items():
            if self.regions and point.region not in self.regions:
                facts = {"name": point.region}
                yield Remark(("points", key, "region"), "incident_default", facts)

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
        """Roles of the ladder that nobody can write to."""
        return unaddressed((rung.notify for rung in self.ladder), bodies)
