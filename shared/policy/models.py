"""The files every tenant has: who it is, its calendars, its deadlines and its figures."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.clock import CountFrom, HolidayRule, Roll, Unit

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=80)]
Language = Literal["es", "en", "qu", "ay"]
SOURCE = re.compile(
    r"(?:[ABCD]:L\d+(?:-L?\d+)?(?:, ?[ABCD]?:?L\d+(?:-L?\d+)?)*|(?:external|derived): .+)"
)
"""A line of one of the four documents, or a reading marked as such."""

Source = Annotated[str, StringConstraints(pattern=f"^{SOURCE.pattern}$", max_length=400)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
Share = Annotated[int, Field(ge=1, le=99)]


class Frozen(BaseModel):
    """A value of a policy: no field that nobody reads, no change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(Frozen):
    """`tenant.yaml`: names, version, languages and the choices made where a document is unclear."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    readings: Mapping[str, "Reading"] = {}


class Reading(Frozen):
    """How an ambiguity of the documents is read; `value` is what programs ask for."""

    value: bool | int | str
    source: Source
    note: str = ""


class HolidaySource(Frozen):
    """Public holidays by country and region, with the tenant's own additions and removals."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    region: str | None = None
    add: Mapping[str, str] = {}
    remove: tuple[str, ...] = ()


class CalendarRow(Frozen):
    """One calendar. `weekly` takes single days or ranges: `mon-fri: [["08:30", "16:30"]]`."""

    tz: str
    weekly: Mapping[str, tuple[tuple[str, str], ...]]
    holidays: HolidaySource = HolidaySource()
    holiday_rule: HolidayRule = HolidayRule.CALENDAR_DATE
    special: Mapping[str, tuple[tuple[str, str], ...]] = {}
    years: tuple[int, int] = (2000, 2060)
    source: Source


class ChannelRow(Frozen):
    """A way in, with its opening hours and the time after which it counts as the next day."""

    calendar: Key
    cutoff: TimeOfDay | None = None
    source: Source


class CalendarFile(Frozen):
    """`calendars.yaml`."""

    calendars: Annotated[Mapping[Key, CalendarRow], Field(min_length=1)]
    channels: Mapping[Key, ChannelRow] = {}


class DeadlineRow(Frozen):
    """One term; `warnings` are percents of the budget, `ambiguity` the reading it rests on."""

    amount: Annotated[int, Field(ge=0)]
    unit: Unit = Unit.BUSINESS_DAY
    calendar: Key
    source: Source
    cutoff: TimeOfDay | None = None
    count_from: CountFrom = CountFrom.NEXT
    minimum: Annotated[int, Field(ge=0)] | None = None
    roll: Roll = Roll.NEXT
    warnings: tuple[Share, ...] = ()
    ambiguity: str | None = None
    note: str = ""


class Order(Frozen):
    """Deadlines from the most urgent to the least, which ought not to get shorter.

    `as_written` keeps the amounts of the document and warns when they run the other way;
    `urgent_first` deals the same amounts out so that the most urgent has the least time.
    """

    keys: Annotated[tuple[Key, ...], Field(min_length=2)]
    apply: Literal["as_written", "urgent_first"] = "as_written"
    ambiguity: str
    source: Source


class Figure(Frozen):
    """A number of the documents that isn't a term: a target, a capacity, a cadence, a fee."""

    value: Decimal | bool | str | tuple[str, ...]
    unit: str
    source: Source
    note: str = ""


class DeadlineFile(Frozen):
    """`deadlines.yaml`."""

    deadlines: Mapping[Key, DeadlineRow]
    orders: tuple[Order, ...] = ()
    figures: Mapping[Key, Figure] = {}
