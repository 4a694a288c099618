"""What an account says about its figures: `kpi.yaml`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StringConstraints

from services.kpi.calendar_pieces import Every
from services.kpi.lists import LISTS, listed, named, regions
from shared.clock import Calendar
from shared.policy import Frozen, Key, Remark, Severity, Source, Tenant

if TYPE_CHECKING:
    from services.kpi.definitions import Indicator

SECTION: Final = "kpi"
MAIL: Final = "mail"
OTHER: Final = "other"
CLIENT: Final = "client"
STATUSES: Final = (
    "received",
    "in_evaluation",
    "observed",
    "answered",
    "viable",
    "preparing",
    "training_leaders",
    "deploying",
    "deployed",
)
"""Where an open request may stand, in intake's words."""

HOLDERS: Final = (
    CLIENT,
    "provider:validation",
    "provider:training",
    "provider:operations",
    "provider:systems",
)
DESKS: Final = ("consultation", "dossier", "suggestion", "claim")
"""The public's ways in."""
ABOUT: Final = (*(f"intake.{desk}" for desk in DESKS), "incidents.incident")
"""What whoever was attended is asked about."""
STAGES: Final = (
    "evaluation",
    "attention",
    "replication",
    "register",
    "forward",
    "respond",
    "elevate",
    "solve_l2",
    "solve_l3",
    "validate_l2",
    "reply",
    "extension",
    "consultation",
    "dossier",
    "claim",
)
"""Of requests, then of incidents, then the one promise of each of the public's ways in."""

TIERS: Final = ("1", "2", "3")
SIDES: Final = (CLIENT, "provider", "third")
PERSON: Final = "person"
POLICY: Final = "policy"
"""These two have no closed set: the people who act and the versions that promise are the account's
own, and no register can name others."""
Value = Annotated[str, StringConstraints(pattern=r"^[^|$.\x00A-Z][^|\x00A-Z]{0,79}$")]
"""In small letters: values are compared without regard to capitals."""


Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
_OPEN: Final = {
    PERSON: re.compile(r"(person|program|system):[a-z0-9][a-z0-9_.@-]{0,79}"),
    POLICY: re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,79}"),
}
_WRITTEN: Final = {PERSON: ("person:<id>", "program:<id>", "system:<id>"), POLICY: ("<version>",)}
"""How a value of these is written."""


class Form(StrEnum):
    """The ending of a report's address."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class Kind(StrEnum):
    """Which report: the client's of A61, the consolidated one by day, the one to improve by.

    `unit` is one unit's, which the consolidated one is made of (B72), and `suggestions` the year's
    of B62.
    """

    CLIENT = "client"
    DAILY = "daily"
    UNIT = "unit"
    IMPROVEMENT = "improvement"
    SUGGESTIONS = "suggestions"


class Language(StrEnum):
    ES = "es"
    EN = "en"


class Target(Frozen):
    """What the account wants an indicator to reach, in the indicator's own unit."""

    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    source: Source


class ReportRow(Frozen):
    """A report that is made and sent by itself.

    It is of each piece of the calendar, due on the `after`-th business day past its end (0: on the
    next day) at the local time `at`. `to` are words of `mail.yaml`. One of a unit says of which
    `area`.
    """

    report: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    area: Value | None = None
    every: Every
    after: Annotated[int, Field(ge=0, le=60)] = 1
    at: time = time(8, 30)
    to: Annotated[tuple[Key, ...], Field(min_length=1)]
    forms: Annotated[tuple[Form, ...], Field(min_length=1)] = (Form.PDF, Form.XLSX)
    language: Language = Language.ES
    source: Source

    @property
    def terms(self) -> str:
        """What decides when it is due."""
        return f"{self.report} {self.every} {self.after} {self.at:%H:%M}"


class Improvement(Frozen):
    """When the report to improve by finds something: `worse` by which part of what it was."""

    worse: Annotated[float, Field(gt=0, le=1)]
    source: Source


class Daily(Frozen):
    """What the consolidated report shows day by day."""

    indicators: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    source: Source


def _named(areas: object) -> object:
    """A plain list is of areas without names."""
    if isinstance(areas, list) and all(isinstance(one, str) for one in areas):
        return {one: {} for one in areas}
    return areas


