"""What can be wrong with a question about business time.

Every error carries a stable `code`, the name of the `field` at fault and the `facts` that a message
needs. The sentences live in the catalogues of `locale/`; see `shared.clock.text.message`.
"""

from typing import ClassVar


class ClockError(ValueError):
    """Root of all refusals of this library; `field` names the argument that is wrong."""

    code: ClassVar[str] = "invalid"

    def __init__(self, field: str, **facts: object) -> None:
        super().__init__(field)
        self.field = field
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.field}: {self.code}" + (f" ({facts})" if facts else "")


class InvalidField(ClockError):
    """A value of the wrong kind or form; `facts` has `value` and `expected`."""

    code = "invalid_field"


class MissingField(ClockError):
    """A field that must be given is absent."""

    code = "missing_field"


class UnknownField(ClockError):
    """A field that no one reads, most often a misspelt one."""

    code = "unknown_field"


class NaiveInstant(ClockError):
    """A date and time without an offset: it could be any of 38 instants."""

    code = "naive_instant"


class UnknownZone(ClockError):
    """No such zone in the IANA database; `facts` has `value`."""

    code = "unknown_zone"


class EmptyWeek(ClockError):
    """A week without a single window can answer nothing."""

    code = "empty_week"


class OverlappingWindows(ClockError):
    """Two windows share time; `facts` has `first` and `second`."""

    code = "overlapping_windows"


class NegativeAmount(ClockError):
    """Seconds, days or budgets below zero; `facts` has `value`."""

    code = "negative_amount"


class ReversedSpan(ClockError):
    """An end before its start; `facts` has `start` and `end`."""

    code = "reversed_span"


class EndlessPause(ClockError):
    """A pause without an end, in a question that needs both ends."""

    code = "endless_pause"


class BeyondHorizon(ClockError):
    """Question or answer lies outside the calendar's years; `facts` has `first` and `last`."""

    code = "beyond_horizon"


class OutOfRange(ClockError):
    """An amount outside what a term allows; `facts` has `value`, `minimum` and `maximum`."""

    code = "out_of_range"


class UnknownCountry(ClockError):
    """No public holidays known for a country or region; `facts` has `value`."""

    code = "unknown_country"


class IllegalChange(ClockError):
    """An SLA clock can't do that now; `facts` has `change` and `state`."""

    code = "illegal_change"


class TimeReversed(ClockError):
    """A change dated before the one it follows; `facts` has `at` and `last`."""

    code = "time_reversed"


class UnknownOperation(ClockError):
    """No such question; `facts` has `value` and `known`."""

    code = "unknown_operation"


class UnknownCalendar(ClockError):
    """A calendar's name that nothing defines; `facts` has `value`."""

    code = "unknown_calendar"


class InvalidJson(ClockError):
    """A line that isn't a JSON object; `facts` has `value`."""

    code = "invalid_json"
