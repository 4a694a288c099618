"""An account's policy, ready to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pydantic import BaseModel

from services.incidents.policy.rows import (
    SECTION,
    Area,
    EvidenceRow,
    IncidentSection,
    StageRow,
    TierRow,
    Words,
)
from shared.clock import Calendar, ClockError, Plan, Target
from shared.decider import Called, Invalid, Unknown
from shared.i18n import LANGUAGES
from shared.policy import Tenant
from shared.security.roles import Role

PAUSED = "paused"
PROVIDER_READING = "provider.clock"


@dataclass(frozen=True)
class IncidentPolicy:
    """What the decisions about incidents are given."""

    tenant: Tenant
    section: IncidentSection

    @cached_property
    def calendar(self) -> Calendar:
        """Whose days count."""
        return self.tenant.calendar(self.section.calendar)

    @property
    def version(self) -> str:
        """Of the whole policy; stamped on each promise."""
        return self.tenant.version

    @property
    def defers(self) -> bool:
        """Whether a term begins at a provider's answer, or only stands still until it."""
        readings = self.tenant.readings
        return PROVIDER_READING not in readings or readings[PROVIDER_READING].value != PAUSED

    @property
    def evidence(self) -> EvidenceRow:
        """What files are taken.

        Raises:
            Invalid: the account takes none.
        """
        if self.section.evidence is None:
            raise Invalid("incident.files_not_taken", tenant=self.tenant.key)
        return self.section.evidence

    def term_of(self, stage: str) -> str:
        """The term of a stage that does not depend on criticality."""
        row: StageRow = getattr(self.section.stages, stage)
        return row.term

    def response_term(self, criticality: str, priority: str) -> str:
        """The term of the response: by the priority where it has one, else by the criticality."""
        level = self.section.priority.get(priority)
        if level is not None and level.respond is not None:
            return level.respond
        return self.section.criticality.levels[criticality].respond

    def plan(self, stage: str, term: str, amount: int | None = None) -> Plan:
        """The plan of one stage's clock; `amount` in the term's unit where it was fixed."""
        plan = self.tenant.plan({stage: term})
        if amount is None or amount == plan.targets[0].term.amount:
            return plan
        (target,) = plan.targets
        # an extension goes beyond the maximum on purpose, so that `fix` is not asked
        longer = replace(target.term, amount=amount, minimum=_least(target, amount))
        return Plan(plan.calendar, (Target(target.name, longer, target.warnings),), plan.version)

    def fixed(self, stage: str, days: int) -> int:
        """A number of days within the term's range; `Invalid` with the range when it is outside."""
        term = self.tenant.term(self.term_of(stage))
        try:
            return term.fix(days).amount
        except ClockError:
            raise Invalid(
                "incident.term_out_of_range",
                days=days,
                minimum=term.minimum or 0,
                maximum=term.amount,
            ) from None

    def notified(self, share: int) -> tuple[str, ...]:
        """The roles of the highest rung reached."""
        reached = [rung for rung in self.section.ladder if rung.share <= share]
        return tuple(role.value for role in reached[-1].notify) if reached else ()

    def origin(self, name: str) -> str:
        return _chosen("origin", name, self.section.classification.origins)

    def type(self, name: str) -> str:
        return _chosen("type", name, self.section.classification.types)

    def type_name(self, key: str) -> str:
        """A type in the account's first language."""
        words = self.section.classification.types.get(key)
        if words is None:
            return key
        return words.of(self.tenant.languages[0])

    def criticality(self, name: str) -> str:
        return _chosen("criticality", name, self.section.criticality.levels)

    def complexity(self, name: str) -> str:
        return _chosen("complexity", name, self.section.complexity)

    def priority(self, name: str) -> str:
        return _chosen("priority", name, self.section.priority)

    def team(self, name: str) -> str:
        return _chosen("team", name, self.section.teams)

    def channel(self, name: str) -> str:
        return _chosen("channel", name, dict.fromkeys(self.section.classification.channels))

    def line(self, name: str, channel: str) -> str:
        """A telephone line of a channel; none when nothing was said.

        Raises:
            Invalid: it is not the account's, or not the channel's.
        """
        if not name:
            return ""
        line = _chosen("line", name, self.section.lines)
        own = self.section.lines[line].channel
        if own != self.channel(channel):
            raise Invalid("incident.line_of_another_channel", line=line, channel=own)
        return line

    def point(self, name: str) -> str:
        """A point of attention; none when nothing was said."""
        return _chosen("point", name, self.section.points) if name else ""

    def region_of(self, point: str) -> str:
        """The region that a point counts for."""
        return self.section.points[point].region if point else ""

    def area(self, name: str) -> str:
        """An area by its key or its name."""
        areas = self.section.classification.areas
        said = name.strip().casefold()
        named = (key for key, row in areas.items() if said in _folded(row.name))
        return _chosen("area", next(named, name), areas)

    def called_area(self, key: str) -> Called:
        """An area of a refusal, by its name; an older register's desk has none."""
        return _called(key, self.section.classification.areas.get(key))

    def desks_of(self, areas: frozenset[str]) -> frozenset[str]:
        """The desks of whoever works in these areas of the house: theirs, and of their parts."""
        named = {area.strip().casefold() for area in areas}
        rows = self.section.classification.areas
        own = {key for key, row in rows.items() if {key, *_folded(row.name)} & named}
        return frozenset(own | {key for key, row in rows.items() if row.of in own})

    def area_of_tier(self, name: str, tier: int) -> str:
        """An area that attends at a tier; without a name the tier's own."""
        area = self.area(name) if name else self.tier(tier).area
        if tier not in self.section.classification.areas[area].tiers:
            areas = self.section.classification.areas.items()
            known = [self.called_area(key) for key, row in areas if tier in row.tiers]
            found = self.called_area(area)
            raise Invalid("incident.area_not_of_tier", area=found, tier=tier, known=known)
        return area

    @cached_property
    def _providers(self) -> Mapping[str, str]:
        """The organisations whose people answer as providers, with their names."""
        people = self.tenant.documents.get("people")
        # people's own model judges it
        rows = {} if people is None else people.body.get("organisations", {})
        role = Role.PROVIDER.value
        return {
            key: str(row.get("name", key))
            for key, row in rows.items()
            if role in row.get("roles", ())
        }

    def provider(self, name: str) -> str:
        """A provider by the key or the name of its organisation; another as it is said.

        One that has no people here is asked by telephone or mail, and has no key.
        """
        said = name.strip().casefold()
        for key, called in self._providers.items():
            if said in (key, called.casefold()):
                return key
        return name

    def called(self, organisation: str) -> frozenset[str]:
        """What an organisation is called in questions; nothing for whoever is of none.

        One that was asked before it was among the account's may have been called by its name.
        """
        key = self.provider(organisation)
        return frozenset({organisation, key, self._providers.get(key, "")} - {""})

    def tier(self, tier: int) -> TierRow:
        """Who acts at a tier."""
        return next(row for number, row in self.section.tiers.items() if number == tier)


