"""How the time of a clock divides: raw and contractual, used and left, and on whose side it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from .calendar import Calendar
from .instants import seconds_of
from .promises import Hold, HoldKind, Promised, Side, hold_spans, running_time_outside
from .sla import SlaClock


@dataclass(frozen=True, slots=True)
class Account:
    """Seconds of working time since the reception.

    `raw` is everything but the time stopped; `contractual` leaves out deferral and pauses as well.
    The three sides add up to `raw` when they are counted in one calendar.
    """

    raw: int
    contractual: int
    client: int
    provider: int
    third_party: int


def account(
    clock: SlaClock,
    at: datetime,
    calendar: Calendar,
    calendars: Mapping[Side, Calendar] | None = None,
) -> Account:
    """The time of a clock up to `at`, counted in `calendar`, or a side's own in `calendars`."""
    start, end = seconds_of(clock.received_at, "received_at"), seconds_of(at, "at")
    stops = [hold for hold in clock.holds if hold.kind is HoldKind.STOPPED]
    begun = end if clock.begun_at is None else seconds_of(clock.begun_at, "begun_at")
    sides = dict.fromkeys(Side, 0)
    for span_start, span_end, side in _segments(clock, start, end):
        own = (calendars or {}).get(side, calendar)
        sides[side] += own.between(span_start, span_end)
    return Account(
        raw=calendar.between_outside(start, end, hold_spans(stops, at)),
        contractual=calendar.between_outside(begun, end, hold_spans(clock.holds, at)),
        client=sides[Side.CLIENT],
        provider=sides[Side.PROVIDER],
        third_party=sides[Side.THIRD_PARTY],
    )


def used(clock: SlaClock, promised: Promised, at: datetime, calendar: Calendar) -> int:
    """Seconds of a target's budget used up to `at`; more than the budget after a breach."""
    start, end = seconds_of(promised.effective_at, "effective_at"), seconds_of(at, "at")
    spans = hold_spans(clock.holds, at)
    if promised.runs_always:
        return running_time_outside(start, end, spans)
    return calendar.between_outside(start, end, spans)


def left(clock: SlaClock, promised: Promised, at: datetime, calendar: Calendar) -> int:
    """Seconds of a target's budget left at `at`; negative after a breach."""
    return promised.budget - used(clock, promised, at, calendar)


def _segments(clock: SlaClock, start: int, end: int) -> list[tuple[int, int, Side]]:
    """`[start, end)` cut where a wait begins or ends; stopped stretches are left out."""
    waits = [
        (seconds_of(hold.start, "start"), _end(hold, end), hold)
        for hold in sorted(clock.holds, key=lambda hold: hold.start)
    ]
    cuts = sorted({start, end, *(min(max(t, start), end) for w in waits for t in w[:2])})
    segments = []
    for cut, following in pairwise(cuts):
        holding = [hold for since, until, hold in waits if since <= cut < until]
        if not any(hold.kind is HoldKind.STOPPED for hold in holding):
            # of several waits at once, the oldest is why nothing happens
            segments.append((cut, following, holding[0].side if holding else clock.side))
    return segments


def _end(hold: Hold, until: int) -> int:
    return until if hold.end is None else seconds_of(hold.end, "end")
