"""What an account says about its figures: `kpi.yaml`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from shared.clock import Calendar
from shared.policy import Frozen, Key, Remark, Source, Tenant

SECTION: Final = "kpi"
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
STAGES: Final = ("evaluation", "attention", "replication", "register")
Value = Annotated[str, StringConstraints(pattern=r"^[^|$.\x00A-Z][^|\x00A-Z]{0,79}$")]
"""In small letters: values are compared without regard to capitals."""


class Target(Frozen):
    """What the account wants an indicator to reach, in the indicator's own unit."""

    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    source: Source


class KpiSection(Frozen):
    """`kpi.yaml`.

    `calendar` gives the days of the figures (its time zone) and the time spent by each side (its
    business time). Each dimension has a closed set of values; what is not among them counts as
    `other`, so that no register can make figures without end.
    """

    calendar: Key
    types: tuple[Value, ...] = ()
    channels: tuple[Value, ...] = ()
    areas: tuple[Value, ...] = ()
    client_holders: tuple[Value, ...] = (CLIENT,)
    targets: Mapping[str, Target] = {}

    def remarks(self) -> Iterable[Remark]:
        """A target for an indicator that does not exist is an error."""
        from services.kpi.definitions import INDICATORS  # noqa: PLC0415 - they name our dimensions

        known = ", ".join(INDICATORS)
        for name in self.targets:
            if name not in INDICATORS:
                yield Remark(("targets", name), "unknown_indicator", {"name": name, "known": known})


@dataclass(frozen=True)
class Counting:
    """By which zone, calendar and closed sets an account's cases are counted."""

    tenant: str
    zone: ZoneInfo
    calendar: Calendar
    values: Mapping[str, frozenset[str]]
    client_holders: frozenset[str]
    targets: Mapping[str, Target]

    def closed(self, dimension: str, value: str) -> str:
        """The value as the dimension's set has it, however it is capitalised, else `other`."""
        folded = value.strip().casefold()
        return folded if folded in self.values[dimension] else OTHER


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
    return Counting(
        tenant=tenant.key,
        zone=ZoneInfo(calendar.spec.tz),
        calendar=calendar,
        values={
            "type": frozenset(section.types),
            "channel": frozenset(section.channels) | frozenset(tenant.channels),
            "area": frozenset(section.areas),
            "stage": frozenset(STAGES),
            "status": frozenset(STATUSES),
            "holder": frozenset(HOLDERS),
        },
        client_holders=frozenset(section.client_holders),
        targets=section.targets,
    )
