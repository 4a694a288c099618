"""A row of a staff list as a person of ours."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cli.imports.mapping import BadRow, RowMapping
from cli.imports.register import (
    ACTOR,
    Entry,
    Reading,
    Register,
    fingerprint,
    refusal,
    text_of,
)
from services.people.cases import PERSON
from services.people.domain.person import Join, Person, decide
from services.people.profiles import Profile, Profiles
from services.people.service import SERVICE
from shared.decider import Given, Rejected
from shared.ids import derived_id
from shared.store import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from cli.imports.tables import Row
    from services.people.policy import PeoplePolicy

FIELDS: Final = (
    "code",
    "name",
    "email",
    "phone",
    "roles",
    "starts_on",
    "last_on",
    "channel",
    "shift",
    "languages",
    "skills",
    "organisation",
    "area",
)
NEEDED: Final = frozenset({"code", "name", "roles", "starts_on"})
LISTED: Final = re.compile(r"\s*[;,/]\s*")
# who runs an import has the servers' passwords: no role is beyond them
ROLES: Final = frozenset({"tenant_admin"})


@dataclass(slots=True)
class Staff:
    """How many hold each role."""

    roles: Counter[str] = field(default_factory=Counter)

    def add(self, command: Join) -> None:
        """Count a person who is entered, or was already."""
        self.roles.update(command.roles)

    def told(self) -> str:
        shown = ", ".join(f"{role} {number}" for role, number in sorted(self.roles.items()))
        return f"roles: {shown or 'none'}"


def person_id(tenant: str, source: str, key: Sequence[str]) -> str:
    """The id of who is called so in a source: the same in staff lists and rosters."""
    return derived_id(tenant, "import", "people", source, *key)


def _reading(mapping: RowMapping, tenant: str, policy: PeoplePolicy) -> Reading:
    def read(rows: Sequence[Row]) -> Entry:
        (row,) = rows
        cells = row.cells
        command = Join(
            roles=_list("roles", mapping, cells),
            starts_on=_day("starts_on", mapping, cells, policy, needed=True),
            last_on=_day("last_on", mapping, cells, policy),
            channel=text_of("channel", mapping, cells),
            shift=text_of("shift", mapping, cells),
            languages=_list("languages", mapping, cells),
            skills=_list("skills", mapping, cells),
            organisation=text_of("organisation", mapping, cells),
            area=text_of("area", mapping, cells),
        )
        _judge(command, tenant, policy)
        name = text_of("name", mapping, cells, needed=True)
        email, phone = (text_of(one, mapping, cells) for one in ("email", "phone"))
        key = mapping.key(cells)
        case_id = person_id(tenant, mapping.source, key)
        cause = Cause(tenant, ACTOR, case_id, fingerprint(rows), roles=ROLES)
        return Entry(row.line, case_id, key[0], command, cause, Profile(name, email, phone))

    return read


def _judge(command: Join, tenant: str, policy: PeoplePolicy) -> None:
    if not command.roles:
        raise BadRow("roles: is empty")
    try:
        decide(Person(), command, Given(datetime.now(UTC), ACTOR, tenant, policy, ROLES))
    except Rejected as error:
        raise refusal(error) from error


def _list(name: str, mapping: RowMapping, cells: Mapping[str, str | datetime]) -> tuple[str, ...]:
    """Several values in one cell, each translated by itself."""
    rule = mapping.fields.get(name)
    if rule is None:
        return ()
    cell = "" if rule.column is None else str(cells.get(rule.column, "")).strip()
    pieces = LISTED.split(cell) if cell else [""]
    values = (rule.of(name, {rule.column or "": piece}) for piece in pieces)
    # a translation may itself name several
    return tuple(one for value in values for one in LISTED.split(str(value)) if one)


def _day(
    name: str,
    mapping: RowMapping,
    cells: Mapping[str, str | datetime],
    policy: PeoplePolicy,
    *,
    needed: bool = False,
) -> Any:  # noqa: ANN401 - a day, and none only where it is not needed
    at = mapping.instant(name, cells)
    if at is None and needed:
        raise BadRow(f"{name}: is empty")
    day: date | None = None if at is None else policy.today(at)
    return day


async def _keep(database: Any, entries: Sequence[Entry]) -> None:  # noqa: ANN401 - pymongo's
    profiles = Profiles(database)
    for entry in entries:
        await profiles.add(entry.id, entry.cause.tenant, entry.aside)


PEOPLE: Final = Register(
    name="person",
    service=SERVICE,
    kind=PERSON,
    fields=FIELDS,
    optional=frozenset(FIELDS) - NEEDED,
    row_id="code",
    reading=_reading,
    figures=Staff,
    whole=True,
    keep=_keep,
)