def _least(target: Target, amount: int) -> int | None:
    minimum = target.term.minimum
    return None if minimum is None else min(minimum, amount)


def _chosen(what: str, name: str, known: Mapping[str, object]) -> str:
    key = name.strip().casefold()
    if key not in known:
        told = [_called(one, row) for one, row in known.items()]
        raise Invalid(f"incident.unknown_{what}", value=name, known=told)
    return key


def _folded(words: Words) -> frozenset[str]:
    return frozenset({words.es.casefold(), words.en.casefold()})


def _called(key: str, row: object) -> Called:
    """What a refusal calls a value: an area may be said by its name, anything else by its key."""
    words = row if isinstance(row, Words) else getattr(row, "name", None)
    if not isinstance(words, Words):
        return Called(key, {})
    form = "{name}" if isinstance(row, Area) else "{key} ({name})"
    names = {one: words.of(one) for one in LANGUAGES}
    return Called(key, {one: form.format(key=key, name=name) for one, name in names.items()})


def incident_policy(tenant: Tenant) -> IncidentPolicy:
    """The policy of one account, its terms looked up once so that a misspelt one shows at start.

    Raises:
        Unknown: the account has no `incidents.yaml`.
        PolicyError, UnknownKey, ValueError: the section is wrong, names a term that is not there,
            or terms that count in several calendars.
    """
    if SECTION not in tenant.documents:
        raise Unknown("incidents.not_offered", tenant=tenant.key)
    section = tenant.section(SECTION, IncidentSection)
    tenant.plan({term: term for term in _terms(section)})
    return IncidentPolicy(tenant, section)


def _terms(section: IncidentSection) -> Sequence[str]:
    fixed = [row.term for row in _rows(section.stages)]
    levels = [level.respond for level in section.criticality.levels.values()]
    priorities = [level.respond for level in section.priority.values() if level.respond]
    return [*fixed, *levels, *priorities]


def _rows(stages: BaseModel) -> list[StageRow]:
    return [row for _, row in stages]
