"""Terms ("plazos") as data, and the dates they promise."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from .calendar import Calendar
from .errors import OutOfRange
from .instants import DAY, format_time_of_day, instant_of, require_amount, seconds_of
from .steps import Param, Step, closed_days, local


class Unit(StrEnum):
    """What the amount of a term counts."""

    BUSINESS_DAY = "business_day"
    """Due at the last close of the n-th business day."""
    BUSINESS_DAY_SAME_TIME = "business_day_same_time"
    """Due at the same local time on the n-th business day, never in non-working time."""
    BUSINESS_SECOND = "business_second"
    """Working time of the calendar."""
    CALENDAR_DAY = "calendar_day"
    """Due at the close of the n-th date, business day or not (see `Roll`)."""
    SECOND = "second"
    """Running time, nights and holidays included."""

    @property
    def runs_always(self) -> bool:
        """Whether every second counts, so that a pause moves the date by its whole length."""
        return self in (Unit.CALENDAR_DAY, Unit.SECOND)


class CountFrom(StrEnum):
    """Which day is day 1."""

    NEXT = "next"
    """The business day after the effective one: the usual administrative count."""
    EFFECTIVE = "effective"
    """The effective day itself."""


class Roll(StrEnum):
    """Where a term of calendar days ends when its last date isn't a business day."""

    NEXT = "next"
    """At the close of the next business day."""
    KEEP = "keep"
    """At the midnight that ends the date."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long something may take, counted how, and who says so.

    `amount` is the most; `minimum`, in the same unit, is the earliest plausible answer or the least
    that `fix` accepts. `cutoff` is in seconds after the local midnight; without one a business day
    ends at its last close. `calendar` names whose calendar counts. `source` is the line of the
    document that sets the term.
    """

    amount: int
    unit: Unit = Unit.BUSINESS_DAY
    source: str = ""
    calendar: str = ""
    cutoff: int | None = None
    count_from: CountFrom = CountFrom.NEXT
    minimum: int | None = None
    roll: Roll = Roll.NEXT

    def __post_init__(self) -> None:
        require_amount(self.amount, "amount")
        if self.minimum is not None and require_amount(self.minimum, "minimum") > self.amount:
            raise OutOfRange("minimum", value=self.minimum, minimum=0, maximum=self.amount)
        if self.cutoff is not None and not 0 <= self.cutoff <= DAY:
            raise OutOfRange("cutoff", value=self.cutoff, minimum=0, maximum=DAY)

    def fix(self, amount: int) -> "Term":
        """The same term with an amount chosen between its minimum and its maximum."""
        least = self.minimum or 0
        if not least <= require_amount(amount, "amount") <= self.amount:
            raise OutOfRange("amount", value=amount, minimum=least, maximum=self.amount)
        return replace(self, amount=amount)

    def promise(self, received_at: datetime, calendar: Calendar) -> "Promise":
        """The date this term promises for something received at `received_at`, and why."""
        received = seconds_of(received_at, "received_at")
        today = calendar.local_day(received)
        day, effective = _effective(self, received, today, calendar)
        due, rolled = _due(self, day, effective, calendar)
        steps = [Step("received", {"at": local(received_at, calendar.zone)})]
        if effective != received:
            steps.append(_moved(self, today, effective, calendar))
        steps.append(Step("term", self._facts()))
        due_at = instant_of(due)
        until = due_at.astimezone(calendar.zone)
        holidays = calendar.holidays_between(date.fromordinal(min(day, today)), until.date())
        if holidays and self.unit is not Unit.SECOND:
            steps.append(closed_days(holidays))
        if rolled:
            steps.append(Step("rolled", {"date": rolled.isoformat()}))
        steps.append(Step("due", {"at": until.isoformat()}))
        if self.source:
            steps.append(Step("source", {"source": self.source}))
        return Promise(
            due_at=due_at,
            effective_at=instant_of(effective),
            earliest_at=_earliest(self, day, effective, calendar),
            budget=due - effective if self.unit.runs_always else calendar.between(effective, due),
            steps=tuple(steps),
        )

    def _facts(self) -> dict[str, Param]:
        facts: dict[str, Param] = {"amount": self.amount, "unit": self.unit.value}
        return facts | ({"minimum": self.minimum} if self.minimum is not None else {})


