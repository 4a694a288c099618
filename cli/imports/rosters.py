"""The rows of one person's shifts as that person's rosters."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cli.imports.mapping import BadRow, RowMapping, to_instant
from cli.imports.people import ROLES, person_id
from cli.imports.register import ACTOR, Entry, Reading, Register, fingerprint, refusal, text_of
from services.people.cases import PERSON
from services.people.domain.roster import (
    KEPT,
    Plans,
    PlanShifts,
    Shift,
    monday,
    plan,
    week_of,
)
from services.people.service import SERVICE
from shared.decider import Rejected
from shared.ids import derived_id, new_id
from shared.store import Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.imports.tables import Row
    from services.people.policy import PeoplePolicy

FIELDS: Final = ("code", "date", "starts", "ends", "shift", "channel")
LONG_AGO: Final = date(1970, 1, 1)


@dataclass(slots=True)
class Planned:
    """How many weeks and shifts there are."""

    weeks: int = 0
    shifts: int = 0

    def add(self, command: PlanShifts) -> None:
        """Count what is planned, or was already."""
        self.weeks += len(command.weeks)
        self.shifts += sum(map(len, command.weeks.values()))

    def told(self) -> str:
        return f"{self.shifts} shifts in {self.weeks} weeks of people"


def _reading(mapping: RowMapping, tenant: str, policy: PeoplePolicy) -> Reading:
    def read(rows: Sequence[Row]) -> Entry:
        weeks: dict[str, list[Shift]] = defaultdict(list)
        for row in rows:
            shift = _shift(row, mapping, policy)
            weeks[week_of(policy.today(shift.starts_at))].append(shift)
        command = PlanShifts({week: tuple(shifts) for week, shifts in weeks.items()})
        try:
            plan(Plans(), command, policy, (LONG_AGO, None))
        except Rejected as error:
            raise refusal(error) from error
        key = mapping.key(rows[0].cells)
        case_id, told = person_id(tenant, mapping.source, key), fingerprint(rows)
        # weeks that the person's case still has change by what differs, also when a plan comes back
        # after another; of weeks long past the case has nothing, so there the command is known
        oldest = policy.today(datetime.now(UTC)) - KEPT + timedelta(days=7)
        known = min(map(monday, weeks)) >= oldest
        command_id = new_id() if known else derived_id(case_id, "roster", told)
        cause = Cause(tenant, ACTOR, command_id, told, roles=ROLES)
        return Entry(rows[0].line, case_id, key[0], command, cause)

    return read


def _shift(row: Row, mapping: RowMapping, policy: PeoplePolicy) -> Shift:
    cells, zone = row.cells, policy.calendar.zone
    day = mapping.instant("date", cells)
    if day is None:
        raise BadRow("date: is empty")
    midnight = datetime.combine(policy.today(day), datetime.min.time())
    starts, ends = (midnight + _clock(name, mapping, row) for name in ("starts", "ends"))
    # the night shift ends on the next day
    ends += timedelta(days=1) if ends <= starts else timedelta()
    return Shift(
        to_instant(starts, zone),
        to_instant(ends, zone),
        text_of("shift", mapping, cells, needed=True),
        text_of("channel", mapping, cells),
    )


def _clock(name: str, mapping: RowMapping, row: Row) -> timedelta:
    text = text_of(name, mapping, row.cells, needed=True)
    try:
        hours, _, rest = text.partition(":")
        minutes, _, _ = (rest or "0").partition(":")
        time = timedelta(hours=int(hours), minutes=int(minutes))
    except ValueError:
        raise BadRow(f"{name}: {text[:40]!r} is no time of day: write 08:00") from None
    if not timedelta() <= time <= timedelta(days=1):
        raise BadRow(f"{name}: {text[:40]!r} is no time of day: write 08:00")
    return time


ROSTERS: Final = Register(
    name="roster",
    service=SERVICE,
    kind=PERSON,
    fields=FIELDS,
    optional=frozenset({"channel"}),
    row_id="code",
    reading=_reading,
    figures=Planned,
    gathered=True,
    whole=True,
)