class KpiSection(Frozen):
    """`kpi.yaml`.

    `calendar` gives the days of the figures (its time zone) and the time spent by each side (its
    business time). `areas` are its client's, with their names if they are called otherwise than by
    their values: a case is of an area by either. `notice_days` are business days that a change
    needs to be evaluated and replicated in before it is in force. Each dimension has a closed set
    of values; what is not among them counts as `other`, so that no register can make figures
    without end. Without `daily` there are no figures by day, and without `improvement` only what
    misses its target is a finding.
    """

    calendar: Key
    types: tuple[Value, ...] = ()
    channels: tuple[Value, ...] = ()
    areas: Annotated[Mapping[Value, Mapping[Language, Name]], BeforeValidator(_named)] = {}
    client_holders: tuple[Value, ...] = (CLIENT,)
    targets: Mapping[str, Target] = {}
    notice_days: Annotated[int, Field(ge=0, le=60)] = 2
    reports: Mapping[Key, ReportRow] = {}
    daily: Daily | None = None
    improvement: Improvement | None = None

    def remarks(self) -> Iterable[Remark]:
        """What would never be shown, or never judged."""
        from services.kpi.definitions import INDICATORS  # noqa: PLC0415 - they name our dimensions

        yield from self._of_targets(INDICATORS)
        yield from self._of_days(INDICATORS)
        for key, row in self.reports.items():
            if row.report not in tuple(Kind):
                facts = {"name": row.report, "known": ", ".join(Kind)}
                yield Remark(("reports", key, "report"), "unknown_report", facts)

    def _of_targets(self, indicators: Mapping[str, "Indicator"]) -> Iterable[Remark]:
        """One of nothing or that cannot be reached is an error; one that judges nothing a doubt."""
        for name, target in self.targets.items():
            place, one = ("targets", name), indicators.get(name)
            if one is None:
                known = ", ".join(indicators)
                yield Remark(place, "unknown_indicator", {"name": name, "known": known})
            elif one.same_as:
                yield Remark(place, "target_elsewhere", {"name": name, "same": one.same_as})
            elif one.good == "neither":
                yield Remark(place, "target_unjudged", {"name": name}, Severity.WARNING)
            elif one.unit == "share" and target.value > 1:
                facts = {"name": name, "value": target.value, "share": target.value / 100}
                yield Remark((*place, "value"), "target_beyond", facts)

    def _of_days(self, indicators: Mapping[str, "Indicator"]) -> Iterable[Remark]:
        """Each is a column of its own, so none may stand there twice."""
        told = self.daily.indicators if self.daily else ()
        for place, name in enumerate(told):
            where = ("daily", "indicators", place)
            if name not in indicators or indicators[name].is_internal:
                known = ", ".join(indicators)
                yield Remark(where, "unknown_indicator", {"name": name, "known": known})
            elif name in told[:place]:
                yield Remark(where, "indicator_twice", {"name": name})

    def remarks_beside(self, bodies: Mapping[str, Mapping[str, Any]]) -> Iterable[Remark]:
        """A report for a mailbox or of a unit that the account does not have would never leave."""
        areas = frozenset(self.areas) | listed(bodies, "area")
        boxes = bodies.get(MAIL, {}).get("mailboxes")
        boxes = boxes if isinstance(boxes, Mapping) else {}
        for key, row in self.reports.items():
            for place, name in enumerate(row.to):
                if name not in boxes:
                    facts = {"name": name, "known": ", ".join(map(str, boxes)) or "-"}
                    yield Remark(("reports", key, "to", place), "unknown_mailbox", facts)
            yield from self._of_area(("reports", key), row, areas)

    def _of_area(
        self, place: tuple[str, ...], row: ReportRow, areas: frozenset[str]
    ) -> Iterable[Remark]:
        """A unit's report is of one that is counted; the others are of the whole account."""
        if (row.area is not None) != (row.report == Kind.UNIT):
            yield Remark(place, "report_area", {"name": row.report})
        elif row.area is not None and row.area not in areas:
            facts = {"name": row.area, "known": ", ".join(sorted(areas))}
            yield Remark((*place, "area"), "unknown_report_area", facts)


@dataclass(frozen=True)
class Counting:
    """By which zone, calendar and closed sets an account's cases are counted."""

    tenant: str
    zone: ZoneInfo
    calendar: Calendar
    values: Mapping[str, frozenset[str]]
    """The closed sets of the dimensions."""
    names: Mapping[str, Mapping[str, str]]
    """What their values are called too, in small letters."""
    client_holders: frozenset[str]
    targets: Mapping[str, Target]
    notice_days: int = 2
    reports: Mapping[str, ReportRow] = field(default_factory=dict)
    daily: tuple[str, ...] = ()
    worse: float | None = None

    def closed(self, dimension: str, value: str) -> str:
        """The value as the dimension's set has it, however it is capitalised, else `other`.

        What people wrote may be the value's name.
        """
        folded = value.strip().casefold()
        if dimension in _OPEN:
            return folded if _OPEN[dimension].fullmatch(folded) else OTHER
        if folded in self.values[dimension]:
            return folded
        called = self.names.get(dimension, {}).get(folded)
        return called if called in self.values[dimension] else OTHER

    def known(self, dimension: str) -> list[str]:
        """Which values may be asked for; of a dimension without a closed set, how they are."""
        return [*(_WRITTEN.get(dimension) or sorted(self.values[dimension])), OTHER]


def counting(tenant: Tenant) -> Counting:
    """The rules of one account; one without `kpi.yaml` counts by its first calendar.

    Raises:
        PolicyError, UnknownKey: the section is wrong, or names a calendar that is not there.
    """
    if SECTION in tenant.documents:
        section = tenant.section(SECTION, KpiSection)
    else:
        section = KpiSection(calendar=next(iter(tenant.calendars)))
    calendar = tenant.calendar(section.calendar)
    bodies = {name: document.body for name, document in tenant.documents.items()}
    return Counting(
        tenant=tenant.key,
        zone=ZoneInfo(calendar.spec.tz),
        calendar=calendar,
        values={
            **{dimension: listed(bodies, dimension) for dimension in LISTS},
            "type": frozenset(section.types) | listed(bodies, "type"),
            "channel": frozenset((*section.channels, *tenant.channels)) | listed(bodies, "channel"),
            "area": frozenset(section.areas) | listed(bodies, "area"),
            "region": regions(bodies) | listed(bodies, "region"),
            "tier": frozenset(TIERS),
            "side": frozenset(SIDES),
            "desk": frozenset(DESKS),
            "about": frozenset(ABOUT),
            "stage": frozenset(STAGES),
            "status": frozenset(STATUSES),
            "holder": frozenset(HOLDERS),
        },
        names={dimension: named(bodies, dimension) for dimension in LISTS},
        client_holders=frozenset(section.client_holders),
        targets=section.targets,
        notice_days=section.notice_days,
        reports=section.reports,
        daily=section.daily.indicators if section.daily else (),
        worse=section.improvement.worse if section.improvement else None,
    )
