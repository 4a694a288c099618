"""A tenant's policy, validated and ready to ask."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from shared.clock import Calendar, Plan, Promise, Target, Term
from shared.clock.instants import parse_time_of_day

from .documents import Document
from .findings import Finding, PolicyError
from .models import DeadlineRow, Figure, Reading
from .sections import validate

Section = TypeVar("Section", bound=BaseModel)


class UnknownKey(LookupError):
    """A policy was asked for something it doesn't have; the message says what it has."""

    def __init__(self, tenant: str, kind: str, key: str, known: Mapping[str, object]) -> None:
        super().__init__(f"{tenant}: no {kind} {key!r}; there are {', '.join(sorted(known))}")
        self.tenant, self.kind, self.key = tenant, kind, key


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in: its calendar, and the cut-off in seconds after the local midnight."""

    name: str
    calendar: str
    cutoff: int | None


@dataclass(frozen=True)
class Tenant:
    """One account: its calendars, terms, figures, readings and the sections of the services.

    `key` is the folder's name, `name` is for people. `version` is stamped on what is promised.
    """

    key: str
    name: str
    version: str
    languages: tuple[str, ...]
    calendars: Mapping[str, Calendar]
    channels: Mapping[str, Channel]
    deadlines: Mapping[str, DeadlineRow]
    terms: Mapping[str, Term]
    figures: Mapping[str, Figure]
    readings: Mapping[str, Reading]
    documents: Mapping[str, Document]

    def calendar(self, name: str) -> Calendar:
        """A calendar of `calendars.yaml`."""
        return _found(self.key, "calendar", name, self.calendars)

    def channel(self, name: str) -> Channel:
        """A channel of `calendars.yaml`."""
        return _found(self.key, "channel", name, self.channels)

    def term(self, key: str, *, channel: str | None = None) -> Term:
        """A term of `deadlines.yaml`; a `channel` brings its own cut-off and calendar."""
        term = _found(self.key, "deadline", key, self.terms)
        if channel is None:
            return term
        way = self.channel(channel)
        return replace(term, calendar=way.calendar, cutoff=way.cutoff)

    def promise(self, key: str, received_at: datetime, *, channel: str | None = None) -> Promise:
        """What a term promises for something received now, by a channel or not."""
        term = self.term(key, channel=channel)
        return term.promise(received_at, self.calendar(term.calendar))

    def plan(self, targets: Mapping[str, str], *, channel: str | None = None) -> Plan:
        """A plan for an SLA clock: names of targets with the keys of their terms, one calendar."""
        made = tuple(
            Target(name, self.term(key, channel=channel), self.deadlines[key].warnings)
            for name, key in targets.items()
        )
        names = {target.term.calendar for target in made}
        if len(names) != 1:
            msg = f"{self.key}: {', '.join(targets.values())} must count in one calendar"
            raise ValueError(msg)
        return Plan(self.calendar(names.pop()), made, self.version)

    def figure(self, key: str) -> Figure:
        """A number of the documents that isn't a term."""
        return _found(self.key, "figure", key, self.figures)

    def reading(self, key: str) -> bool | int | str:
        """How an ambiguity is read, such as `AMB-2`."""
        return _found(self.key, "reading", key, self.readings).value

    def section(self, name: str, model: type[Section]) -> Section:
        """The section `<name>.yaml` as a service's own model; `PolicyError` when it doesn't fit."""
        document = self.documents.get(name)
        if document is None:
            folder = self.documents["tenant"].path.parent
            raise PolicyError([Finding(folder / f"{name}.yaml", 1, "missing_file")])
        section, findings = validate(document, model)
        if section is None:
            raise PolicyError(findings)
        return section


class Tenants(Mapping[str, Tenant]):
    """All tenants by the name of their folder."""

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        self._tenants = dict(tenants)

    def __getitem__(self, key: str) -> Tenant:
        return self._tenants[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tenants)

    def __len__(self) -> int:
        return len(self._tenants)


def make_term(row: DeadlineRow) -> Term:
    """The term that a row of `deadlines.yaml` describes."""
    return Term(
        amount=row.amount,
        unit=row.unit,
        source=row.source,
        calendar=row.calendar,
        cutoff=None if row.cutoff is None else parse_time_of_day(row.cutoff, "cutoff"),
        count_from=row.count_from,
        minimum=row.minimum,
        roll=row.roll,
    )


Thing = TypeVar("Thing")


def _found(tenant: str, kind: str, key: str, things: Mapping[str, Thing]) -> Thing:
    try:
        return things[key]
    except KeyError:
        raise UnknownKey(tenant, kind, key, things) from None