@dataclass(frozen=True, slots=True)
class Promise:
    """What a term promises for one reception.

    `effective_at` is where the count begins. An answer before `earliest_at` is faster than the
    minimum: no breach, but a reason to look. `budget` is the seconds that may be used up to
    `due_at`: working time, or running time for a term that runs always.
    """

    due_at: datetime
    effective_at: datetime
    earliest_at: datetime | None
    budget: int
    steps: tuple[Step, ...]


def _effective(term: Term, received: int, today: int, calendar: Calendar) -> tuple[int, int]:
    """The day, as an ordinal, and the second that the count begins on."""
    if term.cutoff is None and term.unit not in _DAYS:
        return today, received
    day = calendar.received_on(received, term.cutoff)
    return (day, calendar.day_span(day)[1]) if day > today else (day, received)


def _due(term: Term, day: int, effective: int, calendar: Calendar) -> tuple[int, date | None]:
    match term.unit:
        case Unit.BUSINESS_DAY:
            return calendar.day_span(day, _days(term, term.amount))[2], None
        case Unit.BUSINESS_DAY_SAME_TIME:
            return _same_time(term, day, effective, calendar), None
        case Unit.CALENDAR_DAY:
            return _calendar_day(term, day, calendar)
        case Unit.BUSINESS_SECOND:
            return calendar.after(effective, term.amount), None
        case Unit.SECOND:
            return effective + term.amount, None


def _days(term: Term, amount: int) -> int:
    return amount - 1 if amount and term.count_from is CountFrom.EFFECTIVE else amount


def _same_time(term: Term, day: int, effective: int, calendar: Calendar) -> int:
    target = calendar.day_span(day, _days(term, term.amount))[0]
    at = effective if target == day else calendar.same_time(effective, target)
    # an exact close still belongs to its window, as for a cut-off
    return at if calendar.between(at - 1, at) else calendar.next_open(at)


def _calendar_day(term: Term, day: int, calendar: Calendar) -> tuple[int, date | None]:
    last = day + _days(term, term.amount)
    business, _, close = calendar.day_span(last)
    if business == last:
        return close, None
    if term.roll is Roll.KEEP:
        return calendar.at_time(last, DAY), None
    return close, date.fromordinal(last)


def _earliest(term: Term, day: int, effective: int, calendar: Calendar) -> datetime | None:
    if term.minimum is None:
        return None
    match term.unit:
        case Unit.BUSINESS_DAY | Unit.BUSINESS_DAY_SAME_TIME:
            first = calendar.day_span(day, _days(term, term.minimum))[1]
        case Unit.CALENDAR_DAY:
            first = calendar.at_time(day + _days(term, term.minimum), 0)
        case Unit.BUSINESS_SECOND:
            first = calendar.after(effective, term.minimum)
        case Unit.SECOND:
            first = effective + term.minimum
    return instant_of(max(first, effective))


def _moved(term: Term, today: int, effective: int, calendar: Calendar) -> Step:
    params: dict[str, Param] = {"from": local(instant_of(effective), calendar.zone)}
    received_on = date.fromordinal(today)
    if not calendar.is_business_day(received_on):
        return Step("closed_day", {"date": received_on.isoformat(), **params})
    if term.cutoff is None:
        return Step("after_close", params)
    return Step("after_cutoff", {"cutoff": format_time_of_day(term.cutoff), **params})


_DAYS = (Unit.BUSINESS_DAY, Unit.BUSINESS_DAY_SAME_TIME)
