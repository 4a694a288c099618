"""Reads a folder of tenants; what can't be used is a finding with its file and line."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from shared.clock import Calendar, CalendarSpec, ClockError, message, public_holidays
from shared.clock.instants import parse_date, parse_time_of_day
from shared.clock.spec import WEEKDAYS, parse_weekly, parse_windows

from .documents import Document, read
from .findings import Finding, Place, PolicyError, Severity
from .models import CalendarFile, CalendarRow, DeadlineFile, DeadlineRow, Identity
from .sections import validate
from .tenant import Channel, Tenant, make_term

OWN = ("tenant", "calendars", "deadlines")
"""The files of `shared.policy`; any other file belongs to the service of its name."""

Model = TypeVar("Model", bound=BaseModel)
_FOLDER = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Findings(list[Finding]):
    """Findings as they come up; `refused` when one is an error."""

    @property
    def refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self)

    def section(
        self,
        document: Document | None,
        model: type[Model],
        beside: Mapping[str, Document] | None = None,
    ) -> Model | None:
        """Validate a section and keep what is found."""
        if document is None:
            return None
        section, found = validate(document, model, beside)
        self.extend(found)
        return section


def read_tenant(
    folder: Path, sections: Mapping[str, type[BaseModel]] | None, findings: Findings
) -> Tenant | None:
    """One tenant, or None with the errors in `findings`.

    With `sections`, each of them is validated where the tenant has its file, and a file that no
    one claims is an error; without, files of services wait for `Tenant.section`.
    """
    if not _FOLDER.fullmatch(folder.name):
        findings.append(Finding(folder, 1, "folder_name", {"name": folder.name}))
    before = len(findings)
    documents = _documents(folder, findings)
    identity = findings.section(documents.get("tenant"), Identity)
    calendars = findings.section(documents.get("calendars"), CalendarFile)
    deadlines = findings.section(documents.get("deadlines"), DeadlineFile)
    for name, document in documents.items():
        if sections is not None and name in sections:
            findings.section(document, sections[name], documents)
        elif sections is not None and name not in OWN:
            findings.append(document.finding((), "unclaimed_file", known=", ".join(sections)))
    if identity is None or calendars is None or deadlines is None:
        return None
    made = _calendars(calendars, documents["calendars"], identity.version, findings)
    rows = _rows(deadlines, documents["deadlines"], calendars, identity, findings)
    _check_channels(calendars, documents["calendars"], findings)
    if Findings(findings[before:]).refused:
        return None
    return Tenant(
        key=folder.name,
        name=identity.name,
        version=identity.version,
        languages=identity.languages,
        calendars=made,
        channels={
            name: Channel(name, row.calendar, _time(row.cutoff))
            for name, row in calendars.channels.items()
        },
        deadlines=rows,
        terms={key: make_term(row) for key, row in rows.items()},
        figures=deadlines.figures,
        readings=identity.readings,
        documents=documents,
    )


def _documents(folder: Path, findings: Findings) -> dict[str, Document]:
    documents = {}
    for path in sorted(folder.glob("*.y*ml")):
        try:
            documents[path.stem] = read(path)
        except PolicyError as error:
            findings.extend(error.findings)
    unread = {finding.file.stem for finding in findings if finding.file.parent == folder}
    findings.extend(
        Finding(folder / f"{name}.yaml", 1, "missing_file")
        for name in OWN
        if name not in documents and name not in unread
    )
    return documents


def _calendars(
    file: CalendarFile, document: Document, version: str, findings: Findings
) -> dict[str, Calendar]:
    made = {}
    for name, row in file.calendars.items():
        field = f"calendars.{name}"
        try:
            made[name] = Calendar(_spec(name, row, version, field))
        except ClockError as error:
            facts = {"detail": message(error), "field": error.field}
            place = _place(_written(error.field, field, row))
            findings.append(Finding(document.path, document.line(place), error.code, facts))
    return made


def _spec(name: str, row: CalendarRow, version: str, field: str) -> CalendarSpec:
    added = row.holidays.add.items()
    days = {parse_date(day, f"{field}.holidays.add.{day}"): reason for day, reason in added}
    removed = [parse_date(day, f"{field}.holidays.remove") for day in row.holidays.remove]
    found = _public(row.holidays.country, row.holidays.region, row.years)
    holidays = {day: name for day, name in found if day not in removed} | days
    special = {
        parse_date(day, f"{field}.special.{day}"): parse_windows(windows, f"{field}.special.{day}")
        for day, windows in row.special.items()
    }
    return CalendarSpec(
        tz=row.tz,
        weekly=parse_weekly(_spread(row.weekly), f"{field}.weekly"),
        holidays=tuple(sorted(holidays.items())),
        holiday_rule=row.holiday_rule,
        special=tuple(sorted(special.items())),
        name=name,
        version=version,
        first_year=row.years[0],
        last_year=row.years[1],
    )


@lru_cache(maxsize=64)
def _public(
    country: str | None, region: str | None, years: tuple[int, int]
) -> tuple[tuple[date, str], ...]:
    if country is None:
        return ()
    return public_holidays(country, region, first_year=years[0], last_year=years[1])


def _spread(weekly: Mapping[str, object]) -> dict[str, object]:
    """`mon-fri` becomes five days; a day named twice keeps its last windows, as in a table."""
    days: dict[str, object] = {}
    for key, windows in weekly.items():
        first, _, last = key.partition("-")
        if last and first in WEEKDAYS and last in WEEKDAYS:
            span = WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1]
            days.update(dict.fromkeys(span, windows))
        else:
            days[key] = windows
    return days


def _rows(
    file: DeadlineFile,
    document: Document,
    calendars: CalendarFile,
    identity: Identity,
    findings: Findings,
) -> dict[str, DeadlineRow]:
    for key, row in file.deadlines.items():
        place: Place = ("deadlines", key)
        if row.calendar not in calendars.calendars:
            findings.append(_unknown(document, (*place, "calendar"), row.calendar, calendars))
        if row.minimum is not None and row.minimum > row.amount:
            facts = {"minimum": row.minimum, "amount": row.amount}
            findings.append(document.finding((*place, "minimum"), "minimum_above_amount", **facts))
        if row.ambiguity is not None and row.ambiguity not in identity.readings:
            at = (*place, "ambiguity")
            findings.append(document.finding(at, "unknown_reading", name=row.ambiguity))
    rows = dict(file.deadlines)
    for position, order in enumerate(file.orders):
        at = ("orders", position)
        unknown = [key for key in order.keys if key not in rows]
        findings.extend(document.finding(at, "unknown_deadline", name=key) for key in unknown)
        if unknown:
            continue
        amounts = [rows[key].amount for key in order.keys]
        if order.apply == "urgent_first":
            for key, amount in zip(order.keys, sorted(amounts), strict=True):
                rows[key] = rows[key].model_copy(update={"amount": amount})
        elif amounts != sorted(amounts):
            findings.append(
                Finding(
                    document.path,
                    document.line((*at, "keys")),
                    "urgent_last",
                    {
                        "ambiguity": order.ambiguity,
                        "amounts": ", ".join(
                            f"{key} {n}" for key, n in zip(order.keys, amounts, strict=True)
                        ),
                        "source": order.source,
                    },
                    Severity.WARNING,
                )
            )
    return rows


def _check_channels(file: CalendarFile, document: Document, findings: Findings) -> None:
    findings.extend(
        _unknown(document, ("channels", name, "calendar"), row.calendar, file)
        for name, row in file.channels.items()
        if row.calendar not in file.calendars
    )


def _unknown(document: Document, place: Place, name: str, file: CalendarFile) -> Finding:
    return document.finding(
        place, "unknown_calendar_name", name=name, known=", ".join(file.calendars)
    )


def _time(text: str | None) -> int | None:
    return None if text is None else parse_time_of_day(text, "cutoff")


def _written(field: str, calendar: str, row: CalendarRow) -> str:
    """Where the file says what `shared.clock` complains of, ranges of days included."""
    if field in {"country", "region"}:
        return f"{calendar}.holidays.{field}"
    full = field if field.startswith(f"{calendar}.") else f"{calendar}.{field}"
    head, _, rest = full.partition(".weekly.")
    for key in row.weekly:
        if rest[:3] in _spread({key: ()}):
            return f"{head}.weekly.{key}"
    return full


def _place(field: str) -> Place:
    parts: Iterable[str] = re.findall(r"[^.\[\]]+", field)
    return tuple(int(part) if part.isdigit() else part for part in parts)
